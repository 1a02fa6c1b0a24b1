"""What may be said of a difference, in a line that opens; and the seeds that it takes to say more."""

from __future__ import annotations

import streamlit as st

from ui import cached, frame, starting, words
from ui.compare.side import Side
from ui.errors import caught, plain, show_caught
from vae_core.look.comparison import Comparison
from vae_core.runs import arms
from vae_core.runs.arms import Arm

BEFORE = "Nothing can be said before the trainings have ended."
SEEDS_HELP = (
    "A seed decides what is random in a training: the first weights, the order of the images. One training may be "
    "lucky, so a sentence about layers needs several seeds of each. What is there already is not trained again."
)


def show(sides: list[Side]) -> None:
    first, *others = [side for side in sides if side.done] or sides
    found = [compared(first, other, len(others)) for other in others if first.done]
    show_caught("compare")
    claimed = " ".join(plain(each.headline) for each in found)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/balance: {claimed or BEFORE}", width="content")
        with st.popover("Why", help="What this rests on, and how to be surer."):
            for each in found:
                say(each)
            _seeds(sides)


def compared(first: Side, other: Side, comparisons: int) -> Comparison:
    return cached.comparison(first.run, other.run, comparisons)


def say(found: Comparison) -> None:
    text = " ".join(plain(sentence) for sentence in found.sentences())
    if found.problem or not found.ranked:
        st.warning(text, icon=":material/block:")
    elif found.credited:
        st.success(text, icon=":material/verified:")
    else:
        st.info(text, icon=":material/balance:")


def _seeds(sides: list[Side]) -> None:
    """How many seeds each config has, and the button that trains those that are missing."""
    found = {arms.key(side.config): (side, cached.arm(side.run)) for side in sides}
    told = [f"{plain(side.name)}: {_counted(arm)}" for side, arm in found.values()]
    waiting = [line for _, arm in found.values() for run in arm.waiting if (line := cached.find(run.id))]
    frame.watch(waiting)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Seeds. " + "; ".join(told) + ".", help=SEEDS_HELP, width="content")
        trainable = [side for side, _ in found.values() if side.run.parent is None]
        forks = [side for side, _ in found.values() if side.run.parent is not None]
        if len(found) > 1 and trainable:
            _button(trainable, [arm for side, arm in found.values() if side in trainable])
        for side in forks:
            st.caption(f"{plain(side.name)} goes on from another run, so no other seed leads there.", width="content")


def _counted(arm: Arm) -> str:
    if not arm.waiting:
        return f"{len(arm.done)} done"
    return f"{len(arm.done)} done, {len(arm.waiting)} on their way"


def _button(sides: list[Side], known: list[Arm]) -> None:
    wanted = st.number_input(
        "Seeds of each",
        arms.LEAST,
        arms.MOST,
        arms.LEAST,
        key="compare_seeds",
        label_visibility="collapsed",
        width=120,
        help="How many seeds of each config there shall be.",
    )
    missing = sum(max(0, int(wanted) - len(arm.done) - len(arm.waiting)) for arm in known)
    st.button(
        f"Train {words.plural(missing, 'more seed')}" if missing else "Enough seeds",
        icon=":material/casino:",
        disabled=not missing,
        on_click=_start,
        args=(sides, int(wanted)),
        help=SEEDS_HELP,
    )


def _start(sides: list[Side], count: int) -> None:
    with caught("compare"):
        for side in sides:
            starting.seeds(side.config, count)
