"""From a click to something that works in a process of its own. Asked twice, it is started once (serving/turn.py)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui import acts, cached, limits, owner
from vae_core import extras
from vae_core.place import HERE
from vae_core.runs import jobs, store, tasks
from vae_core.runs.store import Run, Summary
from vae_core.runs.work import Work

if TYPE_CHECKING:
    from vae_core.design.config import Config

AGAIN = ("failed", "broken")  # what was trained before but left nothing to look at
AT_WORK = limits.AT_WORK


def button(label: str, on_click: Callable[..., None], text: str, **options: Any) -> None:
    """The button that starts what a page is about; `text` says what comes of it."""
    st.button(label, type="primary", icon=":material/play_arrow:", on_click=on_click, help=text, **options)


def trained_before(config: Config) -> Summary | None:
    """The newest run of the same config that is there or on its way."""
    return _newest(config, cached.runs())


def map_beside(config: Config) -> Summary | None:
    """The map that was trained beside a model of more numbers, or is on its way."""
    from vae_core.design import recipes

    flat = recipes.flat(config)
    return trained_before(flat) if flat else None


def _newest(config: Config, runs: Sequence[Summary]) -> Summary | None:
    return next((run for run in runs if config.digest in run.id and run.state not in AGAIN), None)


def train(config: Config, again: bool = False, place: str = HERE) -> Run:
    """The newest run of the config, or a new one in a process of its own; `again`: a new one whatever is there."""
    extras.need("train")
    where, who = cached.settings(), owner.current()

    def known_or_new() -> Run:
        runs = () if again else [run for run in store.list_runs(where) if not run.study]
        known = _newest(config, runs)
        if known:
            return Run(known.id, where)
        limits.check(where, who)
        run = store.create(where, config, {}, owner=who)
        jobs.start(where, run, place=place)
        return run

    try:
        return cached.turn().once(("train", where, config, who), known_or_new)
    finally:
        cached.refresh()


def after(first: Run, config: Config, name: str, place: str = HERE) -> Run:
    """A run of the config that waits for its turn behind the first; its name, unless it has one."""
    if place == HERE:
        jobs.let_queue(first)
    run = train(config, place=place)
    if not run.card()["name"] and acts.may(run):
        acts.change(run, name=name)
        cached.refresh()
    return run


def begin(asked: object, make: Callable[[], Run]) -> Run:
    """A run that is made of another one, in a process of its own."""
    extras.need("train")
    who = owner.current()

    def started() -> Run:
        limits.check(cached.settings(), who)
        run = make()
        jobs.start(run.settings, run)
        return run

    try:
        return cached.turn().once(asked, started)
    finally:
        cached.refresh()


def fork(parent: Run, changes: dict[str, Any]) -> Run:
    """A run that goes on from this one's end with these settings changed."""
    from vae_core.runs import forks

    who = owner.current()
    return begin(("fork", parent, changes, who), lambda: forks.fork(parent.settings, parent, changes, who))


def resume(run: Run) -> Run:
    """Let it go on from where it ended."""
    extras.need("train")
    acts.must(run)
    limits.check(run.settings, owner.current())
    work(run, jobs.TRAIN)
    return run


def first_steps() -> Run:
    """A map of letters: done in well under a minute, without a network."""
    from vae_core.design import recipes

    return train(recipes.first())


def seeds(config: Config, count: int, place: str = HERE) -> list[Run]:
    """Begin what is missing for so many seeds of a config; the new runs."""
    from vae_core.runs import arms

    extras.need("train")
    where, who = cached.settings(), owner.current()
    try:
        with cached.turn().lock:
            limits.check(where, who, len(arms.missing(where, config, count)))
            return arms.start_missing(where, config, count, who, place)
    finally:
        cached.refresh()


def work(on: Work, command: Sequence[str] = tasks.COMMAND, place: str | None = None) -> None:
    """Start its process, unless it is done or has one: at the place of that name, or where it was before."""
    with cached.turn().lock:
        if on.state() != "done" and (on.state() not in AT_WORK or not on.has_process()):
            jobs.start(on.settings, on, command=command, place=place)
