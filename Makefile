# Each target is one line; plain cargo works as well. `make help` lists them.
.PHONY: help release test check bench fuzz fmt docs
help: ## this list
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*##/\t/'
release: ## build, make a sample snapshot, publish a release into ./out, say what to look at
	@ci/release.sh
test: ## formatting, lints, every test, every gate
	@ci/test.sh
check: ## datasets, SQL models, contracts and SQL tests, without data
	@cargo run --release --quiet --bin solidata -- check
bench: ## speed and memory against DuckDB and Polars, then of protection and attack, in one run
	@ci/bench/bench.sh && ci/bench/disclosure.sh
fuzz: ## give the parsers of outside bytes what nobody would write, ten minutes each (FUZZ_SECONDS)
	@ci/fuzz.sh
fmt: ## format the code
	@cargo fmt --all
docs: ## the documentation of the crates
	@cargo doc --workspace --no-deps --release
