"""A page that stands alone: one HTML file with all that it needs, to open anywhere without a server or a network."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from html import escape
from pathlib import Path
from string import Template

FRAME = Path(__file__).with_name("alone.html")


def page(title: str, body: str, parts: Mapping[str, bytes]) -> str:
    """`body` is HTML. Of `parts`, `<name>-program` is started in the element of that name with `<name>-data`, and a
    `letter-<name>` is sent to all of them once they stand."""
    data = "".join(f'<script type="text/plain" id="{name}">{_packed(part)}</script>\n' for name, part in parts.items())
    return Template(FRAME.read_text("utf-8")).substitute(title=escape(title), body=body, data=data)


def filled(template: Path, **words: str) -> str:
    """A piece of HTML with its gaps filled."""
    return Template(template.read_text("utf-8")).substitute(words)


def _packed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data, 9)).decode()
