# Everything a developer or a user runs. A virtual environment in .venv is made and kept in step by itself.
# Made of python3; of the system's own where that one was built without optimisation, which costs a fifth of the pace.
PYTHON ?= $(shell for python in python3 /usr/bin/python3; do \
	$$python -I src/siss/interpreter.py 2> /dev/null && echo $$python && exit; done; echo python3)
VENV ?= .venv
BIN := $(VENV)/bin
# The folder as it was typed: make would look for variables in its name, and the shell for quotation marks.
export SERVED = $(if $(filter undefined,$(origin DATA)),$(HOME),$(value DATA))
# Two for each core of a small machine: tests wait for half of their time, for other processes and for conditions.
TEST_PROCESSES ?= 4
# The tests start hundreds of processes: what they import is compiled once, though the environment may say otherwise.
export PYTHONDONTWRITEBYTECODE :=
# Folder by folder: files with few and long tests come first, and no process is left alone with one at the end.
IN_PARALLEL := -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder

.PHONY: serve test explore coverage check lint types contracts bench docs lock clean

serve: $(VENV)/.installed  ## Index DATA and serve it on http://127.0.0.1:8080
	exec $(BIN)/siss serve "$$SERVED"

test: $(VENV)/.installed-dev  ## The whole test suite
	$(BIN)/python -m pytest $(IN_PARALLEL) $(PYTEST_ARGS)

explore: $(VENV)/.installed-dev  ## The property tests, each with new examples and twenty times as many
	$(BIN)/python -m pytest $(IN_PARALLEL) -m hypothesis --hypothesis-profile=explore $(PYTEST_ARGS)

coverage: $(VENV)/.installed-dev  ## The whole test suite, half as slow again, and what of the code it leaves out
	$(BIN)/python -m pytest $(IN_PARALLEL) --cov --cov-report= $(PYTEST_ARGS)
	$(BIN)/python -m coverage report

check: lint types contracts test  ## What CI runs

lint: $(VENV)/.installed-dev
	$(BIN)/ruff format --check src tests bench
	$(BIN)/ruff check src tests bench

types: $(VENV)/.installed-dev
	$(BIN)/mypy

contracts: $(VENV)/.installed-dev
	$(BIN)/lint-imports

bench: $(VENV)/.installed-dev  ## All workloads at a small size; see bench/README.md
	$(BIN)/python -m bench $(BENCH_ARGS)

docs: $(VENV)/.installed-dev  ## The documentation as a site in build/site; a link that leads nowhere is an error
	$(BIN)/zensical build --clean --strict

lock: $(VENV)/.installed-dev  ## Make the lock files anew (needs uv)
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "SISS needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV) || { rm -f $(BIN)/python; exit 1; }

$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
	touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

clean:
	rm -rf $(VENV) build .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .coverage*
