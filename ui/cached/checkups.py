"""What the doctor says of runs: a first look takes seconds."""

from __future__ import annotations

from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui import cached
from ui.cached import datasets
from vae_core.errors import LoupeError
from vae_core.runs.store import Run

if TYPE_CHECKING:
    from vae_core.data.dataset import Summary as DataSet
    from vae_core.look.doctor.finding import Finding

LOOKS = "The doctor looks at it..."


def findings(run: Run, against: Run | None = None) -> list[Finding]:
    """Of a run that has ended. It may be resumed; and where other runs end, there are more seeds to compare."""
    data = _data_of(run)
    with st.spinner(LOOKS):
        return _findings(run, against, *_examined(run), data)


def look_aside(run: Run) -> Thread:
    """The doctor's first look, which takes seconds; a page that waits for it shows what stood there before, greyed."""
    data = _data_of(run)

    def examine() -> None:
        with suppress(LoupeError, OSError):  # told where the findings are asked for
            _findings(run, None, *_examined(run), data)

    look = Thread(target=examine, daemon=True)
    look.start()
    return look


def _examined(run: Run) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """What the doctor's word depends on beside the run's name."""
    ended = tuple((line.id, line.created) for line in cached.runs() if line.state == "done")
    return (cached.born_at(run), run.state(), len(run.history())), ended


def _data_of(run: Run) -> DataSet | None:
    """A finding may point at images, which can be removed or be others by now."""
    with suppress(LoupeError, OSError):
        return datasets.summary(run.config().dataset)
    return None


@st.cache_data(max_entries=32, show_spinner=False)
def _findings(
    run: Run, against: Run | None, of: tuple[Any, ...], ended: tuple[Any, ...], data: DataSet | None
) -> list[Finding]:
    from vae_core.look import doctor

    return doctor.examine(run, against)
