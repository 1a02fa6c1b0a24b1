"""Markdown with its pictures inside, as data addresses: one file that any renderer shows."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import singledispatch

from vae_core.share.report.parts import Figure, Grid, Heading, Question, Report, Text

SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$])")
INK = "#333333"  # a picture on its own has no text around it to take the colour of


def write(report: Report) -> bytes:
    blocks = "\n\n".join(_block(block) for block in report.blocks)
    return f"# {plain(report.title)}\n\n{blocks}\n".encode()


def plain(text: str) -> str:
    """Text with its marks made harmless, so that no name becomes a table or a link."""
    return SPECIAL.sub(r"\\\1", text).replace("\n", " ")


@singledispatch
def _block(block: object) -> str:
    raise TypeError(block)


@_block.register
def _(block: Heading) -> str:
    return f"{'#' * block.level} {plain(block.text)}"


@_block.register
def _(block: Text) -> str:
    return f"*{plain(block.text)}*" if block.generated else plain(block.text)


@_block.register
def _(block: Question) -> str:
    return f"> **{plain(block.text)}**\n>\n> "


@_block.register
def _(block: Grid) -> str:
    lines = [block.header, tuple("---" for _ in block.header), *block.rows]
    table = "\n".join(f"| {' | '.join(cell if cell == '---' else plain(cell) for cell in line)} |" for line in lines)
    return f"{table}\n\n{plain(block.caption)}" if block.caption else table


@_block.register
def _(block: Figure) -> str:
    kind, data = ("svg+xml", block.svg.replace("currentColor", INK).encode()) if block.svg else ("png", block.png)
    return f"![{plain(block.caption)}](data:image/{kind};base64,{b64encode(data).decode()})"
