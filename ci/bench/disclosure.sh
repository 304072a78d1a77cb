#!/usr/bin/env bash
# usage: ci/bench/disclosure.sh [TABLE...]    (xs s m l xl nat; default: xs s m l xl; settings: GENERATOR, INTERVALS)
# Speed of protection and of the exact attack on the synthetic tables of DISCLOSURE §5: cells and secondaries, seconds, cells a second. The generator
# of the tables is not part of this repository; without it only the made-up month is measured. Interval repair is measured on xs, s, m and l, and on
# xl when xl is named (INTERVALS says on which otherwise).
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ $# -gt 0 ]; then INTERVALS=${INTERVALS:-"xs s m l xl"}; else INTERVALS=${INTERVALS:-"xs s m l"}; fi
GENERATOR=${GENERATOR:-../shared/disclosure/synthetic_tables.py}
cargo build --release --locked --workspace --example protect_table --example protect_month --example attack_table
built="${CARGO_TARGET_DIR:-target}/release/examples"
for intervals in off on; do
    echo "== month, intervals $intervals"
    "$built/protect_month" --intervals "$intervals"
done
if [ ! -f "$GENERATOR" ]; then
    echo "SKIPPED: $GENERATOR, which makes the tables, is missing (say where it is with GENERATOR=)"
    exit 0
fi
tables="${XDG_CACHE_HOME:-$HOME/.cache}/solidata/bench/tables"
mkdir -p "$tables"
[ $# -gt 0 ] || set -- xs s m l xl
for table in "$@"; do
    case "$table" in
        xs) size="12 3,2,2 2 60 4" ;;
        s) size="30 4,3,2 3 200 1" ;;
        m) size="100 4,3,3 4 600 2" ;;
        l) size="400 4,3,3 4 600 3" ;;
        xl) size="2000 4,3,3 4 600 5" ;;
        nat) size="35000 4,3,3 4 600 6" ;;
        *) echo "no such table: $table" >&2; exit 2 ;;
    esac
    # shellcheck disable=SC2086
    [ -f "$tables/$table.csv" ] || { python3 "$GENERATOR" "$tables/new.csv" $size && mv "$tables/new.csv" "$tables/$table.csv"; }
    echo "== $table"
    for pool in off on; do
        echo "protect, linear, pool $pool"
        "$built/protect_table" "$tables/$table.csv" --pool "$pool" --intervals off --out "$tables/pattern.csv"
        [ "$pool" = on ] || "$built/attack_table" "$tables/$table.csv" "$tables/pattern.csv"
    done
    case " $INTERVALS " in *" $table "*) ;; *) continue ;; esac
    echo "protect, intervals, pool on"
    "$built/protect_table" "$tables/$table.csv" --pool on --intervals on --out "$tables/pattern.csv"
    "$built/attack_table" "$tables/$table.csv" "$tables/pattern.csv"
done
