"""What the models of a search draw, one below the other along a setting that was varied."""

from __future__ import annotations

from html import escape

import streamlit as st

from ui import cached, pixels
from ui import words as common
from ui.tune import labels
from vae_core.look.rows import spread
from vae_core.runs.store import Run
from vae_core.search.trials import Trial
from vae_core.search.wanted import Search

MOST = 16  # trials with a line of their own, evenly along the setting
GRID = (
    "display:grid;grid-template-columns:max-content minmax(0,max-content) max-content;gap:0.2rem 0.8rem;"
    "align-items:center"
)
HIGH = "clamp(1.75rem, 50vh / {lines} - 0.2rem, 4.5rem)"  # of a line
CUT = "height:var(--high);overflow:hidden;border-radius:4px"  # a sheet's upper or lower half
SHEET = "display:block;height:calc(2 * var(--high));image-rendering:pixelated"
NUMBER = "font-variant-numeric:tabular-nums;white-space:nowrap"
HELP = (
    "At the top are images that no trial has trained on; below, what the model of each trial makes of them. The best "
    "trial bears a star."
)


def show(search: Search, trials: list[Trial], best: Trial | None) -> None:
    """Nothing before the first trial has pictures."""
    if not any(map(_sheet, trials)):
        return
    along = _along(search)
    ended = sorted(
        (trial for trial in trials if trial.ended and along in trial.settings), key=lambda trial: _order(trial, along)
    )
    some = [ended[place] for place in spread(len(ended), MOST)]  # no more are read, as this is drawn every second
    kept = [(trial, sheet) for trial in some if (sheet := _sheet(trial))]
    if not kept:
        return
    lines = [_line("As they are", kept[0][1], "", upper=True)]
    lines += [_line(_value(trial, along), sheet, _worth(trial, best)) for trial, sheet in kept]
    high = HIGH.format(lines=len(lines))
    st.html(f'<div style="{GRID};--high:{high}">{"".join(lines)}</div>')


def _sheet(trial: Trial) -> bytes | None:
    """Of its first training: images above, below each what the model makes of it."""
    return Run(trial.runs[0], cached.settings()).thumbs() if trial.runs else None


def _along(search: Search) -> str:
    names = [each.name for each in search.space]
    if len(names) == 1:
        st.caption(f"What they draw, by {labels.setting(names[0]).lower()}", help=HELP)
        return names[0]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("What they draw, by", help=HELP, width="content")
        return str(
            st.selectbox(
                "By", names, key="tune_along", format_func=labels.setting, label_visibility="collapsed", width=180
            )
        )


def _order(trial: Trial, along: str) -> tuple[float, str]:
    value = trial.settings[along]
    return (0.0, value) if isinstance(value, str) else (value or 0.0, "")


def _value(trial: Trial, along: str) -> str:
    return str(labels.choice(along, trial.settings[along]))


def _worth(trial: Trial, best: Trial | None) -> str:
    if not trial.values:
        return labels.TRIALS[trial.state][0]
    return f"{common.number(trial.values[0])}{' ★' if trial == best else ''}"


def _line(name: str, sheet: bytes, worth: str, upper: bool = False) -> str:
    shift = "" if upper else ";margin-top:calc(-1 * var(--high))"
    alt = "Images that validate" if upper else f"What it makes of them with {name}"
    image = f'<img src="{pixels.uri(sheet)}" alt="{escape(alt)}" style="{SHEET}{shift}">'
    return (
        f'<span style="{NUMBER};text-align:right">{escape(name)}</span><div style="{CUT}">{image}</div>'
        f'<span style="{NUMBER}">{escape(worth)}</span>'
    )
