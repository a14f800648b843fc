# Everything sets itself up: on a fresh Debian machine `make run` and `make test` are all there is to know.
DIR ?= ./demo-data
NAME ?=
MARK ?= slow
PYTEST ?=
PURGE ?=
ARCH ?= $(shell dpkg --print-architecture 2>/dev/null)
PYTHONS ?= 3.11,3.13
KEY ?=
BIN := .venv/bin
export PYTHON

.PHONY: run test test-slow torture bench screens lint format setup setup-test setup-slow lock clean

run: setup
	exec $(BIN)/kioskd demo --dir $(DIR) $(if $(HEADLESS),--headless)

test: lint
	$(BIN)/pytest -n 4 --dist worksteal -m "not slow and not hardware" $(PYTEST)

test-slow: setup-slow
	$(BIN)/pytest -m "$(MARK)" --timeout 3600 $(PYTEST)

# kioskd killed N times while people punch.
torture: setup-test
	KILLS=$(or $(N),1000) $(BIN)/pytest -q -s --timeout 0 tests/upkeep/test_torture.py

bench: setup-test
	$(BIN)/python -m bench $(NAME)

screens: setup
	$(BIN)/kiosk-ui --gallery build/screens

lint: setup-test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: setup-test
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

setup:
	@scripts/setup.sh run

setup-test:
	@scripts/setup.sh test

setup-slow:
	@scripts/setup.sh slow

man: setup
	$(BIN)/python -m kiosk.ctl.man >docs/man/kioskctl.1

lock:
	$(or $(PYTHON),python3) scripts/lock.py

# On the kiosk itself, as root.
install:
	scripts/install.sh

uninstall:
	cd / && PYTHONPATH=$(CURDIR) PYTHONDONTWRITEBYTECODE=1 python3 -m kiosk.install uninstall $(if $(PURGE),--purge)

# One file for a stick or an update, for ARCH (amd64, arm64); KEY=update.key signs it.
bundle: setup
	$(BIN)/python -m kiosk.install bundle . --arch $(ARCH) --python $(PYTHONS) \
		$(if $(KEY),--key $(KEY) --pub $(basename $(KEY)).pub)

deb: bundle
	packaging/deb.sh $(ARCH)

update-key: setup
	$(BIN)/python -m kiosk.install key update.key

clean:
	rm -rf .venv build dist *.egg-info demo-data .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
