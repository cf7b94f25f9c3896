# make help says what there is. Works on a bare Debian 12: python3, python3-pip and make.
PY ?= python3
V := .venv
BIN := $(V)/bin
PIP := $(BIN)/python -m pip install -q --disable-pip-version-check --root-user-action=ignore --require-hashes

.DEFAULT_GOAL := help
.PHONY: help run test check bench soak docs lock clean

help: ## Say what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

run: $(V)/.run-ok $(BIN)/ledger ## Install, create a database, load a demonstration and serve it on http://127.0.0.1:8000
	@$(BIN)/python -m ledger.cli demo

test: $(V)/.test-ok ## Install what tests need, a browser included, and run them all
	@tests/install-browser
	@tests/peers/install $(CURDIR)/$(BIN)/python
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal $(ARGS)

check: $(V)/.test-ok ## Lint, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(V)/.test-ok ## Measure the speed budget as ratios; writes bench/results
	$(BIN)/python -m bench $(ARGS)

soak: $(V)/.test-ok ## The long tests: many examples, hostile requests, kill loops
	$(BIN)/python -m pytest -q -n 2 --dist worksteal -m soak $(ARGS)

docs: $(V)/.test-ok ## Write the generated reference pages again
	$(BIN)/python -m tests.docs

lock: $(V)/.test-ok ## Choose newer versions of everything and pin them
	$(BIN)/uv pip compile -q --upgrade --universal --generate-hashes --no-header --no-annotate pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --upgrade --universal --generate-hashes --no-header --no-annotate --extra test -c requirements.lock pyproject.toml -o requirements-test.lock

clean: ## Remove what was installed and made here; the database in .data stays
	rm -rf $(V) .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	@$(PY) -m venv $(V) >/dev/null 2>&1 || { rm -rf $(V); $(PY) -m pip install -q --disable-pip-version-check --root-user-action=ignore --break-system-packages --no-warn-script-location virtualenv && $(PY) -m virtualenv -q $(V); }

$(V)/.run-ok: requirements.lock requirements-assets.lock | $(BIN)/python
	@echo "Installing what the service needs (once) ..."
	@$(PIP) -r requirements.lock
	@$(PIP) --no-deps -r requirements-assets.lock
	@echo "$(CURDIR)" > $$($(BIN)/python -c "import sysconfig; print(sysconfig.get_path('purelib'))")/care_ledger.pth
	@touch $@

$(BIN)/ledger: | $(V)/.run-ok
	@printf '#!%s\nfrom ledger.cli import main\n\nmain()\n' "$(CURDIR)/$(BIN)/python" > $@ && chmod +x $@

$(V)/.test-ok: requirements-test.lock $(V)/.run-ok
	@echo "Installing what the tests need (once) ..."
	@$(PIP) -r requirements-test.lock
	@touch $@
