"""All measures of a run: measured once by a task, then a table with intervals and what each number means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from html import escape
from typing import Any

import streamlit as st

from ui import owner, words
from ui.errors import plain
from ui.judge import working
from vae_core.look import metrics
from vae_core.runs import tasks
from vae_core.runs.store import Run

STYLE = """<style>
.loupe-measures { width: 100%; border-collapse: collapse; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
.loupe-measures th, .loupe-measures td { text-align: left; vertical-align: top; padding: 0.35rem 0.75rem 0.35rem 0; }
.loupe-measures tr { border-bottom: 1px solid rgba(128,128,128,0.25); }
.loupe-measures td:first-child { text-decoration: underline dotted; cursor: help; }
.loupe-measures .part td { font-weight: 600; padding-top: 0.9rem; text-decoration: none; cursor: auto; }
.loupe-measures small { opacity: 0.75; }
</style>"""
ABOUT = (
    "About twenty numbers: likeness of pictures, the code, classes, neighbours, noise, likelihood and samples. It "
    "takes up to a minute or two, once."
)
ANEW = "An earlier version measured it, with fewer training images to tell a class by. Measure it anew."
BETTER = {"lower": "lower is better", "higher": "higher is better", "": ""}


def show(run: Run) -> None:
    task = working.known(run, metrics.KIND, metrics.SPEC)
    if task is None:
        st.caption(ABOUT)
        if tasks.of(run, metrics.KIND):
            st.caption(ANEW)
    if working.done(task, "Measure", partial(metrics.begin, run, owner.current())) and task:
        _table(task.result())


def _table(found: dict[str, Any]) -> None:
    of = f"On {found['images']:,} test images; {found['observation']}"
    st.caption(plain(f"{of}. In brackets: 95 % intervals over images. What a number means is told under the mouse."))
    for note in found["notes"]:
        st.warning(plain(note))
    table("<tr><th></th><th>value</th><th>unit</th><th></th></tr>", _rows(found))
    for reason, labels in _by_reason(found["missing"]).items():
        st.caption(plain(f"Not available: {', '.join(labels)}. {reason}"))


def table(head: str, rows: Iterable[str]) -> None:
    st.html(f'{STYLE}<div style="overflow-x:auto"><table class="loupe-measures">{head}{"".join(rows)}</table></div>')


def _rows(found: dict[str, Any]) -> Iterator[str]:
    for each in found["metrics"]:
        meaning = " ".join(filter(None, (each["meaning"], f"From {each['of']}." if "of" in each else "")))
        better = BETTER[each["better"]]
        yield (
            f'<tr><td title="{escape(meaning)}">{escape(each["label"])}</td><td>{value(each)}</td>'
            f"<td>{escape(each['unit'])}</td><td><small>{better}</small></td></tr>"
        )


def value(metric: dict[str, Any]) -> str:
    interval = metric.get("interval")
    told = f" <small>({interval[0]:.4g} to {interval[1]:.4g})</small>" if interval else ""
    return f"{escape(words.number(metric['value']))}{told}"


def _by_reason(missing: list[dict[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in missing:
        found.setdefault(each["reason"], []).append(each["label"])
    return found
