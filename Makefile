# Every target does its own set-up; it takes Python 3.11 to 3.13 and, when there is one, uv. PYTHON3 makes the
# environment, PYTHON uses it: `make PYTHON3=python3.12 test`.
PYTHON3 ?= python3
PYTHON ?= .venv/bin/python
LAMBDA = infra/modules/gpu-runners/lambda
TOOLS = tools
# How scripts and benchmarks find what is not installed.
SOURCES = tests:scripts:tools:template:$(LAMBDA)
# The benchmarks that `make benchmarks` runs: ONLY=check_speed runs one.
ONLY ?= *
PYTEST ?= $(PYTHON) -m pytest
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-fast test-all test-slow lint types generated lock bound-coverage report-screenshot benchmarks clean control-plane control-plane-build control-plane-demo

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-19s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
demo: ## Generate a repository, let one model pass its gates and a worse one fail
	@$(PYTHON3) scripts/demo.py
test: lint types test-fast ## Lint, type check and the fast tests; a few minutes
test-all: test test-slow ## The same, and the tests with real tools, environments and whole pipelines
test-fast: setup
	@$(PYTEST) -q -n 2 -m "not slow" $(ARGS)
test-slow: setup
	@$(PYTEST) -v -n 4 --dist loadgroup --no-loadscope-reorder -m slow --durations 15 $(ARGS)
setup: ## Install the locked environment into .venv
	@$(PYTHON3) template/mlops/environment.py --venv .venv --extra dev
lint: setup ## Lint and format check
	@$(PYTHON) -m ruff check . && $(PYTHON) -m ruff format --check .
types: setup ## Type check, strictly, what is shipped
	@$(PYTHON) -m mypy src && MYPYPATH=$(LAMBDA) $(PYTHON) -m mypy -p espalier_runners && MYPYPATH=$(TOOLS):template $(PYTHON) -m mypy -p control_plane && cd template && $(abspath $(PYTHON)) -m mypy --config-file ../pyproject.toml mlops
control-plane-build: ## Compile Kubernetes, Argo CD and Argo Rollouts into the user's cache, once (needs Go)
	@env PYTHONPATH=$(TOOLS) $(PYTHON3) -m control_plane.build
control-plane: setup control-plane-build ## Start a Kubernetes on loopback, print its KUBECONFIG and wait for Ctrl-C
	@env PYTHONPATH=$(TOOLS) $(PYTHON) -m control_plane
control-plane-demo: setup control-plane-build ## Show on it how a push comes to serve, and how a bad one does not
	@env PYTHONPATH=$(TOOLS):template $(PYTHON) -m control_plane.demo
generated: setup ## Remake the files that are made from others
	@for script in scripts/write_*.py $(LAMBDA)/package.py; do PYTHONPATH=$(SOURCES) $(PYTHON) $$script || exit 1; done
lock: setup ## Remake both locks
	@$(PYTHON) scripts/lock.py
bound-coverage: setup ## Measure how often the gates' bounds hold, and write it into the docs; some minutes
	@PYTHONPATH=$(SOURCES) $(PYTHON) scripts/bound_coverage.py
report-screenshot: demo ## Remake the README's picture from the demo's report (needs chromium)
	@$(PYTHON3) scripts/picture.py
benchmarks: setup ## Measure against the peers; prints the figures
	@for script in benchmarks/$(ONLY).py; do PYTHONPATH=$(SOURCES) $(PYTHON) $$script $(ARGS) || exit 1; done
clean: ## Remove what the targets made, the environment too
	rm -rf build .venv .venv.earlier .venv.log .mypy_cache .pytest_cache .ruff_cache .hypothesis
