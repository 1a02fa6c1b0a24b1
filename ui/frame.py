"""What stands around every page: the list of pages, the run picker and the owner's name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui import account, cached, choice, glossary, owner, pixels, sought, words
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
PURPOSES = {
    "Data": "The images that models learn from, and the way to bring your own.",
    "Train": "Train a model on a set of images, and watch it learn.",
    "Explore": "Walk over the map of a model: it draws what lies at each place.",
    "Project": "Lay all images of a model out flat in other ways, such as PCA or t-SNE, and see which lie together.",
    "Compare": "Set models side by side, and see whether one is better or it is chance.",
    "Tune": "Let many short trainings look for the settings that work best.",
}
NONE = ""
LOOK_SECONDS = 2
# Streamlit's own button would end the drawing of a page half-way, though it reads as if it ended a training. The
# chevron of a popover is drawn anew as that opens: where that is slow, a click on it counts as one elsewhere. The
# colours are those of text on the accent and on its tint, where Streamlit's own are too alike to be read by everybody.
# In a wide window the head of a page stands in the bar with the menu, which keeps the margin to itself.
STYLE = """<style>
.stApp { --bar: 3.75rem }
[data-testid=stPopoverButton] * { pointer-events: none }
[data-testid=stStatusWidget] button { display: none }
[data-testid=stMainBlockContainer] { padding-inline: clamp(1rem, 2.2vw, 3rem) }
[data-testid=stLayoutWrapper]:has(> .st-key-beside_title:empty) { display: none }
@media (max-width: 40rem) {
  [data-testid=stLayoutWrapper]:has(> .st-key-beside_title) { order: 1; flex-basis: 100% }
  .st-key-beside_title [data-testid=stMultiSelectTagsContainer] { flex-wrap: nowrap; overflow-x: auto }
}
@media (min-width: 75rem) {
  .stApp:has([data-testid=stSidebar][data-collapsed=false]) {
    --bar: 0.75rem;
    [data-testid=stMainBlockContainer] { padding-top: var(--bar) }
    [data-testid=stHeader] { background: none }
    :is([data-testid=stHeader], [data-testid=stToolbar]) { pointer-events: none; button { pointer-events: auto } }
    [data-testid=stMainMenu] { position: absolute; top: 1.1rem; right: 0 }
    [data-testid=stStatusWidget] { position: absolute; top: 3rem; right: 0 }
  }
}
[data-testid=stHeading] h1 { padding: 0.25rem 0 }
[data-testid=stBaseButton-primary]:enabled, [data-tag-index] { color: light-dark(#fff, #10151f) !important }
[data-variant][data-selected] { color: light-dark(#2f5595, #8fb0ea) !important }
</style>"""
KEY = "picked_run"
FRAMED = "framed"


def pages() -> list[st.Page]:
    return [
        st.Page(f"pages/{name}.py", title=title, icon=icon, default=name == "home")
        for name, (title, icon) in PAGES.items()
    ]


def ensure() -> None:
    """Every page begins with this. A fresh server runs the first page that is asked for by its address alone, because a
    folder `pages` lies beside app.py; it stops doing so once it has seen a list of pages."""
    if not st.session_state.pop(FRAMED, False):
        begin()
        st.rerun()


def begin() -> st.Page:
    """Name the app and its pages; the page that is asked for."""
    st.set_page_config("Latent Loupe", LOGO, layout="wide")  # an icon by name would be fetched from the network
    st.html(STYLE)
    page = st.navigation(pages(), position="hidden")
    with shown():
        account.ensure()
        cached.runs()
        return page
    st.stop()  # wrong settings or an unreadable folder: no page could say more


def heading(name: str) -> None:
    """The title of a page; what it is for stands behind its question mark."""
    st.title(name, anchor=False, width="content", help=PURPOSES[name])


def title(name: str, views: Sequence[str], key: str) -> str:
    """The title of a page with several views, and the one that is open."""
    return head(name, views, key)[0]


def head(name: str, views: Sequence[str], key: str) -> tuple[str, DeltaGenerator]:
    """The same, and the room between title and views."""
    st.session_state.setdefault(key, views[0])
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        heading(name)
        between = st.container(key="beside_title")
        view = st.segmented_control(
            "View",
            views,
            key=key,
            required=True,
            wrap=False,
            label_visibility="collapsed",
            persist_state="session",
        )
    return str(view), between


def sidebar() -> None:
    """Streamlit's own list of pages would forget the chosen run; these links carry it on."""
    st.logo(LOGO, size="large")
    st.session_state[FRAMED] = True
    run = choice.chosen_run()
    for page in pages():
        st.page_link(page, query_params={choice.PARAMETER: run.id} if run else None, width="stretch")
    with shown():
        _picker(run.id if run else NONE)
    owner.ask()
    glossary.button()


def _picker(chosen: str) -> None:
    trial = cached.find(chosen)
    every = cached.every() + ([trial] if trial and trial.study else [])  # not in the list, but it may be looked at
    listed = [run for run in every if run.state != "broken" and (not run.answers or run.id == chosen)]
    if gone := choice.missing_run():
        st.warning(f"There is no run {plain(gone)}. It may have been removed.")
    if not listed:
        return
    runs = {run.id: run for run in sought.among(listed, [chosen], "run_sought")}
    st.session_state[KEY] = chosen if chosen in runs else NONE
    st.selectbox(
        "Run",
        [NONE, *runs],
        key=KEY,
        format_func=lambda run_id: _line(runs.get(run_id)),
        on_change=_pick,
        args=(tuple(runs),),
        help="All pages show this run. Type to search.",
    )
    if chosen in runs:
        facts(runs[chosen])
        watch([runs[chosen]])


def watch(runs: list[Summary]) -> None:
    """While one of them trains: draw the page anew when one begins, ends or has its first pictures."""

    @st.fragment(run_every=LOOK_SECONDS)
    def look() -> None:
        now = cached.by_name()
        if any(_signs(run) != _signs(now.get(run.id)) for run in runs):
            st.rerun()

    if any(run.state in ("queued", "running") for run in runs):
        look()


def _signs(run: Summary | None) -> tuple[str, bool] | None:
    return (run.state, run.epoch > 0) if run else None


def _pick(known: tuple[str, ...]) -> None:
    """A run's line changes while it trains; Streamlit hands on a line of before as if somebody had picked it."""
    picked = st.session_state[KEY]
    if picked in (NONE, *known):
        choice.choose(picked or None)


def _line(run: Summary | None) -> str:
    if run is None:
        return "Choose one"
    if run.is_shipped:
        return f"{run.name} · {words.ALONG}"
    at = words.state(run.state) if run.best_nats_per_pixel is None else words.number(run.best_nats_per_pixel, 3)
    return f"{run.name} · {at}"


def facts(run: Summary) -> None:
    """The chosen run at a glance."""
    pixels.thumbs(cached.thumbs(run), f"Test images as {run.name} draws them")
    word, colour, icon, meaning = words.standing(run, run.state)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.badge(word, icon=icon, color=colour, help=meaning)  # type: ignore[arg-type]  # a word of badge's own list
        st.caption(f"{words.short(run.parameters)} parameters", width="content", help=words.PARAMETERS_HELP)
        st.caption(f"loss {words.number(run.best_nats_per_pixel)}", width="content", help=words.loss_help(run))
