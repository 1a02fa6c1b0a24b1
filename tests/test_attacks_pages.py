"""Hostile names of everything on every page: they are text. And what a forged message of a browser does: nothing.

A form of attack has a number or a name, and a test that bears it: docs/reliability.md counts them.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import idle, said
from google.protobuf.message import Message
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.testing.v1 import AppTest
from support import button, fine, made_run, places, settings_in, shown_before

from ui.components.plane import payload
from ui.explore import take_home
from ui.view import look
from vae_core.data import catalog
from vae_core.runs.store import Run
from vae_core.settings import Settings
from vae_core.share import report

MARKS = (
    "![i](http://evil.example/i.png)[l](javascript:alert(1))",
    "<img src=x onerror=alert(2)></script><script>alert(3)</script>",
    "\u2028\u2029:red[w] $z$ `c` ~~s~~ \\",
    "<svg onload=alert(4)>'\"--><iframe src=//evil.example>",
)
NAME = "".join(MARKS)
TEXT = {"Selectbox", "MultiSelect", "TextInput", "TextArea", "BidiComponent", "Html"}  # what these show is no Markdown


@pytest.fixture(scope="module")
def evil(trained: Run, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Two runs, finished and failed, on a data set of one's own: whatever may have a name has a hostile one."""
    settings = settings_in(tmp_path_factory.mktemp("evil"))
    known = catalog.add(_images(settings.cache.parent), "mine", settings)
    for number, state in enumerate(("done", "failed", "done")):
        run = Run(f"evil-{number}", settings)
        shutil.copytree(trained.path, run.path)
        run.set_card(name=NAME, note=NAME, owner=NAME)
        run.set_status(state=state, error=NAME if state == "failed" else None, phase=NAME, portable={"encoder": NAME})
        _change(run.path / "config.json", _on_them(known.fingerprint))
        _change(run.path / "metrics.json", {"notes": [NAME], "data_fingerprint": known.fingerprint})
        with np.load(run.path / "codes.npz") as held:
            codes = {name: values[:40] for name, values in held.items()}
        np.savez(run.path / "codes.npz", **{**codes, "labels": np.arange(40) % 4})
    return settings


def _images(folder: Path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 256, (240, 8, 8), np.uint8)
    names = np.array([f"{NAME}{number % 4}" for number in range(240)])
    np.savez(folder / "mine.npz", x_train=pixels[40:], y_train=names[40:], x_test=pixels[:40], y_test=names[:40])
    return folder / "mine.npz"


def _on_them(fingerprint: str) -> dict[str, Any]:
    return {"config": {"dataset": "mine"}, "resolved": {"data_fingerprint": fingerprint, "backend": NAME}}


def _change(path: Path, changes: dict[str, Any]) -> None:
    document = json.loads(path.read_text("utf-8"))
    for name, value in changes.items():
        document[name] = {**document[name], **value} if isinstance(value, dict) else value
    path.write_text(json.dumps(document), encoding="utf-8")


# In the words that a page is made of, where an image or a link of Markdown would be one.

ONE, TWO, ALL = {"run": "evil-0"}, {"runs": "evil-0,evil-1"}, {"runs": "evil-0,evil-1,evil-2"}
VIEWS: dict[str, list[tuple[str, dict[str, str], dict[str, Any]]]] = {
    "home": [("home", {}, {}), ("home", {}, {"home_view": "Table"})],
    "data": [("data", {"data": "mine"}, {})],
    "watch": [("train", ONE, {"train_view": "Watch"}), ("train", {"run": "evil-1"}, {"train_view": "Watch"})],
    "judge": [
        ("train", ONE, {"train_view": "Judge", "judge_section": section})
        for section in ("Check-up", "Measures", "Odd images")
    ],
    "explore": [("explore", ONE, {"explore_section": section}) for section in ("One image", "Between two", "Samples")],
    "project": [("project", ONE, {})],
    "compare": [("compare", ALL, {"compare_section": section}) for section in ("What changed", "Numbers", "Settle it")],
    "tune": [("tune", ONE, {})],
}


@pytest.mark.parametrize("page", VIEWS)
def test_form_markup_in_the_words_of_a_page(page: str, evil: Settings, visit, monkeypatch) -> None:
    """Markdown's images and links, HTML, and what ends a script, as names of runs, classes, notes, owners, errors."""
    shown_before(monkeypatch)
    app = None
    for place, address, state in VIEWS[page]:
        app = app or visit(evil, place, dict(state), **address)
        for key, value in (state | address).items():
            if key in state:
                app.session_state[key] = value
            else:
                app.query_params[key] = value
        app.run()
        assert not app.exception, app.exception
        found = list(words(app))
        assert any("evil.example" in text for _, text in found), "the names are shown"
        assert not [each for each in found if each[0] not in TEXT and ("](http" in each[1] or "](java" in each[1])]
        assert not [each for each in found if each[0] == "Html" and tags(each[1]) & {"script", "iframe", "svg.onload"}]


def words(app: AppTest) -> Iterator[tuple[str, str]]:
    """Every text that the page sends, and in what."""
    for root in app._tree.children.values():
        yield from _words(root)


def _words(node: Any) -> Iterator[tuple[str, str]]:
    proto = getattr(node, "proto", None)
    if isinstance(proto, Message):
        yield from _texts(proto)
    for child in getattr(node, "children", {}).values():
        yield from _words(child)


def _texts(message: Message) -> Iterator[tuple[str, str]]:
    for field, value in message.ListFields():
        parts = [value] if isinstance(value, str | bytes | Message) else value
        if field.type == field.TYPE_STRING:
            yield from ((message.DESCRIPTOR.name, part) for part in parts)
        elif field.type == field.TYPE_MESSAGE:
            for part in parts:
                if isinstance(part, Message):
                    yield from _texts(part)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {tag, *(f"{tag}.{name}" for name, _ in attrs)}
        self.found |= {f"{name}:{(value or '').partition(':')[0]}" for name, value in attrs if name in ("src", "href")}


def tags(html: str) -> set[str]:
    reader = Tags()
    reader.feed(html)
    return reader.found


# In a browser, where a script would run and a picture be fetched.

WALKED = {
    "home": ["", "?home_view=Table"],
    "data": ["data?data=mine"],
    "train": ["train?run=evil-0", "train?run=evil-1"],
    "explore": ["explore?run=evil-0"],
    "project": ["project?run=evil-0"],
    "compare": ["compare?runs=evil-0,evil-1"],
    "tune": ["tune?run=evil-0"],
}
LEFT = """() => [...document.querySelectorAll('a[href], img[src], iframe, script[src], svg[onload], [onerror]')]
  .filter((each) => /evil[.]example|^javascript:/.test(each.href || each.src || '') || each.onerror || each.onload)
  .map((each) => each.outerHTML.slice(0, 200))"""
SHORT = ("home",)  # the others in the long form


@pytest.mark.parametrize(
    "page", [name if name in SHORT else pytest.param(name, marks=pytest.mark.long) for name in WALKED]
)
def test_form_markup_on_a_page_in_a_browser(page: str, evil: Settings, tab: Any, server: Any) -> None:
    """No script runs, nothing is fetched from elsewhere, and no name became a link."""
    for name in ("checkpoints", "cache"):
        shutil.copytree(getattr(evil, name), getattr(server.settings, name), dirs_exist_ok=True)
    opened, asked = tab(), []
    opened.on("dialog", lambda dialog: (opened.errors.append(dialog.message), dialog.dismiss()))
    opened.on("request", lambda request: asked.append(request.url))
    for address in WALKED[page]:
        opened.goto(f"{server.address}/{address}")
        opened.wait_for_function("document.body.innerText.includes('evil.example')")
        idle(opened)
        assert opened.evaluate(LEFT) == [], said()
    for icon in opened.get_by_test_id("stTooltipIcon").all()[:8]:
        icon.hover()
        assert opened.evaluate(LEFT) == []
    ours = (server.address, server.address.replace("http", "ws"), "data:", "blob:")
    assert not [url for url in asked if not url.startswith(ours)]


# In files that leave the house.


@pytest.mark.parametrize("form", ["html", "md"])
def test_form_markup_in_a_report(form: str, evil: Settings) -> None:
    """SVG and Markdown injection."""
    text = report.write([Run("evil-0", evil), Run("evil-1", evil)], form).decode()
    if form == "html":
        assert not tags(text) & {"script", "iframe", "svg.onload", "img.onerror", "href:javascript", "src:x"}
        assert all(each in ("src:data", "href:data") for each in tags(text) if each.startswith(("src:", "href:")))
    else:
        assert not re.search(r"(?<!\\)(\](?=\((?!data:image/))|<(?!!))", text)


@pytest.mark.parametrize("drawn", ["evil-0", "evil-1"])
def test_form_markup_in_the_file_that_is_taken_home(drawn: str, evil: Settings, monkeypatch) -> None:
    """`</script>` and U+2028 in labels, names and notes."""
    for name, value in places(evil).items():
        monkeypatch.setenv(name, value)
    view = look(Run(drawn, evil))
    text = take_home.page(view, payload.dimensions(view.codes))
    found = tags(text)
    assert not found & {"iframe", "svg.onload", "img.onerror", "href:javascript", "script.src"}
    assert "\u2028" not in text.partition("<script")[2].partition("<body")[0]
    known = take_home.page(look(_plain(evil)), payload.dimensions(view.codes))
    assert text.count("<script") == known.count("<script") and text.count("</script") == known.count("</script")


def _plain(evil: Settings) -> Run:
    run = Run("plain", evil)
    if not run.path.exists():
        shutil.copytree(Run("evil-0", evil).path, run.path)
        run.set_card(name="plain", note="plain", owner="")
    return run


# 15. Session B forges what session A's widgets would tell.


def forged(app: AppTest, proto_id: str) -> AppTest:
    return app._run(WidgetStates(widgets=[WidgetState(id=proto_id, trigger_value=True)]))


@pytest.mark.parametrize("what", ["Remove", "Stop", "Name and note", "Lock"])
def test_form_15_a_forged_message_of_another_session(what: str, visit, settings: Settings, monkeypatch) -> None:
    """CVE-2026-2651: what the dialog of one session would tell does nothing in another, which shows no such dialog."""
    shown_before(monkeypatch)
    run = made_run(settings, "done")
    run.set_card(locked=what == "Lock")
    mine, other = (fine(visit(settings, "home")) for _ in range(2))
    before = (run.card(), run.status())
    mine.menu_button(key=f"menu-{run.id}").click("Remove" if what == "Lock" else what).run() if what != "Stop" else None
    seen = {each.proto.id for each in other.button}
    own = [each.proto.id for each in mine.button if each.proto.id not in seen]
    assert own or what == "Stop"
    for proto_id in own or ["$$ID-0-stop"]:
        forged(other, proto_id)
        assert not other.exception
    assert run.path.is_dir() and (run.card(), run.status()) == before
    if what == "Lock":
        button(mine, "Remove").click().run()
        assert run.path.is_dir(), "a locked run stays, whoever asks"
