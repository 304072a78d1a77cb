#!/usr/bin/env bash
# usage: eval "$(ci/s3/serve.sh start)"     S3 servers on loopback, on free ports, with an empty bucket `public`; sets SOLIDATA_TEST_S3
#        ci/s3/serve.sh stop                ends them and removes what they kept
# moto answers in a second; SeaweedFS is a real server and takes some fifteen. ONLY=moto or ONLY=seaweedfs starts one of the two.
# The tests sign with the keys of seaweedfs-s3.json, which open nothing else.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

stop() {
    local state=$1 pid
    for file in "$state"/*.pid; do
        [ -f "$file" ] || continue
        pid=$(cat "$file")
        kill "$pid" 2>/dev/null || true
        for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
        kill -9 "$pid" 2>/dev/null || true
    done
    rm -rf "$state"
}

case "${1:-}" in
start)
    venv=$("$here/../python/venv.sh" s3)
    state=$(mktemp -d "${TMPDIR:-/tmp}/solidata-s3.XXXXXX")
    trap 'stop "$state"' ERR
    # Free ports whose number plus 10 000 is free too: SeaweedFS takes both.
    read -r moto s3 master volume filer < <("$venv/bin/python" "$here/ports.py" 5)
    endpoints=()
    if [ "${ONLY:-moto}" = moto ]; then
        "$venv/bin/moto_server" -H 127.0.0.1 -p "$moto" >"$state/moto.log" 2>&1 </dev/null 9>&- &
        echo $! >"$state/moto.pid"
        endpoints+=("http://127.0.0.1:$moto")
    fi
    if [ "${ONLY:-seaweedfs}" = seaweedfs ]; then
        mkdir "$state/data"
        # Without -volume.max and -volume.minFreeSpace the first writes fail on a small disk.
        "$venv/bin/weed" -logtostderr=true server -dir="$state/data" -ip=127.0.0.1 -ip.bind=127.0.0.1 -volume.max=60 -volume.minFreeSpace=1 \
            -master.volumeSizeLimitMB=32 -filer -s3 -s3.port.iceberg=0 -s3.port.lance=0 -s3.port="$s3" -master.port="$master" -volume.port="$volume" -filer.port="$filer" \
            -s3.config="$here/seaweedfs-s3.json" >"$state/seaweedfs.log" 2>&1 </dev/null 9>&- &
        echo $! >"$state/seaweedfs.pid"
        endpoints+=("http://127.0.0.1:$s3")
    fi
    "$venv/bin/python" "$here/bucket.py" "${endpoints[@]}" >&2 || {
        tail -n 20 "$state"/*.log >&2
        stop "$state"
        exit 3
    }
    echo "export SOLIDATA_TEST_S3='${endpoints[*]}' SOLIDATA_TEST_S3_STATE='$state'"
    ;;
stop)
    if [ -n "${SOLIDATA_TEST_S3_STATE:-}" ]; then stop "$SOLIDATA_TEST_S3_STATE"; fi
    ;;
*)
    sed -n '2,5s/^# //p' "$0" >&2
    exit 2
    ;;
esac
