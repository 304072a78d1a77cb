#!/usr/bin/env bash
# usage: ci/gates/determinism.sh        (SOLIDATA=PROGRAM tries another program than the one that cargo builds)
# Same inputs, same bytes: builds one release with other threads, batches, memory, time zone, locale, folders, cores, vaults and keys, and from
# other forms and orders of the same snapshot, and compares the sha256 of every published file. Then it proves that it could have failed.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ $# -eq 0 ] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
project=$PWD
[ -n "${SOLIDATA:-}" ] || cargo build --release --locked --quiet --bin solidata
solidata=$(realpath "${SOLIDATA:-${CARGO_TARGET_DIR:-target}/release/solidata}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
say() { echo "$1" | tee -a "$work/report"; }
fail() { say "FAIL $1"; failed=1; }

for form in archive ndjson ndjson-canonical bson; do
    "$solidata" synth --out "$work/in/$form" --from 2024-08-20 --to 2024-09-30 --departments 67,68 --seed 5 --scale 0.5 --form "$form" > "$work/log" 2>&1 ||
        { tail "$work/log"; exit 1; }
done
one() { find "$work/in/$1" -name "$2*" -not -path '*/damaged/*' -not -name '*.metadata.json' | sort | head -1; } # FORM, COLLECTION
archive=$(one archive snapshot) ndjson_lieux=$(one ndjson lieux) ndjson_search=$(one ndjson search)

# Every build has a vault of its own, with keys of its own: no published byte may depend on them.
build() { # NAME, then what stands before `solidata` (an environment), then --, then options of `run`
    local name=$1 before=()
    shift
    while [ "$1" != "--" ]; do before+=("$1"); shift; done
    shift
    ${before[@]+"${before[@]}"} "$solidata" run --month 2024-09 --vault "$work/vault $name é" --public "$work/out/$name" "$@" > "$work/log" 2>&1
}
digests() { (cd "$work/out/$1/$2" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum); } # NAME, FOLDER
same() { # NAME, FOLDER...: equal to the first build beneath these folders
    for folder in "${@:2}"; do
        if ! diff <(digests base "$folder") <(digests "$1" "$folder") > "$work/diff"; then
            fail "$1: other bytes beneath ${folder}:"
            head -5 "$work/diff"
            return
        fi
    done
    say "same bytes: $1"
}
variant() { # NAME...: see `build`; every published file is the same
    if build "$@"; then same "$1" .; else fail "$1: run failed"; tail "$work/log"; fi
}
form() { # NAME, options of `run`: another snapshot of the same documents, so the manifest names another sha256
    if build "$1" -- "${@:2}"; then same "$1" "$release/data" "$release/geo" "$release/schemas"; else fail "$1: run failed"; tail "$work/log"; fi
}
release=releases/2024-09/r1
pair=(--lieux "$archive" --search "$archive")

build base -- "${pair[@]}" || { tail "$work/log"; exit 1; }
say "built: $(digests base . | wc -l) files, $(digests base "$release/data" | wc -l) of them tables"
variant threads-1 -- "${pair[@]}" --threads 1
variant threads-7 -- "${pair[@]}" --threads 7
printf '[engine]\nthreads = 3\nbatch_size = 61\nmemory_mb = 128\nsort_records = 999\n' > "$work/small.toml"
variant small-batches-and-memory -- "${pair[@]}" --config "$work/small.toml"
variant tokyo-and-turkish env TZ=Asia/Tokyo LANG=tr_TR.UTF-8 LC_ALL=tr_TR.UTF-8 -- "${pair[@]}"
variant st-johns-and-c env -i PATH="$PATH" HOME="$work" TZ=America/St_Johns LC_ALL=C -- "${pair[@]}"
mkdir -p "$work/elsewhere"
variant one-core-other-folder env -C "$work/elsewhere" taskset -c 0 -- "${pair[@]}"
# Once more from the first build's vault, where everything is already done.
cp -r "$work/vault base é" "$work/vault cached é"
# The ledger says what the first store published: another store has none yet.
rm -r "$work/vault cached é/ledger"
variant cached -- "${pair[@]}"

form ndjson --lieux "$ndjson_lieux" --search "$ndjson_search"
form ndjson-canonical --lieux "$(one ndjson-canonical lieux)" --search "$(one ndjson-canonical search)"
form bson --lieux "$(one bson lieux)" --search "$(one bson search)"
tac "$ndjson_lieux" > "$work/in/lieux.ndjson"
tac "$ndjson_search" | gzip -1 > "$work/in/search.ndjson.gz"
form backwards-and-gzip --lieux "$work/in/lieux.ndjson" --search "$work/in/search.ndjson.gz"
lines=$(wc -l < "$ndjson_search")
head -n $((lines * 2 / 3)) "$ndjson_search" > "$work/in/search1.ndjson"
tail -n $((lines * 2 / 3)) "$ndjson_search" > "$work/in/search2.ndjson"
form two-overlapping-parts --lieux "$ndjson_lieux" --search "$work/in/search2.ndjson" --search "$work/in/search1.ndjson"

# What follows must be refused, or change bytes: a gate that cannot fail proves nothing.
printf '[thresholds]\ndaily_cap = 1\n' > "$work/capped.toml"
if build capped -- "${pair[@]}" --config "$work/capped.toml" && ! diff -q <(digests base "$release/data") <(digests capped "$release/data") > /dev/null; then
    say "another threshold: other bytes, as it must be"
else
    fail "another threshold changed nothing: the comparison is blind"
fi
mutant() { rm -rf "$work/project"; mkdir "$work/project"; cp -r "$project/datasets" "$project/sql" "$work/project/"; }
mutant
if build unchanged-project -- "${pair[@]}" --project "$work/project"; then same unchanged-project .; else fail "unchanged project: refused"; tail "$work/log"; fi
refused() { # REASON, COMMAND...: findings (exit code 1), and the reason is this one
    local code=0
    "${@:2}" > "$work/log" 2>&1 || code=$?
    if [ "$code" -eq 1 ] && grep -q "$1" "$work/log"; then say "refused: $1"; else fail "not refused for '$1' (exit code $code)"; tail -5 "$work/log"; fi
}
mutant
sed -i '/^sort_key/s/, "categorie_code"//' "$work/project/datasets/offre_territoires/dataset.toml"
refused "offre_territoires, row .* has the same key" build mutant-key -- "${pair[@]}" --project "$work/project"
[ ! -e "$work/out/mutant-key/$release" ] || fail "a release without a unique sort key was published"
for expression in 'random()' 'now()' 'uuid()' 'row_number() OVER ()' 'first_value(l.nom) OVER ()'; do
    mutant
    sed -i "s/^    l\.nom,\$/    CAST($expression AS VARCHAR) AS nom,/" "$work/project/sql/datasets/structures.sql"
    reason=volatile
    case $expression in *OVER*) reason=unordered_window ;; esac
    refused "structures.sql: error\[$reason\]: ${expression%%(*}" "$solidata" check --project "$work/project"
done
mutant
echo 'LIMIT 10' >> "$work/project/sql/datasets/structures.sql"
refused "structures.sql: error\[form\]: ORDER BY or LIMIT" "$solidata" check --project "$work/project"
# The same at a run: nothing is published.
refused "structures.sql" build mutant-sql -- "${pair[@]}" --project "$work/project"
[ ! -e "$work/out/mutant-sql/$release" ] || fail "a release of refused SQL was published"

[ "$failed" -eq 0 ] && echo "determinism: $(grep -c '^same bytes' "$work/report") builds gave the same bytes, $(grep -c '^refused' "$work/report") mutations were refused"
exit "$failed"
