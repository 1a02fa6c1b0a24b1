"""Two models as two rows of blocks: as high as what each layer hands on, in one column where they correspond."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape

import streamlit as st

from ui.compare.side import Side
from vae_core.design.alignment import KINDS, Step, Unit
from vae_core.design.difference import Difference

NAMES = {
    "same": "in both",
    "changed": "≠ changed",
    "added": "+ only in the second",
    "removed": "− only in the first",
}
SIGNS = {"same": "", "added": "+ ", "removed": "− ", "changed": "≠ "}
LEAST = 6  # percent of the height, of the smallest block
STYLE = """<style>
.loupe-paths { display: grid; overflow-x: auto; gap: 0 3px;
  grid: repeat(2, auto clamp(60px, 16vh, 170px) auto) / auto-flow minmax(3.6rem, 1fr); }
.loupe-paths > b { position: sticky; left: 0; justify-self: start; padding: 0.4rem 0; font-size: 0.875rem; }
.loupe-paths i, .loupe-legend i { display: inline-block; width: 0.7em; height: 0.7em; border-radius: 50%; }
.loupe-paths i, .loupe-legend i { margin-right: 0.4em; }
.loupe-paths > div { align-self: end; border-radius: 4px 4px 0 0; }
.loupe-paths code { font-size: 0.7rem; overflow-wrap: anywhere; line-height: 1.1; padding: 0.2rem 0; }
.loupe-paths code { background: none; color: inherit; }
.loupe-paths .same, .loupe-legend .same { background: rgba(128,128,128,0.35); }
.loupe-paths .changed, .loupe-legend .changed { background: rgba(255,158,2,0.5); }
.loupe-paths .added, .loupe-legend .added { background: #379d93; }
.loupe-paths .removed, .loupe-legend .removed { background: #cc466d; }
.loupe-legend { font-size: 0.8rem; opacity: 0.85; display: flex; flex-wrap: wrap; gap: 0 1.2rem; margin-top: 0.4rem; }
</style>"""


def show(found: Difference, first: Side, other: Side) -> None:
    steps = [*found.encoder, *found.decoder]
    units = [unit for step in steps for unit in (step.a, step.b) if unit]
    top = math.log(1 + max(_size(unit) for unit in units))
    rows = [
        f'<b style="grid-area:{3 * number + 1} / 1 / auto / span {len(steps)}"><i style="background:{side.colour}"></i>'
        f"{escape(side.name)}</b>{''.join(_row(steps, number, top))}"
        for number, side in enumerate((first, other))
    ]
    st.html(f'{STYLE}<div class="loupe-paths">{"".join(rows)}</div>{_legend(steps)}')


def _row(steps: Sequence[Step], model: int, top: float) -> Iterator[str]:
    for column, step in enumerate(steps, 1):
        unit = (step.a, step.b)[model]
        if unit is None:
            continue
        height = max(LEAST, 100 * math.log(1 + _size(unit)) / top)
        told = escape(_told(step, unit))
        block, name = (f"grid-area:{3 * model + row} / {column}" for row in (2, 3))
        yield f'<div class="{step.change}" style="{block};height:{height:.0f}%" title="{told}"></div>'
        yield f'<code style="{name}" title="{told}">{SIGNS[step.change]}{escape(unit.text)}</code>'


def _size(unit: Unit) -> int:
    return math.prod(unit.after)


def _told(step: Step, unit: Unit) -> str:
    kinds = "; ".join(KINDS[kind] for kind in step.kinds)
    told = [f"Differs in {kinds}." if kinds else "", *unit.words, f"{unit.parameters:,} parameters."]
    return " ".join(filter(None, told))


def _legend(steps: Sequence[Step]) -> str:
    seen = {step.change for step in steps}
    kinds = "".join(f'<span><i class="{kind}"></i>{name}</span>' for kind, name in NAMES.items() if kind in seen)
    return f'<div class="loupe-legend">{kinds}<span>Higher: hands on more numbers</span></div>'
