#!/usr/bin/env bash
# usage: eval "$(ci/pages/browser.sh)"     sees to it that Debian's Chromium is there, and axe-core and playwright-core from npm; sets what check.mjs looks for
# They are taken from npm once and kept in the cache folder; no package of them runs a script of its own here, and no browser is downloaded.
set -euo pipefail
[ $# -eq 0 ] || { sed -n '2,3s/^# //p' "$0" >&2; exit 2; }
axe=4.14.1 playwright=1.65.1
command -v npm >/dev/null && command -v node >/dev/null || { echo "pages/browser.sh: node and npm are missing (Debian: apt-get install npm)" >&2; exit 3; }
if ! command -v chromium >/dev/null; then
    root=()
    [ "$(id -u)" -eq 0 ] || root=(sudo -n)
    { ${root[@]+"${root[@]}"} apt-get update -qq && ${root[@]+"${root[@]}"} apt-get install -qq -y --no-install-recommends chromium fonts-dejavu-core; } >/dev/null || {
        echo "pages/browser.sh: chromium could not be installed (Debian: apt-get install chromium)" >&2
        exit 3
    }
fi
cache="${XDG_CACHE_HOME:-$HOME/.cache}/solidata"
app="$cache/axe-$axe-playwright-$playwright"
mkdir -p "$cache"
exec 9>"$app.lock"
if command -v flock >/dev/null; then flock 9; fi
if [ ! -f "$app/ready" ]; then
    rm -rf "$app"
    echo "installing axe-core $axe and playwright-core $playwright in $app (once)" >&2
    npm install --prefix "$app" --no-audit --no-fund --ignore-scripts --loglevel=error "axe-core@$axe" "playwright-core@$playwright" >&2 9>&- || {
        rm -rf "$app"
        echo "pages/browser.sh: npm could not install them: is the package registry reached from here?" >&2
        exit 3
    }
    touch "$app/ready"
fi
echo "export SOLIDATA_PAGES_MODULES='$app/node_modules' SOLIDATA_CHROMIUM='$(command -v chromium)'"
