"""What a report is made of, before it becomes HTML, Markdown or PDF."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Heading:
    text: str
    level: int = 2


@dataclass(frozen=True)
class Text:
    """`generated`: the program wrote it from numbers; else it is a person's or explains."""

    text: str
    generated: bool = False


def told(text: str) -> Text:
    """A sentence that the program wrote from numbers."""
    return Text(text, generated=True)


@dataclass(frozen=True)
class Question:
    """For classes: left for a person to answer, with room for it."""

    text: str


@dataclass(frozen=True)
class Grid:
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""


@dataclass(frozen=True)
class Figure:
    """A drawing as SVG, or a picture as PNG; `caption` says what it shows, and is not repeated where it is `titled`."""

    caption: str
    svg: str = ""
    png: bytes = b""
    titled: bool = False


Block = Heading | Text | Question | Grid | Figure


@dataclass(frozen=True)
class Report:
    title: str
    blocks: tuple[Block, ...]
