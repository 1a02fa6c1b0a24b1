# `make app` installs and starts Latent Loupe; `make test` checks everything.
# The environment in .venv/ is made once and again only where a requirements file has changed.
PYTHON ?= python3
HOST ?= localhost
PORT ?= 8501
BIN := .venv/bin

.PHONY: app test test-long test-engines fuzz lint scripts docs lock audit clean chromium compilers nginx slurm ray oidc \
    jupyter mariadb postgresql psycopg ssh wasm bundles

app: .venv/.app
	@exec $(BIN)/python -m streamlit run app.py --server.address "$(HOST)" --server.port "$(PORT)"

# Workers take tests from each other, so that none waits for the others' last ones.
PYTEST := $(BIN)/python -m pytest --numprocesses logical --maxprocesses 4 --dist worksteal

test: lint chromium compilers
	$(PYTEST)

test-long: .venv/.dev chromium compilers
	$(PYTEST) -m long --timeout 3600

test-engines: .venv/.dev chromium nginx slurm ray oidc jupyter postgresql ssh
	$(BIN)/python -m pytest -m engines

# Two hours of cases for all that comes in; `make fuzz SECONDS=600 TARGETS="npz zip"` is less. It goes on where it was.
SECONDS ?= 7200
fuzz: .fuzz/.made compilers
	.fuzz/bin/python tests/fuzz/drive.py --seconds $(SECONDS) $(TARGETS)

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --num-workers 2
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory scripts; else \
	    echo "No npm: the scripts of the page are not checked. To check them: sudo apt install npm"; fi

scripts: node_modules/.made
	node_modules/.bin/tsc
	node_modules/.bin/eslint ui tests

# Pictures take a minute, tables many hours: .measured/ keeps their rows, so that they go on where they were broken off.
docs: .venv/.dev chromium
	$(BIN)/python -m bench.pictures
	$(BIN)/python -m bench.reliability
	$(BIN)/python -m bench.tables

# Asks databases of known holes: it needs a network, and no test does it.
audit: .venv/.app
	$(BIN)/python -m pip install --disable-pip-version-check --quiet pip-audit
	$(BIN)/pip-audit --disable-pip --require-hashes -r requirements.lock
	@if command -v npm >/dev/null; then npm audit; fi

clean:
	rm -rf .venv .jupyter .psycopg .ray .torch .fuzz node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis
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

# What test-engines talks to. The services that the packages bring are not needed: the tests start their own, and skip
# themselves where one is not there.
nginx:
	@command -v nginx >/dev/null && command -v openssl >/dev/null || { \
	    [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && $(APT_INSTALL) nginx-light openssl; \
	    } || echo "No nginx: tests behind it are skipped. To run them: sudo apt install nginx-light openssl"

SERVICES := munge slurmctld slurmd slurmdbd
slurm: mariadb
	@command -v sbatch >/dev/null && command -v munged >/dev/null && command -v slurmdbd >/dev/null || { \
	    [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && $(APT_INSTALL) slurm-wlm munge slurmdbd && \
	    for each in $(SERVICES); do service $$each stop >/dev/null 2>&1 || true; done; \
	    } || echo "No Slurm: its tests are skipped. To run them, as root: apt install slurm-wlm munge slurmdbd"

mariadb:
	@command -v mariadbd >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	    $(APT_INSTALL) mariadb-server && { service mariadb stop >/dev/null 2>&1 || true; }; \
	    } || echo "No MariaDB: Slurm's accounts are not tested. To test them, as root: apt install mariadb-server"

postgresql: psycopg
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	    $(APT_INSTALL) postgresql && { service postgresql stop >/dev/null 2>&1 || true; }; \
	    } || echo "No PostgreSQL: searches on Slurm are not tested. To test them, as root: apt install postgresql"

# What asks PostgreSQL, beside the environment: it is in no lock.
psycopg: .psycopg/.made
.psycopg/.made: .venv/.dev
	$(BIN)/python -m pip install --disable-pip-version-check --target .psycopg 'psycopg[binary]~=3.2'
	@touch $@

# An OIDC server is a package of Node.
oidc:
	@command -v npm >/dev/null || { \
	    [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && $(APT_INSTALL) nodejs npm; \
	    } || echo "No npm: tests of signing in are skipped. To run them: sudo apt install nodejs npm"
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory node_modules/.made; fi

# An environment of its own: a notebook that is handed in is opened where nothing of ours is.
jupyter: .jupyter/.made
.jupyter/.made:
	$(PYTHON) -m venv .jupyter
	.jupyter/bin/python -m pip install --disable-pip-version-check 'jupyterlab~=4.4'
	@touch $@

# An environment of its own, with what the other one has: atheris guides a fuzzer by what runs, and is built for Linux
# and some Pythons only. Where there is none, cases are made without it.
.fuzz/.made: .venv/.dev
	$(BIN)/python -m venv .fuzz
	$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' > \
	    "$$(.fuzz/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/ours.pth"
	.fuzz/bin/python -m pip install --disable-pip-version-check 'atheris~=3.0' || echo "No atheris: nothing guides the fuzzer"
	@touch $@

# Likewise: trainings talk to its dashboard, and never load it.
ray: .ray/.made
.ray/.made:
	$(PYTHON) -m venv .ray
	.ray/bin/python -m pip install --disable-pip-version-check 'ray[default]~=2.60'
	@touch $@

ssh:
	@test -x /usr/sbin/sshd && command -v rsync >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	    $(APT_INSTALL) openssh-server rsync && { service ssh stop >/dev/null 2>&1 || true; }; \
	    } || echo "No sshd: a test of push and pull is skipped. To run it, as root: apt install openssh-server rsync"

# What runs in the browser. What `wasm` and `bundles` make is committed, so that nobody needs a compiler or Node to run
# Latent Loupe.
CLANG ?= clang
KERNEL ?= ui/components/shared/kernel.js
PACK := import base64, sys, zlib; packed = base64.b64encode(zlib.compress(sys.stdin.buffer.read(), 9)).decode(); \
    print(f"// kernel.c as `make wasm` compiles it, deflated.\nexport const KERNEL =\n  \"{packed}\";")
wasm:
	$(CLANG) --target=wasm32 -msimd128 -mbulk-memory -Os -Wall -Wextra -Werror -ffreestanding -nostdlib -Wl,--no-entry \
	    -Wl,--export=__heap_base -Wl,-z,stack-size=4096 -Wl,--strip-all -o $(KERNEL).wasm ui/components/shared/kernel.c
	$(PYTHON) -c '$(PACK)' < $(KERNEL).wasm > $(KERNEL)
	@rm $(KERNEL).wasm

BUNDLES ?= ui/components/bundles
PROGRAMS := $(foreach name,curves drawn film gallery plane projection sketch twin,ui/components/$(name)/$(name).js) \
    ui/components/plane/mailbox.js ui/explore/address.js
bundles: node_modules/.made
	node_modules/.bin/esbuild $(PROGRAMS) --bundle --minify --format=esm --target=es2022 --loader:.css=text \
	    --banner:js='// Made by make bundles.' --entry-names=[name] --outdir=$(BUNDLES) --log-level=warning

node_modules/.made: package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@
