"""The chosen run, while it trains and afterwards: numbers, what can be done with it, the film, table and files."""

from __future__ import annotations

import time
from threading import Thread

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui import cached, choice, lasting, losses, map_beside, no_run, run_film, words
from ui.cached import checkups
from ui.errors import plain, show_caught, shown
from ui.judge import findings
from ui.run_view import View, look
from ui.train import actions, downloads, model_code
from ui.tune import optimizers
from vae_core.design import duration, naming
from vae_core.errors import LoupeError
from vae_core.runs import jobs, store
from vae_core.runs.store import Run
from vae_core.runs.work import FINAL

METRIC_WIDTH = 150  # pixels; fixed, so that numbers that grow push nothing aside
WIDER = 180  # room for "1999 of 2000" and "10 h 20 min"
PROGRESS_WIDTH = 240  # beside Stop on a phone, so what stands in it is one short line
POLL_SECONDS = 0.5  # how often the page looks at a run that is active
ADDRESS, LOOKS = "live_address", "doctor_looks"
OF_SEARCH = (
    "A trial of the search {}. It has no map and no test losses: keep it as a run there, and it stands among the "
    "runs on Home, with all that runs have."
)
PHASES = {
    "": "starting",
    "loading": "reading the images",
    "preparing": "getting ready",
    "training": "training",
    "validating": "training",
    "saving": "saving it",
    "evaluating": "testing it",
}
NEARLY = 0.97  # of the bar, while the last epoch is through and the end is still written
IN_EPOCHS = ("training", "validating", "saving")  # which come by turns, several times a second


def show(run: Run) -> None:
    """Polls only while the run is active; what is drawn is the same before and after."""
    if st.session_state.pop(ADDRESS, False):
        st.query_params[choice.PARAMETER] = run.id  # a rerun asked for in the fragment may overtake its own new address
    state = run.state()
    st.fragment(_live, run_every=None if state in FINAL else POLL_SECONDS)(run.id, state)


def _live(run_id: str, was: str) -> None:
    with shown():
        try:
            view = look(Run(run_id, cached.settings()))
        except (LoupeError, OSError):
            return _gone(run_id, was)
        following = st.session_state.pop(actions.FOLLOW, None)
        if view.state != was or following:  # the whole page: polling ends or begins, the sidebar shows the new state
            cached.refresh()
            st.session_state[ADDRESS] = True
            choice.go("pages/train.py", following or run_id)
        doctor = _head(view)
        run_film.show(view)
        _numbers(view)
        _table(view)
        downloads.show(view)
        model_code.drawer(view.config, None if view.active else view.run)
        if not view.active and view.epochs:
            optimizers.link(view.run)
        if not view.active and view.epochs:
            with doctor, shown():
                _doctor(view)


def _doctor(view: View) -> None:
    """The first look at a run takes the doctor seconds, so it is taken aside and waited for here."""
    which = (view.run.id, view.born, view.state, len(view.history))
    looks = st.session_state.setdefault(LOOKS, {})
    if which not in looks:
        looks[which] = checkups.look_aside(view.run)
    elif not looks[which].is_alive():
        return findings.line(view.run)
    st.fragment(_wait, run_every=POLL_SECONDS)(looks[which])


def _wait(look: Thread) -> None:
    if not look.is_alive():
        st.rerun()
    st.button(checkups.LOOKS, icon=":material/stethoscope:", type="tertiary", disabled=True)  # as high as what it finds


def _gone(run_id: str, was: str) -> None:
    no_run.gone(run_id)
    if was not in FINAL or st.button("Choose another run"):  # the sidebar goes on saying that it is gone
        cached.refresh()
        st.rerun()


def _head(view: View) -> DeltaGenerator:
    """One line, so that the pictures come soon: what is going on, or the place of what the doctor says afterwards."""
    word, colour, icon, meaning = words.standing(view.run, view.state)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
            st.subheader(plain(view.name), width="content", anchor=False)
            st.badge(word, icon=icon, color=colour, help=view.told or meaning)  # type: ignore[arg-type]  # a word of badge's own list
        with st.container(horizontal=True, gap="small", vertical_alignment="center", width="content"):
            told = st.container(width="content")
            with told:
                _progress(view)
            map_beside.show(view.config, followed=view.active)
            actions.buttons(view)
    show_caught("run")
    if view.state in ("failed", "interrupted") or view.status["error"]:
        ended = view.told or "Its process ended without a word."
        st.error(plain(view.status["error"] or f"{ended} Resume goes on from the last state."))
    if view.run.study:
        _search(view.run.study)
    return told


def _search(name: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(plain(OF_SEARCH.format(name)), width="content")
        st.page_link("pages/tune.py", label="To its search", icon=":material/tune:", query_params={"search": name})


def _about(view: View) -> str:
    counts = view.run.resolved().get("parameters") or view.config.architecture().counts
    return f"{view.config.dataset}, {naming.kind(view.config)}, {words.plural(counts['total'], 'parameter')}"


def _progress(view: View) -> None:
    if view.state == "queued":
        st.progress(0.0, _waiting(view), width=PROGRESS_WIDTH)
    elif view.active:
        done, epoch = _share(view)
        st.progress(done, f"Epoch {epoch} of {view.config.epochs}: {_doing(view)}", width=PROGRESS_WIDTH)


def _doing(view: View) -> str:
    phase = view.status["phase"]
    left = lasting.left(view.config, view.status) if phase in IN_EPOCHS else ""
    return f"{left} left" if left[-1:].isalpha() else f"{PHASES.get(phase, phase)}{_so_far(view)}"


def _so_far(view: View) -> str:
    """Before there is anything to see, the seconds that go by are a sign of life."""
    began = view.status["queued"]
    return f", {time.time() - float(began):.0f} s" if began and not view.history else ""


def _share(view: View) -> tuple[float, int]:
    """How much of the training is done, and the epoch that it is in."""
    rows = view.run.progress() if view.active else []
    last = rows[-1] if rows else {"epoch": len(view.history) + 1, "step": 0, "steps": 1}
    epoch = min(max(int(last["epoch"]), len(view.history) + 1), view.config.epochs)
    within = last["step"] / max(last["steps"], 1) if last["epoch"] == epoch else 0.0
    return min(NEARLY, (epoch - 1 + within) / view.config.epochs), epoch


def _waiting(view: View) -> str:
    """The place in the queue, and for how long what runs before it is expected to go on."""
    if view.told:
        return view.told
    place = jobs.place(cached.settings(), view.run)
    running = [run for run in cached.runs() if run.state == "running"]
    now, spans = time.time(), [store.open_run(cached.settings(), run.id).status() for run in running]
    known = [span for status in spans if (span := duration.left(status, now))]
    if place is None:
        return "Its process is starting."
    text = f"Waiting at place {place}"
    soonest = min(known, key=lambda span: span.middle, default=None)
    return f"{text}, for {words.span(soonest)}." if soonest else f"{text}."


def _numbers(view: View) -> None:
    status, best = view.status, (view.status["best"] or {}).get("validation", {}).get("nats_per_image")
    per = losses.chosen(view.config.image)
    with st.container(horizontal=True, gap="small"):
        epochs = f"{len(view.history)} of {view.config.epochs}"
        _metric("Epochs", epochs, "How often all training images were seen.", WIDER)
        told = f"In epoch {view.best}, in {naming.unit(view.config, per)}. " if view.best else ""
        value = None if best is None else best * naming.scale(view.config.image, per)
        _metric("Best loss", words.number(value), told + naming.LOSS_HELP)
        if view.active:
            told = "For all epochs and what comes after them. A range, until the training itself has shown its speed."
            _metric("Time left", lasting.left(view.config, status), told, WIDER)
        else:
            taken = words.duration(status["seconds"])
            _metric("Time", taken, "Of the whole training, validation and snapshots included.", WIDER)
        _metric(
            "Images a second", words.number(status["images_per_second"], 3), "Training images, this epoch. Up is fast."
        )
        memory = f"{status['peak_memory_mb']:,.0f} MB" if status["peak_memory_mb"] else "–"
        _metric("Memory", memory, "The most that the training process has held so far.")
    st.caption(plain(_about(view)))


def _metric(label: str, value: str, text: str, width: int = METRIC_WIDTH) -> None:
    st.metric(label, value, help=text, width=width)


def _table(view: View) -> None:
    drawer = st.expander("Epoch by epoch", key="epoch_table", on_change="rerun", icon=":material/table_rows:")
    if drawer.open:
        per = losses.chosen(view.config.image)
        with drawer:
            st.caption(f"Losses in {naming.unit(view.config, per)}; the newest epoch first.")
            columns = losses.table(view.history, view.config, per)
            formats = {name: "%d" if name == "Epoch" else "%.4g" for name in columns}
            numbers = {name: st.column_config.NumberColumn(format=each) for name, each in formats.items()}
            st.dataframe(columns, column_config=numbers, hide_index=True, height=320)
