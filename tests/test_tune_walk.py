"""The way through the Tune page in a browser, with a search that really trains."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from browser import press, told
from searching import BASE
from support import eventually, labels

from vae_core.runs import store
from vae_core.runs.store import Run
from vae_core.search import study, trials


def test_start_watch_stop_go_on_and_open_the_best(server, settings, tab, visit):
    small = store.create(settings, BASE, {})
    small.set_status(state="done")
    page = tab(f"{server.address}/tune?run={small.id}")
    page.get_by_text("Everything else", exact=True).click()
    number(page, "Epochs", 2)
    number(page, "Trials, at most", 500)
    press(page, "Start the search")
    told(page, re.compile("of 500 trials"))
    (found,) = study.every(settings)
    eventually(lambda: any(line.study and line.epoch for line in store.list_runs(settings)))
    press(page, "Stop")
    told(page, "stopped")
    assert found.state() == "stopped" and found.winner() is None
    assert "Go on" in labels(visit(settings, "tune", search=found.name))  # by a server that knows nothing of it, too
    found.set_budget(len(trials.every(found)), 0)  # no new one
    page.goto(f"{server.address}/tune?search={found.name}")
    press(page, "Go on")
    eventually(lambda: found.state() == "done", found.workers()[0])
    winner = found.winner()
    assert found.search().base == replace(BASE, epochs=2)
    assert winner and Run(winner["run"], settings).state() == "done"
    page.get_by_alt_text(re.compile("What it makes of them with")).first.wait_for()
    page.get_by_role("link", name=re.compile("Explore the winner")).click()
    told(page, "What the decoder draws all over the map")
    assert f"run={winner['run']}" in page.url


def number(page: Any, label: str, value: int) -> None:
    """Type it, as a person does."""
    field = page.get_by_label(label, exact=True).first
    field.fill(str(value))
    field.press("Enter")
