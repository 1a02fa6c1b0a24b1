"""The two lines of notation with buttons that edit them, the layer table, and repairs where something does not fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from ui import layer_edits
from ui.errors import plain
from ui.layer_edits import ADDITIONS, MIRROR, Draft, Line, Problem
from ui.layer_repairs import Repair, repairs
from vae_core.errors import LoupeError

LINE_HELP = (
    "The layers from left to right. conv16 has 16 filters of 3x3; k5 makes them 5x5, /2 halves the picture. Also: "
    "dense32, bn, drop0.2, pool2, flatten, res( ... ), and for decoders deconv16/2, up2, reshape7x7x16. An activation "
    "follows a colon, as in conv16:gelu; without one it is relu."
)


def edit(
    empty: Draft, encoder_key: str, decoder_key: str, on_write: Callable[[], None] = lambda: None
) -> tuple[str, str]:
    """The lines that the person wants. Whether they fit is said here, at the layer where it goes wrong."""
    st.session_state.setdefault(decoder_key, MIRROR)
    keys = {"encoder": encoder_key, "decoder": decoder_key}
    _line_box("encoder", encoder_key, on_write)
    draft = replace(empty, encoder=st.session_state[encoder_key], decoder=st.session_state[decoder_key])
    _buttons(draft, "encoder", keys)
    own = not draft.mirrored or st.session_state.get(f"{decoder_key}_own", False)
    _decoder(draft, keys, own)
    lines, problem = layer_edits.table(draft)
    if problem:
        _say(draft, problem, keys)
    _table(lines)
    return draft.encoder, draft.decoder


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
        layers = layer_edits.texts(line) if line.strip().lower() != MIRROR else []
    except LoupeError:
        return  # the line is no notation: its repairs are offered below
    chosen = (
        st.pills(
            f"Layers of the {part}",
            range(len(layers)),
            format_func=lambda i: layers[i],
            key=f"{key}_layer",
            label_visibility="collapsed",
            help="Choose one",
        )
        if layers
        else None
    )
    with st.container(horizontal=True, gap="xxsmall", vertical_alignment="center"):
        st.caption("Add" if chosen is None else f"Add after {plain(layers[chosen])}", width="content")
        for what in ADDITIONS[part]:
            st.button(
                what,
                key=f"{key}_add_{what}",
                type="tertiary",
                icon=":material/add:",
                on_click=_add,
                args=(draft, part, keys, what, chosen),
            )
        if chosen is not None:
            _change_buttons(draft, part, keys, chosen, len(layers))
        if part == "decoder":
            st.button(
                "Mirror the encoder again",
                key=f"{key}_mirror",
                type="tertiary",
                icon=":material/flip:",
                on_click=_mirror_again,
                args=(key,),
            )


def _change_buttons(draft: Draft, part: str, keys: dict[str, str], place: int, count: int) -> None:
    key = keys[part]
    for label, icon, by in (("Earlier", "arrow_back", -1), ("Later", "arrow_forward", 1)):
        st.button(
            label,
            key=f"{key}_{label}",
            icon=f":material/{icon}:",
            disabled=not 0 <= place + by < count,
            on_click=_move,
            args=(draft, part, keys, place, by),
        )
    st.button(
        "Take out", key=f"{key}_remove", icon=":material/delete:", on_click=_remove, args=(draft, part, keys, place)
    )


def _add(draft: Draft, part: str, keys: dict[str, str], what: str, after: int | None) -> None:
    line, place = layer_edits.add(draft.line(part), part, what, after)
    _keep(draft.with_line(part, line), keys)
    if after is not None:
        st.session_state[f"{keys[part]}_layer"] = place


def _move(draft: Draft, part: str, keys: dict[str, str], place: int, by: int) -> None:
    _keep(draft.with_line(part, layer_edits.move(draft.line(part), place, by)), keys)
    st.session_state[f"{keys[part]}_layer"] = place + by


def _remove(draft: Draft, part: str, keys: dict[str, str], place: int) -> None:
    _keep(draft.with_line(part, layer_edits.remove(draft.line(part), place)), keys)
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
                args=(repair, keys),
            )


def _repair(repair: Repair, keys: dict[str, str]) -> None:
    _keep(repair.draft, keys)
    st.session_state[keys["encoder"].replace("encoder", "kind")] = repair.draft.kind


def _table(lines: list[Line]) -> None:
    for part in ("encoder", "decoder"):
        rows = [line for line in lines if line.part == part]
        if rows:
            total = sum(line.parameters or 0 for line in rows)
            st.markdown(f"**{part.capitalize()}**, {total:,} parameters")
            st.table(_columns(rows), border="horizontal", hide_index=True)


def _columns(rows: list[Line]) -> dict[str, list[str]]:
    return {
        "Layer": [plain(line.layer) for line in rows],
        "Puts out": [line.output for line in rows],
        "Parameters": ["" if line.parameters is None else f"{line.parameters:,}" for line in rows],
        "Multiply-adds": ["" if line.multiply_adds is None else f"{line.multiply_adds:,}" for line in rows],
        "What it does": [plain(line.words) for line in rows],
    }
