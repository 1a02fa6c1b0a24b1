"""Who is answered: a real server, real requests and web sockets, under names and from pages of many kinds."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from browser import Server, serving
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string
from streamlit.web.server.starlette.starlette_server_config import XSRF_COOKIE_NAME
from support import SECONDS, eventually
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from ui.serving import door
from vae_core.settings import LOCAL, Settings

MACHINE = socket.gethostname()


def fetched(server: Server, host: str, origin: str | None = None, path: str = "/") -> int:
    """The status of a page that is asked for under a name."""
    connection = http.client.HTTPConnection("localhost", int(server.port), timeout=SECONDS)
    try:
        connection.request("GET", path, headers={"Host": host, **({"Origin": origin} if origin else {})})
        return connection.getresponse().status
    finally:
        connection.close()


def opened(server: Server, host: str, origin: str | None = None) -> int:
    """The status of a web socket that is asked for under a name; 101 is a session."""
    name, _, port = host.rpartition(":")
    channel = socket.create_connection(("localhost", int(server.port)), timeout=SECONDS)
    try:
        with connect(f"ws://{name}:{port}/_stcore/stream", sock=channel, origin=origin, proxy=None) as client:
            return client.response.status_code if client.response else 0
    except InvalidStatus as error:
        return error.response.status_code


def asked(server: Server, host: str, origin: str | None) -> tuple[int, int]:
    """Both, with what stands for this server's port filled in."""
    host, origin = (text and text.replace("PORT", server.port) for text in (host, origin))
    return fetched(server, str(host), origin), opened(server, str(host), origin)


REBOUND = {
    "its own origin": ("evil.example:PORT", "http://evil.example:PORT"),
    "ours as its origin": ("evil.example:PORT", "http://localhost:PORT"),
    "no origin": ("evil.example:PORT", None),
    "ours as its beginning": ("localhost.evil.example:PORT", "http://localhost.evil.example:PORT"),
    "ours as its end": ("evil.example.localhost:PORT", "http://evil.example.localhost:PORT"),
    "an address that is not ours": ("192.0.2.7:PORT", "http://192.0.2.7:PORT"),
}


@pytest.mark.parametrize("variant", REBOUND)
def test_form_01_a_name_that_was_pointed_here(page_server, variant):
    """CVE-2025-14279, CVE-2026-2611: DNS rebinding."""
    assert asked(page_server, *REBOUND[variant]) == (403, 403)


FOREIGN = {
    "another site": "http://evil.example",
    "another port": "http://localhost:1",
    "another name of ours": "http://127.0.0.1:PORT",
    "ours after an @": "http://evil.example@localhost:PORT",
    "ours before a point": "http://localhost:PORT.evil.example",
    "no address": "http://[",
    "null": "null",
    "a file": "file://",
}


@pytest.mark.parametrize("variant", FOREIGN)
def test_form_02_a_page_of_another_origin(page_server, variant):
    """streamlit#16448: a page elsewhere that calls this server by its own name."""
    assert asked(page_server, "localhost:PORT", FOREIGN[variant]) == (403, 403)


UPWARDS = ("{}../../../pyproject.toml", "{}..%2f..%2f..%2fpyproject.toml", "{}%2e%2e/%2e%2e/pyproject.toml")
WAYS = (*UPWARDS, "{}..%5c..%5cpyproject.toml", "{}//etc/passwd", "{}%00/../pyproject.toml", "{}....//pyproject.toml")
ROUTES = ("/static/", "/_stcore/", "/component/plane/", "/media/", "/_stcore/bidi-components/plane/", "/app/static/")


@pytest.mark.parametrize("way", WAYS)
def test_form_12_a_route_that_leads_upwards(page_server, way):
    """CVE-2026-33682, CVE-2024-42474: a file of the server's by a path through its routes."""
    for route in ROUTES:
        body = answered(page_server, way.format(route))
        assert b"hatchling" not in body and b"root:" not in body, route


def answered(server: Server, path: str) -> bytes:
    """What stands at an address that no client puts in order before it asks."""
    connection = http.client.HTTPConnection("localhost", int(server.port), timeout=SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST"])
def test_its_own_pages_and_programs_that_are_no_browser_are_answered(page_server, host):
    for origin in (f"http://{host}:PORT", None):
        assert asked(page_server, f"{host}:PORT", origin) == (200, 101)


def test_every_address_is_behind_the_door(page_server):
    for path in ("/_stcore/health", "/_stcore/host-config", "/_stcore/upload_file/a/b", "/static/a.js", "/media/a.png"):
        assert fetched(page_server, "evil.example", path=path) == 403


@pytest.fixture
def open_server(settings: Settings, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """As `make app HOST=0.0.0.0` starts it, with a further name, and from a folder that has no .streamlit in it."""
    monkeypatch.setenv("STREAMLIT_SERVER_ALLOWED_HOSTS", "loupe.example")
    with serving(settings, "app.py", "--server.address", "0.0.0.0", folder=tmp_path) as server:
        yield server


def test_opened_to_others_it_answers_under_its_own_names_only(open_server):
    for name in (MACHINE, "loupe.example", "localhost"):
        assert asked(open_server, f"{name}:PORT", f"http://{name}:PORT") == (200, 101)
    for name in ("evil.example", f"{MACHINE}.evil.example"):
        assert asked(open_server, f"{name}:PORT", f"http://{name}:PORT") == (403, 403)


def test_a_machine_is_known_by_its_addresses_where_others_may_come():
    assert door.known_hosts("localhost", ["a.example"]) == {*LOCAL, "a.example"}
    assert "192.0.2.7" in door.known_hosts("192.0.2.7", [])
    assert {MACHINE, *LOCAL} < door.known_hosts(None, [])


# Somebody closes the page in the middle of an upload.


def session(client: ClientConnection) -> str:
    """A session that waits for uploads."""
    client.send(BackMsg(rerun_script={}).SerializeToString())
    for data in client:
        message = ForwardMsg.FromString(bytes(data))
        if message.WhichOneof("type") == "new_session":
            return message.new_session.initialize.session_id
    raise AssertionError("no session")


def test_a_tab_closed_during_an_upload_leaves_nothing_in_the_log(page_server):
    before = len(page_server.log.read_text())
    with connect(f"ws://localhost:{page_server.port}/_stcore/stream", max_size=None, proxy=None) as client:
        channel = _half_an_upload(page_server, session(client))
        number = channel.getsockname()[1]
        eventually(lambda: _is_connected(page_server, number))
        channel.close()
        eventually(lambda: not _is_connected(page_server, number))
    assert fetched(page_server, f"localhost:{page_server.port}", path="/_stcore/health") == 200
    assert "Traceback" not in page_server.log.read_text()[before:]


def _half_an_upload(server: Server, session_id: str) -> socket.socket:
    token = generate_xsrf_token_string()
    lines = (
        f"PUT /_stcore/upload_file/{session_id}/1 HTTP/1.1",
        f"Host: localhost:{server.port}",
        "Content-Type: multipart/form-data; boundary=b",
        "Content-Length: 1000000",
        f"X-Xsrftoken: {token}",
        f"Cookie: {XSRF_COOKIE_NAME}={token}",
        "",
        '--b\r\nContent-Disposition: form-data; name="a"; filename="a.npz"\r\n\r\nPK',
    )
    channel = socket.create_connection(("localhost", int(server.port)), timeout=SECONDS)
    channel.sendall("\r\n".join(lines).encode())
    return channel


def _is_connected(server: Server, port: int) -> bool:
    return any(part.raddr and part.raddr.port == port for part in server.process.net_connections("tcp"))


def test_an_address_below_a_page_leads_to_the_page(tab, server):
    """Streamlit would answer with a page whose parts are not where it looks for them: it stays blank."""
    for path, title in (("train/x?run=none", "Train"), ("explore/", "Explore"), ("home/a/b", "Latent Loupe")):
        page = tab(f"{server.address}/{path}")
        page.get_by_role("heading", name=title, exact=True).wait_for()
    assert fetched(server, f"localhost:{server.port}", path="/train/_stcore/health") != 307, "that is no visit"


def test_below_another_path_it_leads_there(settings):
    with serving(settings, below="/loupe") as server:
        for path, place in (("train/x?run=none", "train?run=none"), ("explore/", "explore")):
            answer = visited(server, f"/loupe/{path}")
            assert answer.status == 307 and answer.headers["Location"] == f"/loupe/{place}"
        assert visited(server, "/train/x").status == 404


def visited(server: Server, path: str) -> http.client.HTTPResponse:
    """The answer to somebody who opens an address in a browser."""
    connection = http.client.HTTPConnection("localhost", int(server.port), timeout=SECONDS)
    connection.request("GET", path, headers={"Accept": "text/html"})
    return connection.getresponse()
