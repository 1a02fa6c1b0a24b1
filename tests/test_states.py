"""Every page, view and tab in a browser, for runs in every state: nothing fails, nothing is red, nothing overflows."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from browser import Server, choose, idle
from support import made_run, settings_in, train

from vae_core.design.config import Config
from vae_core.runs import locks, shipped, store, transfer
from vae_core.runs.store import Run
from vae_core.settings import PROJECT, Settings

VIEWS = ("View", "Look closer", "Look at", "Report", "Part", "Axis")  # by which a page's parts are chosen, outer first
RED = "[data-testid=stException], [data-testid=stAlertContentError]"
WAITS = "[data-testid=stSpinner], [data-testid=stSkeleton]"
AXE = PROJECT / "node_modules" / "axe-core" / "axe.min.js"  # npm's; where there is no npm, nobody asks it
REACH = (PROJECT / "tests" / "reach.js").read_text("utf-8")
OVERFLOW = (PROJECT / "tests" / "overflow.js").read_text("utf-8")
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
ONE = Config("digits", (8, 8, 1), "flatten dense8", latent=2, epochs=1, train_size=200)
TWO, MANY = replace(ONE, epochs=2, beta=0.5), replace(ONE, epochs=2, latent=32)
PAGES = ("", "train", "explore", "project", "compare", "tune")


def fill(folder: Path) -> None:
    for config in (ONE, TWO, MANY):
        train(settings_in(folder), config)


@pytest.fixture(scope="module")
def trained(once: Any) -> Settings:
    return settings_in(once("states", fill))


@pytest.fixture
def running() -> Iterator[ExitStack]:
    with ExitStack() as held:
        yield held


@pytest.fixture
def run(request: Any, trained: Settings, settings: Settings, running: ExitStack) -> Run | None:
    """A run in this state, the only one but for one to compare it with."""
    state = request.param
    if state == "none":
        return None
    kept = {line.id: Run(line.id, trained) for line in store.list_runs(trained)}
    if state == "along":
        return running.enter_context(brought(trained, settings, list(kept)))
    wanted = {"one epoch": ONE, "two numbers": TWO, "many numbers": MANY}.get(state)
    for each in kept.values():
        if each.config() in (ONE, wanted):
            shutil.copytree(each.path, settings.checkpoints / each.id)
    if wanted:
        return next(Run(each.id, settings) for each in kept.values() if each.config() == wanted)
    run = made_run(settings, state, epochs=int(state == "running"))
    if state == "running":
        running.enter_context(locks.exclusive(run.lock))  # as its trainer holds it
    return run


@contextmanager
def brought(trained: Settings, settings: Settings, ids: list[str]) -> Iterator[Run]:
    """Nothing of one's own, and models that come along."""
    settings.shipped.mkdir()
    for number, run_id in enumerate(ids):
        with (settings.shipped / f"{number}.zip").open("wb") as target:
            transfer.pack(trained, [run_id], target, with_state=False)
    shipped.ready(settings)
    yield Run(store.list_shipped(settings)[0].id, settings)
    shutil.rmtree(settings.shipped)


class Walk:
    """Through all views of a page, looking at each of them in a wide and in a narrow window."""

    def __init__(self, page: Any, address: str) -> None:
        self.page, self.address, self.trouble, self.where = page, address, [], ""
        page.on("console", self._hear)

    def _hear(self, message: Any) -> None:
        if message.type == "error" and "/_stcore/" not in message.location["url"]:  # Streamlit looks for its own root
            self.trouble.append(f"{self.where}: {message.text}")

    def see(self, path: str) -> None:
        self.where = path
        self.page.goto(f"{self.address}/{path}")
        self._turn(VIEWS)

    def _turn(self, views: tuple[str, ...]) -> None:
        """Choose one thing after the other, and within each of them the next level."""
        idle(self.page)
        self.page.locator(WAITS).first.wait_for(state="detached")
        here = next((place for place, name in enumerate(views) if self._group(name).count()), None)
        if here is None:
            return self._look()
        where, name = self.where, views[here]
        for option in self._group(name).first.get_by_role("radio").all_inner_texts():
            self.where = f"{where} > {option}"
            radio = self._group(name).first.get_by_role("radio", name=option, exact=True)
            if not radio.count():  # they were those of the view before, drawn until a busy server has told the next
                self.where = where
                return self._turn(views)
            choose(self.page, radio)
            self._turn(views[here + 1 :])
        self.where = where

    def _group(self, name: str) -> Any:
        return self.page.get_by_role("radiogroup", name=name, exact=True)

    def _look(self) -> None:
        self.trouble += [f"{self.where}: red: {text}" for text in self.page.locator(RED).all_inner_texts()]
        for size in (NARROW, WIDE):
            self.page.set_viewport_size(size)
            idle(self.page)
            for text in self.page.evaluate(f"() => {{ {OVERFLOW}; return overflowing(); }}"):
                self.trouble.append(f"{self.where}, {size['width']} wide: '{text}' is wider than its box")
        if AXE.exists():
            self._reach()

    def _reach(self) -> None:
        """Nobody is kept out, by day or by night."""
        for scheme in ("dark", "light"):
            self.page.emulate_media(color_scheme=scheme)
            idle(self.page)
            if not self.page.evaluate("'axe' in window"):
                self.page.add_script_tag(path=AXE)
            self.trouble += [
                f"{self.where}, {scheme}: {found}"
                for found in self.page.evaluate(f"async () => {{ {REACH}; return kept_out(); }}")
            ]


MORE = ("running", "stopped", "two numbers", "many numbers", "along")
LONG = [pytest.param(state, marks=pytest.mark.long) for state in MORE]


@pytest.mark.parametrize("run", ["none", "one epoch", *LONG], indirect=True)
def test_every_view_stands(tab: Callable[..., Any], server: Server, run: Run | None) -> None:
    page = tab(**WIDE)
    walk = Walk(page, server.address)
    for name in PAGES if run else (*PAGES, "data"):
        known = (*store.list_runs(server.settings), *store.list_shipped(server.settings))
        others = [each.id for each in known if run and each.id != run.id]
        chosen = f"?run={run.id}&runs={','.join([run.id, *others])}" if run else ""
        walk.see(f"{name}{chosen}")
    assert not walk.trouble, "\n".join(walk.trouble)
