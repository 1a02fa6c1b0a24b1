"""One HTML file with everything in it: no script, nothing from elsewhere; dark where the reader's screen is."""

from __future__ import annotations

from base64 import b64encode
from functools import singledispatch
from html import escape

from vae_core.share.report.parts import Figure, Grid, Heading, Question, Report, Text

STYLE = """
:root { color-scheme: light dark; --line: #8A8F9855; --quiet: #6b7280; }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
h1 { line-height: 1.2; } h2 { margin-top: 2.2rem; border-bottom: 1px solid var(--line); } h3 { margin-top: 1.6rem; }
table { border-collapse: collapse; font-size: 0.85rem; } .wide { overflow-x: auto; margin: 1rem 0; }
.words td:last-child { min-width: 14rem; }
th, td { text-align: left; padding: 0.25rem 0.7rem 0.25rem 0; border-bottom: 1px solid var(--line);
         vertical-align: top; }
figure { margin: 1.2rem 0; } figure .wide { margin: 0; } svg[width="640"] { min-width: 30rem; }
figcaption, caption { font-size: 0.85rem; color: var(--quiet); text-align: left; }
caption { caption-side: bottom; padding-top: 0.3rem; }
img { image-rendering: pixelated; max-width: 100%; }
.question { border-left: 4px solid #FF9E02; padding: 0.4rem 0.8rem; min-height: 7rem; }
@media print { body { max-width: none; margin: 0; } h2, h3 { break-after: avoid; } figure { break-inside: avoid; } }
"""
LONG = 40  # letters: such a last column is held open on a narrow screen


def write(report: Report) -> bytes:
    body = "\n".join(_block(block) for block in report.blocks)
    title = escape(report.title)
    document = (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head>\n<body><h1>{title}</h1>\n{body}\n</body></html>\n"
    )
    return document.encode()


@singledispatch
def _block(block: object) -> str:
    raise TypeError(block)


@_block.register
def _(block: Heading) -> str:
    return f"<h{block.level}>{escape(block.text)}</h{block.level}>"


@_block.register
def _(block: Text) -> str:
    text = escape(block.text)
    return f'<p class="generated"><em>{text}</em></p>' if block.generated else f"<p>{text}</p>"


@_block.register
def _(block: Question) -> str:
    return f'<p class="question"><strong>{escape(block.text)}</strong></p>'


@_block.register
def _(block: Grid) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in block.header)
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in block.rows)
    caption = f"<caption>{escape(block.caption)}</caption>" if block.caption else ""
    long = any(len(row[-1]) > LONG for row in block.rows)
    words = ' class="words"' if long else ""
    return f'<div class="wide"><table{words}>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


@_block.register
def _(block: Figure) -> str:
    caption = escape(block.caption)
    data = f"data:image/png;base64,{b64encode(block.png).decode()}"
    picture = block.svg or f'<img alt="{caption}" src="{data}">'
    told = "" if block.titled else f"<figcaption>{caption}</figcaption>"
    return f'<figure><div class="wide">{picture}</div>{told}</figure>'
