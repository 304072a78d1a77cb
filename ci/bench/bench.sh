#!/usr/bin/env bash
# usage: ci/bench/bench.sh        (settings: SCALE, FROM, TO, RUNS; result in OUT, by default out/bench.json)
# Speed and peak memory of `extract + anonymise + cubes` from NDJSON and BSON, and of the same question asked of DuckDB and Polars, on one
# generated snapshot of more than 2 million searches. The snapshot (about 6 GB in both forms) is kept in the cache folder.
set -euo pipefail
cd "$(dirname "$0")/../.."
FROM=${FROM:-2024-01-01} TO=${TO:-2024-10-03} SCALE=${SCALE:-0.45} RUNS=${RUNS:-3} OUT=${OUT:-out/bench.json}

python=$(ci/python/venv.sh bench)/bin/python
cargo build --release --locked --bin solidata --example bench_pipeline
built="${CARGO_TARGET_DIR:-target}/release"

cache="${XDG_CACHE_HOME:-$HOME/.cache}/solidata/bench"
generator=$(find pipeline/synth datasets/reference -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -c1-12)
snapshot="$cache/$FROM-$TO-$SCALE-$generator"
for form in ndjson bson; do
    if [ ! -d "$snapshot/$form" ]; then
        echo "making the snapshot in $snapshot/$form (once)" >&2
        rm -rf "$snapshot/$form.new"
        "$built/solidata" synth --out "$snapshot/$form.new" --from "$FROM" --to "$TO" --departments all --scale "$SCALE" --seed 7 --form "$form" --no-truth
        mv "$snapshot/$form.new" "$snapshot/$form"
    fi
done
one() { find "$snapshot/$1" -name "search*$2" -not -path '*/damaged/*' | sort | head -1; }

python3 ci/bench/bench.py --ours "$built/examples/bench_pipeline" --ndjson "$(one ndjson json)" --bson "$(one bson .bson)" \
    --roots datasets/reference/categories_racines.csv --python "$python" --runs "$RUNS" --json "$OUT"
