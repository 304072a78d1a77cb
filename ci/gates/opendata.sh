#!/usr/bin/env bash
# usage: ci/gates/opendata.sh [RELEASE_DIR]     (SOLIDATA=PROGRAM makes the release with another program than the one that cargo builds)
# Puts a release before the checkers that its consumers use: coreutils, frictionless, validata, csv-detective, JSON Schema, pyarrow, DuckDB.
# Without a folder it makes a small release of synthetic data, and also damages copies of it to prove that each checker notices.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ $# -le 1 ] && [ "${1:-}" != "--help" ] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
consumers=$(ci/python/venv.sh opendata)/bin/python
validators=$(ci/python/venv.sh validata)/bin/python
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sums() { # every file is listed, nothing else is, and the digests are right
    (
        cd "$1"
        sha256sum --check --strict --quiet SHA256SUMS || { echo "FAIL SHA256SUMS: a digest is wrong"; exit 1; }
        find . -type f ! -name SHA256SUMS ! -name manifest.json.minisig | sed 's,^\./,,' | LC_ALL=C sort > "$work/there"
        sed 's/^[0-9a-f]\{64\}  //' SHA256SUMS > "$work/listed"
        diff "$work/there" "$work/listed" || { echo "FAIL SHA256SUMS: it must list every file but itself and the signature, sorted"; exit 1; }
        echo "ok   sums: $(wc -l < "$work/listed") files"
    )
}
tables() { "$consumers" ci/python/check_tables.py "$1"; }
schemas() { "$validators" ci/python/check_schemas.py "$1"; }

release=${1:-}
if [ -z "$release" ]; then
    [ -n "${SOLIDATA:-}" ] || cargo build --release --locked --quiet --bin solidata
    solidata=${SOLIDATA:-${CARGO_TARGET_DIR:-target}/release/solidata}
    "$solidata" synth --out "$work/snapshot" --from 2024-08-01 --to 2024-09-30 --departments 67,68 --seed 11 --form archive > "$work/log" 2>&1 &&
        "$solidata" run --month 2024-09 --lieux "$work/snapshot/snapshot.archive.gz" --search "$work/snapshot/snapshot.archive.gz" \
            --vault "$work/vault" --public "$work/public" > "$work/log" 2>&1 || { tail -20 "$work/log" >&2; exit 1; }
    release="$work/public/releases/2024-09/r1"
fi
echo "release: $release"
failed=0
for check in sums tables schemas; do "$check" "$release" || failed=1; done
[ "$failed" -eq 0 ] && [ $# -eq 0 ] || exit "$failed"

# A checker that cannot fail proves nothing.
notices() { # CHECK, WHAT IT MUST SAY, COMMAND: the command damages a copy of the release
    rm -rf "$work/copy"
    cp -r "$release" "$work/copy"
    (cd "$work/copy" && eval "$3")
    if TABLES=structures "$1" "$work/copy" > "$work/said" 2>&1 || ! grep -q "$2" "$work/said"; then
        echo "FAIL $1 does not say '$2' after: $3"
        failed=1
    fi
}
notices sums "must list every file" 'echo x > data/extra.csv'
notices sums "a digest is wrong" 'printf x >> pages/structures.md'
notices tables "not RFC 4180 with LF" 'sed -i "s/$/\r/" data/structures.csv'
notices tables "byte order mark" 'sed -i "1s/^/\xef\xbb\xbf/" data/structures.csv'
notices tables "manifest.json: \$.revision" 'sed -i "s/\"revision\": *1/\"revision\":\"1\"/" manifest.json'
notices tables "code_postal is detected as" 'sed -i "s/,67000,/,6700,/" data/structures.csv'
notices tables "only in Parquet" 'sed -i 2d data/structures.csv'
notices schemas "validata: data/structures.csv" 'sed -i "s/,67000,/,6700,/" data/structures.csv'
notices schemas "frictionless: data/structures.csv" 'sed -i 2d data/structures.csv; tail -1 data/structures.csv >> data/structures.csv'
[ "$failed" -eq 0 ] && echo "ok   damaged copies are refused"
exit "$failed"
