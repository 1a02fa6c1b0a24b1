"""What the kinds of layers share when they read a token, and when they put a number into words."""

from __future__ import annotations

from vae_core.errors import LoupeError, Repair

NUMBER = "([0-9]+)"
SIZES = f"{NUMBER}(?:x{NUMBER})?"  # rows, and columns where they differ
MAX_FILTERS = 65_536
MAX_STRIDE = 16  # of a convolution, a pool or an up-sampling
TOKEN = "token"  # what a repair sets that knows one token alone; the notation makes lines of it


def number(token: str, digits: str, what: str, most: int, least: int = 1) -> int:
    """A bounded whole number. Long strings of digits are refused unread: turning them into a number takes long."""
    value = int(digits) if len(digits.lstrip("0")) <= 9 else most + 1
    if not least <= value <= most:
        expected = f"A number from {least} to {most:,} was expected"
        raise LoupeError(f"{short(token)} has a {what} of {short(digits)}", expected)
    return value


def instead(token: str, *meant: str) -> tuple[Repair, ...]:
    return tuple(Repair(f"Write {text} for {short(token)}", {TOKEN: text}) for text in dict.fromkeys(meant))


def short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."


def shrink(factor: int) -> str:
    return "halve" if factor == 2 else f"shrink to 1/{factor}"


def grow(factor: int) -> str:
    return "double" if factor == 2 else f"grow {factor} times"


def nth(count: int) -> str:
    return {2: "second", 3: "third"}.get(count, f"{count}th")
