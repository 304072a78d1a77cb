#!/usr/bin/env bash
# usage: ci/gates/secondaries.sh        (GENERATOR=FILE says where synthetic_tables.py is)
# The protector withholds no more than it may, with linear safety: on xs, s and m no more secondaries than GaussSuppression 1.2.3 without singleton handling, and
# at most twice its own number with the pool rule; on 30 tables of up to 300 cells within 10 % of the optimum on average. Then it proves that it could have failed.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ $# -eq 0 ] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
GENERATOR=${GENERATOR:-${SOLIDATA_SHARED:-../shared}/disclosure/synthetic_tables.py}
if [ ! -f "$GENERATOR" ]; then
    if [ "${CI:-}" = true ]; then echo "FAIL $GENERATOR, which makes the tables, is missing"; exit 1; fi
    echo "SKIPPED: $GENERATOR, which makes the tables, is missing"
    exit 0
fi
cargo build --release --locked --quiet --workspace --example protect_table
protect_table="${CARGO_TARGET_DIR:-target}/release/examples/protect_table"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

secondaries() { # TABLE, on or off: how many cells are withheld for others
    "$protect_table" "$work/$1.csv" --intervals off --pool "$2" > "$work/said"
    grep -q '^primary .* lost 0 ' "$work/said" || { cat "$work/said" >&2; return 1; }
    sed -n 's/^primary [0-9]* secondary \([0-9]*\) .*/\1/p' "$work/said"
}
bound() { # WHAT, NUMBER, BOUND
    if [ "$2" -le "$3" ]; then echo "ok   $1: $2, at most $3"; else echo "FAIL $1: $2, at most $3"; return 1; fi
}
table() { # NAME, BOUND, the generator's numbers
    python3 "$GENERATOR" "$work/$1.csv" "${@:3}"
    local off on
    off=$(secondaries "$1" off) && on=$(secondaries "$1" on) || { echo "FAIL $1: not protected"; return 1; }
    bound "$1, pool off" "$off" "$2" && bound "$1, pool on" "$on" $((2 * off))
}
table xs 239 12 3,2,2 2 60 4 || failed=1
table s 441 30 4,3,2 3 200 1 || failed=1
table m 938 100 4,3,3 4 600 2 || failed=1
python=$(ci/python/venv.sh optimum)/bin/python
optimum() { "$python" ci/optimum/optimum.py "$1" "$GENERATOR" "$2" > "$work/optimum" 2>&1; } # PROTECTOR, TABLES
if optimum "$protect_table" 30; then echo "ok   $(tail -1 "$work/optimum")"; else cat "$work/optimum"; echo "FAIL too far from the optimum"; failed=1; fi

# A bound that cannot be missed says nothing: the same with a protector that says it withholds a fifth more.
cat > "$work/wasteful" <<EOF
#!/usr/bin/env bash
"$(realpath "$protect_table")" "\$@" | awk '\$1 == "primary" { \$4 = int(\$4 * 1.2) } { print }'
EOF
chmod +x "$work/wasteful"
if (protect_table="$work/wasteful"; table xs 239 12 3,2,2 2 60 4 > /dev/null); then echo "FAIL a fifth more is within the bound of xs"; failed=1; fi
if optimum "$work/wasteful" 5; then echo "FAIL a fifth more is within 10 % of the optimum"; failed=1; fi
[ "$failed" -eq 0 ] && echo "secondaries: within every bound; a protector that withholds a fifth more is not"
exit "$failed"
