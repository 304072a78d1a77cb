#!/usr/bin/env bash
# usage: ci/gates/catalogue.sh [VIEWS_OF_A_MONTH VIEWS_OF_THE_NEXT]     (SOLIDATA=PROGRAM makes the releases with another program than the one that cargo builds)
# Puts the catalogues of two following months before those who read them: the harvester of data.gouv.fr, DCAT-AP's shapes, feed readers, JSON Schema. Without folders
# it publishes two months of synthetic data. Damages copies to prove that each checker notices.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ $# -eq 0 ] || [ $# -eq 2 ] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
readers=$(ci/python/venv.sh catalogue)/bin/python
harvester=$(ci/python/venv.sh udata)/bin/python
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ $# -eq 2 ]; then
    cp -r "$1" "$work/august"
    cp -r "$2" "$work/september"
else
    [ -n "${SOLIDATA:-}" ] || cargo build --release --locked --quiet --bin solidata
    solidata=${SOLIDATA:-${CARGO_TARGET_DIR:-target}/release/solidata}
    printf '[catalogue]\nbase_url = "https://data.example.org/solidata"\n' > "$work/catalogue.toml"
    said() { "$@" > "$work/log" 2>&1 || { tail -20 "$work/log" >&2; exit 1; }; }
    said "$solidata" synth --out "$work/snapshot" --from 2024-07-01 --to 2024-09-30 --departments 67 --seed 11 --scale 0.3 --form archive
    for month in 2024-08:august 2024-09:september; do
        said "$solidata" run --month "${month%:*}" --lieux "$work/snapshot/snapshot.archive.gz" --search "$work/snapshot/snapshot.archive.gz" \
            --vault "$work/vault" --public "$work/public" --config "$work/catalogue.toml"
        # The views that the program writes at the root, as they are after each month.
        mkdir "$work/${month#*:}"
        find "$work/public" -mindepth 1 -maxdepth 1 -type f ! -name '*.minisig' -exec cp {} "$work/${month#*:}" \;
        cp -r "$work/public/schemas" "$work/${month#*:}"
    done
fi

failed=0
views() { "$readers" ci/python/check_catalogue.py "$@"; }
harvest() { "$harvester" ci/udata/harvest.py "$1/catalog.$3" "$2/catalog.$3" 2> "$work/harvest.log"; }
views "$work/august" "$work/september" || failed=1
for form in jsonld ttl; do
    harvest "$work/august" "$work/september" "$form" || { tail -5 "$work/harvest.log" >&2; failed=1; }
done
[ "$failed" -eq 0 ] || exit 1

# A checker that cannot fail proves nothing.
notices() { # CHECK, WHAT IT MUST SAY, COMMAND: the command damages a copy of September
    rm -rf "$work/copy"
    cp -r "$work/september" "$work/copy"
    (cd "$work/copy" && eval "$3")
    if "$1" "$work/august" "$work/copy" jsonld > "$work/said" 2>&1 || ! grep -q "$2" "$work/said"; then
        echo "FAIL $1 does not say '$2' after: $3"
        failed=1
    fi
}
views_of_two() { views "$1" "$2"; }
notices views_of_two "do not say the same" 'sed -i "s/monthly/daily/; s/MONTHLY/DAILY/" catalog.ttl'
notices views_of_two "DCAT-AP" 'sed -i "s/\"dct:title\"/\"dct:titre\"/" catalog-dcat-ap.jsonld'
notices views_of_two "releases.json: \\$" 'sed -i "s/\"revision\": 1/\"revision\": \"1\"/" releases.json'
notices views_of_two "index.json: \\$" 'sed -i "s/\"sealed\": *1\b/\"sealed\": \"1\"/" index.json'
notices views_of_two "is gone or has another day" 'sed -i "s,releases/2024-08/r1</id>,releases/2024-08/r9</id>," feed.xml'
notices views_of_two "must have one updated" 'sed -i "0,/<updated>/s/<updated>.*<.updated>//" feed.xml'
notices harvest "other datasets or files" 'sed -i "s,/latest/data/structures.csv,/latest/data/structures-2024-09.csv," catalog.jsonld'
# A licence that the portal does not know leaves the one that it has: this is seen in the first month only.
harvest_of_new() { harvest "$2" "$2" "$3"; }
notices harvest_of_new "licence is understood as" 'sed -i "s,https://www.etalab.gouv.fr/licence-ouverte-open-licence,https://exemple.fr/licence," catalog.jsonld'
notices harvest "the job is" 'sed -i "s/\"dct:identifier\": \"solidata-structures\"/\"dct:x\": \"y\"/" catalog.jsonld'
notices harvest "String" 'cp catalog-dcat-ap.jsonld catalog.jsonld'
[ "$failed" -eq 0 ] && echo "ok   damaged copies are refused"
exit "$failed"
