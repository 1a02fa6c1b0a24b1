"""What pages make of names and numbers: text that is no markup, and numbers that are short."""

from __future__ import annotations

import pytest
from support import HOSTILE

from ui import errors, owner, pixels, words


@pytest.mark.parametrize("name", HOSTILE)
def test_names_cannot_become_markup(monkeypatch, name):
    assert "<" not in errors.plain(name).replace("\\<", "")
    shown: list[str] = []
    monkeypatch.setattr(pixels.st, "html", shown.append)
    pixels.title(name, "#000000")
    pixels.facts({name: name})
    assert len(shown) == 2 and "<script" not in "".join(shown)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.123456, "0.1235"), (24.04321, "24.04"), (1234.5, "1,234"), (0, "0"), (99_908, "99,908")],
)
def test_numbers_in_words(value, text):
    assert words.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (999, "999"), (99_908, "100k"), (1_068_820, "1.1M"), (3 * 10**9, "3.0G")]
)
def test_short_numbers(value, text):
    assert words.short(value) == text


@pytest.mark.parametrize("typed", ["  Ana \n B ", *HOSTILE])
def test_an_owner_is_one_short_line(typed):
    name = owner.clean(typed)
    assert len(name) <= owner.LONGEST and name == owner.clean(name)
    assert not set(name) & set('<>"/\\;\n')
