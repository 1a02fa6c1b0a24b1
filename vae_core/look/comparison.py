"""Two models beside each other: what each reaches, how sure the difference is, and what may be claimed of it.

    found = comparison.compare(a, b)
    found.rows         metric by metric: both values, the difference b - a with its interval
    found.difference   what differs between the two configs
    found.sentences()  what may be said, and what not

Two *runs* are compared over the test images, and their intervals corrected for how many of them there are. A sentence
about what was changed needs at least three pairs, a training of each config with the same seed: then the configs are
compared, over pairs and images. One number, named before, may be credited to the change, at one of the looks that
`intervals` allows; all the others are hints.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from vae_core.checked import Json
from vae_core.design import difference, naming
from vae_core.design.config import Config
from vae_core.design.difference import Difference
from vae_core.design.naming import Quantity
from vae_core.look import intervals, scores
from vae_core.look.intervals import Interval
from vae_core.runs import arms
from vae_core.runs.arms import Arm, Spread
from vae_core.runs.store import Run, Summary

RUNS, CONFIGS = "runs", "configs"
ASKED = "reconstruction"  # the number that a difference is asked of, where nobody names another
MATTERS = 0.02  # a difference that is smaller than this share of the first model's own does not matter
Pair = tuple[Run, Run]


@dataclass(frozen=True)
class Row:
    """`difference` is second minus first; None where the two numbers cannot be compared, for the `reason`."""

    metric: Quantity
    a: Spread | None
    b: Spread | None
    difference: Interval | None
    reason: str = ""

    @property
    def differs(self) -> bool:
        return self.difference is not None and self.difference.excludes_zero

    @property
    def better(self) -> str:
        """'a' or 'b' where the interval says so and one direction is better; else empty."""
        if self.difference is None or not self.differs or not self.metric.better:
            return ""
        return "b" if (self.difference.value < 0) == (self.metric.better == naming.LOWER) else "a"


@dataclass(frozen=True)
class Comparison:
    a: Run
    b: Run
    names: tuple[str, str]
    arms: tuple[Arm, Arm]
    scope: str  # RUNS or CONFIGS: what the intervals speak of
    difference: Difference
    rows: tuple[Row, ...]  # the number that was asked of first
    confidence: float  # of each interval, so that all of them together hold with 95 %; of configs, of all but the first
    images: int
    pairs: int  # that the intervals speak of
    problem: str = ""  # why nothing can be compared
    on_test: tuple[bool, bool] = (False, False)  # whether the epoch was chosen on the test images

    @property
    def ranked(self) -> bool:
        """A model that was selected on the test images is not ranked against one that was not."""
        return not self.problem and self.on_test[0] == self.on_test[1]

    @property
    def sure(self) -> str:
        return f"{100 * self.confidence:.3g} %"

    @property
    def credited(self) -> bool:
        """Whether what was changed makes a difference, beyond seeds and images."""
        return self.scope == CONFIGS and self.ranked and self.main is not None and self.main.differs

    @property
    def main(self) -> Row | None:
        """The first that can be compared, what was asked of before all others."""
        return next((row for row in self.rows if row.difference), None)

    @property
    def little(self) -> bool:
        """Whether it is sure that what was changed makes no difference that matters."""
        main = self.main
        if self.scope != CONFIGS or not self.ranked or main is None or not main.difference:
            return False
        return main.difference.within(self.matters)

    @property
    def matters(self) -> float:
        """How large a difference begins to matter, in what was asked of."""
        return MATTERS * abs(self.main.a.mean) if self.main and self.main.a else 0.0

    @property
    def headline(self) -> str:
        """What may be claimed, in one line."""
        main = self.main
        if self.problem or main is None:
            return "These two cannot be compared."
        if not self.ranked:
            return "Which of these two is better cannot be said fairly."
        if not main.better:
            return f"{self.names[1]} and {self.names[0]} {_LITTLE if self.little else 'cannot be told apart'}."
        better, other = self.names if main.better == "a" else self.names[::-1]
        if self.credited:
            return f"{better} is better than {other}, beyond chance{', but by little' if self.little else _by(main)}."
        return f"{better} is better than {other} here{_by(main)}. But each was trained once: that may be luck."

    @property
    def rests_on(self) -> str:
        """What the intervals of the table mean."""
        if self.scope == RUNS:
            return f"Intervals over test images, {self.sure} sure each, so that all of them hold together with 95 %."
        return (
            f"Intervals over {self.pairs} pairs of trainings and the test images. That of the first number holds with "
            f"95 % however often one looks; the others were not asked of, and are {self.sure} sure each, so that they "
            "hold together with 95 %."
        )

    def sentences(self) -> tuple[str, ...]:
        return tuple(_sentences(self))

    def to_json(self) -> dict[str, Json]:
        return {
            "a": self.a.id,
            "b": self.b.id,
            "scope": self.scope,
            "images": self.images,
            "confidence": self.confidence,
            "pairs": self.pairs,
            "seeds": [[run.config().seed for run in arm.done] for arm in self.arms],
            "problem": self.problem,
            "ranked": self.ranked,
            "rows": [_row(row) for row in self.rows],
            "asked": self.rows[0].metric.key if self.rows else ASKED,
            "credited": self.credited,
            "little": self.little,
            "sentences": list(self.sentences()),
            "difference": self.difference.to_json(),
        }


def compare(
    a: Run,
    b: Run,
    *,
    by: str = ASKED,
    comparisons: int = 1,
    only_runs: bool = False,
    lines: Sequence[Summary] | None = None,
) -> Comparison:
    """`by`: the number that is asked of. `comparisons`: how many such tables are looked at together. `only_runs`:
    compare the runs even where there are pairs enough. `lines`: the list of runs, where it is known already. Both
    runs must be done."""
    both = (arms.of(a, lines), arms.of(b, lines))
    alike = arms.key(a.config()) == arms.key(b.config())
    pairs = [] if only_runs or alike else arms.pairs(*both)
    return _compare((a, b), both, pairs[: intervals.looked(len(pairs))], by, comparisons)


def compare_pairs(pairs: Sequence[Pair], by: str = ASKED) -> Comparison:
    """The same for pairs that were chosen by whoever asks."""
    first, second = (Arm(tuple(each), ()) for each in zip(*pairs))
    return _compare(pairs[0], (first, second), pairs, by, 1)


def _compare(runs: Pair, both: tuple[Arm, Arm], pairs: Sequence[Pair], by: str, comparisons: int) -> Comparison:
    a, b = runs
    configs = (a.config(), b.config())
    scope = CONFIGS if pairs else RUNS
    classes = _shared(configs)
    values = tuple([scores.of(run, classes) for run in each] for each in zip(*(pairs or [runs])))
    problem = _problem(a, b, [len(found["reconstruction"]) for each in values for found in each])
    rows, confidence = _rows(configs, values, problem, scope, by, comparisons)
    return Comparison(
        a,
        b,
        (name(a), name(b)),
        both,
        scope,
        difference.between(*configs),
        rows,
        confidence,
        len(values[0][0]["reconstruction"]),
        len(pairs),
        problem,
        (configs[0].split == "test", configs[1].split == "test"),
    )


def _shared(configs: tuple[Config, Config]) -> tuple[str, ...]:
    """The classes that both were trained on; none are named where that is all of them, or there is none."""
    named = [config.classes for config in configs if config.classes]
    return tuple(name for name in named[0] if all(name in each for each in named)) if named else ()


def name(run: Run) -> str:
    return str(run.card()["name"]) or run.id


def _problem(a: Run, b: Run, counts: Sequence[int]) -> str:
    first, second = a.config(), b.config()
    if first.dataset != second.dataset:
        return f"They were tested on different images: {first.dataset} and {second.dataset}."
    if first.classes and second.classes and not _shared((first, second)):
        return "They were trained on different classes."
    prints = {print_ for run in (a, b) if (print_ := run.resolved().get("data_fingerprint"))}
    if first.image != second.image or len(prints) > 1 or len(set(counts)) > 1:
        return (
            f"The images of {first.dataset} have changed between the two trainings, so their losses cannot be compared."
        )
    return ""


def _rows(
    configs: tuple[Config, Config],
    values: tuple[list[scores.Arrays], ...],
    problem: str,
    scope: str,
    by: str,
    comparisons: int,
) -> tuple[tuple[Row, ...], float]:
    """All rows, what is asked of first, and the confidence of each of their intervals."""
    keys = [key for key in scores.METRICS if any(key in found for each in values for found in each)]
    keys.sort(key=lambda key: key != by)
    reasons = {key: _reason(key, configs, values, problem) for key in keys}
    good = [key for key in keys if not reasons[key]]
    if scope == CONFIGS:
        confidence = intervals.level(max(1, len(good) - 1) * comparisons)
        asked = 1 - (1 - intervals.EACH_LOOK) / comparisons
        found = {key: _over_pairs(key, values, asked if key == good[0] else confidence) for key in good}
    else:
        confidence = intervals.level(len(good) * comparisons)
        found = dict(zip(good, _over_images(good, values, confidence)))
    rows = []
    for key in keys:
        a, b = (_spread(key, each) for each in values)
        rows.append(Row(_named(key, configs), a, b, found.get(key), reasons[key]))
    return tuple(rows), confidence


def _named(key: str, configs: tuple[Config, Config]) -> Quantity:
    """In the unit of the two models' own loss, where that is what it tells."""
    return replace(scores.METRICS[key], unit=scores.METRICS[key].unit_of(configs))


def _reason(key: str, configs: tuple[Config, Config], values: tuple[list[scores.Arrays], ...], problem: str) -> str:
    metric = scores.METRICS[key]
    if problem:
        return problem
    if not scores.comparable(metric, *configs):
        return "The two were trained on different losses, so these numbers are not of one kind."
    for each, config in zip(values, configs):
        if not all(key in found for found in each):
            plain = config.kind == "ae" and key in scores.OF_VAES
            return "A plain autoencoder has none." if plain else "Not measured yet."
        if not all(np.isfinite(found[key]).all() for found in each):
            return "Some of the numbers are not finite."
    return ""


def _over_pairs(key: str, values: tuple[list[scores.Arrays], ...], confidence: float) -> Interval:
    a, b = (np.stack([found[key] for found in each]) for each in values)
    return intervals.over_pairs_and_images(b - a, confidence)


def _over_images(keys: list[str], values: tuple[list[scores.Arrays], ...], confidence: float) -> list[Interval]:
    a, b = (np.stack([each[0][key] for key in keys], axis=1) if keys else np.empty((0, 0)) for each in values)
    return intervals.over_images(b - a, confidence) if keys else []


def _spread(key: str, each: list[scores.Arrays]) -> Spread | None:
    known = [float(found[key].mean()) for found in each if key in found]
    return arms.spread(known) if len(known) == len(each) and np.isfinite(known).all() else None


def _by(row: Row) -> str:
    """How much better, as a share of the larger number; nothing where that says nothing."""
    largest = max((abs(each.mean) for each in (row.a, row.b) if each), default=0.0)
    share = abs(row.difference.value) / largest if row.difference and largest else 0.0
    return f", by {share:.1%}" if share >= 0.0005 else ""  # what is not 0.0%


def _sentences(found: Comparison) -> Iterator[str]:
    if found.problem:
        yield found.problem
        return
    if found.on_test[0] != found.on_test[1]:
        flattered = found.names[found.on_test[1]]
        yield f"The epoch of {flattered} was chosen on the test images, which flatters it: the two are not ranked."
    elif found.on_test[0]:
        yield "The epochs of both were chosen on the test images, so all these numbers flatter them."
    if found.main is None:
        yield "None of their numbers can be compared."
        return
    yield from _of_configs(found, found.main) if found.scope == CONFIGS else _of_runs(found, found.main)


def _of_runs(found: Comparison, main: Row) -> Iterator[str]:
    over = f"on {found.images:,} test images"
    if main.differs:
        yield f"These two trainings differ: {_told(found, main)} {over}. Less is better."
    else:
        yield f"These two trainings cannot be told apart: {_told(found, main)} {over}."
    if not found.difference.groups:
        yield "Their settings are the same, so whatever differs between them is chance: the seed."
        return
    what = "layers help" if found.difference.kinds else "settings help"
    counts = [len(arm.done) for arm in found.arms]
    once = "each was trained once" if counts == [1, 1] else f"they were trained {counts[0]} and {counts[1]} times"
    yield (
        f"That speaks of these two trainings alone: {once}, and one more training could turn it around. "
        f"Whether the {what} takes at least {arms.LEAST} trainings of each with the same seeds."
    )
    names = found.difference.names
    if len(names) > 1:
        listed = difference.listed([*names])
        yield f"{len(names)} things were changed together, so nobody can say which of them did it: {listed}."


def _of_configs(found: Comparison, main: Row) -> Iterator[str]:
    over = f"over {found.pairs} pairs of trainings and {found.images:,} test images"
    told = f"{_told(found, main)} {over}"
    if main.differs:
        yield f"{told[:1].upper()}{told[1:]}: more than seeds and images explain."
        if found.ranked:
            yield _credit(found.difference)
        if found.little:
            yield f"It is less than {MATTERS:.0%} of what {found.names[0]} has."
    elif found.little:
        yield f"The two {_LITTLE}: {told}. That it makes a difference that matters is excluded."
    else:
        yield f"In this, the two cannot be told apart: {told}. Nothing is credited for it."
    others = [row for row in found.rows if row.differs and row is not main]
    if others:
        listed = difference.listed([_within(row.metric.label) for row in others])
        yield f"Other numbers differ, too, which nobody had asked for before, so they are hints: {listed}."


_LITTLE = f"differ by less than {MATTERS:.0%}"


def _within(label: str) -> str:
    """As it stands within a sentence."""
    told = label.replace(", sampled code", " at sampled codes")
    return told if told[:2].isupper() else told[:1].lower() + told[1:]


def _credit(what: Difference) -> str:
    if what.only_layers:
        return "Nothing but layers was added or taken out, so the difference is credited to them."
    labels = [difference.label(group) for group in what.groups]
    if len(labels) == 1:
        return f"Nothing but {labels[0]} differs, so the difference is credited to that."
    rest = "the layers alone" if what.added or what.removed else "any of them alone"
    return f"It is credited to all that differs together ({difference.listed(labels)}), not to {rest}."


def _told(found: Comparison, row: Row) -> str:
    """'the reconstruction of X is 3.2 nats per image lower than that of Y (2.9 to 3.5, 98 % sure)'."""
    assert row.difference
    value, low, high = row.difference.value, row.difference.low, row.difference.high
    sure = found.sure if found.scope == RUNS else f"{intervals.CONFIDENCE:.0%}"
    one, other, unit = f"the {_within(row.metric.label)} of {found.names[1]}", found.names[0], row.metric.unit
    if not row.differs:
        return f"{one} less that of {other} is {value:+.3g} {unit} ({low:+.3g} to {high:+.3g}, {sure} sure)"
    near, far = sorted((abs(low), abs(high)))
    word = "lower" if value < 0 else "higher"
    return f"{one} is {abs(value):.3g} {unit} {word} than that of {other} ({near:.3g} to {far:.3g}, {sure} sure)"


def _row(row: Row) -> dict[str, Json]:
    metric = {"metric": row.metric.key, "label": row.metric.label, "unit": row.metric.unit, "better": row.metric.better}
    values = {side: asdict(value) if value else None for side, value in (("a", row.a), ("b", row.b))}
    return {
        **metric,
        **values,
        "difference": asdict(row.difference) if row.difference else None,
        "differs": row.differs,
        "reason": row.reason,
    }
