"""What a map can be taken away as, further images for it, and how much of it is chance."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import streamlit as st

from ui import download
from ui.errors import plain
from ui.project import ask, chosen
from ui.project.kept import CODES
from ui.project.laid import Laid
from ui.view import View
from vae_core.look.projection import IMAGES, adding, stability
from vae_core.runs import tasks
from vae_core.runs.tasks import Task
from vae_core.share import projector

BOARD_HELP = (
    "A folder for TensorBoard's projector: codes, map, what is known of the images, and their pictures. Unpack it and "
    "open it with: tensorboard --logdir FOLDER"
)
SEED_HELP = (
    "Makes three smaller maps that begin by another chance each. What they agree on comes from the images, the rest "
    "from chance."
)
ADD_HELP = "Images that the map was not made of, each laid among those that it is most alike. The map itself stays."


def show(view: View, maps: list[Laid]) -> None:
    for laid in maps:
        task = None if laid.name == CODES else tasks.find(view.run, laid.file)
        measured = _measured(task) if task else None
        with st.container(border=True):
            st.markdown(f"**{plain(laid.title)}**")
            with st.container(horizontal=True, gap="small"):
                _files(view, laid, task)
                if task:
                    _more(task, laid.added, measured)
            if measured:
                st.caption(plain(measured.result()["words"]), help=SEED_HELP)


def _files(view: View, laid: Laid, task: Task | None) -> None:
    name = f"{view.run.id}-{laid.file}"
    table = partial(projector.csv, task) if task else partial(chosen.as_csv, laid, np.arange(len(laid.points.ids)))
    download.button("CSV", table, f"{name}.csv", chosen.SAVE_HELP, key=f"csv-{laid.key}")
    if task and view.images is not None:
        board = partial(_board, task)
        download.button("TensorBoard", board, f"{name}-tensorboard.zip", BOARD_HELP, key=f"board-{laid.key}")


def _board(task: Task) -> bytes:
    packed = io.BytesIO()
    with TemporaryDirectory() as folder, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in projector.write(task, Path(folder)):
            archive.write(path, path.name)
    return packed.getvalue()


def _more(task: Task, added: bool, measured: Task | None) -> None:
    """Images of the other half, and maps from other seeds, each made by a process of its own."""
    other = {"test": "train", "train": "test"}.get(task.spec["images"])
    if other and not added:
        _start(f"Add the {IMAGES[other]}", task, partial(adding.begin, task, other), ADD_HELP)
    if task.spec["method"] != "pca" and not measured:
        _start("How much is chance?", task, partial(stability.begin, task), SEED_HELP)


def _start(label: str, task: Task, begin: Callable[..., Task], text: str) -> None:
    """The whole page is drawn anew, not this fragment alone: how far it is stands above the maps."""
    if st.button(label, key=f"{label}-{task.id}", help=text):
        ask.begin(begin)
        st.rerun()


def _measured(task: Task) -> Task | None:
    """The finished comparison of seeds, if there is one; it may be of fewer images."""
    done = (each for each in tasks.of(task.run, stability.KIND) if each.state() == "done")
    return next((each for each in done if _alike(each.spec, task.spec)), None)


def _alike(one: dict[str, object], other: dict[str, object]) -> bool:
    names = {*one, *other} - {"count", "seeds"}
    return all(one.get(name) == other.get(name) for name in names)
