"""The one error that people are shown: what happened, what was expected, how to fix it."""

from __future__ import annotations


class LoupeError(Exception):
    """Something a person can put right. Anything else is a bug and goes to the log."""

    def __init__(self, happened: str, expected: str = "", fix: str = "") -> None:
        super().__init__(happened, expected, fix)
        self.happened = happened
        self.expected = expected
        self.fix = fix

    def __str__(self) -> str:
        return " ".join(_sentence(part) for part in (self.happened, self.expected, self.fix) if part)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else text + "."
