#!/usr/bin/env bash
# usage: ci/bench/utility.sh [DEPARTMENTS]    (default: all, 600 000 gross searches, some minutes)
# What a reader gets of a synthetic month, 2024-09: how many cells of each level of territory and category are given.
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo build --release --locked --workspace --bins
solidata="${CARGO_TARGET_DIR:-target}/release/solidata"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
"$solidata" synth --departments "${1:-all}" --from 2024-08-20 --to 2024-10-03 --seed 7 --out "$work/sample"
sample="$work/sample/snapshot.archive.gz"
time "$solidata" run --month 2024-09 --lieux "$sample" --search "$sample" --vault "$work/vault" --public "$work/public"
python3 ci/bench/shares.py "$work/public/releases/2024-09/r1/data/demande_territoires.csv"
