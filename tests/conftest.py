"""What tests share: settings of their own, a run that was really trained, a page server and a browser a worker."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Generator, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from filelock import FileLock
from support import ONE_THREAD, SECONDS, as_served, places, run_cli, run_here, settings_in

from vae_core.runs import jobs, store
from vae_core.runs.store import Run
from vae_core.settings import PROJECT, Settings

if TYPE_CHECKING:
    from browser import Server
    from streamlit.testing.v1 import AppTest

MARK = "LOUPE_TEST_SESSION"
KEPT = PROJECT / "test-failures"  # what a browser showed, and what its server said, when a test failed
os.environ.update(ONE_THREAD)  # before anything is imported that asks for it: the workers have the other processors
Cli = Callable[..., Any]
Once = Callable[[str, Callable[[Path], None]], Path]
Visit = Callable[..., "AppTest"]


# Settings, runs.


@pytest.fixture
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Of this test alone; where it has a page server, they are the server's."""
    if "server" in request.fixturenames:
        return request.getfixturevalue("server").settings
    return settings_in(tmp_path)


@pytest.fixture
def here(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """This test's settings, and they are this process's too."""
    _use(settings, monkeypatch)
    return settings


def _use(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in places(settings).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("LOUPE_DATA", raising=False)


@pytest.fixture
def cli(settings: Settings) -> Cli:
    """The command line in a process of its own, with this test's settings."""
    return lambda *words: run_cli(settings, *words)


@pytest.fixture
def call(here: Settings, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """A command in this process: its exit code, what it printed, what it complained about."""
    return partial(run_here, capsys)


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """A folder that is filled once a machine, by the worker that comes first. Each worker has a copy of its own."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def folder(name: str, fill: Callable[[Path], None]) -> Path:
        original = shared / f"once-{name}"
        with FileLock(f"{original}.lock"):
            if not original.exists():
                aside = Path(f"{original}.new")
                shutil.rmtree(aside, ignore_errors=True)
                aside.mkdir()
                fill(aside)
                aside.rename(original)
        return Path(shutil.copytree(original, tmp_path_factory.mktemp(name), dirs_exist_ok=True))

    return folder


@pytest.fixture(scope="session")
def trained(once: Once) -> Run:
    """A finished run on the digits, trained as anybody would train it. Not to be changed."""
    settings = settings_in(once("trained", _train_on_digits))
    (line,) = store.list_runs(settings)
    return Run(line.id, settings)


def _train_on_digits(folder: Path) -> None:
    done = run_cli(settings_in(folder), "train", "--dataset", "digits", "--epochs", "4")
    assert done.returncode == 0, done.stderr


@pytest.fixture
def own(trained: Run, settings: Settings) -> Run:
    """A copy of the trained run that may be changed."""
    shutil.copytree(trained.path, settings.checkpoints / trained.id)
    return Run(trained.id, settings)


# Pages.


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> Visit:
    """Opens a page of the app without a browser: its address's words by name, what the session knows in `state`, and in
    `user` who is signed in."""
    from streamlit.testing.v1 import AppTest

    as_served(monkeypatch)

    def opened(
        settings: Settings, page: str, state: dict[str, Any] | None = None, user: Any = None, **address: str
    ) -> AppTest:
        _use(settings, monkeypatch)
        app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=SECONDS)
        app.user = user or {}
        for name, text in address.items():
            app.query_params[name] = text
        for key, value in (state or {}).items():
            app.session_state[key] = value
        return app.switch_page(f"pages/{page}.py").run()

    return opened


@pytest.fixture(scope="session")
def page_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    from browser import serving

    with serving(settings_in(tmp_path_factory.mktemp("served"), train_slots=4)) as server:
        yield server


@pytest.fixture
def server(page_server: Server) -> Iterator[Server]:
    """The whole app behind an address, one server for all tests of a worker. Its folders are empty at first."""
    page_server.begin_anew()
    yield page_server
    page_server.end_work()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser: the system's Chromium or Chrome, or the one that Playwright installed.

    The headless shell is the same Chromium without what is around a page, which takes as long as the page itself."""
    from playwright.sync_api import sync_playwright

    from bench.browsing import installed

    with sync_playwright() as playwright:
        found = installed()
        if not found and not Path(playwright.chromium.executable_path).exists():
            pytest.skip("there is no Chromium here")
        alone = ["--no-sandbox"] if os.name == "posix" and os.getuid() == 0 else []
        drawn = ["--disable-gpu"]  # without a card its stand-in costs every page a fifth more time than plain drawing
        browser = playwright.chromium.launch(executable_path=found, args=[*alone, *drawn])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def profile(chromium: Any) -> Iterator[Any]:
    """What the tabs of a worker share: what was loaded once, as in a browser that is used every day."""
    context = chromium.new_context()
    yield context
    context.close()


@pytest.fixture
def tab(profile: Any, request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """Opens pages, and looks at their end whether any of them showed what no page should.

    A page that needs a context of its own (touch, no network, calm) says so; it shares nothing with the others."""
    from browser import LONG, without_trouble

    if "server" in request.fixturenames:
        request.getfixturevalue("server")  # so that its pages are closed before its folders are taken away
    pages: list[Any] = []

    def opened(address: str = "", width: int = 1440, height: int = 1200, **context: Any) -> Any:
        page = profile.browser.new_page(**context) if context else profile.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.set_default_timeout(LONG)
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        pages.append(page)
        if address:
            page.goto(address)
        return page

    profile.clear_cookies()
    yield opened
    for page in pages:
        if not page.is_closed():
            without_trouble(page)
            page.close()
        assert page.errors == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that fails in a browser leaves what could be seen, and what the page servers said."""
    report = yield
    browser = getattr(item, "funcargs", {}).get("chromium")
    if report.failed and browser:
        from browser import keep, written

        report.sections.append(("Kept", "\n".join(map(str, keep(browser, KEPT, item.name)))))
        report.sections.append(("What processes wrote", written()))
    return report


@pytest.fixture(scope="session", autouse=True)
def no_training_here_slows_the_tests() -> Iterator[None]:
    """A training makes way for pages, and a process that has done so once can never take it back."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(jobs, "_lower_priority", lambda: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def nothing_is_left_running() -> Iterator[None]:
    """Trainings outlive who starts them, so every process of this session carries a mark."""
    os.environ[MARK] = mark = uuid.uuid4().hex
    yield
    found = [process for process in psutil.process_iter() if process.pid != os.getpid() and _has(process, mark)]
    left = psutil.wait_procs(found, timeout=20)[1]  # one whose run has just ended takes a moment to leave
    told = [" ".join(process.cmdline()) for process in left]
    for process in left:
        process.kill()
    assert not told


def _has(process: psutil.Process, mark: str) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == mark
    except (psutil.Error, OSError):
        return False  # somebody else's, or gone meanwhile
