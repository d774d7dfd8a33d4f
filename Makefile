# Everything a contributor does, from a fresh clone with Python 3.11+ and make: `make help` lists it.

PYTHON ?= python3
BIN := .venv/bin
RUNS := .venv/.runs
STAMP := .venv/.installed
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PORT :=
TRIALS := $(addprefix tests/attack/test_,slow_clients.py behind_nginx.py garbage.py crashes.py outages.py)

.DEFAULT_GOAL := help
.PHONY: help install run test trial operation nightly check fix knowledge docs fixtures bench bench-gates bench-peers sbom image image-page lock clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## make .venv with the service and all its tools, at the locked versions

# What running needs is installed first, the tools beside it: each target installs what it lacks, in any order.
$(RUNS): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed, this is " + sys.version)'
	@echo "Installing in .venv, this once (about half a minute):"
	@echo "  1/3 an environment of its own, with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv
	@echo "  2/3 the $$(grep -c == requirements.lock) packages that the service runs on (requirements.lock, about 20 MB)"
	@$(PIP) install --no-compile --no-deps --require-hashes --requirement requirements.lock
	@echo "  3/3 the service"
	@$(PIP) install --no-compile --no-deps --editable .
	@touch $@

# CAUTION: compiled here, as a warning of a package that is compiled during a test fails that test.
$(STAMP): $(RUNS) requirements-dev.lock
	@echo "Installing in .venv the tools for tests and checks (requirements-dev.lock, about 100 MB)"
	@$(PIP) install --no-compile --no-deps --require-hashes --requirement requirements-dev.lock
	@$(BIN)/python -W ignore -m compileall -q -j 0 .venv/lib >/dev/null || true
	@touch $@

run: $(RUNS) ## start the service on port 8000; another: make run PORT=8080
	@$(BIN)/cds-service serve $(if $(PORT),--port $(PORT))

test: install ## run all tests, with coverage
	$(BIN)/python -m pytest --cov

trial: install ## the attack tests at length: slow clients and outages of 60 s, kills, without and behind nginx, garbage for 30 s
	TRIAL_SECONDS=60 GARBAGE_SECONDS=30 OUTAGE_SECONDS=60 $(BIN)/python -m pytest -s $(TRIALS)

operation: install ## what an operator does, at length: reload, rolling restart, four instances, a crash, backup; and how throughput grows
	OPERATION_SECONDS=10 $(BIN)/python -m pytest -s tests/operation
	$(BIN)/python -m bench.scale

nightly: install ## the property tests, each with 10,000 examples: takes hours
	$(BIN)/python -m pytest --hypothesis-profile=nightly $(shell grep -rlE '^from hypothesis import' tests --include='test_*.py')

check: install ## style, types, architecture and knowledge
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile
	$(BIN)/cds-service check-knowledge

fix: install ## repair what can be repaired by a tool
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

knowledge: install ## check the criteria, codes and sources
	$(BIN)/cds-service check-knowledge

docs: install ## write the generated reference pages and the NOTICE
	$(BIN)/python -m tests.generate_docs

fixtures: install ## write the fixture requests from the patients and the scenarios
	$(BIN)/python -m tests.scenarios.assemble

bench: install .venv-bench ## measure the service beside bare Flask, and write docs/reference/performance.md
	$(BIN)/python -m bench

bench-gates: install .venv-bench ## the same, and fail on what is slower than it may be
	$(BIN)/python -m bench gates

bench-peers: install .venv-bench-fhir-resources .venv-bench-healthchain ## measure the service beside its peers
	$(BIN)/python -m bench.peers

.venv-bench .venv-bench-fhir-resources .venv-bench-healthchain .venv-sbom: pyproject.toml
	rm -rf $@
	$(PYTHON) -m venv $@
	$@/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	$@/bin/python -m pip install --quiet --group $(patsubst .venv-%,%,$@)
	@touch $@

SBOM := dist/sbom.cdx.json
INSTALLED := .venv-sbom/installed

sbom: .venv-sbom requirements.lock ## write dist/sbom.cdx.json: all that an installation is made of (CycloneDX)
	rm -rf $(INSTALLED)
	$(PYTHON) -m venv --without-pip $(INSTALLED)
	.venv-sbom/bin/python -m pip --python $(INSTALLED) install --quiet --require-hashes --requirement requirements.lock
	.venv-sbom/bin/python -m pip --python $(INSTALLED) install --quiet --no-deps .
	sed "s/^dynamic = .*/version = \"$$($(INSTALLED)/bin/cds-service --version | sed 's/.* //')\"/" pyproject.toml > .venv-sbom/pyproject.toml
	mkdir -p $(dir $(SBOM))
	.venv-sbom/bin/cyclonedx-py environment --pyproject .venv-sbom/pyproject.toml --mc-type application --output-reproducible --output-file $(SBOM) $(INSTALLED)/bin/python

IMAGE ?= cds-service

image: ## build the container image, with buildah, podman or docker: docs/how-to/deploy.md
	@IMAGE=$(IMAGE) deploy/image/build.sh

image-page: install ## write docs/reference/image.md: the size of the image that was built, and what it holds
	$(BIN)/python -m tests.deploy.image_page $(IMAGE)

UPGRADE ?= --upgrade
LOCKED := --generate-hashes --python-version 3.11 --no-header --no-annotate --quiet $(UPGRADE)

lock: ## raise every dependency to its newest version and write the lock files (UPGRADE= adds only what is new)
	rm -rf .venv-lock
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet uv
	.venv-lock/bin/uv pip compile $(LOCKED) --extra postgresql --output-file requirements.lock pyproject.toml
	.venv-lock/bin/uv pip compile $(LOCKED) --extra postgresql --group dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml
	.venv-lock/bin/uv pip compile $(LOCKED) --group build --output-file requirements-build.lock
	rm -rf .venv-lock

clean: ## remove everything that the other targets made, the record in var/ excepted
	rm -rf .venv .venv-lock .venv-bench* .venv-sbom build dist htmlcov .coverage .coverage.* .hypothesis
	rm -rf .cache .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -type d -name __pycache__ -prune -exec rm -rf {} +
