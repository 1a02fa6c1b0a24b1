"""The one error that people are shown: what happened, what was expected, how to fix it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

LONGEST = 1000  # letters of a part of a sentence
UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True)
class Repair:
    """A change that may put it right: in words, and the settings that it sets, by their names in a config."""

    label: str
    settings: Mapping[str, str]


class LoupeError(Exception):
    """Something a person can put right. Anything else is a bug and goes to the log."""

    def __init__(self, happened: str, expected: str = "", fix: str = "", repairs: Iterable[Repair] = ()) -> None:
        """A name out of a file may be no text, be endless, or hold what a terminal obeys: none of it is handed on."""
        happened, expected, fix = (UNSEEN.sub("\ufffd", _cut(part)) for part in (happened, expected, fix))
        super().__init__(happened, expected, fix)
        self.happened = happened
        self.expected = expected
        self.fix = fix
        self.repairs = tuple(repairs)

    def offer(self, repairs: Iterable[Repair]) -> Self:
        """The same error, with more that may help."""
        self.repairs += tuple(repairs)
        return self

    def __str__(self) -> str:
        return " ".join(_sentence(part) for part in (self.happened, self.expected, self.fix) if part)


def _cut(text: str) -> str:
    """A name of megabytes says no more than its ends do."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} … {text[-LONGEST // 2 :]}"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else text + "."
