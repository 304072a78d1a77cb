#!/usr/bin/env bash
# What `make test` does, in the order in which a mistake is cheapest to find. One profile, so that DataFusion is compiled once.
set -euo pipefail
cd "$(dirname "$0")/.."
step() { printf '\n== %s\n' "$*"; }

step "formatting"
cargo fmt --all --check
step "purity of the pure crates"
ci/gates/purity.sh
step "code lists are what their index says"
python3 ci/reference/build.py --check
step "lints"
cargo clippy --release --locked --workspace --all-targets -- -D warnings
step "build"
cargo build --release --locked --workspace
step "what tests need from the registries"
ci/minisign.sh
eval "$(ci/servers.sh start)"
trap 'ci/servers.sh stop' EXIT
step "tests"
if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --release --locked --workspace
else
    cargo test --release --locked --workspace --lib --bins --tests
fi
step "examples in the documentation"
cargo test --release --locked --workspace --doc --quiet
step "datasets, SQL models and contracts"
make --no-print-directory check
step "no more is withheld than may be"
ci/gates/secondaries.sh
step "same inputs, same bytes"
ci/gates/determinism.sh
step "aborted and failing stores"
POINTS=${POINTS:-120} RUNS=${RUNS:-50} ci/gates/crash.sh
step "the checkers of data.gouv.fr's users"
ci/gates/opendata.sh
