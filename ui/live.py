"""The chosen run, while it trains and afterwards: numbers, what can be done with it, the film, table and files."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Thread
from typing import Any

import streamlit as st

from ui import actions, cached, choice, downloads, film, losses, palette, words
from ui.errors import plain, shown
from vae_core.errors import LoupeError
from vae_core.runs import jobs, store
from vae_core.runs.store import FINAL, Run
from vae_core.spec.config import Config

METRIC_WIDTH = 150  # pixels; fixed, so that numbers that grow push nothing aside
POLL_SECONDS = 0.5  # how often the page looks at a run that is active
PHASES = {
    "": "starting",
    "loading": "reading the images",
    "preparing": "finding the fastest way to compute this model here",
    "training": "training",
    "validating": "looking at the validation images",
    "saving": "saving the best epoch's model",
    "evaluating": "testing it on the test images",
}
UNIT_HELP = (
    "Nats are units of information. Per pixel compares images of different sizes; per image is what models optimise."
)
AXIS_HELP = "A logarithmic axis spreads out small differences near the end."


@dataclass(frozen=True)
class View:
    """All that is read from the run's folder for one look at it."""

    run: Run
    config: Config
    state: str
    status: dict[str, Any]
    card: dict[str, Any]
    history: list[dict[str, Any]]
    epochs: list[int]  # that have a snapshot

    @property
    def active(self) -> bool:
        return self.state not in FINAL

    @property
    def name(self) -> str:
        return self.card["name"] or self.run.id

    @property
    def best(self) -> int | None:
        return (self.status["best"] or {}).get("epoch")


def show(run: Run) -> None:
    """Polls only while the run is active; what is drawn is the same before and after."""
    state = run.state()
    st.fragment(_live, run_every=None if state in FINAL else POLL_SECONDS)(run.id, state)


def _live(run_id: str, was: str) -> None:
    with shown():
        try:
            view = look(store.open_run(cached.settings(), run_id))
        except (LoupeError, OSError):
            return _gone(run_id, was)
        if view.state != was or st.session_state.pop(actions.WHOLE_PAGE, False):
            cached.refresh()
            st.rerun()  # the whole page: it stops or starts polling, and the sidebar shows the new state
        _head(view)
        _film(view)
        _table(view)
        downloads.show(view)


def look(run: Run) -> View:
    return View(run, run.config(), run.state(), run.status(), run.card(), run.history(), run.snapshot_epochs())


def _gone(run_id: str, was: str) -> None:
    st.warning(f"The run {plain(run_id)} is no longer there: its folder was removed or cannot be read.")
    if was not in FINAL or st.button("Choose another run"):
        choice.choose(None)
        cached.refresh()
        st.rerun()


# Numbers.


def _head(view: View) -> None:
    word, colour, icon, meaning = words.STATES[view.state]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
            st.subheader(plain(view.name), width="content", anchor=False)
            st.badge(word, icon=icon, color=colour, help=meaning)  # type: ignore[arg-type]  # a word of badge's own list
            st.caption(plain(_about(view)), width="content")
        actions.buttons(view)
    actions.problem()
    if view.state in ("failed", "interrupted") or view.status["error"]:
        st.error(plain(view.status["error"] or "Its process ended without a word. Resume goes on from the last state."))
    _progress(view)
    _numbers(view)


def _about(view: View) -> str:
    counts = view.run.resolved().get("parameters") or view.config.architecture().counts
    kind = words.KINDS[view.config.kind]
    return f"{view.config.dataset}, {kind}, {words.plural(counts['total'], 'parameter')}"


def _progress(view: View) -> None:
    if view.state == "queued":
        st.progress(0.0, _waiting(view))
    elif view.active:
        done, epoch = _share(view)
        phase = PHASES.get(view.status["phase"], view.status["phase"])
        st.progress(done, f"Epoch {epoch} of {view.config.epochs}: {phase}")


def _share(view: View) -> tuple[float, int]:
    """How much of the training is done, and the epoch that it is in."""
    rows = view.run.progress() if view.active else []
    last = rows[-1] if rows else {"epoch": len(view.history) + 1, "step": 0, "steps": 1}
    epoch = max(int(last["epoch"]), min(len(view.history) + 1, view.config.epochs))
    within = last["step"] / max(last["steps"], 1) if last["epoch"] == epoch else 0.0
    return min(1.0, (epoch - 1 + within) / view.config.epochs), epoch


def _waiting(view: View) -> str:
    """The place in the queue, and for how long what runs before it is expected to go on."""
    place = jobs.place(cached.settings(), view.run)
    running = [run for run in cached.runs() if run.state == "running"]
    etas = [store.open_run(cached.settings(), run.id).status()["eta_seconds"] for run in running]
    known = [eta for eta in etas if eta]
    if place is None:
        return "Its process is starting, which takes some seconds."
    text = f"Waiting, at place {place} of the queue"
    return f"{text}: what trains now needs about {words.duration(min(known))} more." if known else f"{text}."


def _numbers(view: View) -> None:
    status, per_image = view.status, (view.status["best"] or {}).get("validation", {})
    words_of_unit = st.session_state.setdefault("loss_unit", next(iter(losses.UNITS)))
    with st.container(horizontal=True, gap="small"):
        _metric("Epochs", f"{len(view.history)} of {view.config.epochs}", "How often all training images were seen.")
        best = f"In epoch {view.best}, in {words_of_unit}. " if view.best else ""
        value = words.number(per_image.get(losses.unit_of(words_of_unit)))
        _metric("Best loss", value, best + words.LOSS_HELP)
        if view.active:
            eta = words.duration(status["eta_seconds"])
            _metric("Time left", eta, "Expected from the speed so far, for all epochs.")
        else:
            _metric(
                "Time", words.duration(status["seconds"]), "Of the whole training, validation and snapshots included."
            )
        _metric(
            "Images a second", words.number(status["images_per_second"], 3), "Training images, this epoch. Up is fast."
        )
        memory = f"{status['peak_memory_mb']:,.0f} MB" if status["peak_memory_mb"] else "–"
        _metric("Memory", memory, "The most that the training process has held so far.")


def _metric(label: str, value: str, text: str) -> None:
    st.metric(label, value, help=text, width=METRIC_WIDTH)


# The film.


def _film(view: View) -> None:
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        unit = losses.unit_of(
            st.segmented_control(
                "Unit", list(losses.UNITS), key="loss_unit", required=True, help=UNIT_HELP, persist_state="session"
            )  # fmt: skip
        )
        st.session_state.setdefault("loss_axis", "linear")
        axis = st.segmented_control("Axis", ["linear", "logarithmic"], key="loss_axis", required=True,
                                    help=AXIS_HELP, persist_state="session")  # fmt: skip
    key = f"film-{view.run.id}"
    film.show(key, _data(view, key, unit, axis == "logarithmic"))
    late = losses.beyond(view.config, view.config.epochs, unit)
    if late:
        st.caption(plain(late))


def _data(view: View, key: str, unit: str, log: bool) -> bytes:
    """What the browser needs now; packed anew only where something has changed."""
    asked = film.wanted(key)
    charts = losses.charts(
        view.config,
        view.history,
        [] if view.history else view.run.progress(),
        _strip(view),
        view.best,
        _colour(view),
        unit,
        log,
    )
    header = {
        "run": view.run.id, "charts": charts, "total": max(view.config.epochs, len(view.history)),
        "rings": view.config.has_prior, "colors": palette.COLOURS, "waiting": _announce(view), **_notes(view.config),
    }  # fmt: skip
    same = (header, view.epochs, asked)
    kept = st.session_state.get("film_kept")
    if not kept or kept[0] != same:
        shots = film.data(
            header, view.epochs, asked, lambda epoch: cached.snapshot(view.run, epoch), _classes(view.config)
        )
        st.session_state["film_kept"] = kept = (same, shots)
    return kept[1]


def _announce(view: View) -> str:
    if view.active:
        return "" if view.state == "queued" else "The first pictures come after the first epoch."
    return "It ended before its first epoch, so there are no pictures."


def _notes(config: Config) -> dict[str, Any]:
    size = config.architecture().code.size
    axes = ["z1", "z2"] if size <= 2 else ["axis 1", "axis 2"]
    words_of = {1: "The code is one number, drawn from left to right.", 2: "The axes are the two numbers of the code."}
    plane = words_of.get(size, f"The axes are the two principal axes of {size} numbers.")
    if config.has_prior:
        rings, reach = "Rings: 1, 2 and 3 standard deviations of the prior.", "-3 to 3 along each axis"
    else:
        why = "a plain autoencoder" if config.kind == "ae" else "beta = 0"
        rings, reach = f"No prior rings: with {why}, codes follow no prior.", "the range of the codes (1 to 99 %)"
    return {"axes": axes, "map_note": f"{plane} {rings}", "grid_note": f"16 x 16 places over {reach}."}


def _classes(config: Config) -> tuple[str, ...]:
    try:
        return cached.data_summary(config.dataset).classes
    except LoupeError:  # the data set was removed
        return ()


def _colour(view: View) -> str:
    ids = [run.id for run in reversed(cached.runs())]
    return palette.models(ids).get(view.run.id, palette.colour(0))


def _strip(view: View) -> dict[str, Any] | None:
    """The baselines: from the finished run, else counted once, aside, so that the page does not wait for them."""
    metrics = view.run.metrics() if not view.active else None
    if metrics and metrics.get("baselines"):
        return dict(metrics["baselines"])
    if not view.history:
        return None  # the trainer may still be reading the images for the first time
    key = (view.config.dataset, view.config.architecture().code.size, view.config.loss == "bce-binary")
    found: dict[Any, Any] = st.session_state.setdefault("strips", {})
    if key not in found:
        found[key] = None
        Thread(target=_count_strip, args=(found, key), daemon=True).start()
    return found[key]


def _count_strip(found: dict[Any, Any], key: tuple[str, int, bool]) -> None:
    try:
        found[key] = cached.baselines(*key)
    except (LoupeError, OSError):
        pass  # the chart goes without


# The table.


def _table(view: View) -> None:
    drawer = st.expander("Epoch by epoch", key="epoch_table", on_change="rerun", icon=":material/table_rows:")
    if drawer.open:
        unit = losses.unit_of(st.session_state["loss_unit"])
        with drawer:
            st.caption(f"Losses in {st.session_state['loss_unit']}; the newest epoch first.")
            columns = losses.table(view.history, view.config, unit)
            formats = {name: "%d" if name == "Epoch" else "%.4g" for name in columns}
            numbers = {name: st.column_config.NumberColumn(format=each) for name, each in formats.items()}
            st.dataframe(columns, column_config=numbers, hide_index=True, height=320)
