"""How long a search takes, before it starts: from some trials all over its space."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import fmean

from vae_core.data.dataset import Summary
from vae_core.design.config import Config
from vae_core.design.duration import FED, Parts, Span
from vae_core.errors import LoupeError
from vae_core.runs import calibration
from vae_core.search import space as spaces
from vae_core.search.wanted import Search
from vae_core.settings import Settings

SAMPLES = 16  # trials that are looked at


@dataclass(frozen=True)
class Expected:
    """`trial` spans the trials that are possible, the first one among them, which takes longest."""

    trial: Span
    whole: Span
    measured: bool


def trainings(search: Search) -> int:
    return search.runs_a_trial * trials(search)


def trials(search: Search) -> int:
    """How many trials there are at most; a grid has an end of its own."""
    if search.sampler != "grid":
        return search.trials
    return min(search.trials, len(spaces.grid(search.space)))


def examples(search: Search) -> list[Config]:
    """The first training of some trials from all over the space; where none of them is a model, that is an error."""
    points = spaces.grid(search.space)
    some = [points[round(place * (len(points) - 1) / (SAMPLES - 1))] for place in range(SAMPLES)]
    found, problem = [], LoupeError("Nothing can be trained in these ranges")
    for values in some:
        try:
            config = search.configs(values)[0]
            config.architecture()
            found.append(config)
        except LoupeError as error:
            problem = error
    if not found:
        raise problem
    return found


def expected(settings: Settings, search: Search, data: Summary, workers: int = 1) -> Expected:
    """If every trial trains to its end; ending weak ones early makes it shorter."""
    found = [_parts(settings, config, data, is_trial=True) for config in examples(search)]
    graphs = {config.changed(FED) for config in examples(search)}
    times = [_trial(parts, search.runs_a_trial, shared=len(graphs) == 1) for parts in found]
    mean = Span(fmean(span.least for span in times), fmean(span.most for span in times))
    at_once = max(1, min(settings.train_slots, workers))
    tried = mean * (trials(search) / at_once)
    if search.minutes:
        tried = Span(min(tried.least, 60 * search.minutes), min(tried.most, 60 * search.minutes))
    winner = _parts(settings, search.base, data, is_trial=False)
    end = winner.finish + (winner.build + winner.epoch * winner.epochs) * bool(search.folds)
    whole = winner.start * 2 + winner.build + tried + end  # two processes: one that chooses, one that trains
    first = winner.start + winner.build  # the first trial waits for TensorFlow and a graph
    each = Span(min(span.least for span in times), max(span.most for span in times) + first.most)
    return Expected(each, whole, winner.measured)


def _parts(settings: Settings, config: Config, data: Summary, *, is_trial: bool) -> Parts:
    images = calibration.images(config, data)
    if is_trial:
        images = replace(images, test=0, neighbours=0)
    return calibration.foretold(settings, config, images)


def _trial(parts: Parts, folds: int, *, shared: bool) -> Span:
    """Its folds share one graph; where nothing that varies is part of the graph, all trials do."""
    steps = parts.epoch * parts.epochs * folds
    return steps if shared else parts.build + parts.first_look + steps
