#!/usr/bin/env bash
# usage: ci/more.sh        the gates that `make test` does not run yet: each is to be seen to pass on an idle machine, from a new cache, before it joins ci/test.sh
# Licences and sources of the libraries; every parser of outside bytes under a fuzzer; other people's readers; data.gouv.fr itself and its harvester; pages in a browser.
set -uo pipefail
cd "$(dirname "$0")/.."
[ $# -eq 0 ] || { sed -n '2,3s/^# //p' "$0" >&2; exit 2; }
failed=0
for gate in ci/deny.sh ci/fuzz.sh ci/gates/readers.sh ci/gates/portal.sh ci/gates/catalogue.sh ci/gates/pages.sh; do
    printf '\n== %s\n' "$gate"
    begun=$SECONDS
    FUZZ_SECONDS=${FUZZ_SECONDS:-5} "$gate" || { echo "FAIL $gate"; failed=1; }
    echo "$gate: $((SECONDS - begun)) s"
done
exit "$failed"
