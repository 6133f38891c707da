# Two commands on a bare machine with Python 3.11 or newer: make demo, make test.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python
LOCK := $(BIN)/uv pip compile --generate-hashes --universal --no-strip-extras --no-header --quiet

# Where it is set, every process that a test or the demo starts compiles all that it imports once more.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test check lock bench clean

demo: .venv/.demo
	$(BIN)/controlproof demo --output demo

test: .venv/.dev check
	$(BIN)/pytest -n 2 --dist loadfile

check: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --num-workers 2
	$(BIN)/lint-imports

bench: .venv/.dev
	$(BIN)/python tests/benchmarks/ledger.py
	$(BIN)/python tests/benchmarks/access.py
	$(BIN)/python tests/benchmarks/rbac.py
	$(BIN)/python tests/benchmarks/cluster.py
	$(BIN)/python tests/benchmarks/year.py --days 60 --hours 6

.venv/bin/python:
	$(PYTHON) -m venv .venv

# uv installs in seconds what pip takes minutes for; it is itself pinned, and installed by pip.
$(BIN)/uv: requirements-install.lock | .venv/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-install.lock
	touch $@

# The locks hold every dependency with its hashes; the package itself is installed from this folder, editable.
.venv/.demo: requirements.lock pyproject.toml | $(BIN)/uv
	$(INSTALL) --require-hashes -r requirements.lock
	$(INSTALL) --no-deps --no-build-isolation --editable .
	touch $@

.venv/.dev: requirements-dev.lock pyproject.toml | $(BIN)/uv
	$(INSTALL) --require-hashes -r requirements-dev.lock
	$(INSTALL) --no-deps --no-build-isolation --editable .
	touch $@ .venv/.demo

lock: | $(BIN)/uv
	$(LOCK) pyproject.toml --extra all --extra demo --group build -o requirements.lock
	$(LOCK) pyproject.toml --extra all --extra demo --group dev -o requirements-dev.lock
	$(LOCK) --group install --no-annotate -o requirements-install.lock

clean:
	rm -rf .venv demo dist
