# Recipes are one or two lines; anything longer is Rust in xtask/.

.DEFAULT_GOAL := help
.PHONY: help demo run test lint web e2e measure screenshots bench conformance schemathesis webhooks ci setup compiler

APT_COMPILER := apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev

help: ## List the targets.
	@sed -n 's/^\([a-z0-9]*\):[^#]*## \(.*\)/make \1,\2/p' $(MAKEFILE_LIST) | while IFS=, read -r target text; do printf '%-17s %s\n' "$$target" "$$text"; done

demo: compiler ## From a prompt to a pull request on this machine, and no account anywhere (DEMO_ARGS=--exit: stop at the end).
	@cargo xtask setup demo
	cargo run --locked --package outwork -- demo $(DEMO_ARGS)

run: compiler ## Serve on loopback with data in ./.data (RUN_ARGS: more arguments).
	@cargo xtask setup demo
	@printf '%s\n' 'Once it is ready, type in another terminal:' '  export OUTWORK_API_KEY=$$(target/debug/outwork key create --data-dir .data)' '  target/debug/outwork launch --watch "Say hello"' 'For work in repositories of this machine: make run RUN_ARGS="--local-repos FOLDER", then launch --repo PATH.'
	cargo run --locked --package outwork -- serve --data-dir .data $(RUN_ARGS)

test: compiler ## All tests, against a PostgreSQL of their own.
	@cargo xtask test

lint: compiler ## Format, clippy and rustdoc, warnings denied.
	@cargo xtask lint

web: compiler ## The web page: types, tests, build into web/dist.
	@cargo xtask setup web
	@cd web && npm ci --ignore-scripts && npm run check && npm test && npm run build

e2e: web ## The page in headless Chromium before the real program.
	@cargo xtask e2e

measure: web ## How long the page takes for 20,000 events and 10,000 agents; on a quiet machine.
	@cargo xtask measure

screenshots: web ## Pictures of every page, both themes, three widths, into web/e2e/screenshots.
	@cargo xtask screenshots

bench: compiler ## Release build and the benchmark program, about five minutes (BENCH_ARGS: its arguments).
	@cargo xtask setup demo
	cargo build --release --locked --package outwork --package outwork-bench && target/release/outwork-bench $(BENCH_ARGS)

conformance: compiler ## The official clients of the APIs that we answer, against the real program.
	@cargo xtask conformance

schemathesis: compiler ## Requests made from our OpenAPI document, good and bad, against the real program (SCHEMATHESIS_ARGS=brief: a slice).
	@cargo xtask schemathesis $(SCHEMATHESIS_ARGS)

webhooks: compiler ## Deliveries to failing and dead receivers while the server is killed (WEBHOOKS_ARGS=brief: a slice).
	@cargo xtask webhooks $(WEBHOOKS_ARGS)

ci: ## Everything that a release needs: format, lint, test, page, release build, smoke test.
	@$(MAKE) lint && $(MAKE) test && $(MAKE) web
	@cargo build --release --locked --package outwork && target/release/outwork demo --exit

setup: compiler ## Install the Debian packages that demo and tests need.
	@cargo xtask setup test

# cargo links with a C compiler, so this comes before any Rust of ours can run.
compiler:
	@command -v cargo > /dev/null || { echo "Rust is missing. Install it from https://rustup.rs (1.95 or newer)."; exit 1; }
	@command -v cc > /dev/null || { test "$$(id -u)" = 0 && $(APT_COMPILER); } || { echo "A C compiler is missing. Type: sudo sh -c '$(APT_COMPILER)'"; exit 1; }
