"""The real app for tests in a real browser: a page server of its own, and what is often asked of a page."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlparse
from uuid import uuid4

import psutil
from support import end_work, environment, eventually

from ui.cached import LIST_SECONDS
from vae_core.settings import PROJECT, Settings

IDLE = "document.querySelector('[data-test-script-state]')?.dataset.testScriptState === 'notRunning'"
LONG = 120_000  # milliseconds that a page may take where a training must begin or end first
PIXELS = """(name) => {
  const inner = (root) => [...root.querySelectorAll('*')].map((each) => each.shadowRoot && find(each.shadowRoot));
  const find = (root) => root.querySelector(name) ?? inner(root).find(Boolean);
  const canvas = find(document);
  return canvas ? [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data].join() : "0";
}"""
TAKEN_AWAY = "taken away"  # where a test puts a run that somebody removes, so to say
TROUBLE = ("Traceback", "Something went wrong inside")
SERVERS: list[Server] = []  # those that are open: what they said is kept when a test fails


class Server:
    """A page server on a port of its own, as `make app` starts it; it may be killed and started anew."""

    def __init__(
        self, settings: Settings, script: str = "app.py", *words: str, folder: Path = PROJECT, below: str = ""
    ) -> None:
        """`below`: what all its addresses begin with, as behind a proxy."""
        with socket.socket() as free:
            free.bind(("localhost", 0))
            self.port = str(free.getsockname()[1])
        self.settings, self.address = settings, f"http://localhost:{self.port}{below}"
        based = ("--server.baseUrlPath", below) if below else ()
        self.words, self.folder = (str(PROJECT / script), "--server.headless", "true", *based, *words), folder
        self.log = settings.checkpoints.parent / f"server-{self.port}.log"
        self.ended = 0.0  # when the last test was through with it
        self.start()

    def start(self) -> None:
        command, places = self.command()
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(command, cwd=self.folder, env=places, stdout=log, stderr=log)
        self.process = psutil.Process(self.child.pid)
        eventually(self._answers, "the page server did not start")

    def command(self) -> tuple[tuple[str, ...], dict[str, str]]:
        """What is started, and in which environment."""
        words = (sys.executable, "-m", "streamlit", "run", *self.words, "--server.port", self.port)
        return words, {**environment(self.settings), "PYTHONPATH": str(PROJECT)}

    def _answers(self) -> bool:
        assert self.child.poll() is None, self.log.read_text()
        try:
            with urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=5):
                return True
        except OSError:
            return False

    def begin_anew(self) -> None:
        """With empty folders, as on a fresh machine; it stays on if it can, and forgets its last list of runs."""
        for folder in (self.settings.checkpoints, self.settings.cache, self.settings.checkpoints.parent / TAKEN_AWAY):
            _remove(folder)
        if self.child.poll() is not None:
            self.start()
        eventually(lambda: time.monotonic() > self.ended + LIST_SECONDS)

    def end_work(self) -> None:
        end_work(self.settings)
        self.ended = time.monotonic()

    def kill(self) -> None:
        self.child.kill()
        self.child.wait()

    def close(self) -> None:
        self.child.terminate()
        self.child.wait()


def beside_scripts(page: Any, headers: dict[str, str] | None = None) -> None:
    """An empty page, at an address from where every script of ours can be imported, as any server would send them."""

    def answer(route: Any) -> None:
        path = urlparse(route.request.url).path
        if path == "/":
            route.fulfill(body="<p>", headers={"Content-Type": "text/html", **(headers or {})})
        else:
            route.fulfill(path=PROJECT / path[1:], content_type="text/javascript")

    page.route("http://scripts.test/**", answer)
    page.goto("http://scripts.test/")


def take(page: Any, *scripts: str) -> None:
    """What these scripts export becomes global on the page."""
    for script in scripts:
        page.evaluate(f"import('/{script}').then((all) => void Object.assign(window, all))")


def _remove(folder: Path) -> None:
    """All at once: a page of the test before may still be drawn, and what it keeps must find no folder."""
    gone = folder.with_name(f"gone-{uuid4().hex}")
    with suppress(FileNotFoundError):
        folder.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


@contextmanager
def serving(settings: Settings, *words: Any, kind: type[Server] = Server, **more: Any) -> Iterator[Server]:
    server = kind(settings, *words, **more)
    SERVERS.append(server)
    try:
        yield server
    finally:
        SERVERS.remove(server)
        server.close()
        server.end_work()


def keep(browser: Any, folder: Path, test: str) -> Iterator[Path]:
    """Of a test that failed: a picture of every page, and the log of every page server."""
    folder.mkdir(exist_ok=True)
    name = re.sub(r"\W+", "-", test)
    for number, page in enumerate(page for context in browser.contexts for page in context.pages):
        path = folder / f"{name}-{number}.png"
        with suppress(Exception):  # a page that hangs has no picture, and the test has failed anyhow
            page.screenshot(path=path, full_page=True, timeout=10_000)
            yield path
    for server in SERVERS:
        yield Path(shutil.copy(server.log, folder / f"{name}-{server.port}.log"))


def written() -> str:
    """The end of what each process wrote that works for a page server: a page says only that it died."""
    logs = [log for server in SERVERS for log in server.settings.checkpoints.glob("**/log.txt") if log.stat().st_size]
    return "\n".join(f"{log.parent.name}: {log.read_text(errors='replace')[-1500:]}" for log in logs)


def told(page: Any, text: str | re.Pattern[str]) -> None:
    """Wait for a sentence that can be seen."""
    page.get_by_text(text).filter(visible=True).first.wait_for(timeout=LONG)


def press(page: Any, label: str) -> None:
    """A button of exactly this name, an icon before it aside."""
    button(page, label).click(timeout=LONG)


def idle(page: Any) -> Any:
    """When nothing runs on the server for two frames."""
    page.wait_for_function(IDLE)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.wait_for_function(IDLE)
    return page


def choose(page: Any, radio: Any) -> None:
    """One of several. A click on what is just drawn anew is lost, and done again; the choice may take them all away."""

    def stands() -> bool:
        idle(page)
        marks = radio.evaluate_all("radios => radios.map(radio => radio.ariaChecked)")  # waits for none
        if marks in ([], ["true"]):
            return True
        radio.click()
        return False

    if radio.get_attribute("aria-checked") != "true":
        radio.click()
        eventually(stands)


def button(page: Any, label: str) -> Any:
    """One of ours: Streamlit's own Stop is there until a fresh server has loaded what hides it."""
    ours = page.locator(':not([data-testid="stStatusWidget"] *)')
    named = page.get_by_role("button", name=re.compile(rf"(^|\s){re.escape(label)}$"))
    return named.and_(ours).filter(visible=True).first


def offline(tab: Any, file: Path, script: str = "", first: str = ".over") -> Any:
    """A page that stands alone, opened from the disk, when its map is there. What it asks of a network is an error."""
    page = tab(offline=True)
    page.add_init_script(script)
    asked = lambda url: page.errors.append(url) if url.startswith(("http", "ws")) else None  # noqa: E731
    page.on("request", lambda request: asked(request.url))
    page.goto(file.as_uri())
    page.locator(first).first.wait_for()
    return page


def until_changed(page: Any, name: str, before: str) -> str:
    page.wait_for_function(f"([name, before]) => ({PIXELS})(name) !== before", arg=[name, before])
    return str(page.evaluate(PIXELS, name))


def drag_until_changed(page: Any, picture: str = ".now") -> None:
    """A hand on the first map, until the first picture is another."""
    page.wait_for_function(f"() => ({PIXELS})('{picture}').split(',').some((value, i) => i % 4 < 3 && value !== '0')")
    before = page.evaluate(PIXELS, picture)
    box = page.locator(".over").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 4, steps=4)
    page.mouse.up()
    until_changed(page, picture, before)


def without_trouble(page: Any) -> None:
    for text in TROUBLE:
        assert page.get_by_text(text).count() == 0, f"{page.locator('body').inner_text()}\n{said()}"


def said() -> str:
    """The end of what each page server wrote: it knows what went wrong inside, where a page names only a number."""
    return "\n".join(server.log.read_text(errors="replace")[-3000:] for server in SERVERS)


def holds(page: Any, true: Any) -> None:
    """Wait until it is true of the page, letting the browser's events in meanwhile."""
    for _ in range(60 * 50):
        if true():
            return
        page.wait_for_timeout(20)
    raise AssertionError(page.url)
