# `make app` installs and starts Latent Loupe; `make test` checks everything.
# The environment in .venv/ is made once and again only where a requirements file has changed.
PYTHON ?= python3
HOST ?= localhost
PORT ?= 8501
BIN := .venv/bin

.PHONY: app test lint clean chromium

app: .venv/.app
	@exec $(BIN)/python -m streamlit run app.py --server.address "$(HOST)" --server.port "$(PORT)"

test: lint chromium
	$(BIN)/python -m pytest

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy vae_core app.py $(wildcard ui)

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.app: requirements.txt constraints.txt .venv/.made
	$(BIN)/python -m pip install --disable-pip-version-check -r requirements.txt -c constraints.txt
	@touch $@

.venv/.dev: requirements-dev.txt .venv/.app
	$(BIN)/python -m pip install --disable-pip-version-check -r requirements-dev.txt -c constraints.txt
	@touch $@

# A bare Debian has a Python that cannot make environments before python3-venv is there.
.venv/.made:
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON) here. Install Python 3.11, 3.12 or 3.13."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
	    echo "Latent Loupe needs Python 3.11, 3.12 or 3.13, but $(PYTHON) is $$($(PYTHON) --version 2>&1)."; \
	    echo "Name another one: make PYTHON=python3.12 app"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
	    if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then $(APT_INSTALL) python3-venv; \
	    else echo "$(PYTHON) cannot make virtual environments. On Debian or Ubuntu: sudo apt install python3-venv"; exit 1; fi; }
	$(PYTHON) -m venv .venv
	@touch $@

APT_INSTALL := apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends

# The browser tests skip themselves, and say so, where there is no Chromium.
chromium:
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || { \
	    [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && $(APT_INSTALL) chromium; \
	    } || echo "No Chromium: browser tests are skipped. To run them: sudo apt install chromium, or $(BIN)/playwright install chromium"
