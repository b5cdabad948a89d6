SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test faults check format crds lock clean

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# The first that is there and new enough; `make PYTHON=/path/to/python setup` decides otherwise.
PYTHON ?= python3 python3.14 python3.13 python3.12 python3.11
UV := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock"

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup: $(READY) ## Make .venv with the pinned dependencies; does nothing when nothing changed

$(READY): requirements-dev.txt pyproject.toml hatch.toml
	@for candidate in $(PYTHON); do \
	  if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$candidate; break; fi; \
	done; \
	if [ -z "$${python:-}" ]; then \
	  echo "Python 3.11 or newer is needed; tried: $(PYTHON). Install one, or say where it is: make PYTHON=/path/to/python3.12" >&2; exit 1; \
	fi; \
	echo "==> $(VENV): $$("$$python" --version)"; \
	"$$python" -m venv $(VENV) || { echo "This Python cannot make virtual environments; on Debian and Ubuntu install python3-venv." >&2; exit 1; }
	@echo "==> Installing $$(grep -c '==' requirements-dev.txt) pinned packages (a minute or two the first time)"
	@$(BIN)/python -m pip install --disable-pip-version-check --require-hashes --requirement requirements-dev.txt | grep -v '^Requirement already satisfied' || test $${PIPESTATUS[0]} -eq 0
	@echo "==> Installing sms-operator from this directory"
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## A local cluster, an SMSC simulator and the operator; Ctrl-C ends all of it
	@$(BIN)/smsctl dev demo

test: check ## Everything: checks, then all tests (ARGS="-k name" chooses tests)
	@echo "==> Tests"
	@$(BIN)/python -m pytest $(ARGS)

faults: setup ## Every fault plan, about an hour (SEED=7 draws others; REPLAY=file, REPLAY_SPECS=file: one that failed)
	@SMS_OPERATOR_FAULTS=long SMS_OPERATOR_SEED=$(or $(SEED),1) $(if $(REPLAY),SMS_OPERATOR_REPLAY=$(abspath $(REPLAY))) \
	  $(if $(REPLAY_SPECS),SMS_OPERATOR_REPLAY_SPECS=$(abspath $(REPLAY_SPECS))) \
	  $(BIN)/python -m pytest -o faulthandler_timeout=3600 \
	  $(if $(REPLAY),tests/faults/test_replay.py,$(if $(REPLAY_SPECS),tests/faults/test_specs.py::test_a_case_from_a_file,tests/faults)) $(ARGS)

check: setup ## Lint, format, types, layers, generated files, Dockerfile
	@echo "==> Lint"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@echo "==> Types (strict)"
	@$(BIN)/basedpyright
	@echo "==> Layers"
	@PYTHONPATH=operator $(BIN)/lint-imports
	@echo "==> crds/ and docs/reference/ are what the models generate"
	@$(BIN)/python -m sms_operator.api.crdgen --check
	@$(BIN)/python -m sms_operator.api.docgen --check
	@echo "==> Dockerfile"
	@$(BIN)/hadolint Dockerfile

format: setup ## Format the code and sort its imports
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

crds: setup ## Generate crds/ and docs/reference/ from the models
	@$(BIN)/python -m sms_operator.api.crdgen
	@$(BIN)/python -m sms_operator.api.docgen

lock: setup ## Pin what pyproject.toml asks for (UPGRADE=1: at the newest versions)
	@echo "==> requirements.txt"
	@$(UV) $(if $(UPGRADE),--upgrade) pyproject.toml --output-file requirements.txt
	@echo "==> requirements-dev.txt"
	@$(UV) $(if $(UPGRADE),--upgrade) pyproject.toml --group dev --extra client --constraint requirements.txt --output-file requirements-dev.txt
	@echo "==> requirements-build.txt"
	@$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' | \
	  $(UV) $(if $(UPGRADE),--upgrade) - --constraint requirements-dev.txt --output-file requirements-build.txt

clean: ## Remove .venv and what tools left here (the built control plane stays in the user's cache)
	rm -rf $(VENV) dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find operator tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
