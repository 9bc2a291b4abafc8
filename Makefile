# make run: try it.  make test, make check: before a commit.  make lock: after a change of pyproject.toml.
# make bench: how fast it is.

SHELL := /bin/sh
BIN := .venv/bin
PYTHON ?=
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# Wheels only, each with its hash: nothing is built here but ourselves, by a locked flit-core.
LOCKED := $(PIP) --require-hashes --no-deps --only-binary :all: --requirement
OURSELVES := $(PIP) --no-deps --no-build-isolation --no-index --editable .
COMPILE := $(BIN)/uv --no-config pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--fork-strategy fewest --generate-hashes --annotation-style line --custom-compile-command 'make lock' \
	$(if $(UPGRADE),--upgrade)

.PHONY: run test test-all fuzz check migrations format lock statistics bench

run: .venv/.run
	$(BIN)/exhibit run

# Three on two cores: many tests wait most of the time.
test: .venv/.dev
	$(BIN)/pytest -q -n 3

test-all: .venv/.dev
	EXHIBIT_TEST_PROFILE=full $(BIN)/pytest -q -n 2

# What the OpenAPI document says, against many thousand requests made from it; and odd bodies.
fuzz: .venv/.dev
	EXHIBIT_TEST_PROFILE=full $(BIN)/pytest -q -n 2 tests/hostile/test_fuzz.py tests/hostile/test_drawn.py

check: .venv/.dev migrations
	$(BIN)/ruff format --check --quiet
	$(BIN)/ruff check --quiet
	$(BIN)/mypy
	$(BIN)/lint-imports

# The code's tables and the migrations' tables are the same.
migrations: .venv/.dev
	@folder=$$(mktemp -d) && trap 'rm -r "$$folder"' EXIT && \
	url="sqlite:///$$folder/check.db" && \
	$(BIN)/alembic -x url="$$url" upgrade head && $(BIN)/alembic -x url="$$url" check

# How far from its floor each call is: docs/speed.md.  BENCH="--only list --rounds 3" and the like.
SIZE ?= 100000
bench: .venv/.dev
	$(BIN)/python -m bench $(SIZE) $(BENCH)

format: .venv/.dev
	$(BIN)/ruff format --quiet
	$(BIN)/ruff check --fix

# Keeps the versions that still fit; `make lock UPGRADE=1` takes the newest.
lock: .venv/.run
	@test -x $(BIN)/uv || $(PIP) uv
	$(COMPILE) --group build --output-file requirements.lock
	$(COMPILE) --extra statistics --constraint requirements.lock \
		--output-file requirements-statistics.lock
	$(COMPILE) --extra statistics --group build --group dev --constraint requirements-statistics.lock \
		--output-file requirements-dev.lock

# Two depths: what runs it, and all that its development needs. Each again when its lock changes.
.venv/.run: requirements.lock pyproject.toml | .venv/bin/python
	$(LOCKED) requirements.lock
	$(OURSELVES)
	@touch $@

# What the figures about judging need, beside what runs it.
statistics: .venv/.run
	$(LOCKED) requirements-statistics.lock

.venv/.dev: requirements-dev.lock .venv/.run
	$(LOCKED) requirements-dev.lock
	@touch $@

# The first Python that is new enough and whole; PYTHON=… says which.
.venv/bin/python:
	@for python in $(or $(PYTHON),python3.13 python3.12 python3.11 python3 python); do \
		"$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' \
			2>/dev/null && exec "$$python" -m venv --clear .venv; \
	done; \
	echo "Exhibit needs Python 3.11 or newer with its venv module (Debian: apt install python3-venv)." >&2; \
	exit 1
