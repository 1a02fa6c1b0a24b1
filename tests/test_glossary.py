"""The words of the trade: each explained once, in short sentences, and a click away on every page."""

from __future__ import annotations

from typing import Any

import pytest
from browser import Server, holds, press

from vae_core.design.declared import SETTINGS
from vae_core.glossary import TERMS, WORDS


def test_every_word_has_one_explanation_of_at_most_two_sentences() -> None:
    assert len(WORDS) == sum(map(len, TERMS.values())), "a word stands twice"
    assert all(told.endswith(".") and told.count(". ") < 2 for told in WORDS.values())


@pytest.mark.parametrize(("setting", "word"), [("kind", "VAE"), ("batch", "Batch"), ("beta", "Beta"), ("seed", "Seed")])
def test_a_question_mark_says_what_the_glossary_says(setting: str, word: str) -> None:
    assert SETTINGS[setting].help.startswith(WORDS[word])


def test_every_page_opens_it(tab: Any, server: Server) -> None:
    page = tab(f"{server.address}/data")
    press(page, "What the words mean")
    told = page.get_by_role("dialog")
    holds(page, lambda: all(word in told.inner_text() for word in WORDS))
