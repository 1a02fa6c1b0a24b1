"""PDF on A4 with the fonts that every reader has."""

from __future__ import annotations

import io
import re
from functools import singledispatch
from typing import TYPE_CHECKING

from vae_core import extras
from vae_core.share.report.parts import Figure, Grid, Heading, Question, Report, Text

if TYPE_CHECKING:
    from fpdf import FPDF

FONT, SIZE, SMALL = "helvetica", 10, 8
SIZES = {1: 18, 2: 14, 3: 11}
INK, QUIET, LINE = (30, 32, 38), (105, 112, 124), (200, 203, 208)
HEX = "#1e2026"
WIDTH, LINE_HEIGHT = 180, 5  # millimetres between the margins
PER_PIXEL = 0.24  # millimetres
ROOM = 28  # millimetres for an answer
LEAST = 56  # millimetres that must be free below a heading
COLUMN = 12  # the least width of a column, in millimetres


def write(report: Report) -> bytes:
    extras.need("pdf")
    from fpdf import FPDF

    page = FPDF(format="A4")
    page.set_margin(15)
    page.set_title(_latin(report.title))
    page.set_auto_page_break(True, 15)
    page.add_page()
    page.set_text_color(*INK)
    _write(page, report.title, SIZES[1], "B")
    for block in report.blocks:
        _block(block, page)
    return bytes(page.output())


def _latin(text: str) -> str:
    """These fonts have no other letters; what is missing is shown as a question mark."""
    return text.encode("latin-1", "replace").decode("latin-1")


def _write(page: FPDF, text: str, size: float = SIZE, style: str = "", colour: tuple[int, int, int] = INK) -> None:
    page.set_font(FONT, style, size)
    page.set_text_color(*colour)
    page.multi_cell(WIDTH, size * 0.5, _latin(text), align="L", new_x="LMARGIN", new_y="NEXT")
    page.ln(1.5)


@singledispatch
def _block(block: object, page: FPDF) -> None:
    raise TypeError(block)


@_block.register(Heading)
def _(block: Heading, page: FPDF) -> None:
    if page.y > page.h - 15 - LEAST:
        page.add_page()
    page.ln(4 if block.level == 2 else 1)
    _write(page, block.text, SIZES[block.level], "B")


@_block.register(Text)
def _(block: Text, page: FPDF) -> None:
    _write(page, block.text, style="I" if block.generated else "")


@_block.register(Question)
def _(block: Question, page: FPDF) -> None:
    if page.y > page.h - 15 - ROOM - 12:
        page.add_page()
    _write(page, block.text, style="B")
    page.set_draw_color(*LINE)
    page.rect(page.l_margin, page.y, WIDTH, ROOM)
    page.ln(ROOM + 3)


@_block.register(Grid)
def _(block: Grid, page: FPDF) -> None:
    page.set_font(FONT, "", SMALL)
    page.set_text_color(*INK)
    page.set_draw_color(*LINE)
    widths = _widths(block, page)
    with page.table(
        col_widths=widths,
        width=sum(widths),
        align="LEFT",
        text_align="LEFT",
        line_height=SMALL * 0.5,
        borders_layout="HORIZONTAL_LINES",
        padding=0.6,
    ) as table:
        for line in (block.header, *block.rows):
            table.row([_latin(cell) for cell in line])
    page.ln(1)
    if block.caption:
        _write(page, block.caption, SMALL, colour=QUIET)


def _widths(block: Grid, page: FPDF) -> list[float]:
    """As the longest cell wants, all of them shrunk where together they are too wide."""
    lines = (block.header, *block.rows)
    wanted = [
        max(COLUMN, *(page.get_string_width(_latin(line[place])) * 1.08 + 3 for line in lines))
        for place in range(len(block.header))
    ]
    over = sum(wanted) - WIDTH
    if over <= 0:
        return wanted
    wide = [max(0.0, each - WIDTH / len(wanted)) for each in wanted]  # the wide ones give what the others need
    return [each - over * part / sum(wide) for each, part in zip(wanted, wide)]


@_block.register(Figure)
def _(block: Figure, page: FPDF) -> None:
    data = block.svg.replace("currentColor", HEX).encode() if block.svg else block.png
    wide, high = _size(block)
    if page.y + high > page.h - 25:
        page.add_page()
    page.image(io.BytesIO(data), x=page.l_margin, w=wide, h=high)
    page.ln(1)
    if not block.titled:
        _write(page, block.caption, SMALL, colour=QUIET)


def _size(block: Figure) -> tuple[float, float]:
    """In millimetres: as large as on a screen, and no wider than the page."""
    if block.svg:
        found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', block.svg)
        assert found
        pixels = float(found[1]), float(found[2])
    else:
        from PIL import Image

        pixels = Image.open(io.BytesIO(block.png)).size
    scale = min(PER_PIXEL, WIDTH / pixels[0])
    return pixels[0] * scale, pixels[1] * scale
