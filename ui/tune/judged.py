"""What the best trial is worth: beside simple means, fold by fold, in pictures, and what the doctor says of it."""

from __future__ import annotations

import streamlit as st

from ui import cached, choice, pixels, run_film
from ui import words as common
from ui.cached import checkups, searches
from ui.components import drawn
from ui.errors import plain, shown
from ui.judge import findings
from vae_core.look import drawing
from vae_core.look.evidence import Bars
from vae_core.runs.store import Run
from vae_core.search import verdict
from vae_core.search.trials import Trial
from vae_core.search.verdict import Fold, Verdict
from vae_core.search.wanted import Search

BARS_HELP = "What is reached by what learns next to nothing. A model that is worth its name is below all of it."
FOLDS_HELP = (
    "Each fold trained on the others' images and was tested on its own, at its best epoch. Where folds differ much, a "
    "small difference between two trials is chance."
)
PICTURES_HELP = "Images that the fold did not train on; below each, what its model makes of it."


def show(search: Search, best: Trial, winner: str) -> None:
    """`winner` is the run that the best trial has become; empty before that."""
    found = of(best)
    if not found:
        return
    run = Run(winner, cached.settings()) if winner else None
    metrics = run.metrics() if run and run.state() == "done" else None
    strip = metrics["baselines"] if metrics else run_film.strip(search.configs(best.settings)[0], search.base.dataset)
    judged = verdict.judge(search.base, found, metrics, strip)
    for sentence in judged.words:
        st.warning(plain(sentence), icon=":material/stethoscope:")
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _bars(judged)
    with right, shown():
        _folds(search, found)
        if metrics and run:
            _doctor(run)


def of(trial: Trial) -> list[Fold]:
    where = cached.settings()
    return verdict.folds(trial, {run: searches.history(Run(run, where), trial.ended) for run in trial.runs})


def _bars(judged: Verdict) -> None:
    names, values = ("the best trial", *judged.bars), (judged.model, *judged.bars.values())
    if not judged.bars:
        st.caption("The simple means of this data set are being counted.")
        return
    st.caption("The best trial beside simple means", help=BARS_HELP)
    title = f"Loss on the {judged.images} images, lower is better"
    if judged.images != "test":
        title = "Loss on images that validate; of the means, on the test images. Lower is better"
    drawn.show("tune-strip", drawing.svg(Bars(title, judged.unit, names, values, marked=(0,))))


def _folds(search: Search, found: list[Fold]) -> None:
    """One line a fold, then their mean and spread."""
    unit = verdict.unit_of(search.base)
    st.caption(f"{'Folds' if search.folds else 'Its training'}, in {unit.whole}", help=FOLDS_HELP)
    columns = {
        "Loss": [fold.loss for fold in found],
        "In training": [fold.train for fold in found],
        f"Reconstruction, {unit.name}": [fold.reconstruction * unit.scale for fold in found],
    }
    names = [str(fold.number) for fold in found]
    rows = {words: [common.number(value) for value in values] for words, values in columns.items()}
    epochs = [str(fold.epoch) for fold in found]
    if len(found) > 1:
        names, epochs = [*names, "Mean", "Spread"], [*epochs, "", ""]
        both = {words: verdict.mean_and_spread(values) for words, values in columns.items()}
        rows = {words: [*shown, *map(common.number, both[words])] for words, shown in rows.items()}
    st.table({"Fold": names, **rows, "Best epoch": epochs})


def pictures(search: Search, trial: Trial) -> None:
    """Side by side, a picture a fold."""
    sheets = [(number, sheet) for number, run in enumerate(trial.runs, 1) if (sheet := _sheet(run))]
    if not sheets:
        return
    st.caption(f"What trial {trial.number + 1} makes of images that validate", help=PICTURES_HELP)
    with st.container(horizontal=True, gap="medium"):
        for number, sheet in sheets:
            with st.container(width=300):
                name = f"Fold {number}" if search.folds else "Its training"
                pixels.show(sheet, f"{name}: validation images above, reconstructions below", width=290)
                if search.folds:
                    st.caption(name)


def _sheet(run_id: str) -> bytes | None:
    return Run(run_id, cached.settings()).thumbs()


def _doctor(run: Run) -> None:
    found = checkups.findings(run)
    said = f"The doctor found {findings.counted(found) if found else 'nothing wrong'} in the winner."
    st.markdown(f"**{said}**")
    for finding in found:
        st.markdown(f"- {plain(finding.title)}", help=plain(finding.words))
    if found:
        choice.link("train", run.id, "To its check-up", ":material/stethoscope:")
