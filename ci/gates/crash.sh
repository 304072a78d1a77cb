#!/usr/bin/env bash
# usage: ci/gates/crash.sh        (POINTS=40 kills at so many calls, spread over all; RUNS=10 random runs; without them every call, and 50 runs)
# The program itself, in a store that fails: it is aborted (as by kill -9) at each call to the store in turn, alternating before the call and after it; after each
# abort the published month is whole and nothing else is published, or both months are; and the same run again ends in the same bytes as one that nothing
# disturbed. Then a fifth of all calls fail at random, by seed, and every run has to end right.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ $# -eq 0 ] || { sed -n '2,5s/^# //p' "$0" >&2; exit 2; }
target=${CARGO_TARGET_DIR:-target}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The faults are compiled into a copy of the program that is used here and nowhere else.
cargo build --release --locked --quiet --bin solidata --features solidata-store/faults
cp "$target/release/solidata" "$work/faulty"
cargo build --release --locked --quiet --bin solidata
solidata=$work/faulty

"$solidata" synth --out "$work/s" --from 2024-08-25 --to 2024-09-30 --departments 67 --seed 3 --scale 0.05 > /dev/null 2>&1
"$solidata" synth --out "$work/t" --from 2024-08-25 --to 2024-09-30 --departments 67 --seed 4 --scale 0.05 > /dev/null 2>&1
printf 'vault = "v"\npublic = "p"\n[signing]\nkey = "v/signing/solidata.key"\n' > "$work/solidata.toml"
mkdir "$work/base"
cp "$work/solidata.toml" "$work/base/"
(cd "$work/base" && "$solidata" keygen --no-password > /dev/null 2>&1)
first=(run --month 2024-08 --cut-off 2024-09-30 --lieux "$work/s/snapshot.archive.gz")
second=(run --month 2024-08 --revise --reason "Adresses" --cut-off 2024-09-30 --lieux "$work/t/snapshot.archive.gz")
(cd "$work/base" && "$solidata" "${first[@]}" > "$work/log" 2>&1) || { tail -3 "$work/log"; exit 1; }
published() { (cd "$1/p" && find . -type f ! -path './staging/*' ! -name '.*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum); }
published "$work/base" > "$work/old"
# What an undisturbed correction comes to, and how many calls it makes.
cp -r "$work/base" "$work/calm"
(cd "$work/calm" && SOLIDATA_FAULTS="log=$work/calls" "$solidata" "${second[@]}" > "$work/log" 2>&1) || { tail -3 "$work/log"; exit 1; }
published "$work/calm" > "$work/new"
calls=$(cut -d' ' -f1 "$work/calls" | sort -n | tail -1)

# One point: a copy of the store, the run with a fault, what readers see, the run again.
point() { # NAME, FAULT, whether the run may end well
    local here=$work/run-$1 fault=$2 code=0
    cp -r "$work/base" "$here"
    # The shell's own word on the abort is no finding.
    { (cd "$here" && SOLIDATA_FAULTS=$fault exec "$solidata" "${second[@]}" > "$here/log" 2>&1); } 2> /dev/null || code=$?
    if [ "$3" = dies ] && [ "$code" -ne 134 ]; then echo "FAIL $1: exit code $code, not an abort"; tail -2 "$here/log"; return; fi
    # `verify` sees a store that is whole: the month as it was, or with its correction.
    if ! "$solidata" verify "$here/p" > "$here/verify" 2>&1; then echo "FAIL $1: the store is not whole"; grep -v '"INFO"' "$here/verify" | head -5; return; fi
    local n
    n=$(grep -c '"revision": 2' "$here/p/index.json" || true)
    for _ in 1 2 3 4 5; do
        code=0
        (cd "$here" && SOLIDATA_FAULTS=${4:-} "$solidata" "${second[@]}" > "$here/log" 2>&1) || code=$?
        [ "$code" -eq 3 ] || break
    done
    if [ "$code" -ne 0 ]; then echo "FAIL $1: run again, exit code $code"; tail -2 "$here/log"; return; fi
    if ! diff -q "$work/new" <(published "$here") > /dev/null; then echo "FAIL $1: other bytes than undisturbed"; diff "$work/new" <(published "$here") | head -4; return; fi
    rm -rf "$here"
    echo "ok $1 $n"
}
export -f point published
export work solidata
declare -p second > "$work/second.sh"
run_point() { # shellcheck disable=SC1091
    . "$work/second.sh"
    point "$@"
}
export -f run_point

points=${POINTS:-$calls}
: > "$work/results"
for i in $(seq 1 "$points"); do
    n=$(((i * calls + points - 1) / points))
    kind=at; [ $((n % 2)) -eq 0 ] || kind=after
    echo "abort-$n abort-$kind=$n dies"
done > "$work/list"
# The last answer of all may come too late to matter: at the very last call the run may have ended.
for i in $(seq 1 "${RUNS:-50}"); do echo "random-$i random=20%,seed=$i any random=20%,seed=$((i + 1000))"; done >> "$work/list"
begun=$SECONDS
xargs -P "$(nproc)" -L 1 bash -c 'run_point "$@"' _ < "$work/list" >> "$work/results" 2>&1
if grep -v '^ok ' "$work/results"; then echo "crash: failed"; exit 1; fi
echo "crash: aborted at $(grep -c '^ok abort' "$work/results") of $calls calls ($(grep -c '^ok abort.* 0$' "$work/results") times readers had the old month, $(grep -c '^ok abort.* 1$' "$work/results") times the new one)," \
    "$(grep -c '^ok random' "$work/results") runs with a fifth of all calls failing; every one ended in the same bytes; $((SECONDS - begun)) s"
