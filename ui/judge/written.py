"""The written report: as HTML, Markdown or PDF, of one run or of those that are compared."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from ui.errors import plain
from ui.judge import handed
from vae_core import extras
from vae_core.look import metrics
from vae_core.runs.store import Run
from vae_core.share import report

ABOUT = "Or the report alone, in seconds. Its sentences follow from numbers, and are marked so."
ASK_HELP = (
    "For classes: 'why these layers' and the conclusion stay questions, with room for an answer and the evidence "
    "beside them."
)
FORMS = {
    "html": ("HTML", ":material/language:", "One file for a browser, pictures inside; dark where the screen is."),
    "pdf": ("PDF", ":material/picture_as_pdf:", "To print or to hand in, on A4."),
    "md": ("Markdown", ":material/markdown:", "Text to go on writing in, pictures inside."),
}


def of_one(run: Run) -> None:
    show([run])


def show(runs: Sequence[Run]) -> None:
    handed.show(runs)
    st.markdown(ABOUT)
    ask = st.toggle("Leave the questions open", key="report_ask", persist_state="session", help=ASK_HELP)
    if not all(metrics.finished(run) for run in runs):
        st.caption("Measures that were not taken are missing in it. They are taken under Judge, Measures, on Train.")
    with st.container(horizontal=True, gap="small"):
        for form, (label, icon, text) in FORMS.items():
            told = extras.lacking("pdf") if form == "pdf" else None
            st.download_button(
                label,
                partial(report.write, list(runs), form, ask),
                f"{runs[0].id}-report.{form}",
                report.TYPES[form],
                on_click="ignore",
                icon=icon,
                help=plain(str(told)) if told else f"{text} It takes some seconds to write.",
                key=f"report-{form}",
                disabled=told is not None,
            )
