#!/usr/bin/env bash
# What `make test` does, in the order in which a mistake is cheapest to find. One profile, so that DataFusion is compiled once.
set -euo pipefail
cd "$(dirname "$0")/.."
step() { printf '\n== %s\n' "$*"; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

step "formatting"
cargo fmt --all --check
step "purity of the pure crates"
ci/gates/purity.sh
step "code lists are what their index says"
python3 ci/reference/build.py --check
step "lints"
cargo clippy --release --locked --workspace --all-targets -- -D warnings
step "build"
cargo build --release --locked --workspace
step "what tests need from the registries"
ci/minisign.sh
eval "$(ci/servers.sh start)"
trap 'ci/servers.sh stop; rm -rf "$work"' EXIT
step "tests"
if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --release --locked --workspace
else
    cargo test --release --locked --workspace --lib --bins --tests
fi
step "examples in the documentation"
cargo test --release --locked --workspace --doc --quiet
step "datasets, SQL models and contracts"
make --no-print-directory check

# The gates, in two lanes: most of one uses one core at a time. They use a copy of the program, since one of them builds it with faults.
cp "${CARGO_TARGET_DIR:-target}/release/solidata" "$work/"
export SOLIDATA="$work/solidata"
# A crash at 120 points of all calls, and at each with `ci/gates/crash.sh` alone; an interruption of the portal at every fifth request; five seconds of each fuzzer.
export POINTS="${POINTS:-120}" RUNS="${RUNS:-50}" STEP="${STEP:-5}" FUZZ_SECONDS="${FUZZ_SECONDS:-5}"
# What compiles or installs large programs of its own is left out, and said so, where everything had to be compiled from a cold cache: an hour has to do.
cold=$((SECONDS > 2400))
large=" ci/fuzz.sh ci/deny.sh ci/gates/readers.sh ci/gates/pages.sh "
lane() { # GATE...
    local gate begun code log
    for gate in "$@"; do
        if [ "$cold" -eq 1 ] && [[ "$large" == *" $gate "* ]]; then
            printf '\n== %s: NOT RUN: the cache was cold; run it alone, or make test again\n' "$gate"
            continue
        fi
        begun=$SECONDS code=0 log="$work/$(basename "$gate").log"
        "$gate" >"$log" 2>&1 || code=$?
        [ "$code" -eq 0 ] || echo "$gate" >>"$work/failed"
        { printf '\n== %s: exit code %s, %s s\n' "$gate" "$code" "$((SECONDS - begun))"; cat "$log"; } >"$log.said"
        cat "$log.said"
    done
}
step "gates"
lane ci/gates/secondaries.sh ci/gates/crash.sh ci/gates/catalogue.sh ci/fuzz.sh ci/deny.sh ci/gates/pages.sh &
lane ci/gates/portal.sh ci/gates/determinism.sh ci/gates/opendata.sh ci/gates/readers.sh
wait
[ ! -e "$work/failed" ] || { printf '\nFAILED: %s\n' "$(tr '\n' ' ' <"$work/failed")"; exit 1; }
