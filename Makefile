# Every target installs what it needs. Python 3.11, 3.12 or 3.13 is required; uv is used if it is installed.
# PYTHON3 creates the environment, PYTHON is the environment's own: `make PYTHON3=python3.12 test`.
PYTHON3 ?= python3
PYTHON ?= .venv/bin/python
PYTEST ?= $(PYTHON) -m pytest
LAMBDA = infra/modules/gpu-runners/lambda
# Where scripts and benchmarks find modules that are not installed; pytest has the same list in pyproject.toml.
SOURCES = tests:scripts:tools:template:$(LAMBDA)
# The benchmarks that `make benchmarks` runs: all, or one as in `make benchmarks ONLY=check_speed ARGS="--runs 3"`.
ONLY ?= *
.DEFAULT_GOAL := help
.PHONY: help demo setup clean test test-all test-fast test-slow lint lint-code lint-format lint-prose types types-src types-template types-lambda types-control-plane generated lock bound-coverage report-screenshot benchmarks control-plane control-plane-build control-plane-demo control-plane-programs control-plane-demo-programs

help: ## List the targets
	@awk -F ':.*## ' '/^##@ / {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  %-19s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ Start
demo: ## Generate a repository, let one model pass its gates and a worse one fail
	@$(PYTHON3) scripts/demo.py
setup: ## Install the locked environment into .venv
	@$(PYTHON3) template/mlops/environment.py --venv .venv --extra dev
clean: ## Remove everything that the targets created, including the environment
	rm -rf build .venv .venv.earlier .venv.log .mypy_cache .pytest_cache .ruff_cache .hypothesis

##@ Test
test: lint types test-fast ## Lint, check types and run the fast tests; a few minutes
test-all: test test-slow ## The same, and the tests with real tools, environments and whole pipelines
test-fast: setup ## Run the fast tests; ARGS="tests/generator -k update" selects some
	@$(PYTEST) -q -n 2 -m "not slow" $(ARGS)
test-slow: setup ## Run the slow tests; ARGS selects some
	@$(PYTEST) -v -n 4 --dist loadgroup --no-loadscope-reorder -m slow --durations 15 $(ARGS)
lint: lint-code lint-format lint-prose ## Check code, its format and the language of all texts
lint-code: setup
	@$(PYTHON) -m ruff check .
lint-format: setup
	@$(PYTHON) -m ruff format --check .
lint-prose: setup ## Check the language of docs, comments and messages; FILES="docs README.md" selects some
	@$(PYTHON) scripts/check_prose.py $(FILES)
types: types-src types-template types-lambda types-control-plane ## Check the types of everything that is shipped
types-src: setup
	@$(PYTHON) -m mypy src
types-template: setup
	@cd template && $(abspath $(PYTHON)) -m mypy --config-file ../pyproject.toml mlops
types-lambda: setup
	@MYPYPATH=$(LAMBDA) $(PYTHON) -m mypy -p espalier_runners
types-control-plane: setup
	@MYPYPATH=tools:template $(PYTHON) -m mypy -p control_plane

##@ Generated files and figures
generated: setup ## Rewrite the files that are generated from others
	@for script in scripts/write_*.py $(LAMBDA)/package.py; do PYTHONPATH=$(SOURCES) $(PYTHON) $$script || exit 1; done
lock: setup ## Resolve both locks again
	@$(PYTHON) scripts/lock.py
bound-coverage: setup ## Measure how often the gates' bounds hold and write it into the docs; some minutes
	@PYTHONPATH=$(SOURCES) $(PYTHON) scripts/bound_coverage.py
report-screenshot: demo ## Take the README's screenshot of the report from the demo (needs chromium)
	@$(PYTHON3) scripts/report_screenshot.py
benchmarks: setup ## Measure and compare with other tools; ONLY=check_speed runs one benchmark
	@for script in benchmarks/$(ONLY).py; do PYTHONPATH=$(SOURCES) $(PYTHON) $$script $(ARGS) || exit 1; done

##@ Control plane (Kubernetes, Argo CD and Argo Rollouts without containers)
control-plane: control-plane-programs setup control-plane-build ## Start it on loopback, print its KUBECONFIG and wait for Ctrl-C
	@env PYTHONPATH=tools $(PYTHON) -m control_plane
control-plane-build: ## Compile it into the user's cache, once for each set of versions (needs Go)
	@env PYTHONPATH=tools $(PYTHON3) -m control_plane.build
control-plane-demo: control-plane-demo-programs setup control-plane-build ## Show how a good push is promoted and a bad one is aborted
	@env PYTHONPATH=tools:template $(PYTHON) -m control_plane.demo
control-plane-programs:
	@env PYTHONPATH=tools $(PYTHON3) -m control_plane.check_programs run
control-plane-demo-programs:
	@env PYTHONPATH=tools $(PYTHON3) -m control_plane.check_programs demo
