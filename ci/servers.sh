#!/usr/bin/env bash
# usage: eval "$(ci/servers.sh start)"     starts on loopback what tests talk to, in the background, and sets what they look for
#        ci/servers.sh stop                ends it (in the same shell, or with the variables that `start` printed)
# Without servers those tests say SKIPPED; with CI=true the shell that evaluates `start` is ended instead.
set -euo pipefail
cd "$(dirname "$0")/.."

case "${1:-}" in
start)
    if ! ci/s3/serve.sh start; then
        echo "servers.sh: no S3 server could be started: the tests on object storage cannot run" >&2
        # `eval "$(...)"` does not see an exit code: what it evaluates has to stop it.
        if [ "${CI:-}" = true ]; then echo "exit 3"; fi
    fi
    ;;
stop) [ -z "${SOLIDATA_TEST_S3_STATE:-}" ] || ci/s3/serve.sh stop ;;
*)
    sed -n '2,4s/^# //p' "$0" >&2
    exit 2
    ;;
esac
