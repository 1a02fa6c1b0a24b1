"""What stands around every page: the list of pages, the run picker and the owner's name."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ui import cached, choice, owner, pixels, words
from ui.errors import plain, shown
from vae_core.runs.store import Summary

LOGO = str(Path(__file__).with_name("loupe.svg"))
PAGES = {
    "home": ("Home", ":material/home:"),
    "data": ("Data", ":material/photo_library:"),
    "train": ("Train", ":material/model_training:"),
    "explore": ("Explore", ":material/explore:"),
    "project": ("Project", ":material/scatter_plot:"),
    "compare": ("Compare", ":material/compare:"),
    "tune": ("Tune", ":material/tune:"),
}
NONE = ""
KEY = "picked_run"


def pages() -> list[st.Page]:
    return [
        st.Page(f"pages/{name}.py", title=title, icon=icon, default=name == "home")
        for name, (title, icon) in PAGES.items()
    ]


def sidebar(listed: list[st.Page]) -> None:
    """Streamlit's own list of pages would forget the chosen run; these links carry it on."""
    run = choice.chosen_run()
    for page in listed:
        st.page_link(page, query_params={choice.PARAMETER: run.id} if run else None, width="stretch")
    with shown():
        _picker(run.id if run else NONE)
    owner.ask()


def _picker(chosen: str) -> None:
    runs = {run.id: run for run in cached.runs() if run.state != "broken"}
    gone = choice.missing_run()
    if gone:
        st.warning(f"There is no run {plain(gone)}. It may have been removed.")
    if not runs:
        return
    st.session_state[KEY] = chosen if chosen in runs else NONE
    st.selectbox(
        "Run", [NONE, *runs], key=KEY, format_func=lambda run_id: _line(runs.get(run_id)), on_change=_pick,
        help="All pages show this run. Type to search.",
    )  # fmt: skip
    if chosen in runs:
        facts(runs[chosen])


def _pick() -> None:
    choice.choose(st.session_state[KEY] or None)


def _line(run: Summary | None) -> str:
    if run is None:
        return "None chosen"
    loss = words.number(run.best_nats_per_pixel, 3)
    return f"{run.name} · {words.short(run.parameters)} · {loss} · {words.state(run.state)}"


def facts(run: Summary) -> None:
    """The chosen run at a glance."""
    picture = cached.thumbs(run)
    if picture:
        pixels.show(picture, f"Pictures that {run.name} made of test images")
    word, colour, icon, meaning = words.STATES[run.state]
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.badge(word, icon=icon, color=colour, help=meaning)  # type: ignore[arg-type]  # a word of badge's own list
        st.caption(f"{words.short(run.parameters)} parameters", width="content", help=words.PARAMETERS_HELP)
        st.caption(f"loss {words.number(run.best_nats_per_pixel)}", width="content", help=words.LOSS_HELP)
