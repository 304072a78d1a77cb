#!/usr/bin/env bash
# usage: ci/deny.sh     licences, bans and sources of every library (ci/deny.toml); advisories where their database can be had
# The database of RustSec is a git repository. ADVISORIES=1 demands it, ADVISORIES=0 leaves it out; otherwise it is used when it is in the cache or
# can be fetched, and what was not looked at is said.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$(ci/tool.sh cargo-deny 0.20.2) || {
    echo "SKIPPED: cargo-deny could not be installed: licences, bans and sources were not looked at" >&2
    [ "${CI:-}" != true ] || exit 3
    exit 0
}
deny() { "$tools/cargo-deny" --locked --all-features --config ci/deny.toml "$@"; }
deny --log-level error check --hide-inclusion-graph licenses bans sources
[ "${ADVISORIES:-}" != 0 ] || { echo "advisories: not looked at (ADVISORIES=0)"; exit 0; }
if timeout 120 "$tools/cargo-deny" --locked fetch --config ci/deny.toml db >/dev/null 2>&1; then
    deny --log-level error check --hide-inclusion-graph advisories
else
    echo "advisories: NOT looked at: the database of RustSec cannot be reached from here (run ci/deny.sh where it can be)"
    [ "${ADVISORIES:-}" != 1 ] || exit 3
fi
