"""The two lines of notation with buttons that edit them, the layer table, and repairs where something does not fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from ui.errors import plain
from ui.form import edits
from ui.form.edits import ADDITIONS
from vae_core.design.architecture import counted
from vae_core.design.draft import MIRROR, Draft, Line, Problem, repairs, table
from vae_core.errors import LoupeError

LINE_HELP = (
    "The layers from left to right. conv16 has 16 filters of 3x3; k5 makes them 5x5, /2 halves the picture. Also: "
    "dense32, bn, drop0.2, pool2, flatten, res( ... ), and for decoders deconv16/2, up2, reshape7x7x16. An activation "
    "follows a colon, as in conv16:gelu; without one it is relu."
)
TABLE_HELP = (
    "Parameters are the numbers that training adjusts; multiply-adds are the work. "
    "Shapes are height x width x channels of a picture, or how many numbers there are."
)
Lines = tuple[str, str, list[Line]]


def edit(empty: Draft, keys: dict[str, str], on_write: Callable[[], None]) -> Lines:
    """The lines that the person wants, and the layers of them that fit. What does not is said here, at that layer.

    `keys` are those of the session under which encoder, decoder and kind are kept."""
    encoder, decoder = keys["encoder"], keys["decoder"]
    st.session_state.setdefault(decoder, MIRROR)
    _line_box("encoder", encoder, on_write)
    draft = replace(empty, encoder=st.session_state[encoder], decoder=st.session_state[decoder])
    _buttons(draft, "encoder", keys)
    own = not draft.mirrored or st.session_state.get(f"{decoder}_own", False)
    _decoder(draft, keys, own)
    lines, problem = table(draft)
    if problem:
        _say(draft, problem, keys)
    if lines:
        with st.expander("Layer by layer", icon=":material/table_rows:"):
            _table(lines)
    return draft.encoder, draft.decoder, lines


def _line_box(part: str, key: str, on_write: Callable[[], None]) -> None:
    st.text_input(f"{part.capitalize()} layers", key=key, help=LINE_HELP, persist_state="session", on_change=on_write)


def _decoder(draft: Draft, keys: dict[str, str], own: bool) -> None:
    """One sentence while it is the mirror; a line and buttons of its own otherwise."""
    key = keys["decoder"]
    if own:
        _line_box("decoder", key, lambda: None)
        _buttons(draft, "decoder", keys)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            "The decoder is the encoder's mirror: each layer added above adds its mirror below.", width="content"
        )
        st.button(
            "Edit the decoder",
            key=f"{key}_edit",
            type="tertiary",
            on_click=_own_decoder,
            args=(draft, key),
            help="Write the mirror out as a line of its own, to change it.",
        )


def _own_decoder(draft: Draft, key: str) -> None:
    st.session_state[f"{key}_own"] = True
    try:
        st.session_state[key] = draft.architecture().decoder_line
    except LoupeError:
        pass  # the box opens with 'mirror' in it


def _mirror_again(key: str) -> None:
    st.session_state[f"{key}_own"] = False
    st.session_state[key] = MIRROR


# Buttons.


def _buttons(draft: Draft, part: str, keys: dict[str, str]) -> None:
    """Choose a layer to move it, take it out or add after it; without one, a new layer goes where it fits best."""
    line, key = draft.line(part), keys[part]
    try:
        layers = edits.texts(line) if line.strip().lower() != MIRROR else []
    except LoupeError:
        return  # the line is no notation: its repairs are offered below
    chosen = _chosen(part, layers, f"{key}_layer") if layers else None
    if chosen is not None:
        _change_buttons(draft, part, keys, chosen, len(layers))
    with st.container(horizontal=True, gap="xxsmall", vertical_alignment="center"):
        st.caption("Add" if chosen is None else f"Add after {plain(layers[chosen])}", width="content")
        for what in ADDITIONS[part]:
            _quiet(what, "add", f"{key}_add_{what}", _add, draft, part, keys, what, chosen)
        if part == "decoder":
            _quiet("Mirror the encoder again", "flip", f"{key}_mirror", _mirror_again, key)


def _chosen(part: str, layers: list[str], key: str) -> int | None:
    if st.session_state.get(key) not in range(len(layers)):
        st.session_state[key] = None  # the line has become shorter
    label = f"Layers of the {part}"
    return st.pills(
        label, range(len(layers)), format_func=layers.__getitem__, key=key, wrap=True, label_visibility="collapsed"
    )


def _change_buttons(draft: Draft, part: str, keys: dict[str, str], place: int, count: int) -> None:
    key = keys[part]
    with st.container(horizontal=True, gap="xxsmall"):
        if place > 0:
            _quiet("Earlier", "arrow_back", f"{key}_earlier", _move, draft, part, keys, place, -1)
        if place + 1 < count:
            _quiet("Later", "arrow_forward", f"{key}_later", _move, draft, part, keys, place, 1)
        _quiet("Take out", "delete", f"{key}_remove", _remove, draft, part, keys, place)


def _quiet(label: str, icon: str, key: str, action: Callable[..., None], *args: Any) -> None:
    st.button(label, key=key, type="tertiary", icon=f":material/{icon}:", on_click=action, args=args)


def _add(draft: Draft, part: str, keys: dict[str, str], what: str, after: int | None) -> None:
    line, place = edits.add(draft.line(part), part, what, after)
    _keep(draft.with_line(part, line), keys)
    if after is not None:
        st.session_state[f"{keys[part]}_layer"] = place


def _move(draft: Draft, part: str, keys: dict[str, str], place: int, by: int) -> None:
    _keep(draft.with_line(part, edits.move(draft.line(part), place, by)), keys)
    st.session_state[f"{keys[part]}_layer"] = place + by


def _remove(draft: Draft, part: str, keys: dict[str, str], place: int) -> None:
    _keep(draft.with_line(part, edits.remove(draft.line(part), place)), keys)
    st.session_state[f"{keys[part]}_layer"] = None


def _keep(draft: Draft, keys: dict[str, str]) -> None:
    st.session_state[keys["encoder"]] = draft.encoder
    st.session_state[keys["decoder"]] = draft.decoder


# What is wrong, and the table.


def _say(draft: Draft, problem: Problem, keys: dict[str, str]) -> None:
    st.error(plain(str(problem.error)))
    found = repairs(draft, problem)
    with st.container(horizontal=True, gap="small"):
        for number, repair in enumerate(found):
            st.button(
                repair.label,
                key=f"{keys['encoder']}_repair_{number}",
                icon=":material/build:",
                type="primary" if number == 0 else "secondary",
                on_click=_repair,
                args=(draft.repaired(repair), keys),
            )


def _repair(repaired: Draft, keys: dict[str, str]) -> None:
    _keep(repaired, keys)
    st.session_state[keys["kind"]] = repaired.kind


def _table(lines: list[Line]) -> None:
    for part in ("encoder", "decoder"):
        rows = [line for line in lines if line.part == part]
        if rows:
            held = counted(sum(line.parameters or 0 for line in rows), sum(line.trained or 0 for line in rows))
            work = sum(line.multiply_adds or 0 for line in rows)
            told = f"**{part.capitalize()}**: {held}; {work:,} multiply-adds for one image"
            st.markdown(told, help=TABLE_HELP)
            st.table(_columns(rows), border="horizontal", hide_index=True)


def _columns(rows: list[Line]) -> dict[str, list[str]]:
    return {
        "Layer": [f"**{plain(line.layer)}**  \n{plain(line.words)}" for line in rows],
        "Gives on": [line.output for line in rows],
        "Parameters": ["" if line.parameters is None else f"{line.parameters:,}" for line in rows],
        "Multiply-adds": ["" if line.multiply_adds is None else f"{line.multiply_adds:,}" for line in rows],
    }
