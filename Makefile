# One verb for each thing a person does here; CI runs the same ones. `make` lists them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help web demo test test-engines test-web check bench services services-stop sim

POSTGRES := scripts/services/postgres.sh
OSRM := scripts/services/osrm.sh
# What `make bench` does beyond the quick run: `make bench FULL=--full`
FULL ?=
# What `make sim` makes; override on the command line: make sim SEED=7 DAYS=30
SEED ?= 1
DAYS ?= 1
OUT ?= city.ndjson

help: ## list the verbs
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

web: ## the pages in the browser, for the binary that is built next; needs Node.js and npm
	scripts/web.sh

demo: ## a real day, priced, settled, reconciled, in a few minutes from nothing
	@scripts/web.sh --if-possible
	cargo run --profile demo --quiet --package doorstep-cli -- demo

test: ## every test that needs only the toolchain
	cargo test --workspace --quiet

test-engines: ## what needs a server, on a private Postgres and a private OSRM
	$(POSTGRES) install
	$(POSTGRES) start
	trap '$(POSTGRES) stop; $(OSRM) stop' EXIT; \
	$(OSRM) start; \
	export DOORSTEP_TEST_POSTGRES="$$($(POSTGRES) url)" DOORSTEP_ENGINES_REQUIRED=1; \
	export DOORSTEP_TEST_OSRM="$$($(OSRM) url)"; \
	cargo test --quiet --package doorstep-store; \
	cargo test --quiet --package doorstep-server --package doorstep-cli --test main -- engines

test-web: web ## the pages, also in a real browser against the real server
	cd web && npm test --silent
	web/scripts/chromium.sh
	cargo build --quiet --package doorstep-cli
	cd web && npm run --silent test:browser

check: ## format, lints, house rules, licences
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- --deny warnings
	cargo xtask tidy
	@if cargo deny --version >/dev/null 2>&1; then cargo deny check bans licenses sources; \
	else echo "cargo-deny is not installed: tidy has checked the licences"; fi

bench: ## measure, minutes; FULL=--full for up to 30 million events; tables as in docs/benchmarks.md
	cargo xtask bench $(FULL)

services: ## start the engines that tests can use, and print where they listen
	$(POSTGRES) install
	$(POSTGRES) start
	$(OSRM) start
	@echo "DOORSTEP_TEST_POSTGRES=$$($(POSTGRES) url)"
	@echo "DOORSTEP_TEST_OSRM=$$($(OSRM) url)"

services-stop: ## stop them
	$(POSTGRES) stop
	$(OSRM) stop

sim: ## write a synthetic city's events to OUT
	cargo run --release --quiet --package doorstep-cli -- \
		simulate city --seed $(SEED) --days $(DAYS) > $(OUT)
