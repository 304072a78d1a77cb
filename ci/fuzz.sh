#!/usr/bin/env bash
# usage: ci/fuzz.sh [TARGET...]     gives the parsers of outside bytes what nobody would write; all targets unless some are named
#   FUZZ_SECONDS   time of each target, 600 unless it is set
#   FUZZ_RESULTS   a file to which a line is added for each target: executions, seconds, coverage
# What was found interesting is kept in the cache folder, so that the next run goes on from there; what makes a target fail is kept beside it and
# named. It needs a C++ compiler. Without cargo-fuzz it says SKIPPED, or fails with CI=true.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
seconds=${FUZZ_SECONDS:-600}
cache="${XDG_CACHE_HOME:-$HOME/.cache}/solidata/fuzz"
build="${CARGO_TARGET_DIR:-$cache/target}/fuzz"
tools=$(ci/tool.sh cargo-fuzz 0.13.2) || {
    echo "SKIPPED: cargo-fuzz could not be installed: nothing was fuzzed" >&2
    [ "${CI:-}" != true ] || exit 3
    exit 0
}
export PATH="$tools:$PATH"
mapfile -t all < <(ls ci/fuzz/fuzz_targets | sed 's/\.rs$//' | grep -v '^seeds$')
[ $# -gt 0 ] || set -- "${all[@]}"

# The versions of the program, as the root's Cargo.lock has them.
cp Cargo.lock ci/fuzz/Cargo.lock
host=$(rustc -vV | sed -n 's/^host: //p')
# Without a sanitizer any stable compiler will do: there is no unsafe code of ours, and a panic, a hang or a flood of memory shows without one.
cargo fuzz build --fuzz-dir ci/fuzz --sanitizer none --target "$host" --target-dir "$build"
binaries="$build/$host/release"

mkdir -p "$cache/seeds" "$cache/failures"
FUZZ_SEEDS="$cache/seeds" "$binaries/seeds" -runs=0 >"$cache/seeds.log" 2>&1 || { cat "$cache/seeds.log" >&2; exit 1; }
failed=0
for target in "$@"; do
    [ -x "$binaries/$target" ] || { echo "fuzz.sh: there is no target $target; there are: ${all[*]}" >&2; exit 2; }
    mkdir -p "$cache/corpus/$target" "$cache/seeds/$target"
    log="$cache/$target.log"
    dictionary=(); case "$target" in json|index|manifest|table_schema|store|compressed) dictionary=(-dict="$root/ci/fuzz/json.dict");; esac
    # One input may take ten seconds and two gigabytes, on the slowest machine.
    if "$binaries/$target" "$cache/corpus/$target" "$cache/seeds/$target" "${dictionary[@]}" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -max_len=65536 -print_final_stats=1 -artifact_prefix="$cache/failures/$target-" >"$log" 2>&1; then :; else
        failed=1
        echo "$target: FAILED; the end of $log:" >&2
        tail -25 "$log" >&2
    fi
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -1)
    coverage=$(grep -oE 'cov: [0-9]+ ft: [0-9]+' "$log" | tail -1)
    line=$(printf '%-14s %10s executions %5s s   %s' "$target" "${executions:-?}" "$seconds" "$coverage")
    echo "$line"
    [ -z "${FUZZ_RESULTS:-}" ] || echo "$line" >>"$FUZZ_RESULTS"
done
exit "$failed"
