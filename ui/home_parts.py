"""What Home is made of besides the runs: the welcome, the import, the first training."""

from __future__ import annotations

import streamlit as st

from ui import cached, choice, pixels, starting, uploads, words
from ui.errors import plain, shown
from vae_core.errors import LoupeError
from vae_core.runs import transfer
from vae_core.runs.store import Summary
from vae_core.settings import PROJECT

IMPORTED = "imported"  # what came of an import, told by the next drawing of the page

MOVING_PICTURE, MOVING_SIZE = PROJECT / "docs" / "pictures" / "taking-shape.webp", (528, 256)
WHAT = (
    "Latent Loupe trains small autoencoders: networks that squeeze every image into a few numbers and draw it again "
    "from them. Watch the map of those numbers take shape, then walk over it and see what lies in between."
)
LARGE = 760  # pixels that it is wide where there are no runs yet
MOVING_ALT = "Codes of handwritten digits drift apart over the epochs of a training, and decoded digits become clear"


def welcome(is_empty: bool) -> None:
    """What this is, large where there is nothing else to see."""
    if is_empty:
        _what()
        first_training()
        _moving_picture(LARGE)
        return
    text, picture = st.columns([3, 1], gap="large", vertical_alignment="center")
    with text:
        _what()
    with picture:
        _moving_picture()


def _moving_picture(width: int | None = None) -> None:
    pixels.show_moving(MOVING_PICTURE, MOVING_ALT, size=MOVING_SIZE, width=width)


def _what() -> None:
    st.title("Latent Loupe", anchor=False)
    st.markdown(WHAT)


def first_training() -> None:
    """One button for who has nothing yet; or runs of elsewhere."""
    with st.container(horizontal=True):
        asked = st.button("Train a first model", type="primary", icon=":material/play_arrow:", help=FIRST_HELP)
        importer()
    st.caption("Eight letters and digits in seventeen faces, half a minute on most computers. Nothing is downloaded.")
    if asked:
        with shown():
            choice.go("pages/train.py", starting.first_steps().id)


FIRST_HELP = "Draws A, B, C, E, O, S, 3 and 8 some thousand times, trains on them and shows how the map forms."


def importer() -> None:
    """The button that lets runs in, and what came of it once its dialog is closed."""
    if st.button("Import", icon=":material/upload:", help="Runs that were exported from here or elsewhere."):
        bring_in()
    told = st.session_state.pop(IMPORTED, "")
    if told:
        st.toast(told, icon=":material/check:", duration="long")


@st.dialog("Import runs")
def bring_in() -> None:
    """A new key empties the field after each import."""
    count = st.session_state.setdefault("imports", 0)
    file = st.file_uploader("A zip of exported runs, up to 2 GB", "zip", key=f"import-{count}")
    if file is None:
        return
    with shown():
        if uploads.kind(file) == uploads.IMAGES:
            raise LoupeError("The zip holds images", "A zip of exported runs was expected", "Add it on the page Data")
        before = cached.runs()
        found = transfer.unpack(cached.settings(), file)
        uploads.release([file])
        st.session_state.imports = count + 1
        cached.refresh()
        st.session_state[IMPORTED] = _told([run.id for run in found], before)
        choice.choose(found[0].id)
        st.rerun()


def _told(ids: list[str], before: list[Summary]) -> str:
    """A run bears the moment it was made at wherever it goes: by that a second copy of it is known."""
    known = {run.created: run.id for run in before}
    copies = [(run.id, known[run.created]) for run in cached.runs() if run.id in ids and run.created in known]
    told = [f"{plain(new)} is a copy of {plain(old)}, which was here already." for new, old in copies]
    return " ".join([f"Imported {words.plural(len(ids), 'run')}: {plain(', '.join(ids))}.", *told])
