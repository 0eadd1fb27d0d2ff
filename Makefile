# Two commands on a fresh machine: `make demo` and `make test`. Each sets itself up first.

PYTHON ?= python3
BIN := .venv/bin

# One line instead of a traceback where Python is too old or comes without venv.
CHECK_PYTHON = $(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	|| { echo "Python 3.11 or newer with venv is needed (Debian: apt install python3-venv); another one: make PYTHON=python3.12" >&2; exit 1; }

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test quick lint format docs bench bench-cluster soak cluster-build cluster cluster-stop demo-cluster lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1 - /p' $(MAKEFILE_LIST) | awk -F ' - ' '{ printf "make %-14s %s\n", $$1, $$2 }'

# The picture that the demonstration ends with: a page, or as REPORT=….svg or .png a picture.
REPORT ?= .artefacts/replay-2021-04-06.html

demo: .venv/.installed ## plan 6 April 2021 with what was known on 31 March, 20:00; then replay it against autoscalers
	$(BIN)/entcapacity plan -f examples/regional-ent.yaml -f examples/announcements-2021.yaml \
		--from 2021-04-06T00:00:00+02:00 --days 1 --as-of 2021-03-31T20:00:00+02:00
	@echo "auth is short. So it gets the maxWhenAnnounced that stands there as a comment, and the same platform is simulated"
	@echo "through its four remote days, under a load that is not the planned one (half a minute):"
	@mkdir -p .artefacts
	sed 's/# maxWhenAnnounced/maxWhenAnnounced/' examples/regional-ent.yaml >.artefacts/regional-ent.yaml
	$(BIN)/entcapacity replay -f .artefacts/regional-ent.yaml -f examples/announcements-2021.yaml \
		--from 2021-04-06T00:00:00+02:00 --until 2021-04-10T00:00:00+02:00 --deviation 15 --early 10 --report $(REPORT)

test: .venv/.installed ## run all tests; more options: make test PYTEST_ARGS='-k calendar'
	@$(QUICK) $(PYTEST_ARGS); quick=$$?; [ $$quick = 0 ] || [ $$quick = $(NONE) ] || exit $$quick; \
	$(ALONE) $(PYTEST_ARGS); alone=$$?; if [ $$alone = $(NONE) ]; then exit $$quick; else exit $$alone; fi

quick: .venv/.installed ## run the tests that take neither a cluster nor an image: two to three minutes
	@$(QUICK) $(PYTEST_ARGS)

# Side by side what only computes, a file in one process, in order: those of the last letters are quick; then what keeps time on a cluster, one after the other. Either
# may find nothing under PYTEST_ARGS.
QUICK = $(BIN)/pytest -m "not soak and not cluster and not image" --numprocesses auto --dist loadfile --no-loadscope-reorder
ALONE = $(BIN)/pytest -m "(cluster or image) and not soak"
NONE = 5

lint: .venv/.installed ## check style, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: .venv/.installed ## put the style right
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: .venv/.installed ## build the documentation as a site, in .artefacts/docs; a broken link fails it
	$(BIN)/sphinx-build --fail-on-warning --keep-going --fresh-env --quiet docs .artefacts/docs
	@echo "Open .artefacts/docs/index.html"

bench: .venv/.installed ## run every script in benchmarks/
	@for script in benchmarks/*.py; do \
		test -f "$$script" || { echo "benchmarks/ holds no script yet"; break; }; \
		echo "== $$script"; $(BIN)/python "$$script" || exit 1; \
	done

soak: .venv/.installed ## run the long property tests, on new random examples every time
	$(BIN)/pytest -m soak --hypothesis-profile=soak --timeout=0 $(PYTEST_ARGS)

cluster-build: .venv/.installed ## build the programs of the test cluster: up to half an hour, once; `make test` then uses it
	$(CLUSTER) build

cluster: .venv/.installed ## start a test cluster to try things on, and print how to use it
	@$(CLUSTER) start

cluster-stop: .venv/.installed ## end the cluster that `make cluster` started
	@$(CLUSTER) stop

demo-cluster: .venv/.installed ## 6 April 2021 on a test cluster, 300 times as fast: floors rise, pods become Ready
	@$(CLUSTER).demonstration

bench-cluster: .venv/.installed ## how long from an announcement to the last pod Ready, on a test cluster; prints JSON
	@PYTHONPATH=tests $(BIN)/python benchmarks/cluster/announcement.py

CLUSTER = PYTHONPATH=tests $(BIN)/python -m cluster

lock: .venv/.locked ## write the lock files anew from pyproject.toml; newer versions: make lock UPGRADE=--upgrade
	$(COMPILE) $(OPERATOR) --output-file requirements.lock
	$(COMPILE) $(OPERATOR) --extra report --group dev --constraints requirements.lock --output-file requirements-dev.lock
	$(COMPILE) --group build --constraints requirements-dev.lock --output-file requirements-build.lock

# One lock for every platform and every Python from 3.11 on.
OPERATOR = pyproject.toml --extra operator
COMPILE = $(BIN)/uv pip compile --universal --python-version 3.11 \
	--generate-hashes --no-annotate --custom-compile-command "make lock" --quiet $(UPGRADE)

clean: ## remove everything that these targets made, but for the programs of the test cluster
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .artefacts dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Set-up compiles nothing: what is imported is compiled then, and kept. Some machines forbid that, and each of the
# thousand processes of the tests would compile anew.
unexport PYTHONDONTWRITEBYTECODE

# Set-up, in two stamps: packages again when the lock changes, ourselves again when pyproject.toml changes.
# --clear, so that what the lock no longer names goes too.
.venv/.locked: requirements-dev.lock
	@$(CHECK_PYTHON)
	@echo "Setting up .venv (once, about a minute)"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile \
		--require-hashes --only-binary :all: -r requirements-dev.lock
	@touch $@

# `pip check` fails here when pyproject.toml asks for what the lock does not hold: then `make lock`.
.venv/.installed: .venv/.locked pyproject.toml
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -m pip check --quiet || { echo "The lock does not satisfy pyproject.toml: make lock" >&2; exit 1; }
	@touch $@
