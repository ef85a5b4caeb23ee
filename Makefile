# Guildhall: every way to run, test and measure it. `make help` lists them.
# PYTHON=… names the Python to make environments of; unset, .ci/find-python takes the distribution's.
VENV := .venv
BIN := $(VENV)/bin
TOOLS := .localstripe
COMPLETION := $(VENV)/share/completion/flask
# Two more than cores: about half of the time a test waits for another process, for Valkey or for PostgreSQL.
WORKERS ?= $(shell expr $$(nproc) + 2)
# One test at a time to whoever is free: some take a minute, most a tenth of a second.
PYTEST := $(BIN)/python -m pytest -q -n $(WORKERS) --maxschedchunk=1 --durations=10 --durations-min=1

export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PYTHONUNBUFFERED = 1
# Compiled files are kept: many tests and tools start a process of their own.
unexport PYTHONDONTWRITEBYTECODE

# Install lock file $(1) into environment $(2), unless it is the one already there or lock file $(3) covers it.
define install
@if ! cmp -s requirements/$(1).txt $(2)/installed-$(1).txt && \
	! { test -n "$(3)" && cmp -s requirements/$(3).txt $(2)/installed-$(3).txt; }; then \
	echo "installing requirements/$(1).txt into $(2)"; \
	test -x $(2)/bin/python || { python="$(or $(PYTHON),$$(.ci/find-python))" && "$$python" -m venv $(2); } || exit 1; \
	$(2)/bin/python -m pip install -qq --require-hashes --no-deps -r requirements/$(1).txt || exit 1; \
	$(2)/bin/python -m pip check || exit 1; \
	cp requirements/$(1).txt $(2)/installed-$(1).txt; \
fi
endef

.DEFAULT_GOAL := help
.PHONY: help run install install-dev install-tools lint types walls migrations test test-sqlite test-postgresql \
	long check bench readme lock clean

help: ## Say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: install install-tools ## Install, migrate, seed the demo once and start everything on http://127.0.0.1:8000
	@exec $(BIN)/flask serve

install: ## Create .venv from the lock file, with completion for bash and zsh; nothing to do when it is current
	$(call install,base,$(VENV),dev)
	@$(BIN)/python -m compileall -qq app blueprints cli migrations wsgi.py  # a service cannot write beside its code
	@test -s $(COMPLETION).zsh -a $(COMPLETION).zsh -nt Makefile || { mkdir -p $(dir $(COMPLETION)) && \
		_FLASK_COMPLETE=bash_source $(BIN)/flask > $(COMPLETION).bash && \
		_FLASK_COMPLETE=zsh_source $(BIN)/flask > $(COMPLETION).zsh && \
		echo "complete -o nosort -F _flask_completion guildhall" >> $(COMPLETION).bash && \
		_FLASK_COMPLETE=zsh_source $(BIN)/flask | sed 's/flask/guildhall/g' >> $(COMPLETION).zsh && \
		echo "completion of flask and guildhall: source $(COMPLETION).bash, or $(COMPLETION).zsh in zsh"; }

install-dev: ## The same with what tests and checks need
	$(call install,dev,$(VENV),)

install-tools: ## Programs used beside the system, in an environment of their own (localstripe)
	$(call install,tools,$(TOOLS),)

lint: install-dev ## Style (ruff)
	$(BIN)/ruff check .

types: install-dev ## Types of app/ and cli/, of every service's rules, and of whoever borrows rows that are not his (mypy)
	$(BIN)/mypy app cli $$(find blueprints -name rules.py -o -path '*/auction_offer/*.py' -o -path '*/order_management/*.py' -o -path '*/watchlist_cart/*.py' -o -path '*/platform/checkout/*.py')

walls: install-dev ## Who may import whom (import-linter, see .importlinter)
	$(BIN)/lint-imports

migrations: install-dev install-tools ## Up, down, up, and no model change without a migration, on both databases
	GUILDHALL_TEST_DATABASE=sqlite $(BIN)/python -m pytest -q tests/migrations
	GUILDHALL_TEST_DATABASE=postgresql $(BIN)/python -m pytest -q tests/migrations

test: test-sqlite test-postgresql ## The whole suite on SQLite and on PostgreSQL, with a real Valkey

test-sqlite: install-dev install-tools ## The whole suite on SQLite
	GUILDHALL_TEST_DATABASE=sqlite $(PYTEST)

test-postgresql: install-dev install-tools ## The whole suite on a real PostgreSQL
	GUILDHALL_TEST_DATABASE=postgresql $(PYTEST)

long: install-dev install-tools ## The whole suite with nothing sampled, on both databases (an hour and more)
	GUILDHALL_TEST_LONG=1 GUILDHALL_TEST_DATABASE=sqlite $(PYTEST)
	GUILDHALL_TEST_LONG=1 GUILDHALL_TEST_DATABASE=postgresql $(PYTEST)

# Types take a core for a minute. Beside them lint and walls are looked at, and what each worker would compile of a
# fresh clone is compiled once; then the tests begin.
check: install-dev install-tools ## What .ci/run runs: lint, types, walls and all tests (the migrations' among them)
	@told=$$(mktemp); $(MAKE) --no-print-directory types >$$told 2>&1 & types=$$!; \
	$(MAKE) --no-print-directory lint walls && { $(BIN)/python -m pytest -q --collect-only >/dev/null 2>&1; \
	$(MAKE) --no-print-directory test; }; tested=$$?; \
	wait $$types; typed=$$?; cat $$told; rm $$told; exit $$((tested | typed))

bench: install-dev ## Measure latest, growth, market and graph, 45 minutes (ONLY=list,get or ONLY=market: that); writes bench/results/
	$(BIN)/python -m bench $(if $(ONLY),run --only $(ONLY))

readme: install-dev install-tools ## Type the tours of README.md and docs/ at a fresh demo, write the answers into them
	$(BIN)/python -m tests.journeys.tours 2>/dev/null

lock: install-dev ## Pin requirements/*.in anew for Python 3.11 to 3.13, with hashes and without naming any index
	@for name in base dev tools; do \
		$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --strip-extras \
			--no-header --no-emit-index-url --no-emit-find-links -o requirements/$$name.txt requirements/$$name.in || exit 1; \
	done
	@! grep -n '://' requirements/*.txt

clean: ## Remove environments and caches; instance/, the data, stays
	rm -rf $(VENV) $(TOOLS) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
