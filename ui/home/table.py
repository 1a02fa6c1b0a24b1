"""Runs as a table: sort by any column, choose the columns, tick some to do something with them, take it as CSV."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui import cached, choice, download, paged, pixels, words
from ui.home import dialogs
from vae_core.design import naming
from vae_core.glossary import WORDS
from vae_core.runs.store import Summary
from vae_core.share import tables

if TYPE_CHECKING:
    import pandas as pd

column = st.column_config
COLUMNS: dict[str, Any] = {
    "star": column.CheckboxColumn("Star", width=50, help="Starred runs come first."),
    "pictures": column.ImageColumn("Pictures", width=75, help="Test images as the model draws them."),
    "name": column.TextColumn("Name", width=190),
    "state": column.TextColumn("State", help="What has become of its training."),
    "dataset": column.TextColumn("Data set"),
    "kind": column.TextColumn("Kind", help=WORDS["VAE"]),
    "recipe": column.TextColumn("Recipe", help="The ready-made settings that it was started from."),
    "parameters": column.NumberColumn("Parameters", format="localized", help=words.PARAMETERS_HELP),
    "loss_per_pixel": column.NumberColumn("Loss per pixel", format="%.4f", help=naming.LOSS_HELP),
    "loss_per_image": column.NumberColumn(
        "Loss per image", format="%.2f", help="The same loss, summed over the pixels and channels of an image."
    ),
    "loss_mean_over_channels": column.NumberColumn(
        "Loss per image, mean over channels",
        format="%.2f",
        help="The same loss, summed over the pixels of an image and averaged over its channels, as report 003 counts.",
    ),
    "loss_unit": column.TextColumn("Loss in", help="What the loss counts. Losses of one unit can be compared."),
    "epoch": column.NumberColumn("Epochs", help="How often all training images were seen."),
    "seconds": column.NumberColumn("Seconds", format="%.1f", help="That the training took."),
    "owner": column.TextColumn("Owner", width=90, help="The name of who started it."),
    "created": column.DatetimeColumn("Started", width=125, format="distance"),
    "note": column.TextColumn("Note", width="medium"),
    "locked": column.CheckboxColumn("Locked", help="A locked run cannot be removed."),
    "parent": column.TextColumn("Goes on from", help="The run that it was forked from."),
    "id": column.TextColumn("Folder", help="Its folder in checkpoints."),
}
SHOWN = (
    "star",
    "pictures",
    "name",
    "state",
    "dataset",
    "parameters",
    "loss_per_pixel",
    "loss_unit",
    "epoch",
    "owner",
    "created",
    "note",
)
LABELS = {key: config["label"] for key, config in COLUMNS.items()}
ROW_HEIGHT = 36
PER_PAGE, PAGE = 200, "home_table_page"  # each row with its pictures
CSV_HELP = "All runs that fit the filters, with the columns that are shown here."


def table(runs: list[Summary]) -> None:
    actions = st.container(horizontal=True, vertical_alignment="bottom")
    every, runs = runs, paged.part(runs, PER_PAGE, PAGE)
    rows = frame(runs)
    shown = _columns(actions, rows)
    rows["pictures"] = [pixels.uri(data) if (data := cached.thumbs(run)) else None for run in runs]
    state: Any = st.dataframe(
        rows,
        key="run_table",
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        column_config=COLUMNS,
        column_order=shown,
        row_height=ROW_HEIGHT,
    )
    with actions:
        _actions([runs[place].id for place in state.selection.rows if place < len(runs)])
        columns = [key for key in shown if key != "pictures"]
        download.button("CSV", lambda: as_csv(frame(every)[columns]), "runs.csv", CSV_HELP)
    paged.turn(every, PER_PAGE, PAGE)


def frame(runs: list[Summary]) -> pd.DataFrame:
    """A row a run, with units in the names of columns."""
    import pandas as pd  # a fifth of a second, which a first page without runs need not wait for

    return pd.DataFrame([_row(run) for run in runs], columns=list(COLUMNS))


def as_csv(rows: pd.DataFrame) -> str:
    return str(rows.map(tables.cell).to_csv(index=False))


def _row(run: Summary) -> dict[str, Any]:
    values = {key: getattr(run, key) for key in COLUMNS if hasattr(run, key)}
    values |= _losses(run)
    return {**values, "created": datetime.fromisoformat(run.created), "kind": naming.kind(run)}


def _losses(run: Summary) -> dict[str, Any]:
    best = run.best_nats_per_image
    per = {"loss_per_pixel": naming.PIXEL, "loss_per_image": naming.IMAGE, "loss_mean_over_channels": naming.CHANNELS}
    found = {key: None if best is None else best * naming.scale(run.image, each) for key, each in per.items()}
    return {**found, "loss_unit": "" if best is None else naming.measure(run)}


def _columns(place: Any, rows: pd.DataFrame) -> list[str]:
    """The columns that are shown to begin with: those in which something stands."""
    first = [key for key in SHOWN if key not in ("star", "owner", "note") or rows[key].any()]
    st.session_state.setdefault("run_columns", first)
    with place, st.popover("Columns", icon=":material/view_column:"):
        picked = st.pills(
            "Columns",
            list(COLUMNS),
            selection_mode="multi",
            format_func=LABELS.__getitem__,
            key="run_columns",
            label_visibility="collapsed",
        )
    return [key for key in COLUMNS if key in picked]


def _actions(ids: list[str]) -> None:
    """What can be done with the ticked rows."""
    one, some = len(ids) == 1, bool(ids)
    ticked = "" if some else "Tick runs in the first column. "
    if st.button("Open", disabled=not one, icon=":material/explore:", help=f"{ticked}Explores the ticked run."):
        choice.look_at(next(run for run in cached.runs() if run.id == ids[0]))
    comparable = 2 <= len(ids) <= choice.MOST_COMPARED
    if st.button("Compare", disabled=not comparable, icon=":material/compare:", help=f"{ticked}Two to four runs."):
        choice.compare(ids)
    if st.button("Star", disabled=not some, icon=":material/star:", help=f"{ticked}Starred runs come first."):
        for run_id in ids:
            dialogs.change(run_id, star=True)
        st.rerun()
    if st.button("Export", disabled=not some, icon=":material/folder_zip:", help=f"{ticked}All in one zip."):
        dialogs.export(ids)
    if st.button("Remove", disabled=not some, icon=":material/delete:", help=f"{ticked}Asks before it deletes."):
        dialogs.remove(ids)
