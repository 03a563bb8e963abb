# The commands of this repository. `make demo` and `make test` set up what they need on a fresh machine.

CARGO ?= cargo

.PHONY: help setup demo test check soak bench generate sqlx-prepare fuzz oracle oracle-bench

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: ## installs what is missing: wasm target, C compiler, PostgreSQL
	@tools/setup.sh

demo: setup ## makes an organisation with planted fraud and shows what is found
	$(CARGO) run --release --locked --quiet -p ringfence -- demo

test: setup ## all tests
	@tools/setup.sh languages
	$(CARGO) test --locked --workspace

check: setup ## format, lints, docs, released interfaces, licences
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps --quiet
	@tools/frozen.sh
	@tools/deny.sh

soak: setup ## the crash test with 5,000 kills, at most an hour; another seed each time
	@tools/soak.sh

bench: setup ## benchmarks: our code and the alternative in one run
	$(CARGO) run --release --locked --quiet -p ringfence --example bench_boundary
	$(CARGO) run --release --locked --quiet -p ringfence --example bench_read
	$(CARGO) build --release --locked --quiet -p ringfence
	$(CARGO) run --release --locked --quiet -p ringfence --example bench_scan
	$(CARGO) run --release --locked --quiet -p ringfence --example bench_ingest
	$(CARGO) run --release --locked --quiet -p ringfence --example bench_engine
	$(CARGO) run --release --locked --quiet -p ringfence --example bench_swap_plugin

generate: ## writes docs/fields.md and the SDK's accessors from the field table
	$(CARGO) run --quiet -p model --example generate

sqlx-prepare: setup ## writes .sqlx/ from the queries in the code, against a private PostgreSQL
	migrations/prepare.sh

fuzz: ## runs every fuzz target for a minute (needs cargo-fuzz and a nightly toolchain)
	tools/fuzz.sh

oracle: ## rules against the best-known Rust implementation of Sigma; SIGMA_CORPUS=folder adds the public rules
	cd tests/oracle && $(CARGO) test --locked -- --nocapture

oracle-bench: ## records per second, ours and that implementation's, in one run
	cd tests/oracle && $(CARGO) run --release --locked --quiet --bin speed
