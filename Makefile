# Two commands on a bare machine with Python 3.11 or newer: make demo, make test.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check lock bench clean

demo: .venv/.demo
	$(BIN)/controlproof demo --output demo

test: .venv/.dev check
	$(BIN)/pytest -n 2 --dist loadfile

check: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/.dev
	$(BIN)/python tests/benchmarks/ledger.py
	$(BIN)/python tests/benchmarks/access.py
	$(BIN)/python tests/benchmarks/rbac.py
	$(BIN)/python tests/benchmarks/cluster.py

.venv/bin/python:
	$(PYTHON) -m venv .venv

# The locks hold every dependency with its hashes; the package itself is installed from this folder, editable.
.venv/.demo: requirements.lock pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

.venv/.dev: requirements-dev.lock pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@ .venv/.demo

lock:
	uv pip compile pyproject.toml --extra all --extra demo --group build --generate-hashes --universal --no-header -o requirements.lock
	uv pip compile pyproject.toml --extra all --extra demo --group dev --generate-hashes --universal --no-header -o requirements-dev.lock

clean:
	rm -rf .venv demo dist
