"""How long a training takes: foretold from its parts, told as a number or a range, and measured while it goes on."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from support import train
from trainings import PLAIN

from ui import words
from vae_core.design import duration, recipes
from vae_core.design.cost import Calibration
from vae_core.design.duration import USUAL, USUAL_RATES, Clock, Images, Span
from vae_core.settings import Settings

SMALL = replace(recipes.default("digits", (8, 8, 1)), epochs=4)
DIGITS = Images(1150, 287, 360, 1437)


def test_what_is_measured_is_a_number_and_what_is_guessed_a_range_around_it() -> None:
    guess = duration.foretell(SMALL, DIGITS, None, None)
    known = duration.foretell(SMALL, DIGITS, USUAL_RATES, USUAL)
    assert known.measured and not guess.measured
    assert words.span(known.whole).startswith("about ") and " to " in words.span(guess.whole)
    assert guess.whole.least < known.whole.least < known.whole.most < guess.whole.most


def test_a_small_training_is_mostly_its_start_and_its_end() -> None:
    parts = duration.foretell(SMALL, DIGITS, USUAL_RATES, USUAL)
    assert parts.whole.middle > 3 * (parts.epoch * parts.epochs).middle
    deep = replace(SMALL, encoder="conv8 bn conv8 bn conv8 bn conv8 bn flatten dense8", decoder="mirror")
    assert duration.foretell(deep, DIGITS, USUAL_RATES, USUAL).build.least > parts.build.most
    trial = duration.foretell(SMALL, replace(DIGITS, test=0, neighbours=0), USUAL_RATES, USUAL)
    assert trial.finish.most == 0 and trial.look.most < parts.look.most


@pytest.mark.parametrize(
    "span, told",
    [
        (Span(18, 20), "about 19 s"),
        (Span(5, 40), "5 to 40 s"),
        (Span(40, 200), "40 s to 3 min"),
        (Span(0, 300), "up to 5 min"),
        (Span(7200, 4 * 3600), "2 to 4 h"),
        (Span(0.4, 1.9), "0.4 to 1.9 s"),
        (Span(0.1, 0.9), "about 0.3 s"),
        (None, "–"),
    ],
)
def test_times_in_words(span: Span | None, told: str) -> None:
    assert words.span(span) == told


def test_the_first_call_which_makes_the_graph_does_not_count_as_a_step() -> None:
    parts = duration.foretell(SMALL, DIGITS, Calibration(*[0.0] * 7, parameter=1e-9), USUAL)
    clock = Clock(parts)
    before = clock.left(1000, 4)
    clock.steps(1, 7.0)
    assert clock.left(1000, 4).most < before.most
    clock.steps(4, 0.2)  # a hiccup
    assert clock.parts.step == parts.step
    clock.steps(196, 0.2)
    assert clock.left(1000, 0).least == pytest.approx(2.0 + (parts.first_look + parts.finish).least, rel=0.02)
    clock.look(1.7)  # it makes graphs, too: no more than a bound for the next ones
    assert clock.left(0, 10).most < 10 * 1.0 + parts.finish.most
    clock.look(0.3)
    assert clock.left(0, 10).least == pytest.approx(3.0 + parts.finish.least)


def test_what_a_status_says_grows_less_while_nobody_writes_it() -> None:
    status = duration.status(Span(20, 80), now=100.0)
    assert status["eta_range"] == [20, 80] and status["eta_seconds"] == 40
    assert duration.left(status, 110.0) == Span(10, 70)
    assert duration.left(status, 10_000.0).least == 0
    assert duration.left({"eta_seconds": 12.5}, 0.0) == Span(12.5, 12.5)  # of an earlier version
    assert duration.left({"eta_seconds": None}, 0.0) is None


def test_a_training_of_seconds_never_says_that_it_takes_hours(settings: Settings) -> None:
    seen: list[dict] = []
    began = time.monotonic()
    run = train(settings, replace(PLAIN, epochs=40, batch=8, train_size=0), seen.append)
    took = time.monotonic() - began
    said = [row["eta_seconds"] for row in seen if "eta_seconds" in row]
    assert run.state() == "done" and max(said) < 10 * took and said[-1] < max(said)
