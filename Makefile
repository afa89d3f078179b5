# The two commands: `make demo` and `make test`. Everything that they set up lies in this checkout.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
BIN := .venv/bin
STORE ?= duckdb
DEMO_SECONDS ?=
RUN_LOCK := .venv/.run-installed
DEV_LOCK := .venv/.dev-installed
PEERS := .cache/peers/.installed
NO_CACHE := PIP_DISABLE_PIP_VERSION_CHECK=1

.PHONY: help demo test fuzz check bench soak servers influx-check edge-only grafana grafana-check clean
.DEFAULT_GOAL := help

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "matthan needs Python 3.11 or newer: install python3 and python3-venv, or name another with make PYTHON=python3.12")'
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "python3-venv is missing: apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv

$(RUN_LOCK): requirements/run.txt pyproject.toml | .venv/bin/python
	@echo "== installing what the system needs (about a minute)"
	$(NO_CACHE) $(BIN)/python -m pip install --quiet --require-hashes -r requirements/run.txt
	$(NO_CACHE) $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV_LOCK): requirements/dev.txt pyproject.toml | .venv/bin/python
	@echo "== installing what the tests need (about two minutes)"
	$(NO_CACHE) $(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	$(NO_CACHE) $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@ $(RUN_LOCK)

demo: $(RUN_LOCK)  ## the whole system on this machine, on real video
	@$(BIN)/provision local --store $(STORE) $(if $(DEMO_SECONDS),--seconds $(DEMO_SECONDS))

servers: $(DEV_LOCK)
	@PYTHONPATH=tests $(BIN)/python -m servers.debian libatomic1 mosquitto postgresql chromium libgstrtspserver-1.0-0 influxdb victoria-metrics

$(PEERS): requirements/peers.txt | .venv/bin/python
	@echo "== installing what the tests compare us with"
	$(NO_CACHE) $(BIN)/python -m pip install --quiet --no-deps --require-hashes --upgrade --target .cache/peers -r requirements/peers.txt
	@touch $@

test: $(DEV_LOCK) servers $(PEERS)  ## every test, with the real servers and a real browser
	$(BIN)/python -m pytest

fuzz: $(DEV_LOCK)  ## the properties of the unit tests, on examples that are new each time
	MATTHAN_PROPERTIES=fuzz $(BIN)/python -m pytest tests/unit tests/contract

check: $(DEV_LOCK)  ## lint, format, types, import rules, sizes
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy models/tools
	$(BIN)/lint-imports
	$(BIN)/python tests/lint/check_size.py

bench: $(DEV_LOCK)  ## benchmarks, one JSON line each
	@$(BIN)/python tests/bench/run.py

soak: $(DEV_LOCK)  ## the hours-long runs
	@$(BIN)/python tests/bench/soak.py

grafana: $(DEV_LOCK)  ## write the dashboards' JSON from their code
	@$(BIN)/python -m provisioning.grafana.render

grafana-check: $(DEV_LOCK)  ## the walk of the tests on a real Grafana: GRAFANA_URL=… GRAFANA_TOKEN=admin:…
	@PYTHONPATH=tests $(BIN)/python -m builders.grafana_walk --url "$(GRAFANA_URL)" --token "$(GRAFANA_TOKEN)"

influx-check: $(DEV_LOCK) servers  ## the store tests on the InfluxDB 2.x or 3.x that INFLUX_URL names
	@: $${INFLUX_URL:?name the server by INFLUX_URL INFLUX_TOKEN INFLUX_ORG INFLUX_BUCKET, INFLUX_FLAVOUR=v3 for 3.x}
	$(BIN)/python -m pytest tests/component/timeseries/test_stores.py -k influx-named

edge-only:  ## install the node's extra alone into .venv-edge and run a replay with it
	$(PYTHON) -m venv .venv-edge
	.venv-edge/bin/python -m pip install --quiet --require-hashes -r requirements/edge.txt
	.venv-edge/bin/python -m pip install --quiet --no-deps .
	.venv-edge/bin/edge-agent replay provisioning/demo/pedestrians.mp4 --scene provisioning/demo/pedestrians.toml --events /dev/null

clean:  ## remove what make set up
	rm -rf .venv .venv-edge .cache var
