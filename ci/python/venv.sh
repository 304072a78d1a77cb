#!/usr/bin/env bash
# usage: ci/python/venv.sh NAME     where ci/python/NAME.txt lists what to install (bench, opendata, readers, validata, s3)
# Prints the folder of a Python environment that holds exactly that list. It is made once, kept in the cache folder, and made anew when the
# list or Python changes.
set -euo pipefail
folder=$(cd "$(dirname "$0")" && pwd)
known=$(cd "$folder" && printf '%s ' *.txt | sed 's/\.txt//g')
[ $# -eq 1 ] && [ -f "$folder/$1.txt" ] || { echo "usage: ci/python/venv.sh NAME, NAME one of: $known" >&2; exit 2; }
list="$folder/$1.txt"
python=${PYTHON:-python3}
"$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
    echo "venv.sh: $python is missing, is older than 3.11, or lacks the modules venv and ensurepip (Debian: apt-get install python3-venv)" >&2
    exit 3
}
digest=$({ "$python" -c 'import sys; print(sys.executable, sys.version)'; cat "$list"; } | sha256sum | cut -c1-12)
cache="${XDG_CACHE_HOME:-$HOME/.cache}/solidata"
venv="$cache/venv-$1-$digest"
mkdir -p "$cache"
# Two scripts may ask for the same environment at the same time: the second waits for the first.
exec 9>"$venv.lock"
if command -v flock >/dev/null; then flock 9; fi
if [ ! -f "$venv/ready" ]; then
    rm -rf "$venv"
    echo "making the Python environment '$1' in $venv (once)" >&2
    "$python" -m venv "$venv" >&2
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --prefer-binary --no-deps -r "$list" >&2 9>&- || {
        rm -rf "$venv"
        echo "venv.sh: pip could not install $list: is the package registry reached from here?" >&2
        exit 3
    }
    touch "$venv/ready"
fi
echo "$venv"
