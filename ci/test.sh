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
    cargo nextest run --release --locked --workspace --lib --bins --tests
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
# Seconds that a gate takes on two cores beside another one. What compiles or installs programs of its own takes longer the first time.
cache="${XDG_CACHE_HOME:-$HOME/.cache}/solidata"
takes() { # GATE
    local first=0
    case $1 in
        ci/fuzz.sh) compgen -G "${CARGO_TARGET_DIR:-$cache/fuzz/target}/fuzz/*/release/json" >/dev/null || first=1500; echo $((first + 400)) ;;
        ci/deny.sh) compgen -G "$cache/cargo-deny-*/bin/cargo-deny" >/dev/null || first=600; echo $((first + 30)) ;;
        ci/gates/readers.sh | ci/gates/pages.sh) compgen -G "$cache/venv-readers-*/ready" >/dev/null || first=300; echo $((first + 450)) ;;
        ci/gates/secondaries.sh) echo 60 ;;
        ci/gates/catalogue.sh | ci/gates/opendata.sh) echo 200 ;;
        ci/gates/crash.sh) echo 750 ;;
        ci/gates/determinism.sh) echo 550 ;;
        *) echo 300 ;;
    esac
}
# With LIMIT (CI has an hour) a gate that would not end within so many seconds from the start is left out, and one that does not five minutes later is stopped, and
# both are named: a cold cache or a slow machine leaves less time. Without it all run to their end.
limit=${LIMIT:-0}
lane() { # GATE...
    local gate begun code log
    for gate in "$@"; do
        if [ "$limit" -gt 0 ] && [ $((SECONDS + $(takes "$gate"))) -gt "$limit" ]; then
            echo "$gate" >>"$work/left"
            continue
        fi
        begun=$SECONDS code=0 log="$work/$(basename "$gate").log"
        local -a within=()
        [ "$limit" -eq 0 ] || within=(timeout "$((limit + 300 - SECONDS))")
        ${within[@]+"${within[@]}"} "$gate" >"$log" 2>&1 || code=$?
        if [ "$code" -eq 124 ] && [ "$limit" -gt 0 ]; then
            echo "$gate (stopped)" >>"$work/left"
        elif [ "$code" -ne 0 ]; then
            echo "$gate" >>"$work/failed"
        fi
        { printf '\n== %s: exit code %s, %s s\n' "$gate" "$code" "$((SECONDS - begun))"; cat "$log"; } >"$log.said"
        cat "$log.said"
    done
}
step "gates"
lane ci/gates/secondaries.sh ci/gates/catalogue.sh ci/gates/crash.sh ci/deny.sh ci/gates/pages.sh ci/fuzz.sh &
lane ci/gates/opendata.sh ci/gates/portal.sh ci/gates/determinism.sh ci/gates/readers.sh
wait
printf '\n== %s s in all\n' "$SECONDS"
[ ! -e "$work/left" ] || printf 'NOT RUN to the end, since LIMIT=%s left no time for it (run it alone, or make test without LIMIT): %s\n' "$limit" "$(paste -sd, "$work/left")"
[ ! -e "$work/failed" ] || { printf '\nFAILED: %s\n' "$(tr '\n' ' ' <"$work/failed")"; exit 1; }
