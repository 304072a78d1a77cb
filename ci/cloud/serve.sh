#!/usr/bin/env bash
# usage: eval "$(ci/cloud/serve.sh start)"     Azurite, an emulator of Azure's object storage, on a free port of loopback, with an empty container `public`;
#                                               sets SOLIDATA_TEST_AZURE
#        ci/cloud/serve.sh stop                ends it and removes what it kept
# It is taken from npm once and kept in the cache folder. There is none for Google Cloud Storage that would do: see README.md beside this.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
version=3.37.0
# Of this emulator alone; the tests know it.
account=testaccount key=dGVzdHNlY3JldA==

stop() {
    local state=$1 pid
    pid=$(cat "$state/azurite.pid")
    kill "$pid" 2>/dev/null || true
    for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    kill -9 "$pid" 2>/dev/null || true
    rm -rf "$state"
}

case "${1:-}" in
start)
    command -v npm >/dev/null && command -v node >/dev/null || { echo "cloud/serve.sh: node and npm are missing (Debian: apt-get install npm)" >&2; exit 3; }
    cache="${XDG_CACHE_HOME:-$HOME/.cache}/solidata"
    app="$cache/azurite-$version"
    mkdir -p "$cache"
    exec 9>"$app.lock"
    if command -v flock >/dev/null; then flock 9; fi
    if [ ! -f "$app/ready" ]; then
        rm -rf "$app"
        echo "installing azurite $version in $app (once)" >&2
        # No package of it runs a script of its own here.
        npm install --prefix "$app" --no-audit --no-fund --ignore-scripts --loglevel=error "azurite@$version" >&2 9>&- || {
            rm -rf "$app"
            echo "cloud/serve.sh: npm could not install azurite $version: is the package registry reached from here?" >&2
            exit 3
        }
        touch "$app/ready"
    fi
    exec 9>&-
    state=$(mktemp -d "${TMPDIR:-/tmp}/solidata-cloud.XXXXXX")
    port=$(python3 "$here/../s3/ports.py" 1)
    AZURITE_ACCOUNTS="$account:$key" node "$app/node_modules/.bin/azurite-blob" --blobHost 127.0.0.1 --blobPort "$port" --location "$state/data" \
        --skipApiVersionCheck --disableTelemetry --silent >"$state/azurite.log" 2>&1 </dev/null &
    echo $! >"$state/azurite.pid"
    python3 "$here/azure_container.py" "http://127.0.0.1:$port/$account" "$account" "$key" >&2 || {
        tail -n 20 "$state/azurite.log" >&2
        stop "$state"
        exit 3
    }
    echo "export SOLIDATA_TEST_AZURE='http://127.0.0.1:$port/$account' SOLIDATA_TEST_CLOUD_STATE='$state'"
    ;;
stop)
    if [ -n "${SOLIDATA_TEST_CLOUD_STATE:-}" ]; then stop "$SOLIDATA_TEST_CLOUD_STATE"; fi
    ;;
*)
    sed -n '2,5s/^# //p' "$0" >&2
    exit 2
    ;;
esac
