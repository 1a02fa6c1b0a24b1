"""Two models beside each other: what each reaches, how sure the difference is, and what may be claimed of it.

    found = comparison.compare(a, b)
    found.rows         metric by metric: both values, the difference b - a with its interval
    found.difference   what differs between the two configs
    found.sentences()  what may be said, and what not

Two *runs* are compared over the test images. A sentence about what was changed needs at least three seeds of each
config: then the configs are compared, over seeds and images. Intervals are corrected for how many of them there are.
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
    rows: tuple[Row, ...]
    confidence: float  # of each interval, so that all of them together hold with 95 %
    images: int
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
    def credited(self) -> tuple[Row, ...]:
        """What differs between the configs, beyond their seeds and the images."""
        return tuple(row for row in self.rows if row.differs) if self.scope == CONFIGS and self.ranked else ()

    @property
    def main(self) -> Row | None:
        """The first that can be compared, the models' own loss before all others."""
        return next((row for row in self.rows if row.difference), None)

    @property
    def headline(self) -> str:
        """What may be claimed, in one line."""
        main = self.main
        if self.problem or main is None:
            return "These two cannot be compared."
        if not self.ranked:
            return "Which of these two is better cannot be said fairly."
        if not main.better:
            return f"{self.names[1]} and {self.names[0]} cannot be told apart."
        better, other = self.names if main.better == "a" else self.names[::-1]
        if self.credited:
            return f"{better} is better than {other}, beyond chance."
        return f"{better} is better than {other} here, which may be the luck of one training."

    def sentences(self) -> tuple[str, ...]:
        return tuple(_sentences(self))

    def to_json(self) -> dict[str, Json]:
        return {
            "a": self.a.id,
            "b": self.b.id,
            "scope": self.scope,
            "images": self.images,
            "confidence": self.confidence,
            "seeds": [[run.config().seed for run in arm.done] for arm in self.arms],
            "problem": self.problem,
            "ranked": self.ranked,
            "rows": [_row(row) for row in self.rows],
            "credited": [row.metric.key for row in self.credited],
            "sentences": list(self.sentences()),
            "difference": self.difference.to_json(),
        }


def compare(
    a: Run, b: Run, *, comparisons: int = 1, scope: str | None = None, lines: Sequence[Summary] | None = None
) -> Comparison:
    """`comparisons`: how many such tables are looked at together. `scope`: RUNS compares the runs even where there are
    seeds enough. `lines`: the list of runs, where it is known already. Both runs must be done."""
    both = (arms.of(a, lines), arms.of(b, lines))
    if scope is None:
        others = arms.key(a.config()) != arms.key(b.config())
        scope = CONFIGS if others and all(arm.suffices for arm in both) else RUNS
    return _compare((a, b), both, scope, comparisons)


def compare_arms(a: Arm, b: Arm, scope: str = CONFIGS) -> Comparison:
    """The same for seeds that were chosen by whoever asks; with RUNS, for the first of each."""
    return _compare((a.done[0], b.done[0]), (a, b), scope, 1)


def _compare(runs: tuple[Run, Run], both: tuple[Arm, Arm], scope: str, comparisons: int) -> Comparison:
    a, b = runs
    configs = (a.config(), b.config())
    compared = (both[0].done, both[1].done) if scope == CONFIGS else ((a,), (b,))
    values = tuple([scores.of(run) for run in each] for each in compared)
    problem = _problem(a, b, [len(found["reconstruction"]) for each in values for found in each])
    rows, confidence = _rows(configs, values, problem, comparisons)
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
        problem,
        (configs[0].split == "test", configs[1].split == "test"),
    )


def name(run: Run) -> str:
    return str(run.card()["name"]) or run.id


def _problem(a: Run, b: Run, counts: Sequence[int]) -> str:
    first, second = a.config(), b.config()
    if first.dataset != second.dataset:
        return f"They were tested on different images: {first.dataset} and {second.dataset}."
    prints = {print_ for run in (a, b) if (print_ := run.resolved().get("data_fingerprint"))}
    if first.image != second.image or len(prints) > 1 or len(set(counts)) > 1:
        return (
            f"The images of {first.dataset} have changed between the two trainings, so their losses cannot be compared."
        )
    return ""


def _rows(
    configs: tuple[Config, Config], values: tuple[list[scores.Arrays], ...], problem: str, comparisons: int
) -> tuple[tuple[Row, ...], float]:
    """All rows, and the confidence of each of their intervals."""
    keys = [key for key in scores.METRICS if any(key in found for each in values for found in each)]
    reasons = {key: _reason(key, configs, values, problem) for key in keys}
    good = [key for key in keys if not reasons[key]]
    confidence = intervals.level(len(good) * comparisons)
    found = dict(zip(good, _intervals(good, values, confidence)))
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


def _intervals(keys: list[str], values: tuple[list[scores.Arrays], ...], confidence: float) -> list[Interval]:
    if not keys:
        return []
    a, b = (np.stack([[found[key] for key in keys] for found in each]) for each in values)  # (seeds, metrics, images)
    if len(a) == len(b) == 1:
        return intervals.over_images((b - a)[0].T, confidence)
    return [intervals.over_seeds_and_images(a[:, place], b[:, place], confidence) for place in range(len(keys))]


def _spread(key: str, each: list[scores.Arrays]) -> Spread | None:
    known = [float(found[key].mean()) for found in each if key in found]
    return arms.spread(known) if len(known) == len(each) and np.isfinite(known).all() else None


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
        yield f"These two runs differ: {_told(found, main)} {over}."
    else:
        yield f"These two runs cannot be told apart: {_told(found, main)} {over}."
    if not found.difference.groups:
        yield "Their settings are the same, so whatever differs between them is chance: the seed."
        return
    what = "the layers are" if found.difference.kinds else "the settings are"
    counts = " and ".join(str(len(arm.done)) for arm in found.arms)
    yield (
        f"With {counts} finished {'seed' if counts == '1 and 1' else 'seeds'}, {what} not credited: another seed "
        f"could turn it around. That takes at least {arms.LEAST} of each."
    )


def _of_configs(found: Comparison, main: Row) -> Iterator[str]:
    counts = " and ".join(str(len(arm.done)) for arm in found.arms)
    over = f"over {counts} seeds and {found.images:,} test images"
    if not main.differs:
        yield f"In this, the two cannot be told apart: {_told(found, main)} {over}. Nothing is credited for it."
    else:
        yield f"{_told(found, main)[:1].upper()}{_told(found, main)[1:]} {over}: more than seeds and images explain."
        if found.ranked:
            yield _credit(found.difference)
    others = [row for row in found.rows if row.differs and row is not main]
    if others:
        begin = "Other numbers differ" if main.differs else "By other numbers they do differ"
        yield f"{begin}, beyond chance: {difference.listed([_within(row.metric.label) for row in others])}."


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
    one, other, unit = f"the {_within(row.metric.label)} of {found.names[1]}", found.names[0], row.metric.unit
    if not row.differs:
        return f"{one} less that of {other} is {value:+.3g} {unit} ({low:+.3g} to {high:+.3g}, {found.sure} sure)"
    near, far = sorted((abs(low), abs(high)))
    word = "lower" if value < 0 else "higher"
    return f"{one} is {abs(value):.3g} {unit} {word} than that of {other} ({near:.3g} to {far:.3g}, {found.sure} sure)"


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
