"""Runs as cards: what a model makes, how good it is, how far it got; and what can be done with it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ui import account, cached, choice, frame, owner, paged, palette, pixels, sought, words
from ui.errors import plain
from ui.home import dialogs
from vae_core.design import naming
from vae_core.glossary import WORDS
from vae_core.runs.store import Summary

PER_PAGE, PAGE = 12, "home_page"
NARROWEST = 240  # pixels of a card
SEARCH_HELP = "Shows the runs in which this text occurs."
STATE_HELP = "Shows only runs in one of these states."
WHOSE_HELP = "Runs that bear your name (at the bottom of the sidebar), or everybody's."
SORTS = {
    "Newest": lambda run: run.created,
    "Best loss": lambda run: -(run.best_nats_per_pixel if run.best_nats_per_pixel is not None else float("inf")),
    "Fewest parameters": lambda run: -(run.parameters or float("inf")),
    "Name": None,
}


ANSWERS_HELP = "Trained to answer a question: whether a change makes a difference, or how deep a model should be."


def filters(runs: list[Summary]) -> list[Summary]:
    """A row of widgets, and the runs that pass them: the starred first, then in the chosen order."""
    place = "Name, data set, note or owner"
    states = list(dict.fromkeys(run.state for run in runs))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input("Search", key="home_search", type="search", placeholder=place, width=260, help=SEARCH_HELP)
        kept = st.multiselect(
            "State", states, key="home_states", format_func=words.state, width=200, placeholder="Any", help=STATE_HELP
        )
        sort = st.selectbox("Sort by", list(SORTS), key="home_sort", width=170, help="Starred runs come first.")
        mine = st.segmented_control(
            "Whose", ["All", "Mine"], default="All", required=True, key="home_whose", help=WHOSE_HELP
        )
        others = sum(bool(run.answers) for run in runs)
        every = others > 0 and st.toggle(f"{others} more", key="home_every", help=ANSWERS_HELP)
    who = owner.current() if mine == "Mine" else None
    found = [run for run in runs if _fits(run, str(text or ""), kept, who)]
    return ordered([run for run in found if every or not run.answers], str(sort))


def ordered(runs: list[Summary], sort: str) -> list[Summary]:
    key: Any = SORTS[sort]
    found = sorted(runs, key=lambda run: run.name.casefold()) if key is None else sorted(runs, key=key, reverse=True)
    return sorted(found, key=lambda run: not run.star)


def _fits(run: Summary, text: str, states: list[str], who: str | None) -> bool:
    if (states and run.state not in states) or (who is not None and run.owner != who):
        return False
    return sought.holds(run, text)


def grid(runs: list[Summary]) -> None:
    """A page of cards."""
    with st.grid("auto", min_column_width=NARROWEST) as cells:
        for run in paged.part(runs, PER_PAGE, PAGE):
            with cells.cell(), st.container(border=True, gap="xsmall"):
                _card(run, palette.run(run.id))
    paged.turn(runs, PER_PAGE, PAGE)


def _card(run: Summary, colour: str) -> None:
    if run.state == "broken":
        _broken(run)
        return
    every = frame.LOOK_SECONDS if run.state in ("queued", "running") else None
    st.fragment(_sight, run_every=every)(run, colour)
    _buttons(run)


def _sight(was: Summary, colour: str) -> None:
    """What changes while it trains, drawn anew without the rest of the page."""
    run = cached.find(was.id) or was
    pixels.thumbs(cached.thumbs(run), f"Test images as {run.name} draws them")
    _heading(run, colour)
    pixels.facts(
        {run.dataset: "Data set", naming.kind(run): WORDS["VAE"]},
        {f"{words.short(run.parameters)} parameters": words.PARAMETERS_HELP},
        {f"loss {words.number(run.best_nats_per_pixel)}": words.loss_help(run), words.epochs(run): WORDS["Epoch"]},
        {name: told for name, told in ((run.owner, "Who started it"), (run.note, run.note)) if name},
    )


def _heading(run: Summary, colour: str) -> None:
    word, badge, icon, meaning = words.standing(run, run.state)
    lock = " :material/lock:" if run.locked else ""
    pixels.title(run.name, colour)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        told = plain(run.error or run.told or meaning)
        st.badge(word, icon=icon, color=badge, help=told)  # type: ignore[arg-type]  # one of its words
        if not run.is_shipped:
            st.caption(f"{words.ago(run.created)}{lock}", width="content")


def _buttons(run: Summary) -> None:
    with st.container(horizontal=True, gap="xsmall"):
        if st.button("Explore" if choice.has_map(run) else "Watch", key=f"open-{run.id}", type="primary"):
            choice.look_at(run)
        if run.is_shipped:
            dialogs.menu(run)
            return
        star = "★" if run.star else "☆"
        told = "Take the star away" if run.star else "Star it: starred runs come first"
        key, change, off = f"star-{run.id}", (run, not run.star), not account.may(run.owner)
        st.button(star, key=key, help=told, on_click=dialogs.star, args=change, disabled=off)
        dialogs.menu(run)


def _broken(run: Summary) -> None:
    pixels.blank("This folder cannot be read")
    pixels.title(run.name, palette.GREY)
    st.error(plain(run.error or ""))
    if st.button("Remove", key=f"remove-{run.id}"):
        dialogs.remove([run.id])
