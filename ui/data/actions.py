"""What can be done with a data set: train on it, another size, take it away; and what it takes on disk."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ui import acts, cached, words
from ui.cached import datasets
from ui.data import browse, look, told
from ui.errors import plain, shown
from vae_core.data import originals, versions
from vae_core.data.dataset import Summary

CHANGE_HELP = "Another size, border or background, from the originals. Runs keep the images that they were trained on."
GONE = "The originals are not here, so that it stays in this size. Add the files again to have it in another one."


def show(data: Summary) -> None:
    with st.container(horizontal=True, width="content"):
        if st.button("Train on it", type="primary", icon=":material/model_training:"):
            browse.train_on(data.name)
        if data.origin == "added" and acts.may_data(data.name):
            is_here = can_change(data)
            if st.button(
                "Change size", icon=":material/tune:", disabled=not is_here, help=CHANGE_HELP if is_here else GONE
            ):
                look.change(data.name)
                st.rerun()
            if st.button("Remove", icon=":material/delete:"):
                remove(data)


def can_change(data: Summary) -> bool:
    original = originals.find(data.name, cached.settings()) if data.origin == "added" else None
    return original is not None and original.is_there and acts.may_data(data.name)


def repair(data: Summary) -> told.Repair | None:
    """What a button beside a warning does: it opens the look with the change made."""
    return partial(look.change, data.name) if can_change(data) else None


@st.dialog("Remove this data set?")
def remove(data: Summary) -> None:
    using = [run.name for run in cached.runs() if run.dataset == data.name]
    stays = "Files that were uploaded go, too; those that were read by a path stay."
    st.markdown(f"**{plain(data.name)}** is forgotten. {stays}")
    if using:
        many = "A run was" if len(using) == 1 else f"{len(using):,} runs were"
        kept = "It stays" if len(using) == 1 else "They stay"
        st.markdown(f"{many} trained on it. {kept}, but cannot be tested again.")
    if st.button("Remove", type="primary", icon=":material/delete:"):
        with shown():
            acts.remove_data(data.name)
            datasets.refresh()
            st.session_state.pop("data", None)
            st.rerun()


def disk(data: Summary) -> None:
    """What an added data set takes, and the one part that it can do without."""
    if data.origin != "added":
        return
    sizes = versions.sizes(data.name, cached.settings())
    parts = [f"{_megabytes(sizes.newest)} on disk"]
    if sizes.versions:
        parts.append(f"{words.plural(sizes.versions, 'older version')} {_megabytes(sizes.older)}")
    if sizes.originals:
        parts.append(f"originals {_megabytes(sizes.originals)}")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(", ".join(parts) + ".", width="content")
        if (
            sizes.originals
            and acts.may_data(data.name)
            and st.button("Remove the originals", type="tertiary", icon=":material/delete:")
        ):
            remove_originals(data)


def _megabytes(count: int) -> str:
    return f"{max(count / 2**20, 0.1):,.1f} MB"


@st.dialog("Remove the originals?")
def remove_originals(data: Summary) -> None:
    st.markdown(f"**{plain(data.name)}** stays as it is, but can no longer be brought to another size.")
    if st.button("Remove", type="primary", icon=":material/delete:"):
        with shown():
            acts.remove_originals(data.name)
            st.rerun()
