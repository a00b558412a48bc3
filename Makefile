# The two commands of the README are `make demo` and `make test`; each does all of its own set-up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

MINUTES ?= 5

.PHONY: demo test check bench soak fuzz browser node clean

$(STAMP): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "otel-agents needs Python 3.11 or later; this is %s. Try: make PYTHON=python3.12" % sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $(STAMP)

demo: $(STAMP)  ## a collector, a team of agents, and the address to open; runs until Ctrl-C
	$(BIN)/otel-agents demo

test: $(STAMP) browser node  ## every test, the fast ones first, a file of them on each core
	$(BIN)/python -m pytest -n auto --dist loadfile --ignore tests/collector/trust
	$(BIN)/python -m pytest tests/collector/trust  # alone: it takes all the machine has

check: $(STAMP)  ## the checks alone: style, types, direction of imports
	$(BIN)/python -m pytest -q tests/test_checks.py

bench: $(STAMP)  ## speed, memory and losses beside other SDKs, as tables; BENCH=--write puts them into docs/, too
	$(BIN)/python -m tests.benchmarks $(BENCH)

soak: $(STAMP)  ## a hundred kills, a full disk and minutes of overload: nothing acknowledged may be missing
	OTEL_AGENTS_SOAK=1 $(BIN)/python -m pytest -v tests/collector/trust

fuzz: $(STAMP)  ## made-up SQL and OTLP against a running collector; MINUTES=60 for an hour of each
	$(BIN)/python -m tests.fuzz --minutes $(MINUTES)

browser: $(STAMP)
	$(BIN)/python -m tests.browser.install

node: $(STAMP)
	$(BIN)/python -m tests.collector.javascript.install

clean:
	rm -rf $(VENV) .venv-peers
