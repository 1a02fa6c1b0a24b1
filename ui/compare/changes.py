"""What changed between two configs: the paths of layers beside each other, all other settings, how to separate them."""

from __future__ import annotations

import streamlit as st

from ui import choice, starting, words
from ui.compare import paths
from ui.compare.side import Side
from ui.errors import caught, plain, show_caught
from vae_core.design import difference
from vae_core.design.alignment import Step, Unit
from vae_core.design.config import Config
from vae_core.design.difference import Difference, Separation

SIZES = {
    "parameters, first": st.column_config.NumberColumn(format="localized"),
    "parameters, second": st.column_config.NumberColumn(format="localized"),
    "share of the second": st.column_config.NumberColumn(
        format="%.1f %%", help="Of all the second model's parameters."
    ),
}


def show(sides: list[Side]) -> None:
    first, other = sides[0], _against(sides)
    found = difference.between(first.config, other.config)
    paths.show(found, first, other)
    st.markdown("\n".join(f"- {plain(sentence)}" for sentence in found.sentences()))
    _explained("What the added layers do", found.added)
    _explained("What the removed layers did", found.removed)
    _parameters(found)
    _settings(found, first, other)
    _separate(found, first, other)


def _against(sides: list[Side]) -> Side:
    """The one that the first is laid beside."""
    first, *others = sides
    if len(others) == 1:
        return others[0]
    names = {side.run.id: side.name for side in others}
    chosen = st.segmented_control(
        f"{first.name} against",
        list(names),
        default=others[0].run.id,
        required=True,
        key="compare_other",
        format_func=lambda run_id: names.get(run_id, run_id),
    )
    return next((side for side in others if side.run.id == chosen), others[0])


def _explained(title: str, units: tuple[Unit, ...]) -> None:
    """Each layer once: batch norm does the same after every one."""
    told = {layer.text: sentence for unit in units for layer, sentence in zip(unit.layers, unit.words)}
    if told:
        st.markdown(f"**{title}**")
        st.markdown("\n".join(f"- `{text}` {plain(sentence)}" for text, sentence in told.items()))


def _parameters(found: Difference) -> None:
    """Where they sit: both models' layers in the order of the paths."""
    icon = ":material/table_rows:"
    drawer = st.expander("Where the parameters sit", key="compare_parameters", on_change="rerun", icon=icon)
    if not drawer.open:
        return
    first, second = (config.architecture().counts["total"] for config in (found.a, found.b))
    paths = (("encoder", found.encoder), ("decoder", found.decoder))
    rows = [_sizes(path, step, max(1, second)) for path, steps in paths for step in steps]
    with drawer:
        st.dataframe(rows, hide_index=True, column_config=SIZES)
        st.caption(f"In all {first:,} and {second:,}.")


def _sizes(path: str, step: Step, total: int) -> dict[str, object]:
    return {
        "path": path,
        "first": step.a.text if step.a else "",
        "second": step.b.text if step.b else "",
        "parameters, first": step.a.parameters if step.a else None,
        "parameters, second": step.b.parameters if step.b else None,
        "share of the second": 100 * step.b.parameters / total if step.b else None,
    }


def _settings(found: Difference, first: Side, other: Side) -> None:
    if not found.fields:
        st.caption("All settings beside the layers are the same.")
        return
    st.markdown("**Settings beside the layers**")
    rows = [{"setting": each.label, first.name: each.a, other.name: each.b} for each in found.fields]
    st.dataframe(rows, hide_index=True)


def _separate(found: Difference, first: Side, other: Side) -> None:
    alone = found.separating()
    if not alone:
        return
    st.markdown("**To tell the changes apart**")
    st.caption(
        f"Each of these trains {plain(first.name)} with one change only, the others left out; "
        "compared with it, it shows what that change does by itself."
    )
    show_caught("compare")
    for each in alone:
        _offer(each, first)
    fresh = [each.config for each in alone if each.config and starting.trained_before(each.config) is None]
    if len(fresh) > 1:
        st.button(f"Train all {len(fresh)}", icon=":material/play_arrow:", on_click=_start, args=(fresh,))


def _offer(each: Separation, first: Side) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"Only {plain(each.label)}", width=260)
        if each.config is None:
            st.caption(plain(f"It would not fit: {each.problem}"), width="content")
            return
        before = starting.trained_before(each.config)
        if before is None:
            st.button("Train it", key=f"alone-{each.config.digest}", on_click=_start, args=([each.config],))
        else:
            pair = {choice.PARAMETER: first.run.id, choice.COMPARED: f"{first.run.id},{before.id}"}
            icon = ":material/compare:"
            st.page_link("pages/compare.py", label="Compare with it", icon=icon, query_params=pair, width="content")
            st.caption(words.state(before.state), width="content")
        config = each.config
        line = config.architecture().encoder_line
        size = difference.words_of(config, "train_size")
        st.caption(f"`{line}`, {words.plural(config.epochs, 'epoch')}, {size} images", width="content")


def _start(configs: list[Config]) -> None:
    with caught("compare"):
        for config in configs:
            starting.train(config)
