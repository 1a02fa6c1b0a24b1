"""A model that somebody wrote elsewhere, pasted as text: it fills the form, and a line says what was understood."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import streamlit as st

from ui import words
from ui.cached import datasets
from ui.errors import caught, plain, show_caught
from ui.form import lasting, network
from ui.form.beginnings import starts
from ui.form.widgets import TOLD, fill, key
from vae_core.data.dataset import Summary
from vae_core.design import pasted
from vae_core.design.declared import SETTINGS
from vae_core.design.draft import MIRROR
from vae_core.design.layers import show
from vae_core.design.notation import parse
from vae_core.design.pasted import Pasted

TEXT, COUNT = key("pasted_text"), key("pasted_count")
HELP = (
    "Keras or PyTorch code of an autoencoder, or what model.summary() printed. It is only read, never run, and fills "
    "all settings below."
)
WIDTH, HEIGHT = 560, 130  # pixels: what is below it stays on the first screen
MOST = pasted.MOST_TEXT
PLACE = "pasted"  # where what is wrong with it is said
KEPT = ("dataset", "image", "seed", "recipe", "precision", "fused")  # of the form: no code says them


def offer(data: Summary) -> None:
    """Another key shuts the popover when its text was used."""
    count = st.session_state.get(COUNT, 0)
    drawer = st.popover("Paste Keras code", icon=":material/content_paste:", key=key(f"paste_{count}"))
    with drawer.form(key("paste_form"), border=False, width=WIDTH):
        show_caught(PLACE)
        st.text_area("Code, or a summary", key=TEXT, help=HELP, height=HEIGHT, max_chars=MOST)
        st.form_submit_button("Use it", type="primary", on_click=_use, args=(data,))


def tell() -> None:
    """What was understood, until the form is filled with something else."""
    if TOLD not in st.session_state:
        return
    line, more = st.session_state[TOLD]
    with st.expander(line, icon=":material/task_alt:", key=key(f"paste_told_{st.session_state[COUNT]}")):
        st.markdown("\n".join(f"- {plain(each)}" for each in more))


def _use(data: Summary) -> None:
    with caught(PLACE):
        found = pasted.read(st.session_state[TEXT], data.image)
        data = _suited(found, data)
        _fill(found)
        st.session_state[COUNT] = st.session_state.get(COUNT, 0) + 1
        st.session_state[TOLD] = _line(found), [*_understood(found), *_beside(found, data), *found.told]


def _suited(found: Pasted, data: Summary) -> Summary:
    """The images that the code loads, where those that are chosen are of another size."""
    if found.image in (None, data.image) or found.dataset not in datasets.names():
        return data
    st.session_state[key("dataset")] = found.dataset
    suited = datasets.summary(found.dataset)
    fill(starts(suited)[0])
    return suited


def _fill(found: Pasted) -> None:
    """What the code does not say is as Keras has it, and not as the form had it before."""
    usual = {name: setting.default for name, setting in SETTINGS.items() if name not in KEPT}
    usual |= {"sigma": 0.5**0.5, "beta": 1.0, "classes": [], "epochs": st.session_state[key("epochs")]}
    values = {**usual, **_lines(found), **found.settings}
    for name, value in values.items():
        st.session_state[key(name)] = value
    if "epochs" in found.settings:
        st.session_state[key("time")] = lasting.EPOCHS
    st.session_state[key("decoder_own")] = found.decoder != MIRROR
    st.session_state[key("network")], st.session_state[network.OPEN] = network.CUSTOM, True


def _lines(found: Pasted) -> dict[str, Any]:
    return {name: getattr(found, name) for name in ("encoder", "decoder", "kind", "latent")}


def _line(found: Pasted) -> str:
    layers = words.plural(len(parse(found.encoder)), "layer")
    own = found.decoder != MIRROR
    back = f", {len(parse(found.decoder, 'decoder'))} back" if own else " and their mirror"
    said = words.plural(len(found.settings), "setting") if found.settings else "no settings"
    rest = words.plural(len(found.told), "note")
    return f"Read from the code: {layers}{back}, {said}" + (f"; {rest}" if found.told else "")


def _understood(found: Pasted) -> Iterator[str]:
    kind = SETTINGS["kind"].choices[found.kind]
    yield f"{kind} with a code of {words.plural(found.latent, 'number')}."
    for name, value in found.settings.items():
        setting = SETTINGS[name]
        yield f"{setting.label}: {setting.choices.get(str(value)) or setting.worded(value)}."


def _beside(found: Pasted, data: Summary) -> Iterator[str]:
    if found.image and found.image != data.image:
        yield f"The code is for images of {show(found.image)}; those chosen here are of {show(data.image)}."
    elif found.dataset not in ("", data.name):
        yield f"The code trains on {found.dataset}; chosen here is {data.name}."
