"""What a browser could send that it was never offered: messages of a session's own making to a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from browser import Server, serving
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value, generate_xsrf_token_string
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME, XSRF_COOKIE_NAME
from support import eventually, made_run
from websockets.sync.client import ClientConnection, connect

from vae_core.design import recipes
from vae_core.runs import store
from vae_core.runs.store import Run

ANA, BO = "ana@school.example", "bo@school.example"
SECRET = "a secret of nobody but these tests"
AUTH = f'[auth]\nredirect_uri = "http://localhost:{{port}}/oauth2callback"\ncookie_secret = "{SECRET}"\n'


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Where people sign in; what they say there is signed by the server, here by these tests."""
    from support import settings_in

    folder = tmp_path_factory.mktemp("school")
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "secrets.toml").write_text(AUTH)
    with serving(settings_in(folder, sign_in="email"), folder=folder) as server:
        yield server


@pytest.fixture(scope="module")
def run(school: Server) -> Run:
    """Ana's."""
    config = recipes.default("digits", (8, 8, 1))
    return made_run(school.settings, "done", run=store.create(school.settings, config, {}, owner=ANA))


@dataclass
class Session:
    """One tab: what it was last sent, and what it may send."""

    channel: ClientConnection
    elements: list[Any] = field(default_factory=list)

    def look(self, *states: dict[str, Any]) -> Session:
        """Ask for the page anew, with widgets in these states."""
        message = BackMsg(rerun_script={"widget_states": {"widgets": list(states)}})
        self.channel.send(message.SerializeToString())
        self.elements = [each.delta.new_element for each in self._answers() if each.WhichOneof("type") == "delta"]
        return self

    def _answers(self) -> Iterator[ForwardMsg]:
        for data in self.channel:
            found = ForwardMsg.FromString(bytes(data))
            yield found
            if found.WhichOneof("type") == "script_finished":
                return

    def widget(self, kind: str, key: str) -> Any:
        found = (getattr(each, kind) for each in self.elements if each.WhichOneof("type") == kind)
        return next(each for each in found if each.id.endswith(key))

    def said(self) -> str:
        return "\n".join(map(str, self.elements)).replace("\\", "")


@pytest.fixture
def enter(school: Server) -> Iterator[Any]:
    """Somebody's tab; `secret` signs who it says it is."""
    opened: list[ClientConnection] = []

    def opening(who: str, secret: str = SECRET, origin: str = "") -> Session:
        said = {"email": who, "is_logged_in": True, "provider": "default", "origin": origin or school.address}
        user = create_signed_value(secret, USER_COOKIE_NAME, json.dumps(said)).decode()
        token = generate_xsrf_token_string()
        channel = connect(
            f"ws://localhost:{school.port}/_stcore/stream",
            additional_headers={"Cookie": f"{USER_COOKIE_NAME}={user}; {XSRF_COOKIE_NAME}={token}"},
            subprotocols=["streamlit", token],
            origin=school.address,
            max_size=None,
            proxy=None,
        )
        opened.append(channel)
        return Session(channel).look()

    yield opening
    for channel in opened:
        channel.close()


def offered(session: Session, run: Run) -> Any:
    """The button that stars it, once it can be pressed: the list of runs may be a second old."""
    find = lambda: session.look().widget("button", f"star-{run.id}")  # noqa: E731
    eventually(lambda: not find().disabled)
    return session.widget("button", f"star-{run.id}")


def test_a_greyed_out_button_that_is_pressed_all_the_same_does_nothing(enter, run):
    bo = enter(BO)
    star = bo.widget("button", f"star-{run.id}")
    assert star.disabled
    bo.look({"id": star.id, "trigger_value": True})
    assert not run.card()["star"]


def test_one_that_was_drawn_before_the_run_was_another_s_does_nothing(enter, run):
    run.set_card(owner=BO)
    bo = enter(BO)
    star = offered(bo, run)
    run.set_card(owner=ANA)
    bo.look({"id": star.id, "trigger_value": True})
    assert not run.card()["star"] and f"belongs to {ANA}" in bo.said()


def test_the_same_press_of_the_owner_counts(enter, run):
    ana = enter(ANA)
    ana.look({"id": offered(ana, run).id, "trigger_value": True})
    assert run.card()["star"]


def test_who_signs_by_another_secret_or_comes_from_another_place_is_asked_to_sign_in(enter, run):
    for forged in ({"secret": "guessed"}, {"origin": "http://evil.example"}):
        session = enter(ANA, **forged)
        assert run.id not in session.said() and "Sign" in session.said()
