# Every target sets up what it needs by itself. `make help` lists them from this file.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EVENTS ?= 500000
DAYS ?= 90
RATE ?= 50
DOCS_PORT ?= 8080
DASHBOARD_PORT ?= 8501
RETAIN_HOURS ?= 168

.DEFAULT_GOAL := help
.PHONY: help setup demo show live dashboard quarantine erase maintain powerbi-export check test powerbi-check dashboard-test prove bench lint audit docs clean

help: ## List the targets
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | awk -F'|' '{printf "  make %-14s %s\n", $$1, $$2}'

# The Python environment, renewed whenever the lock file changes.
$(VENV)/installed: requirements.lock pyproject.toml
	@command -v $(PYTHON) > /dev/null || { echo "Error: no $(PYTHON) on the PATH. Install Python 3.11 or later, or run: make PYTHON=/path/to/python ..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { echo "Error: $$($(PYTHON) --version) found, Python 3.11 to 3.13 needed. Run: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	@echo "Installing Python packages (about a minute, once) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	@$(BIN)/uv pip sync --quiet --require-hashes --python $(BIN)/python requirements.lock \
		|| $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

setup: $(VENV)/installed ## Install everything: Python packages, Java libraries, dbt packages
	@$(BIN)/python -m sandbox setup

demo: setup ## Run the whole pipeline once: EVENTS=500000 over DAYS=90, from the simulator to gold
	@$(BIN)/python -m sandbox demo --events $(EVENTS) --days $(DAYS)

show: setup ## Print the four perspectives as tables, and what stands out: PERSPECTIVE=executive_overview
	@$(BIN)/python -m sandbox show $(PERSPECTIVE)

quarantine: setup ## Print why messages are in quarantine, with counts and samples
	@$(BIN)/python -m sandbox quarantine

erase: setup ## Erase all messages of customers, and sum again without them: CUSTOMER="4711 4712"
	@$(BIN)/python -m sandbox erase -- $(CUSTOMER)

maintain: setup ## Compact all tables and remove files of versions older than RETAIN_HOURS=168
	@$(BIN)/python -m sandbox maintain --retain-hours $(RETAIN_HOURS)

live: setup ## Run simulator, stream job and dbt until Ctrl-C: RATE=50 events a second
	@$(BIN)/python -m sandbox live --rate $(RATE)

dashboard: setup ## Serve the four perspectives and the pipeline's health on 127.0.0.1: DASHBOARD_PORT=8501
	@$(BIN)/python -m dashboard serve --port $(DASHBOARD_PORT)

powerbi-export: setup ## Write gold as Parquet files, for the Power BI project: FOLDER=...
	@$(BIN)/python -m sandbox powerbi-export $(if $(FOLDER),--folder "$(FOLDER)")

# tests/unit needs no tables and no broker; its Databricks tests parse the project for both targets.
check: setup lint ## Check before a commit, in minutes: linters, types, unit tests, the SQL for Databricks; no tables
	@$(BIN)/python -m pytest tests/unit --numprocesses 2 --dist loadfile --no-loadscope-reorder

# Two at a time, a file each: what one waits for (a JVM that starts, a broker that is gone) the other works through.
test: setup lint ## Run every test: linters, types, unit, dbt, integration with the broker
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

powerbi-check: setup ## Check the Power BI project without Power BI: SHOP_TABLES=.local/warehouse (your demo's tables)
	@$(BIN)/python -m pytest tests/powerbi

dashboard-test: setup ## Test the dashboard in headless Chromium: SHOP_TABLES=.local/warehouse (your demo's tables)
	@$(BIN)/python -m pytest tests/unit/test_dashboard.py tests/browser

prove: setup ## Break the pipeline in every way and hold the outcome against the ledger (hours): REPORT=file
	@$(BIN)/python -m tests.prove $(if $(REPORT),--report $(REPORT))

bench: setup ## Measure each case beside what it is compared with, on a quiet machine (hours): BENCH="--only ingest"
	@$(BIN)/python -m benchmarks $(BENCH)

# What sqlfluff looks at, and what its findings depend on.
SQL := $(sort $(shell find models tests/data dbt_project/analyses -name '*.sql'))
SQL_RULES := .sqlfluff requirements.lock $(sort $(shell find dbt_project/macros -name '*.sql'))

# The files that changed since they were last in order; all of them once a rule or a macro did.
$(VENV)/sql-in-order: $(SQL) $(SQL_RULES) | setup
	@$(BIN)/sqlfluff lint --templater jinja --processes 2 $(if $(filter $(SQL_RULES),$?),$(SQL),$?)
	@touch $@

lint: setup $(VENV)/sql-in-order ## Check style, types and descriptions: ruff, mypy, sqlfluff, dbt
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m sandbox check-descriptions

# --strict: a package that the database does not answer for is a failure, not "no known vulnerabilities".
audit: setup ## Look up known vulnerabilities of the locked Python packages; needs the internet
	@$(BIN)/uvx --quiet pip-audit@2.10.1 --strict --progress-spinner off --require-hashes --disable-pip -r requirements.lock

docs: setup ## Build the dbt docs site and serve it on 127.0.0.1: DOCS_PORT=8080
	@$(BIN)/python -m sandbox docs --port $(DOCS_PORT)

clean: ## Remove all local state: broker, tables, metastore, builds; the environment stays
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m sandbox stop; fi
	@rm -rf .local target logs dbt_packages
