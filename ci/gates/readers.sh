#!/usr/bin/env bash
# usage: ci/gates/readers.sh [RELEASE_DIR]     (SOLIDATA=PROGRAM makes the release with another program than the one that cargo builds)
# Every file of every table of a release, read by other people's programs: DuckDB, Polars, pyarrow, pandas, openpyxl, geopandas, R, LibreOffice.
# They must agree on counts, sums and the logical digest of the manifest. Without a folder it makes a release of synthetic data, and damages copies of it.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ $# -le 1 ] && [ "${1:-}" != "--help" ] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
readers=$(ci/python/venv.sh readers)/bin/python
ci/office.sh
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
skipped() { # PROGRAM
    echo "SKIPPED $1: it is not here"
    [ "${CI:-}" != true ] || failed=1
}

named=${1:-}
release=$named
if [ -z "$release" ]; then
    [ -n "${SOLIDATA:-}" ] || cargo build --release --locked --quiet --bin solidata
    solidata=${SOLIDATA:-${CARGO_TARGET_DIR:-target}/release/solidata}
    "$solidata" synth --out "$work/snapshot" --from 2024-08-01 --to 2024-09-30 --departments 01,2A,67 --seed 13 --form archive > "$work/log" 2>&1 &&
        "$solidata" run --month 2024-09 --lieux "$work/snapshot/snapshot.archive.gz" --search "$work/snapshot/snapshot.archive.gz" \
            --vault "$work/vault" --public "$work/public" > "$work/log" 2>&1 || { tail -20 "$work/log" >&2; exit 1; }
    release="$work/public/releases/2024-09/r1"
fi
echo "release: $release"
read_all() { "$readers" ci/python/check_readers.py "$1" "$work/expected.tsv"; } # RELEASE
in_r() { Rscript --vanilla ci/r/check_csv.R "$1" "$work/expected.tsv"; } # RELEASE

# Back to CSV: comma, quote, UTF-8, from the first row; cells as they are shown; the first sheet.
CSV_FILTER='csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false'
sheets() { # FOLDER WITH data/*.csv AND data/*.xlsx
    rm -rf "$work/back" "$work/pairs"
    mkdir -p "$work/back"
    # It takes minutes for a spreadsheet of millions of cells: these are converted when a release is named.
    local most=8000000c files
    [ -z "$named" ] || most=1000000000c
    mapfile -t files < <(find "$1/data" -name '*.xlsx' -size "-$most" | sort)
    [ "${#files[@]}" -gt 0 ] || { echo "FAIL there is no spreadsheet in $1/data"; return 1; }
    soffice "-env:UserInstallation=file://$work/profile" --headless --norestore --convert-to "$CSV_FILTER" --outdir "$work/back" "${files[@]}" > "$work/log" 2>&1 ||
        { tail "$work/log"; return 1; }
    for sheet in "${files[@]}"; do
        name=$(basename "$sheet" .xlsx)
        printf '%s\t%s\n' "$1/data/$name.csv" "$work/back/$name.csv" >> "$work/pairs"
    done
    "$readers" ci/python/check_sheets.py "$work/pairs"
}

read_all "$release" || failed=1
if command -v Rscript > /dev/null; then in_r "$release" || failed=1; else skipped Rscript; fi
if command -v soffice > /dev/null; then sheets "$release" || failed=1; else skipped soffice; fi
[ "$failed" -eq 0 ] && [ $# -eq 0 ] || exit "$failed"

# A table of 50 000 rows of codes, which a spreadsheet must keep as they are.
if command -v soffice > /dev/null; then
    # Of the whole workspace, so that nothing is compiled again with fewer features.
    cargo build --release --locked --quiet --workspace --example spreadsheet
    "${CARGO_TARGET_DIR:-target}/release/examples/spreadsheet" "$work/codes" 50000
    sheets "$work/codes" > "$work/said" || failed=1
    cat "$work/said"
    grep -q "01053 6250 times, 2A004 6250 times" "$work/said" || { echo "FAIL the codes of 50 000 rows did not come back"; failed=1; }
fi

# A checker that cannot fail proves nothing.
notices() { # WHAT IT MUST SAY, COMMAND: the command damages a copy of the release
    rm -rf "$work/copy"
    cp -r "$release" "$work/copy"
    (cd "$work/copy" && eval "$2")
    if TABLES="structures services" read_all "$work/copy" > "$work/said" 2>&1 || ! grep -q "$1" "$work/said"; then
        echo "FAIL nothing says '$1' after: $2"
        failed=1
    fi
}
notices "structures.csv: duckdb_csv: the logical digest" 'sed -i "s/,67482,/,67483,/" data/structures.csv'
notices "structures.geojson: geopandas_geojson: the logical digest" 'sed -i "s/\"67482\"/\"67483\"/" geo/structures.geojson'
notices "services.xlsx: openpyxl_xlsx counts" 'cp data/structures.xlsx data/services.xlsx; cp schemas/structures.json schemas/services.json'
notices "geo/structures.parquet" 'cp data/structures.parquet geo/structures.parquet'
[ "$failed" -eq 0 ] && echo "ok   damaged copies are refused"
exit "$failed"
