#!/usr/bin/env bash
# usage: eval "$(ci/servers.sh start)"     starts on loopback what tests talk to, in the background, and sets what they look for
#        ci/servers.sh stop                ends it (in the same shell, or with the variables that `start` printed)
# Without servers those tests say SKIPPED; with CI=true the shell that evaluates `start` is ended instead.
set -euo pipefail
cd "$(dirname "$0")/.."

# `eval "$(...)"` does not see an exit code: what it evaluates has to stop it.
missing() {
    echo "servers.sh: $1" >&2
    if [ "${CI:-}" = true ]; then echo "exit 3"; fi
}

case "${1:-}" in
start)
    ci/s3/serve.sh start || missing "no S3 server could be started: the tests on object storage cannot run"
    ci/cloud/serve.sh start || missing "no emulator of Azure could be started: the tests on it cannot run"
    ;;
stop)
    [ -z "${SOLIDATA_TEST_S3_STATE:-}" ] || ci/s3/serve.sh stop
    [ -z "${SOLIDATA_TEST_CLOUD_STATE:-}" ] || ci/cloud/serve.sh stop
    ;;
*)
    sed -n '2,4s/^# //p' "$0" >&2
    exit 2
    ;;
esac
