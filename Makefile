# Set-up is part of every target: a virtual environment in .venv, made anew only when pyproject.toml changed.
# Needs Python 3.11 or newer, git and make; uv is used where it is present.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
# The emulator's tests spend their time in SQLite and in sockets: one process per core.
PYTEST := $(BIN)/python -m pytest -n auto --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help demo test docs check format wheel lowest bench engines soak mutants clean

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1|/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-14s %s\n", $$1, $$2 }'

demo: $(READY) ## Promote a small catalog in a local Pinterest and look at what it earned
	@$(BIN)/python examples/demo.py

test: $(READY) ## Run the tests, all but the long runs of make soak
	@$(PYTEST)

check: $(READY) ## Lint, format check, types, layers
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/pyright
	@$(BIN)/lint-imports --no-logo

format: $(READY) ## Format the code
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

wheel: ## Build the wheel, and test it without extras and without src (PYTHON=… chooses the interpreter)
	@PYTHON="$(PYTHON)" .ci/wheel

lowest: ## Run the tests with the lowest versions that pyproject.toml allows
	@PYTHON="$(PYTHON)" .ci/lowest

docs: $(VENV)/.docs ## Build the documentation in docs/_build: warnings are errors
	@$(BIN)/python docs/reference.py
	@$(BIN)/python docs/emulator_truth.py > docs/emulator-truth.md
	@$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build
	@echo "docs/_build/index.html"

$(VENV)/.docs: $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check '.[docs]' && $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

bench: $(READY) ## Measure speed against the old client and the bare libraries
	@$(BIN)/python bench/run.py

engines: $(READY) ## Run dlt, Spark and Sail in environments of their own (minutes; Spark needs Java)
	@PINSHOP_ENGINES=1 $(BIN)/python -m pytest -rP -q tests/third_party/test_dlt.py tests/third_party/test_spark.py tests/third_party/test_demo_data.py

mutants: $(READY) ## Break the code on purpose, a sample of ways, and say what no test notices (minutes)
	@.ci/mutants

soak: $(READY) ## Run the tests that scale, with many more rounds
	@PINSHOP_SOAK=1 $(PYTEST) -m soak -rP

clean: ## Remove what make made
	rm -rf $(VENV) .venvs .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(READY): pyproject.toml
	@test -n "$(PYTHON)" || { echo "pinshop needs Python 3.11 or newer; set PYTHON=/path/to/python" >&2; exit 1; }
	@echo "Setting up $(VENV) …"
	@if command -v uv >/dev/null; then \
		test -x $(BIN)/python || uv venv --quiet --python "$(PYTHON)" $(VENV); \
		uv pip install --quiet --python $(BIN)/python --editable '.[dev]'; \
	else \
		test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV); \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'; \
	fi
	@touch $@
