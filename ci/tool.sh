#!/usr/bin/env bash
# usage: ci/tool.sh NAME VERSION     prints the folder of a cargo tool of exactly that version, built from crates.io once and kept in the cache
set -euo pipefail
[ $# -eq 2 ] || { sed -n '2s/^# //p' "$0" >&2; exit 2; }
name=$1 version=$2
cache="${XDG_CACHE_HOME:-$HOME/.cache}/solidata"
folder="$cache/$name-$version"
mkdir -p "$cache"
# Two scripts may ask for the same tool at the same time: the second waits for the first.
exec 9>"$folder.lock"
if command -v flock >/dev/null; then flock 9; fi
if [ ! -x "$folder/bin/$name" ]; then
    echo "building $name $version into $folder (once)" >&2
    # A folder of its own: what it is built from is not needed again.
    env -u CARGO_TARGET_DIR -u RUSTFLAGS cargo install --quiet --locked --root "$folder" --version "=$version" "$name" >&2 9>&- || {
        echo "tool.sh: $name $version could not be installed: is the registry of crates reached from here?" >&2
        exit 3
    }
fi
echo "$folder/bin"
