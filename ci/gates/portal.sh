#!/usr/bin/env bash
# usage: ci/gates/portal.sh        (SOLIDATA=PROGRAM uses another program than the one that cargo builds; STEP=7 interrupts at every 7th request only)
# The program against the real udata, the software of data.gouv.fr: first publication, next month, revision, rollback, changes by hand, an interruption at every
# single request in turn, and failing networks. After each the portal shows exactly the manifest: no duplicate, the same ids, quality score 1.0.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ $# -eq 0 ] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
if ! here=$(ci/udata/serve.sh start) || ! there=$(ci/udata/serve.sh start); then
    [ -z "${here:-}" ] || (eval "$here" && ci/udata/serve.sh stop)
    if [ "${CI:-}" = true ]; then echo "FAIL no udata could be started: the portal cannot be tested"; exit 1; fi
    echo "SKIPPED: no udata could be started"
    exit 0
fi
work=$(mktemp -d)
with() { (eval "$1" && "${@:2}"); } # ONE OF THE TWO, COMMAND
trap 'with "$here" ci/udata/serve.sh stop; with "$there" ci/udata/serve.sh stop; rm -rf "$work"' EXIT
[ -n "${SOLIDATA:-}" ] || cargo build --release --locked --quiet --bin solidata
solidata=$(realpath "${SOLIDATA:-${CARGO_TARGET_DIR:-target}/release/solidata}")
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1

quietly() { "$@" > "$work/log" 2>&1 || { tail -20 "$work/log" >&2; exit 1; }; }
sample() { # FOLDER, SEED
    quietly "$solidata" synth --out "$work/$1" --from 2024-08-20 --to 2024-10-31 --departments 67 --seed "$2" --scale 0.3
}
: > "$work/defaults.toml"
sample one 5
sample two 6
first="$work/one/snapshot.archive.gz" second="$work/two/snapshot.archive.gz"
stage() { cp -r "$work/$1" "$work/$1-$2"; }
# Two stores: of everything, and of the directory alone, which is smaller. Each is kept as it is at three moments.
for store in all supply; do
    search=()
    if [ "$store" = all ]; then search=(--search "$first"); fi
    run() { quietly "$solidata" run --lieux "$1" --vault "$work/vault-$store" --public "$work/$store" --config "$work/defaults.toml" "${@:2}"; }
    run "$first" --month 2024-09 ${search[@]+"${search[@]}"}
    stage "$store" month
    run "$first" --month 2024-10 ${search[@]+"${search[@]}"}
    stage "$store" next
    run "$second" --month 2024-10 --revise --reason "Des adresses étaient mal géocodées"
    stage "$store" revised
done
# Two udatas, since each serves one request at a time.
check() { "$SOLIDATA_TEST_UDATA_PYTHON" ci/udata/check.py "$solidata" "$work" "$1"; }
with "$there" check interruptions > "$work/interruptions" 2>&1 &
failed=0
with "$here" check months || failed=1
wait $! || failed=1
cat "$work/interruptions"
exit "$failed"
