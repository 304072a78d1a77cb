#!/usr/bin/env bash
# usage: ci/bench/disclosure.sh [TABLE...]    (xs s m l xl nat; default: all; settings: GENERATOR, INTERVALS, MONTH)
# Speed of protection, of the exact attack and of witnesses on the synthetic tables of DISCLOSURE §5: cells and secondaries, seconds, cells a second, peak
# memory. At the end each figure for which there is a bound stands beside it; exit code 1 when one is missed. Bounds hold for two cores that do nothing else. The
# generator of the tables is not part of this repository; without it only the made-up month is measured (MONTH=no leaves it out). Interval repair is measured on
# xs, s, m and l, and on xl when xl is named (INTERVALS says on which otherwise).
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ $# -gt 0 ]; then INTERVALS=${INTERVALS:-"xs s m l xl"}; else INTERVALS=${INTERVALS:-"xs s m l"}; fi
GENERATOR=${GENERATOR:-${SOLIDATA_SHARED:-../shared}/disclosure/synthetic_tables.py}
cargo build --release --locked --workspace --example protect_table --example protect_month --example attack_table
built="${CARGO_TARGET_DIR:-target}/release/examples"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ "${MONTH:-yes}" = yes ]; then
    for intervals in off on; do
        echo "== month, intervals $intervals"
        "$built/protect_month" --intervals "$intervals"
    done
fi
if [ ! -f "$GENERATOR" ]; then
    echo "SKIPPED: $GENERATOR, which makes the tables, is missing (say where it is with GENERATOR=)"
    exit 0
fi

bound() { # WHAT, FIGURE, least or most, BOUND
    if [ -n "$2" ] && awk -v n="$2" -v way="$3" -v bound="$4" 'BEGIN { exit !(way == "least" ? n >= bound : n <= bound) }'; then
        echo "ok     $1: $2, at $3 $4" >> "$work/bounds"
    else
        echo "MISSED $1: ${2:-no figure}, at $3 $4" >> "$work/bounds"
    fi
}
now() { date +%s.%N; }
since() { awk -v from="$1" -v to="$(now)" 'BEGIN { printf "%.1f", to - from }'; } # TIME
figure() { sed -n "s|$1|\\1|p" "$work/$2"; } # PATTERN with one group, OUTPUT
protect() { "$built/protect_table" "$tables/$table.csv" --out "$work/pattern.csv" "$@" | tee "$work/protected"; }
# What has fallen stops the run: a figure of a table that is not safe says nothing.
attack() { "$built/attack_table" "$tables/$table.csv" "$work/pattern.csv" "$@" | tee "$work/attacked"; }
witnesses() { # WHAT, options of the attack
    attack --formulas 0 --witnesses "${@:2}"
    [ "$table" != l ] || bound "$table, seconds for witnesses $1" "$(figure '^intervals: .* \([0-9.]*\) s, .*' attacked)" most 120
    bound "$table, primaries without two witnesses $1" \
        "$(sed -n 's/^intervals: \([0-9]*\) targets: \([0-9]*\) with .*/\1 \2/p' "$work/attacked" | awk '{ print $1 - $2 }')" most 0
}

tables="${XDG_CACHE_HOME:-$HOME/.cache}/solidata/bench/tables"
mkdir -p "$tables"
[ $# -gt 0 ] || set -- xs s m l xl nat
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
    echo "== $table, load of the machine $(cut -d' ' -f1 /proc/loadavg 2>/dev/null || echo unknown)"
    echo "protect, linear, pool off; exact attack"
    start=$(now)
    protect --pool off --intervals off
    attack --formulas 0
    seconds=$(since "$start")
    case "$table" in
        xl)
            bound "$table, cells a second, protection" "$(figure '.* cells_per_s \([0-9]*\) .*' protected)" least 150000
            bound "$table, cells a second, exact attack" "$(figure '^exact: .* \([0-9]*\) cells/s.*' attacked)" least 150000
            ;;
        nat)
            bound "$table, seconds for both, with reading and writing" "$seconds" most 300
            # 6 GB in MiB
            bound "$table, peak MiB, protection" "$(figure '.* peak_mib \([0-9]*\).*' protected)" most 5722
            bound "$table, peak MiB, exact attack" "$(figure '^peak memory \([0-9]*\) MB' attacked)" most 5722
            ;;
    esac
    [ "$table" != nat ] || continue
    echo "protect, linear, pool on"
    protect --pool on --intervals off
    case " $INTERVALS " in *" $table "*) ;; *) continue ;; esac
    echo "protect, intervals, pool on; exact attack and witnesses"
    protect --pool on --intervals on
    witnesses "from the true table" --truth
    # Whoever attacks from outside has to find a table first.
    [ "$table" != l ] || witnesses "from a table found"
done
[ -f "$work/bounds" ] || exit 0
echo "== bounds"
cat "$work/bounds"
! grep -q ^MISSED "$work/bounds"
