"""People sign in at a real OIDC server, in a real browser: whose a training is decides who may end it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
from browser import Server, button, idle, press, serving, told
from support import eventually

from vae_core.runs import store
from vae_core.runs.store import Run
from vae_core.settings import PROJECT, Settings

SECRET = "a secret of nobody but these tests"
SECRETS = """[auth]
redirect_uri = "http://localhost:{port}/oauth2callback"
cookie_secret = "%(secret)s"
client_id = "loupe"
client_secret = "%(secret)s"
server_metadata_url = "http://localhost:%(port)s/.well-known/openid-configuration"
client_kwargs = { scope = "openid email profile", prompt = "login", code_challenge_method = "S256" }
"""
NEEDED = {
    "Node": shutil.which("node"),
    "oidc-provider, by npm install": (PROJECT / "node_modules" / "oidc-provider").exists(),
    "Authlib and httpx": find_spec("authlib") and find_spec("httpx"),
}
LACKING = ", ".join(name for name, found in NEEDED.items() if not found)
pytestmark = [
    pytest.mark.engines,
    pytest.mark.timeout(900),
    pytest.mark.skipif(bool(LACKING), reason=f"there is no {LACKING}"),
]
Enter = Callable[[str], Any]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("localhost", 0))
        return int(free.getsockname()[1])


@contextmanager
def accounts(port: int, pages: Server) -> Iterator[None]:
    """The server that people sign in at."""
    script = PROJECT / "tests" / "oidc_server.mjs"
    command = ["node", str(script), str(port), f"{pages.address}/oauth2callback", SECRET]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def answers() -> bool:
        assert process.poll() is None, process.stderr and process.stderr.read()
        try:
            with urllib.request.urlopen(f"http://localhost:{port}/.well-known/openid-configuration", timeout=5):
                return True
        except URLError:
            return False

    try:
        eventually(answers, "the OIDC server did not start")
        yield
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def school(settings: Settings, tmp_path: Path) -> Iterator[Server]:
    port, place = free_port(), tmp_path / ".streamlit"
    place.mkdir()
    (place / "secrets.toml").write_text(SECRETS % {"port": port, "secret": SECRET})
    where = replace(settings, sign_in="email", teachers="tea@school.example")
    with serving(where, folder=tmp_path) as pages, accounts(port, pages):
        yield pages


@pytest.fixture
def enter(tab: Callable[..., Any], school: Server) -> Enter:
    """Somebody who has come in, with a browser of their own."""

    def opened(who: str) -> Any:
        page = tab(school.address, color_scheme="light")
        press(page, "Sign in")
        page.locator("input[name=login]").fill(who)
        page.locator("input[name=password]").fill("anything")
        page.locator("button[type=submit]").click()
        page.get_by_role("button", name="Continue").click()
        return page

    return opened


def test_the_owner_and_a_teacher_end_a_training_and_nobody_else(enter, school):
    ana = enter("ana")
    told(ana, "ana@school.example")
    press(ana, "Train a model (30 s)")
    ana.wait_for_url("**/train?run=*")
    (line,) = eventually(lambda: store.list_runs(school.settings), "nothing was begun")
    run = Run(line.id, school.settings)
    assert line.owner == "ana@school.example"

    bo = enter("bo")
    told(bo, "bo@school.example")
    bo.goto(f"{school.address}/train?run={run.id}")
    assert button(bo, "Stop").is_disabled()
    bo.goto(school.address)
    assert offered(bo) == ["Export"]

    teacher = enter("tea")
    told(teacher, "tea@school.example, teacher")
    teacher.goto(f"{school.address}/train?run={run.id}")
    press(teacher, "Stop")
    press(teacher, "Stop it all the same")
    eventually(lambda: run.state() not in ("queued", "running"), run)
    teacher.goto(school.address)
    assert "Remove" in offered(teacher)
    teacher.get_by_role("option", name="Remove").or_(teacher.get_by_role("menuitem", name="Remove")).click()
    teacher.get_by_text("I know that it belongs to").click()
    press(teacher, "Remove")
    eventually(lambda: not run.path.exists(), "it was not removed")


def offered(page: Any) -> list[str]:
    """What can be done with the first card's run."""
    idle(page).locator("[class*=st-key-menu-] button").first.click()
    found = page.get_by_role("menuitem")
    found.first.wait_for()
    return [text.strip() for text in found.all_inner_texts()]


def test_who_leaves_is_asked_again(enter):
    ana = enter("ana")
    told(ana, "ana@school.example")
    press(ana, "Sign out")
    ana.get_by_role("button", name="Yes, sign me out").click()
    button(ana, "Sign in").wait_for()


def test_an_address_that_nobody_has_verified_opens_nothing(enter):
    told(enter("mallory"), "no email that can be trusted")
