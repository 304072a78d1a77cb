#!/usr/bin/env bash
# The pure crates pull in no runtime, no network and no query engine, whatever their features.
set -euo pipefail
cd "$(dirname "$0")/../.."
forbidden='^(tokio|object_store|datafusion[a-z-]*|reqwest|hyper) v'
failed=0
list=$(mktemp)
for crate in model territory anonymise disclosure attack demand canon pages catalogue; do
    found=$(cargo tree --locked -p "solidata-$crate" --edges normal,build --prefix none | grep -E "$forbidden" | sort -u || true)
    if [ -n "$found" ]; then
        printf 'solidata-%s is to be pure but pulls in:\n%s\n' "$crate" "$found"
        failed=1
    fi
done
# The generator's truth is an independent reference: it shares no code with what it checks.
found=$(cargo tree --locked -p solidata-synth --edges normal,build --prefix none | grep -E '^solidata-(anonymise|territory|sources|stages) v' | sort -u || true)
if [ -n "$found" ]; then
    printf 'solidata-synth shares code with what it is to check:\n%s\n' "$found"
    failed=1
fi
# What protects and what attacks share no code, so that one mistake is not made twice.
for crate in disclosure attack; do
    found=$(cargo tree --locked -p "solidata-$crate" --edges normal,build,dev --prefix none | grep -E "^solidata-" | grep -v "^solidata-$crate v" | sort -u || true)
    if [ -n "$found" ]; then
        printf 'solidata-%s is to stand alone but uses:\n%s\n' "$crate" "$found"
        failed=1
    fi
done
# No module of the pure crates touches files, the clock, the environment or processes.
if grep -rnE 'std::(fs|env|net|process)::|SystemTime|Instant::now|Utc::now|Local::now' transforms/*/src --include='*.rs' | grep -v 'cfg(test)' | grep -vE '/tests?(/|\.rs)' > "$list"; then
    while IFS=: read -r file line _; do
        # what stands after a module's `mod tests` is a test
        start=$(grep -n 'mod tests' "$file" | head -1 | cut -d: -f1 || true)
        if [ -z "$start" ] || [ "$line" -lt "$start" ]; then echo "impure: $file:$line"; failed=1; fi
    done < "$list"
fi
rm -f "$list"
[ "$failed" -eq 0 ] && echo "pure: model territory anonymise disclosure attack demand canon pages catalogue; independent: synth; alone: disclosure, attack"
exit "$failed"
