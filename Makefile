# `make app` installs and starts Latent Loupe; `make test` checks everything.
# The environment in .venv/ is made once and again only where a requirements file has changed.
PYTHON ?= python3
HOST ?= localhost
PORT ?= 8501
BIN := .venv/bin

.PHONY: app test test-long lint lock clean chromium compilers wasm

app: .venv/.app
	@exec $(BIN)/python -m streamlit run app.py --server.address "$(HOST)" --server.port "$(PORT)"

# Workers take tests from each other, so that none waits for the others' last ones.
PYTEST := $(BIN)/python -m pytest --numprocesses logical --maxprocesses 4 --dist worksteal

test: lint chromium compilers
	$(PYTEST)

test-long: .venv/.dev chromium compilers
	$(PYTEST) -m long --timeout 3600

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --num-workers 2 vae_core latent_loupe app.py ui

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.app: requirements.lock .venv/.made
	$(BIN)/python -m pip install --disable-pip-version-check -r requirements.lock
	@touch $@

.venv/.dev: requirements-dev.lock .venv/.app
	$(BIN)/python -m pip install --disable-pip-version-check -r requirements-dev.lock
	@touch $@

# What requirements*.txt ask for, in exact versions with the sums of their files, for every Python and system at once.
# A version that fits stays as it is; `make lock UPGRADE=--upgrade` takes the newest.
LOCK := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --custom-compile-command "make lock"
lock: .venv/.made
	$(BIN)/python -m pip install --disable-pip-version-check --quiet uv
	$(LOCK) $(UPGRADE) requirements.txt --output-file requirements.lock
	$(LOCK) $(UPGRADE) requirements-dev.txt --constraint requirements.lock --output-file requirements-dev.lock

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
	@command -v chromium-headless-shell >/dev/null || { \
	    [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && { \
	    { $(APT_INSTALL) chromium-headless-shell; } || { $(APT_INSTALL) chromium; }; }; \
	    } || command -v chromium >/dev/null || command -v google-chrome >/dev/null || \
	    echo "No Chromium: browser tests are skipped. To run them: sudo apt install chromium, or $(BIN)/playwright install chromium"

# The kernel's tests build it anew and run it outside a browser; what is missing for that is skipped, and they say so.
compilers:
	@command -v clang >/dev/null && command -v wasm-ld >/dev/null && command -v node >/dev/null || { \
	    [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && $(APT_INSTALL) clang lld nodejs; \
	    } || echo "No clang, lld or Node: tests of the kernel are skipped. To run them: sudo apt install clang lld nodejs"

# The browser's kernel. What it builds is committed, so that nobody needs a compiler to run Latent Loupe.
CLANG ?= clang
KERNEL ?= ui/components/plane/kernel.wasm
wasm:
	$(CLANG) --target=wasm32 -msimd128 -mbulk-memory -Os -Wall -Wextra -Werror -ffreestanding -nostdlib -Wl,--no-entry \
	    -Wl,--export=__heap_base -Wl,-z,stack-size=4096 -Wl,--strip-all -o $(KERNEL) ui/components/plane/kernel.c
	@chmod -x $(KERNEL)
