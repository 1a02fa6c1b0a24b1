"""Each page looks as it was kept: with the models that come along, wide and on a phone, light and dark.

Coarse on purpose, so that another Chromium and other letters pass. `python -m bench.looks --keep` keeps what is seen
now; `tests/looks.json` then shows in its difference what has become smaller, wordier or darker.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
from browser import Server, idle, serving
from support import settings_in

from bench.looks import KEPT
from bench.rows import Row
from bench.seen import ACROSS, PAGES, SCHEMES, SIZES, seen, visit
from vae_core.settings import PROJECT

SHARE, WORDS = 0.03, 8  # less picture, more words than were kept
PLACE = 24  # pixels that a part may lie elsewhere
FIELD, FIELDS = 48, 4  # levels of 255 by which one field may differ, and all of them in the mean
SECONDS = 30  # after which a page is what it is
ALL: dict[str, Row] = json.loads(KEPT.read_text("utf-8"))


@pytest.fixture(scope="module")
def along(tmp_path_factory: Any) -> Iterator[Server]:
    """The app with nothing but the models that come along."""
    settings = settings_in(tmp_path_factory.mktemp("along"), shipped=PROJECT / "checkpoints" / ".shipped")
    with serving(settings) as server:
        yield server


@pytest.mark.parametrize(("size", "name"), [*product(SIZES, PAGES)])
def test_a_page_looks_as_it_was_kept(tab: Callable[..., Any], along: Server, size: str, name: str) -> None:
    page, kept = tab(), ALL[f"{name}, {size}"]
    visit(page, along.address, name, size)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        found = differences(page, kept, scheme)
        assert not found, "\n".join([f"{name}, {size}, {scheme}:", *found])


def differences(page: Any, kept: Row, scheme: str) -> list[str]:
    """None as soon as the page stands as it was kept; else those that are left when it should long have done so."""
    end = time.monotonic() + SECONDS
    while (found := [*_differences(seen(idle(page)), kept, scheme)]) and time.monotonic() < end:
        page.wait_for_timeout(100)
    return found


def _differences(now: Row, kept: Row, scheme: str) -> Iterator[str]:
    yield from now["beyond"]
    if now["picture"] < kept["picture"] - SHARE:
        yield f"{now['picture']:.0%} of the first screen is picture, and was {kept['picture']:.0%}"
    if now["words"] > kept["words"] + WORDS:
        yield f"{now['words']} words stand on the first screen, and there were {kept['words']}"
    yield from _moved(now["places"], kept["places"])
    yield from _lighter(now["fields"], kept[scheme])


def _moved(now: dict[str, str], kept: dict[str, str]) -> Iterator[str]:
    for name, place in kept.items():
        if name not in now:
            yield f"{name} is not there"
        elif any(abs(int(a) - int(b)) > PLACE for a, b in zip(now[name].split(), place.split())):
            yield f"{name} lies at {now[name]} (left, top, width, height), and lay at {place}"


def _lighter(now: list[str], kept: list[str]) -> Iterator[str]:
    pairs = list(zip(bytes.fromhex("".join(now)), bytes.fromhex("".join(kept)), strict=True))
    if (mean := sum(abs(a - b) for a, b in pairs) / len(pairs)) > FIELDS:
        yield f"the light of a field differs by {mean:.1f} in the mean"
    for place, (a, b) in enumerate(pairs):
        if abs(a - b) > FIELD:
            yield f"field {place % ACROSS + 1} across, {place // ACROSS + 1} down has light {a}, and had {b}"
