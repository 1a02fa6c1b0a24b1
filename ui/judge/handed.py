"""One button that makes all that is handed in, and then one download."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from ui import cached, download, owner
from ui.errors import plain
from ui.judge import working
from vae_core import extras
from vae_core.checked import Json
from vae_core.look import comparison
from vae_core.runs import tasks
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task
from vae_core.runs.work import FINAL
from vae_core.share import executed, handin
from vae_core.words import duration

ABOUT = "All that is handed in, in one zip: the report, the notebook, the script, and a film of a walk over the map."
RUN_HELP = "So that it holds what its cells print and draw. It trains the model once more, from its first epoch."


def show(runs: Sequence[Run]) -> None:
    """The last one is handed in, beside those that it is compared with."""
    if any(run.state() != "done" for run in runs):
        return
    with st.container(border=True):
        of = f" The last three are of {plain(comparison.name(runs[-1]))}." if len(runs) > 1 else ""
        st.markdown(ABOUT + of)
        run_it = _asked(runs[-1])
        task = _task(runs, handin.spec(runs, run_it, cached.runs()))
        begin = partial(handin.begin, list(runs), run_it, owner.current())
        if working.done(task, "Hand it in", begin) and task:
            download.button("Download the zip", task.made, f"{runs[-1].id}-hand-in.zip", type="primary")
        if told := extras.lacking("pdf"):
            st.caption(f"The report in it is HTML: {plain(str(told))}")


def _asked(run: Run) -> bool:
    """Whether the notebook is run, which may take long."""
    if told := extras.lacking("train", "Running the notebook"):
        st.caption(plain(str(told)))
        return False
    known = tasks.finished(run, executed.KIND, executed.spec(run.config(), False)) is not None
    seconds = run.status()["seconds"]
    takes = f", about {duration(seconds)}" if seconds and not known else ""
    return st.toggle(f"Run the notebook{takes}", True, key="hand_in_run", persist_state="session", help=RUN_HELP)


def _task(runs: Sequence[Run], spec: dict[str, Json]) -> Task | None:
    """One that is at work stays on the page, though more may have become known of the runs since it began. Where the
    notebook has been run, that is what is handed over, wanted or not."""
    found = [task for task in tasks.of(runs[-1], handin.KIND) if task.spec["before"] == spec["before"]]
    at_work = next((task for task in found if task.state() not in FINAL), None)
    return at_work or next((task for task in found if task.spec in (spec, {**spec, "notebook": True})), None)
