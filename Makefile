# What one does with this clone. `make help` lists it.

# The first Python that is new enough; `make PYTHON=... run` names another.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; \
	done || true)
ENV := .venv/bin/python
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help run prepare prepare-tests test check fmt bench soak profile crash simulate fuzz oracle schema lock

help: ## Say what can be done
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

run: prepare ## Start Team Messenger at http://localhost:8008
	@exec $(ENV) -m homeserver up

test: prepare-tests ## Check and test everything
	@$(MAKE) --no-print-directory static
	@$(ENV) -m tests.harness.suites

check: prepare-tests static ## Check format, lint, types and import layers

.PHONY: static
static:
	$(ENV) -m ruff format --check --quiet .
	$(ENV) -m ruff check --quiet .
	$(ENV) -m mypy
	$(ENV) .venv/bin/lint-imports
	npm run --silent typecheck
	npm --prefix mobile run --silent typecheck
	npm run --silent lint

fmt: prepare-tests ## Format the code
	$(ENV) -m ruff format --quiet .
	$(ENV) -m ruff check --fix .

bench: prepare-tests ## Measure the workloads on SQLite and PostgreSQL
	@$(ENV) -m tests.load $(ARGS)

soak: prepare-tests ## Fill ROOMS=10000 with EVENTS=1000000 and watch the memory
	@$(ENV) -m tests.soak --rooms $(or $(ROOMS),10000) --events $(or $(EVENTS),1000000) \
		$(if $(SECONDS),--seconds $(SECONDS)) $(ARGS)

profile: prepare-tests ## Show where the CPU of a request goes
	@$(ENV) -m tests.load --profile --databases sqlite --seconds 10 \
		$(or $(ARGS),--workloads send_many$(comma)send_hot$(comma)fanout$(comma)initial_sync)

comma := ,

crash: prepare-tests ## Kill the server fifty times under load, on each database
	@CRASH_ROUNDS=50 $(ENV) -m pytest -m crash -o timeout=3600

fuzz: prepare-tests ## Send the tasks API all that its description allows, and more, for 20 minutes
	@$(ENV) -m tests.fuzz $(ARGS)

oracle: prepare-tests ## Compare authorisation and state resolution with the oracle (ROOMS=10000)
	@$(ENV) -m tests.oracle.agreement $(or $(ROOMS),10000) $(FIRST)

simulate: prepare-tests ## Run servers in bad weather: SEEDS=n of them
	@$(ENV) -m tests.simulation --seeds $(or $(SEEDS),10000) $(ARGS)

schema: prepare-tests ## Write the types that follow from schema/
	@$(ENV) -m schema.generate

lock: ## Renew the locks of the Python packages
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	$(LOCK) --group web -c requirements-dev.lock -o requirements-web.lock

LOCK = $(ENV) -m uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --quiet

prepare:
	@$(if $(PYTHON),,$(error Python 3.11 or newer is needed: install it, then try again))
	@$(PYTHON) bootstrap.py

prepare-tests:
	@$(if $(PYTHON),,$(error Python 3.11 or newer is needed: install it, then try again))
	@$(PYTHON) bootstrap.py --tests
