"""What lies in deploy/: it fits the program, and behind a real nginx everything works below another path."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import socket
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from browser import button, drag_until_changed, idle, serving, told
from streamlit import config
from support import eventually, made_run, settings_in

from ui import cached
from ui.serving import door
from vae_core.runs import locks
from vae_core.runs.store import Run, list_runs
from vae_core.settings import LOCAL, PROJECT, Settings

DEPLOY = PROJECT / "deploy"
ALONG = PROJECT / "checkpoints" / ".shipped"
LINKS = """() => {
  const inner = (one) => (one.shadowRoot ? all(one.shadowRoot) : []);
  const all = (root) => [...root.querySelectorAll("*")].flatMap((one) => [one, ...inner(one)]);
  const told = (one) => ["href", "src", "action"].map((name) => one.getAttribute(name)).filter(Boolean);
  return all(document).flatMap(told).map((link) => new URL(link, document.baseURI).href);
}"""


def unit() -> configparser.RawConfigParser:
    found = configparser.RawConfigParser(strict=False, delimiters="=")
    found.optionxform = str  # type: ignore[assignment,method-assign]
    found.read(DEPLOY / "latent-loupe.service")
    return found


def environment() -> dict[str, str]:
    """What the unit gives to the page."""
    lines = (DEPLOY / "latent-loupe.service").read_text().splitlines()
    return dict(line.removeprefix("Environment=").split("=", 1) for line in lines if line.startswith("Environment="))


# They fit the program.


def test_the_unit_names_settings_and_a_command_that_there_are():
    known = {f"LOUPE_{field.name.upper()}" for field in fields(Settings)}
    known |= {option.env_var for option in config.get_config_options().values()}
    assert set(environment()) <= known
    commands = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["scripts"]
    assert Path(unit()["Service"]["ExecStart"]).name in commands
    assert unit()["Service"]["KillMode"] == "process", "a training outlives the page"


def test_nginx_hands_on_what_the_unit_serves():
    site, given = (DEPLOY / "nginx.conf").read_text(), environment()
    assert f"location {given['STREAMLIT_SERVER_BASE_URL_PATH']}/ {{" in site
    assert f"proxy_pass http://127.0.0.1:{given['STREAMLIT_SERVER_PORT']};" in site
    assert f"server_name {given['STREAMLIT_SERVER_ALLOWED_HOSTS']};" in site


def test_an_image_gets_all_that_the_package_is_made_of():
    copied = set(re.findall(r"^COPY (?:.*?)([\w./ ]+) /src", (DEPLOY / "Dockerfile").read_text(), re.M))
    names = {name for line in copied for name in line.split()}
    wheel = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert {*wheel["only-include"], *wheel["force-include"], "pyproject.toml", "hatch_build.py"} <= names
    assert all((PROJECT / name).exists() for name in names)


def test_behind_a_proxy_nobody_reads_this_machines_files_by_path():
    before = config.get_option(door.HOSTS)
    try:
        config.set_option(door.HOSTS, list(LOCAL))
        assert cached.settings().readable
        config.set_option(door.HOSTS, [*LOCAL, "loupe.example"])
        assert not cached.settings().readable
    finally:
        config.set_option(door.HOSTS, before)


@pytest.mark.skipif(not shutil.which("tar"), reason="there is no tar here")
def test_a_copy_that_is_taken_while_a_training_works_holds_it_to_resume(settings, tmp_path):
    """As docs/deploy.md takes it."""
    done, busy = made_run(settings, "done"), made_run(settings, "running")
    folder, copy = settings.checkpoints, tmp_path / "copy.tar.gz"
    with locks.exclusive(busy.lock):
        subprocess.run(["tar", "-czf", copy, "-C", folder.parent, folder.name], check=True)
    there = settings_in(tmp_path / "there")
    there.checkpoints.parent.mkdir()
    subprocess.run(["tar", "-xzf", copy, "-C", there.checkpoints.parent], check=True)
    found = {line.id: line.state for line in list_runs(there)}
    assert found == {done.id: "done", busy.id: "interrupted"}
    assert Run(done.id, there).snapshot_epochs() == done.snapshot_epochs()


# Behind nginx.


@pytest.fixture
def behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of nginx with its site, before the page with the environment of the unit; on ports of their own."""
    if not shutil.which("nginx") or not shutil.which("openssl"):
        pytest.skip("there is no nginx here")
    for name, value in environment().items():
        if name.startswith("STREAMLIT") and "PORT" not in name:
            monkeypatch.setenv(name, value)
    below = environment()["STREAMLIT_SERVER_BASE_URL_PATH"]
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    with serving(settings_in(tmp_path, shipped=ALONG), below=below) as server:
        configure(tmp_path, port, server.port)
        with nginx(tmp_path, port):
            yield f"https://localhost:{port}{below}/"


def configure(folder: Path, port: int, page: str) -> None:
    site = (DEPLOY / "nginx.conf").read_text()
    for old, new in (
        ("443 ssl", f"127.0.0.1:{port} ssl"),
        ("127.0.0.1:8501", f"127.0.0.1:{page}"),
        ("/etc/ssl/loupe.example.pem", f"{folder}/cert.pem"),
        ("/etc/ssl/private/loupe.example.key", f"{folder}/key.pem"),
        ("/etc/nginx/latent-loupe.users", f"{folder}/users"),
    ):
        assert old in site
        site = site.replace(old, new)
    kinds = ("proxy", "client_body", "fastcgi", "uwsgi", "scgi")
    own = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    user = "user root;\n" if os.getuid() == 0 else ""
    first = f"{user}daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/nginx.log;\nevents {{}}\n"
    (folder / "nginx.conf").write_text(f"{first}http {{\naccess_log {folder}/access.log;\n{own}{site}\n}}\n")
    pair = ("-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem", "-subj", "/CN=localhost", "-days", "1")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", *pair)
    (folder / "users").write_text(f"student:{openssl('passwd', '-apr1', 'secret')}")


def openssl(*words: str) -> str:
    return subprocess.run(["openssl", *words], check=True, capture_output=True, text=True).stdout


@contextmanager
def nginx(folder: Path, port: int) -> Iterator[None]:
    def answers() -> bool:
        assert child.poll() is None, (folder / "nginx.log").read_text()
        with socket.socket() as tried:
            return tried.connect_ex(("127.0.0.1", port)) == 0

    child = subprocess.Popen(["nginx", "-c", folder / "nginx.conf", "-p", folder])
    try:
        eventually(answers)
        yield
    finally:
        child.terminate()
        child.wait()


@pytest.fixture
def visitor(behind: str, tab: Any) -> Any:
    """A browser that knows the password; `page.seen`: where it went, what it asked for, and every link that it saw."""
    known = {"http_credentials": {"username": "student", "password": "secret"}, "ignore_https_errors": True}
    page = tab(**known)
    page.seen = set()
    page.on("request", lambda request: page.seen.add(request.url))
    page.on("websocket", lambda socket: page.seen.add(socket.url))
    page.on("framenavigated", lambda frame: page.seen.add(frame.url))
    page.goto(behind)
    return page


def look(page: Any) -> None:
    page.seen.update(idle(page).evaluate(LINKS))


@pytest.mark.engines
@pytest.mark.timeout(900)
def test_behind_nginx_every_page_works_and_stays_below_its_path(behind, visitor):
    page = visitor
    drag_until_changed(page)
    look(page)
    for name in ("Explore", "Project", "Compare", "Tune", "Data", "Train"):
        page.get_by_test_id("stSidebar").get_by_test_id("stPageLink").get_by_text(name, exact=True).click()
        page.get_by_role("heading", name=name, exact=True).wait_for()
        look(page)
        page.reload()
        page.get_by_role("heading", name=name, exact=True).wait_for()
    page.goto(f"{behind}explore/?run=loupe.type-map")
    page.wait_for_url(f"{behind}explore?run=loupe.type-map*")
    drag_until_changed(page)
    with page.expect_download() as begun:
        button(page, "Take it home").click()
    assert begun.value.path().stat().st_size > 100_000
    page.seen.add(begun.value.url)
    away = {urlsplit(url)[:3] for url in page.seen if url.startswith(("http", "ws")) and f"://{behind[8:]}" not in url}
    assert not away and any(url.startswith("wss") for url in page.seen)
    page.goto(behind.rstrip("/"))
    page.wait_for_url(behind)


@pytest.mark.engines
@pytest.mark.timeout(900)
def test_behind_nginx_a_zip_comes_in_and_a_training_starts_and_is_watched(behind, visitor):
    page = visitor
    button(page, "Import").click()
    page.get_by_role("dialog").locator("input[type=file]").set_input_files(ALONG / "mnist-map.zip")
    told(page, "mnist-map")
    page.goto(behind)
    button(page, "Train a model (30 s)").click()
    page.wait_for_url(f"{behind}train?run=*")
    page.locator(".film .play:enabled").wait_for()
    drawn = "chart => chart.innerHTML"
    before = page.locator(".film .chart svg").first.evaluate(drawn)
    eventually(lambda: page.locator(".film .chart svg").first.evaluate(drawn) != before)
    button(page, "Stop").click()
    button(page, "Resume").wait_for()


@pytest.mark.engines
def test_nginx_lets_nobody_in_without_the_password(behind, tab):
    page = tab(ignore_https_errors=True)
    assert page.goto(behind).status == 401
