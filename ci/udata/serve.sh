#!/usr/bin/env bash
# usage: eval "$(ci/udata/serve.sh start)"     a data.gouv.fr (the real udata) on a free port of loopback, with one organisation and no dataset; sets
#                                               SOLIDATA_TEST_UDATA (url, organisation, key of the API) and SOLIDATA_TEST_UDATA_PYTHON
#        ci/udata/serve.sh stop                ends it and removes what it kept
# What the tests may tell it beside the API is said in lab.py.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

stop() {
    local state=$1 pid
    pid=$(cat "$state/udata.pid")
    kill "$pid" 2>/dev/null || true
    for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    kill -9 "$pid" 2>/dev/null || true
    rm -rf "$state"
}

case "${1:-}" in
start)
    venv=$("$here/../python/venv.sh" udata)
    state=$(mktemp -d "${TMPDIR:-/tmp}/solidata-udata.XXXXXX")
    TMPDIR="$state" "$venv/bin/python" "$here/lab.py" >"$state/ready" 2>"$state/udata.log" </dev/null 9>&- &
    echo $! >"$state/udata.pid"
    # It imports a great deal: seconds on an idle machine, a minute or more on a busy one.
    for _ in $(seq 1800); do
        [ -s "$state/ready" ] && break
        kill -0 "$(cat "$state/udata.pid")" 2>/dev/null || break
        sleep 0.1
    done
    [ -s "$state/ready" ] || {
        echo "udata/serve.sh: udata did not start" >&2
        tail -n 20 "$state/udata.log" >&2
        stop "$state"
        exit 3
    }
    said=$("$venv/bin/python" -c 'import json, sys; d = json.load(sys.stdin); print(d["url"], d["organization"], d["api_key"])' <"$state/ready")
    echo "export SOLIDATA_TEST_UDATA='$said' SOLIDATA_TEST_UDATA_PYTHON='$venv/bin/python' SOLIDATA_TEST_UDATA_STATE='$state'"
    ;;
stop)
    if [ -n "${SOLIDATA_TEST_UDATA_STATE:-}" ]; then stop "$SOLIDATA_TEST_UDATA_STATE"; fi
    ;;
*)
    sed -n '2,5s/^# //p' "$0" >&2
    exit 2
    ;;
esac
