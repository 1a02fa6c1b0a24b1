"""Rules about what was set up: the data, how it is divided, what was changed, what may be claimed."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from vae_core.data import checks
from vae_core.design import difference
from vae_core.design.architecture import Architecture
from vae_core.design.config import Config
from vae_core.design.difference import Difference
from vae_core.design.layers import Convolution, Layer, Residual
from vae_core.design.mirror import mirror
from vae_core.errors import LoupeError
from vae_core.look.doctor.case import Case, Facts
from vae_core.look.doctor.finding import HINT, Fault, Finding, Repair
from vae_core.look.evidence import Bars, Pairs, Table
from vae_core.runs.arms import LEAST

LEAKED = 0.005  # share of the test images that stand in the training set as well
SHOWN = 6  # pairs of images
LOST = 1 / 3  # of the mirror's convolutions that a decoder of its own lacks
SORTED_DATA = Fault(
    "sorted-data",
    "It validates on other classes than it trains on",
    "A split in file order is fair only where the file is shuffled. Here the validation loss says how the model "
    "does on images unlike those that it learned from, and the best epoch is chosen by that.",
)
LEAK = Fault(
    "test-in-training",
    "It was trained on test images",
    "A test is to show how the model does on images that it has never seen. Here it has seen them: the test "
    "numbers are better than the model is.",
)
VALIDATED_ON_TEST = Fault(
    "validated-on-test",
    "The test images chose the epoch",
    "The best of many numbers is too good by luck. An epoch, a layer or a learning rate is to be chosen on "
    "validation images, and the test images are looked at once, at the end.",
)
MANY_CHANGES = Fault(
    "many-changes",
    "Several things were changed at once",
    "Where two things change together, nobody can say which of them made the difference. Change one, look, and "
    "then the next.",
)
ONE_SEED = Fault(
    "one-seed",
    "One seed each proves nothing",
    "Two trainings of the very same settings differ by chance: by the weights that they begin with and the order "
    "of the images. Only several of each show whether a difference is larger than that.",
    HINT,
)
LOST_LAYERS = Fault(
    "lost-layers",
    "The decoder has fewer layers than the encoder",
    "A layer that is written down but never connected vanishes without an error. Where an encoder and a decoder "
    "were meant to mirror each other, that is what has happened; where not, all is well.",
    HINT,
)


def sorted_data(case: Case) -> Finding | None:
    facts = case.facts
    if case.config.split != "tail" or facts is None or facts.validation is None or not checks.is_sorted(facts.labels):
        return None
    if facts.labels is None or not _other_classes(facts):
        return None
    names, trained, validated = _shares(facts)
    never = tuple(place for place, share in enumerate(trained) if not share)
    return SORTED_DATA.seen(
        f"The images are sorted by class, and the last fifth in file order validates: {_missing(names, trained)}",
        Bars("Share of each class among the validation images", "share", names, validated, marked=never),
        Repair("Validate on a random fifth.", {"split": "shuffled"}),
    )


def _other_classes(facts: Facts) -> bool:
    """Whether the two parts hold clearly different shares of the classes."""
    _, trained, validated = _shares(facts)
    return float(np.abs(np.subtract(trained, validated)).sum()) / 2 > 0.2  # half the sum: total variation


def _shares(facts: Facts) -> tuple[tuple[str, ...], tuple[float, ...], tuple[float, ...]]:
    assert facts.labels is not None and facts.validation is not None
    count = max(len(facts.classes), int(facts.labels.max()) + 1)
    names = tuple(facts.classes[place] if place < len(facts.classes) else str(place) for place in range(count))
    kinds = [facts.labels[part] for part in (facts.train, facts.validation)]
    trained, validated = (np.bincount(part, minlength=count) / max(1, len(part)) for part in kinds)
    return names, tuple(map(float, trained)), tuple(map(float, validated))


def _missing(names: tuple[str, ...], trained: tuple[float, ...]) -> str:
    never = [name for name, share in zip(names, trained) if not share]
    return f"no image of {difference.listed(never)} trains." if never else "the two parts hold different classes."


def leaked(case: Case) -> Finding | None:
    facts = case.facts
    if facts is None:
        return None
    mine = np.isin(facts.leak.train, facts.train)
    count, looked = int(mine.sum()), max(1, facts.leak.looked)
    if count <= LEAKED * looked or not count:
        return None
    test, train = (tuple(map(int, places[mine][:SHOWN])) for places in (facts.leak.test, facts.leak.train))
    return LEAK.seen(
        f"{count:,} of {looked:,} test images that were looked at are, or nearly are, images that it trained on.",
        Pairs("Test images, and the training images that they are", facts.name or case.config.dataset, test, train),
        Repair("Take these images out of one of the two parts, add the data set anew, and train again."),
    )


def validated_on_test(case: Case) -> Finding | None:
    if case.config.split != "test":
        return None
    counts = (0, 0) if case.facts is None else (len(case.facts.train), case.facts.tested)
    names = ("training", "validation and test")
    return VALIDATED_ON_TEST.seen(
        "The test images validated this training: the best of its epochs was chosen by the very images that it is "
        "tested on.",
        Bars("Images by what they were used for", "images", names, tuple(map(float, counts)), marked=(1,)),
        Repair("Validate on a random fifth of the training images.", {"split": "shuffled"}),
    )


def many_changes(case: Case) -> Finding | None:
    rival = case.rival
    if rival is None:
        return None
    found = difference.between(rival.config, case.config)
    beside = {"epochs"} if rival.is_parent else set()  # a fork that goes on must have more epochs
    groups = [group for group in found.groups if group not in {*beside, "arithmetic"}]
    if len(groups) < 2:
        return None
    rows = _differences(found, groups)
    named = difference.listed([name for name, *_ in rows])
    return MANY_CHANGES.seen(
        f"Compared with {rival.name}, {len(rows)} things are different: {named}.",
        Table(f"What differs from {rival.name}", ("what", rival.name, "this run"), rows),
        _one_change(case.config, found, groups)
        or Repair(f"Begin with the settings of {rival.name}, and change one of them."),
    )


def _differences(found: Difference, groups: list[str]) -> tuple[tuple[str, str, str], ...]:
    kinds = ((difference.label(group), "as it was", "changed") for group in found.kinds)
    return (*kinds, *((each.label, each.a, each.b) for each in found.fields if each.group in groups))


def _one_change(config: Config, found: Difference, groups: list[str]) -> Repair | None:
    """The first of the changes that can be made alone, where one can."""
    alone = ((each.label, each.config) for each in found.separating() if each.group in groups)
    repairs = (Repair(f"Change nothing but {label}.", _changes(config, wanted)) for label, wanted in alone if wanted)
    return next(repairs, None)


def one_seed(case: Case) -> Finding | None:
    rival = case.rival
    if rival is None or rival.is_parent or min(rival.seeds) >= LEAST:
        return None
    names, enough = ("this run", rival.name), (float(LEAST), "enough for a sentence")
    return ONE_SEED.seen(
        f"Of this run's settings {_seeds(rival.seeds[0])} finished, of {rival.name} {_seeds(rival.seeds[1])}. A "
        f"sentence such as 'it is better' takes at least {LEAST} of each.",
        Bars("Finished seeds", "trainings", names, tuple(map(float, rival.seeds)), enough),
        Repair("Train these settings with another seed.", {"seed": case.config.seed + 1}),
    )


def _seeds(count: int) -> str:
    return f"{count or 'no'} seed{'s' * (count != 1)} {'is' if count == 1 else 'are'}"


def lost_layers(case: Case) -> Finding | None:
    """A decoder of its own that is much shorter than its encoder's mirror."""
    if case.config.decoder == "mirror":
        return None
    plan = case.config.architecture()
    encoder, wanted, own = _convolutions(plan.encoder), _mirrored(plan), _convolutions(plan.decoder)
    lost = wanted - own
    if not encoder or lost < 2 or lost < LOST * wanted:
        return None
    names, counts = ("encoder", "its mirror", "this decoder"), (float(encoder), float(wanted), float(own))
    return LOST_LAYERS.seen(
        f"The encoder has {encoder} convolutions, and its mirror would have {wanted}; this decoder has {own}.",
        Bars("Convolutions", "layers", names, counts, marked=(2,)),
        Repair("Let the decoder be the encoder's mirror.", {"decoder": "mirror"}),
    )


def _mirrored(plan: Architecture) -> int:
    """The convolutions of the encoder's mirror; none where it has no mirror."""
    try:
        return _convolutions(mirror(plan.image, plan.encoder))
    except LoupeError:
        return 0


def _convolutions(layers: tuple[Layer, ...]) -> int:
    inner = sum(_convolutions(layer.body) for layer in layers if isinstance(layer, Residual))
    return inner + sum(isinstance(layer, Convolution) for layer in layers)


def _changes(config: Config, wanted: Config) -> dict[str, object]:
    """The fields that lead from one config to the other."""
    names = (field.name for field in fields(Config) if field.name != "recipe")
    return {name: getattr(wanted, name) for name in names if getattr(wanted, name) != getattr(config, name)}
