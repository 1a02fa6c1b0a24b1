"""Who may ask this server: its own pages, under the names that this machine is known by.

A browser asks whatever a page tells it to ask. Another site can point a name of its own at this machine (DNS
rebinding), and a page that another program serves here can call this one. Neither gets an answer. Streamlit looks at
the name alone, only for web sockets, and by itself at none."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import psutil
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose
from streamlit import cli_util, config
from streamlit.web.server import server_util
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from ui.serving import ahead
from vae_core.runs import own
from vae_core.settings import LOCAL, PAGE

HOSTS = "server.allowedHosts"
PAGES = {path.stem for path in (PAGE / "pages").glob("*.py")}
REFUSED = (
    "Latent Loupe does not know this address. Open it under a name or an address of the machine that it runs on.\n"
    "If the name is meant, start it with STREAMLIT_SERVER_ALLOWED_HOSTS set to that name.\n"
)
OTHER_SITE = "Latent Loupe answers its own pages only.\n"


def around() -> dict[str, Any]:
    """What Streamlit's app is given so that each request passes the door first."""
    own.refuse_others()
    config.set_option(HOSTS, sorted(known_hosts(config.get_option("server.address"), config.get_option(HOSTS))))
    return {
        "middleware": [Middleware(OwnPages)],
        "exception_handlers": {ClientDisconnect: _left},
        "lifespan": _serving,
    }


def known_hosts(address: str | None, named: list[str]) -> set[str]:
    """The names under which it answers: those that were given, this machine for itself, and what others call it by."""
    is_open = address not in LOCAL
    return {*LOCAL, *named, *([address] if address else []), *(_of_this_machine() if is_open else ())}


def _of_this_machine() -> Iterator[str]:
    name = socket.gethostname()
    yield from (name, f"{name}.local", socket.getfqdn())
    for found in psutil.net_if_addrs().values():
        yield from (one.address.partition("%")[0] for one in found if one.family in (socket.AF_INET, socket.AF_INET6))


class OwnPages:
    """Refuses everything that is asked under another name, or by another site's page.

    A browser says with every web socket, and with whatever writes, which page asks: `Origin`. A program that is no
    browser need not say so, and has no visitor in whose name it could speak."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = None
        if scope["type"] != "lifespan":
            answer = _refusal(Headers(scope=scope), scope["type"]) or _page_above(scope)
        await (answer or self.app)(scope, receive, send)


def _refusal(headers: Headers, kind: str) -> ASGIApp | None:
    host, origin = headers.get("host"), headers.get("origin")
    is_known = is_host_allowed(host)
    if is_known and (origin is None or origin.partition("://")[2].lower() == str(host).lower()):
        return None
    if kind == "websocket":
        return WebSocketClose(1008)
    return PlainTextResponse(OTHER_SITE if is_known else REFUSED, 403)


def _page_above(scope: Scope) -> ASGIApp | None:
    """For an address below a page: there a browser would look for the page's own parts and find none."""
    above = _above()
    page, slash, _ = scope["path"].removeprefix(above).partition("/")
    is_visit = scope["type"] == "http" and "text/html" in Headers(scope=scope).get("accept", "")
    if not (slash and is_visit and page in PAGES):
        return None
    query = scope["query_string"].decode("latin-1")
    return RedirectResponse(f"{above}{page}?{query}" if query else f"{above}{page}")


def _above() -> str:
    """What all addresses of this server begin with: / or, behind a proxy, another path."""
    path = str(config.get_option("server.baseUrlPath")).strip("/")
    return f"/{path}/" if path else "/"


async def _left(request: Request, error: Exception) -> Response:
    """Somebody closed the page in the middle of an upload: nothing is wrong, and nobody waits for an answer."""
    return Response(status_code=499)


@asynccontextmanager
async def _serving(app: object) -> AsyncIterator[None]:
    """Opens the browser, as Streamlit does by itself where there is a screen, and gets ready meanwhile."""
    ahead.for_the_first_page()
    if not config.get_option("server.headless"):
        address = server_util.get_display_address(config.get_option("server.address") or LOCAL[0])
        asyncio.get_running_loop().call_soon(cli_util.open_browser, server_util.get_url(address))
    yield
