"""What Home is made of besides the runs: a map to walk on, three doors, the import, the models that come along."""

from __future__ import annotations

import shutil
from contextlib import suppress
from tempfile import TemporaryFile
from typing import IO

import streamlit as st

from ui import account, cached, choice, limits, no_run, words
from ui.data import uploads
from ui.errors import plain, shown
from ui.home import cards
from vae_core.errors import LoupeError
from vae_core.runs import apart
from vae_core.runs.store import Run, Summary
from vae_core.settings import Settings

# Its head is higher than that of other pages, and the legend below the map is to be seen. The room of the map is kept
# while it is loaded, and the wheel scrolls the page, which has more below. A phone takes it home from Explore.
STYLE = """<style>
.st-key-home_map { --above-map: 8.75rem; --wheel: page; min-height: 35rem }
@media (max-width: 40rem) { .st-key-purpose [data-testid=stDownloadButton] { display: none } }
@media (min-width: 60rem) { .st-key-home_map { min-height: calc(max(22rem, 100vh - 8.75rem - var(--bar)) + 2rem) } }
</style>"""
IMPORTED = "imported"  # what came of an import, told by the next drawing of the page

WHAT = "See what an autoencoder has learned, and whether a change has helped. Drag over the map to begin."
HOW = "Every dot is a test image; the picture beside them is what {} draws at the cursor."
OPEN = "Everybody who can open this page can stop and remove every run."
OPEN_HELP = "With a sign-in each run belongs to who trained it: see docs/security.md. Export what has to last."
MORE = "An autoencoder squeezes every image into a few numbers, its place on the map, and draws it again from them."


def show(runs: list[Summary]) -> None:
    """Three doors, and a map to walk on at once: the newest of one's own, or the first of those that come along."""
    own = next((run for run in runs if choice.has_map(run) and run.state == "done" and not run.answers), None)
    mapped = own or next(iter(cached.shipped()), None)
    head = st.container(gap="xsmall")
    with head, st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.title("Latent Loupe", anchor=False, width="content")
        with st.container(horizontal=True, width="content"):
            _doors(mapped)
    purpose = head.container(key="purpose", horizontal=True, vertical_alignment="center", gap="small")
    purpose.markdown(WHAT, width="content")
    if mapped:
        from ui import explore  # NumPy and more: the head of the page stands by now
        from ui.view import look

        st.html(STYLE)
        with shown(), st.container(key="home_map"):
            explore.walk(mapped.id)
        with purpose, suppress(LoupeError, OSError):  # said where its map would be
            explore.take_home.button(look(Run(mapped.id, cached.settings())), type="tertiary")
    st.caption(HOW.format(plain(f"the model '{mapped.name}'" if mapped else "the model")), help=MORE)


def open_to_all() -> None:
    """Say that nothing here is kept from anybody, where others can come."""
    if account.is_open():
        st.caption(OPEN, help=OPEN_HELP)


def _doors(mapped: Summary | None) -> None:
    """Walk on, train, or bring images of one's own."""
    if mapped and st.button("Look closer", icon=":material/explore:", help=f"Explore {plain(mapped.name)}."):
        choice.look_at(mapped)
    no_run.first_training()
    if st.button("Bring your images", icon=":material/add_photo_alternate:", help=BRING_HELP):
        from ui.data import browse

        st.session_state[browse.TAB] = browse.ADD
        choice.go("pages/data.py")


def along() -> None:
    """The models that come with Latent Loupe, as cards; and where there is no other place for it, the import."""
    found, first = [run for run in cached.shipped() if not run.answers], not cached.runs()
    if not (found or first):
        return
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.subheader("Trained for you" if found else "", width="content", help=ALONG_HELP if found else None)
        with st.container(horizontal=True, width="content"):
            if found:
                _climb()
            if first:
                importer()
    if found:
        with shown():
            cards.grid(found)


def _climb() -> None:
    other = choice.climbed()
    if other and st.button("How deep should it be?", icon=":material/stairs:", help=CLIMB_HELP):
        from ui import judge  # as for the map above: the page stands without it

        judge.climb(other)


CLIMB_HELP = "One small network with up to four more pairs of layers, rung by rung."
BRING_HELP = "A folder, a zip or single pictures. They stay on this machine."
ALONG_HELP = "Models that come with Latent Loupe, to walk on and to compare with. They stay as they are."


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
        where, who = cached.settings(), account.name()
        limits.check_upload(where, who, file.size)
        found = _unpacked(file, where, who)
        uploads.release([file])
        st.session_state.imports = count + 1
        cached.refresh()
        st.session_state[IMPORTED] = _told([run.id for run in found], before)
        choice.choose(found[0].id)
        st.rerun()


def _unpacked(file: IO[bytes], where: Settings, who: str) -> list[Run]:
    """By a process that may crash: models are read by native code. It reads from a file, and an upload is none."""
    with TemporaryFile() as copy:
        shutil.copyfileobj(file, copy)
        copy.seek(0)
        return apart.unpack(where, copy, who)


def _told(ids: list[str], before: list[Summary]) -> str:
    """A run bears the moment it was made at wherever it goes: by that a second copy of it is known."""
    known = {run.created: run.id for run in before}
    copies = [(run.id, known[run.created]) for run in cached.runs() if run.id in ids and run.created in known]
    told = [f"{plain(new)} is a copy of {plain(old)}, which was here already." for new, old in copies]
    return " ".join([f"Imported {words.plural(len(ids), 'run')}: {plain(', '.join(ids))}.", *told])
