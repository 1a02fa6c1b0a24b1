"""One optimiser against another, from the chosen run: same first weights, same batches, curves and images together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from ui import cached, choice, lasting, no_run, palette, pixels, starting, where
from ui import words as common
from ui.cached import datasets, searches
from ui.compare import verdict
from ui.errors import plain, shown
from ui.form import costs
from ui.form.fields import draw
from ui.tune import chart, duels, picked
from vae_core.design import naming
from vae_core.design.config import Config
from vae_core.design.declared import SETTINGS
from vae_core.runs.store import Run, Summary
from vae_core.search import contest
from vae_core.search.contest import Side

NO_RUN = "Choose a run in the sidebar: its model is trained once with each optimiser, everything else being the same."
SAME = (
    "Both begin with the same weights and see the same images in the same order, so that only the optimiser differs. "
    "Each has a learning rate of its own: what suits Adam is mostly too small for SGD."
)
SEEDS_HELP = (
    "How often the contest is held, each time with other first weights and batches. 3 or more show what is chance."
)
START_HELP = "They run in processes of their own: you may close this page."
OPTIMISERS = ("adam", "sgd")
POLL_SECONDS = 1.0
PRESSED = "tune_duel"
Wanted = list[tuple[Side, list[Config]]]  # what each side has to train


@dataclass(frozen=True)
class Arm:
    """One side: what has to be trained, and what of it is there."""

    side: Side
    configs: list[Config]
    runs: list[Summary | None]
    colour: str

    @property
    def name(self) -> str:
        return f"{SETTINGS['optimizer'].choices[self.side.optimizer]}, {self.side.learning_rate:g}"


def show(run: Run | None) -> None:
    if run is None:
        no_run.ask(NO_RUN)
        return
    config = choice.config(run)
    if config is None:
        no_run.gone(run.id)
        return
    was_pressed = st.session_state.pop(PRESSED, False)
    st.caption(SAME)
    form, side = st.columns([5, 2], gap="medium")
    with form:
        wanted = _form(run, config)
    arms = _arms(wanted)
    with side, st.container(border=True, gap="xsmall"), shown():
        _start(arms, was_pressed)
    active = any(run and run.state in ("queued", "running") for arm in arms for run in arm.runs)
    st.fragment(_live, run_every=POLL_SECONDS if active else None)(wanted, _states(arms))


def _form(run: Run, config: Config) -> Wanted:
    stamp = f"tune_duel_{run.id}"
    sides = []
    for number, column in enumerate(st.columns(2)):
        with column, st.container(border=True):
            own = config.optimizer if number == 0 else next(name for name in OPTIMISERS if name != config.optimizer)
            optimizer = draw("optimizer", f"{stamp}_optimizer_{number}", own)
            rate = draw("learning_rate", f"{stamp}_rate_{number}", contest.usual(config, own).learning_rate)
            sides.append(Side(optimizer, rate))
    with st.container(horizontal=True):
        low, high = (int(bound) for bound in SETTINGS["epochs"].bounds)
        st.session_state.setdefault(f"{stamp}_epochs", config.epochs)
        epochs = st.number_input("Epochs", low, high, key=f"{stamp}_epochs", width=155, persist_state="session")
        st.session_state.setdefault(f"{stamp}_seeds", 1)
        seeds = st.number_input(
            "Seeds", 1, contest.MOST_SEEDS, key=f"{stamp}_seeds", width=155, help=SEEDS_HELP, persist_state="session"
        )
        where.choose("duel")
    return [(side, contest.configs(config, side, int(seeds), int(epochs))) for side in sides]


def _arms(wanted: Wanted) -> list[Arm]:
    """Both sides, with what of them is there by now."""
    return [
        Arm(side, configs, [starting.trained_before(each) for each in configs], colour)
        for (side, configs), colour in zip(wanted, palette.COLOURS)
    ]


def _states(arms: list[Arm]) -> tuple[str, ...]:
    return tuple(run.state if run else "" for arm in arms for run in arm.runs)


def _start(arms: list[Arm], was_pressed: bool) -> None:
    missing = [each for arm in arms for each, run in zip(arm.configs, arm.runs, strict=True) if run is None]
    if arms[0].side == arms[1].side:
        st.button("Train both", disabled=True, type="primary", width="stretch")
        st.caption("Both sides are the same. Choose another optimiser or learning rate for one of them.")
        return
    if was_pressed and missing:
        _begin(missing)
    _bill(arms[0].configs[0], len(missing))
    label = "Train both" if len(missing) > 1 else "Train it"
    starting.button(label, _press, START_HELP, disabled=not missing, width="stretch")
    if not missing:
        st.caption("All of it is there or on its way.")


def _bill(config: Config, missing: int) -> None:
    text = "Trainings that are not there yet; what was trained before is used again."
    costs.line("Still to train", str(missing), text)
    parts = lasting.foretold(config, datasets.summary(config.dataset))
    whole = common.span(parts.whole * missing)
    costs.line("All of it", whole, f"One after another; {costs.BASES[parts.measured]}.")


def _press() -> None:
    st.session_state[PRESSED] = True


def _begin(missing: list[Config]) -> None:
    for config in missing:
        starting.train(config, place=where.chosen())
    st.rerun()


def _live(wanted: Wanted, was: tuple[str, ...]) -> None:
    with shown():
        arms = _arms(wanted)
        if _states(arms) != was:
            st.rerun()
        histories = [[_history(run) for run in arm.runs] for arm in arms]
        if not any(rows for arm in histories for rows in arm):
            st.caption("Curves and images of both stand here as soon as the first epoch is trained.")
            return
        unit = naming.unit(arms[0].configs[0], naming.IMAGE)
        chart.show(duels.draw([(arm.name, arm.colour) for arm in arms], histories, unit), "tune_duel_chart")
        _verdict(arms, histories, unit)
        _images(arms)
        _links(arms)


def _history(run: Summary | None) -> list[dict[str, Any]]:
    if run is None:
        return []
    return searches.history(Run(run.id, cached.settings()), run.state == "done")


def _verdict(arms: list[Arm], histories: list[list[list[dict[str, Any]]]], unit: str) -> None:
    """Each side's loss, and what the Compare page says of the two: over test images, and over seeds if there are 3."""
    with st.container(horizontal=True, gap="medium"):
        for arm, rows in zip(arms, histories, strict=True):
            known = [value for value in map(duels.best, rows) if value is not None]
            st.metric(arm.name, duels.spread(known), help=duels.SPREAD_HELP.format(unit), width=280)
    pairs = zip(*(arm.runs for arm in arms), strict=True)
    done = [pair for pair in pairs if all(run is not None and run.state == "done" for run in pair)]
    if done:
        first, second = (Run(run.id, cached.settings()) for run in done[0] if run)
        verdict.say(cached.comparison(first, second, 1))


def _images(arms: list[Arm]) -> None:
    """The same test images, and what each makes of them after as many epochs as both have."""
    runs = [Run(arm.runs[0].id, cached.settings()) if arm.runs[0] else None for arm in arms]
    epochs = [set(run.snapshot_epochs()) if run else set() for run in runs]
    common_ones = set.intersection(*epochs)
    if not common_ones:
        return
    epoch = max(common_ones)
    found = [cached.snapshot(run, epoch) for run in runs if run]
    st.caption(f"The same test images after {common.plural(epoch, 'epoch')}, drawn by each, with the first seed")
    rows = [("Originals", found[0]["original"])] + [
        (arm.name, each["reconstruction"]) for arm, each in zip(arms, found, strict=True)
    ]
    for name, images in rows:
        label, sheet = st.columns([1, 5], vertical_alignment="center")
        label.markdown(plain(name))
        with sheet:
            pixels.sheet(images, f"{name}: {len(images)} test images", columns=len(images), width=640)


def _links(arms: list[Arm]) -> None:
    with st.container(horizontal=True):
        for arm in arms:
            for run in arm.runs:
                if run:
                    label = plain(f"{arm.name}: {common.state(run.state)}")
                    choice.link("train", run.id, label, ":material/monitoring:")
        done = [arm.runs[0].id for arm in arms if arm.runs[0] and arm.runs[0].state == "done"]
        if len(done) == len(arms) and st.button(
            "Compare them closely", icon=":material/compare:", key="tune_duel_compare"
        ):
            choice.compare(done)


def link(run: Run) -> None:
    """For the Train page."""
    choice.link("tune", run.id, "Adam against SGD", ":material/swords:", **{picked.ASKED: "optimisers"})
