"""The work itself: straight layers are fitted on training images, and the test images go through with one each."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from vae_core.errors import LoupeError
from vae_core.look import baselines
from vae_core.look.best.loss import Loss
from vae_core.look.program.executor import Executor
from vae_core.look.rows import chunks
from vae_core.look.worth.chain import PICTURE, Chain
from vae_core.look.worth.fit import Fit
from vae_core.look.worth.stage import Stage, Straight

ENOUGH, LEAST = 20, 8  # places for each number that goes in: as many are taken, and fewer than that are too few
PLACES = 100_000  # that are taken at least, where an image has several: most of them are alike
IMAGES = 10_000  # that are taken at least, where each is one place
SPREAD = 2000  # images that the places come from, where an image has several
MOST_NUMBERS = 4097  # that go into one that comes out
SECONDS = 120.0  # of a processor that the training images, and then the test images, may take, about
FEWEST = 3  # test images, or no interval has a width
COUNTS = (10_000, 5000, 2000, 1000, 500, 200)  # of test images
BLOCK = 64  # images at once
SEED = 12  # of the order in which images are taken
FITTING, TESTING = "Fitting straight layers", "Drawing the test images with each of them"
FIRST = 0.5  # the share of the work that the fitting is
STRAIGHT = "It has no bend: a straight map is what it is."
NO_KIND = "It is several layers in one, of which no single one could take the place."
Tell = Callable[[str, float, float], None]
Arrays = dict[str, np.ndarray]


@dataclass
class Asked:
    """One stage that is to be replaced, with what is known for it so far."""

    stage: Stage
    straight: Straight
    images: int  # that there are
    fit: Fit = field(init=False)

    def __post_init__(self) -> None:
        self.fit = Fit(self.straight, SEED)

    @property
    def wanted(self) -> int:
        """How many places are to be seen."""
        least = min(PLACES, IMAGES * self.straight.places)
        return min(max(ENOUGH * self.straight.numbers, least), self.images * self.straight.places)

    @property
    def share(self) -> float:
        """Of the places of an image."""
        return min(1.0, self.wanted / min(self.images, SPREAD) / self.straight.places)

    @property
    def reached(self) -> float:
        return min(1.0, self.fit.places / self.wanted)

    @property
    def is_known(self) -> bool:
        return self.fit.places >= LEAST * self.straight.numbers


def plan(chain: Chain, images: int) -> tuple[list[Asked], dict[int, str]]:
    """The stages that are asked of, and by their place why others are not."""
    asked, reasons = list[Asked](), dict[int, str]()
    for place, stage in enumerate(chain.stages):
        straight = stage.straight() if stage.bends else None
        if straight is None:
            reasons[place] = NO_KIND if stage.bends else STRAIGHT
        elif told := _too_many(straight, images):
            reasons[place] = told
        else:
            asked.append(Asked(stage, straight, images))
    return asked, reasons


def _too_many(straight: Straight, images: int) -> str:
    if straight.numbers > MOST_NUMBERS:
        most = f"{MOST_NUMBERS - 1:,} are the most that are asked of"
        return f"{straight.numbers - 1:,} numbers go into each of its own, and {most}."
    if straight.places * images < LEAST * straight.numbers:
        return f"{images:,} training images are too few for a straight map of {straight.numbers - 1:,} numbers."
    return ""


def fit(chain: Chain, asked: Sequence[Asked], pixels: np.ndarray, places: np.ndarray, tell: Tell) -> None:
    """Until each has seen enough, or the images or the time are over. `places`: of the images that train."""
    network, began = chain.looked_into(), time.process_time()
    order = np.random.default_rng(SEED).permutation(places)
    for rows in chunks(len(order), BLOCK):
        going = [each for each in asked if each.reached < 1]
        if not going or time.process_time() - began > SECONDS:
            return
        given = floats(pixels[np.sort(order[rows])])
        found = {chain.graph.input: given, **network(given)}
        for each in going:
            each.fit.add(found[chain.before(each.stage)], found[chain.after(each.stage)], each.share)
        tell(FITTING, FIRST * min(each.reached for each in going), 1.0)


def test(chain: Chain, asked: Sequence[Asked], pixels: np.ndarray, loss: Loss, tell: Tell) -> Arrays:
    """The losses of test images by the whole network, and with each of the straight layers; places in file order."""
    whole = chain.whole()
    places = chosen(len(pixels), _count(whole, pixels, 2 + len(asked)))
    testing = Testing(pixels, places, loss, tell, 2 + len(asked))
    alone, replaced = testing.losses(whole), np.empty((len(places), len(asked)))
    for place, each in enumerate(asked):
        network = chain.with_another(each.stage, each.straight.layer, each.fit.weights())
        clipped = each.stage is chain.stages[-1] and not loss.squared
        usual = testing.losses(whole, clipped) if clipped else alone
        replaced[:, place] = alone + testing.losses(network, clipped) - usual
    return {"places": places, "whole": alone, "replaced": replaced}


@dataclass
class Testing:
    """What the same test images cost one network after the other."""

    pixels: np.ndarray
    places: np.ndarray
    loss: Loss
    tell: Tell
    networks: int
    done: int = 0

    def losses(self, network: Executor, clipped: bool = False) -> np.ndarray:
        """`clipped`: as PCA's pictures are. A straight last layer draws exact black, where lit pixels cost a lot."""
        found = np.empty(len(self.places))
        for rows in chunks(len(found), BLOCK):
            share = (self.done + rows.start / len(found)) / self.networks
            self.tell(TESTING, FIRST + (1 - FIRST) * share, 1.0)
            some = self.pixels[self.places[rows]]
            drawn = network(floats(some))[PICTURE].reshape(len(some), -1)
            drawn = np.clip(drawn, baselines.PCA_CLIP, 1 - baselines.PCA_CLIP) if clipped else drawn
            found[rows] = self.loss.each(self.loss.targets(some), drawn)
        self.done += 1
        return found


def chosen(count: int, most: int) -> np.ndarray:
    """Some of so many test images; fewer of them are always among the more."""
    if count < FEWEST:
        raise LoupeError(f"There are {count} test images", f"At least {FEWEST} were expected")
    return np.sort(np.random.default_rng(SEED).permutation(count)[:most])


def _count(whole: Executor, pixels: np.ndarray, networks: int) -> int:
    given = floats(pixels[:BLOCK])
    whole(given[:1])
    began = time.process_time()
    whole(given)
    speed = len(given) / max(time.process_time() - began, 1e-6)
    return next((count for count in COUNTS if count * networks <= SECONDS * speed), COUNTS[-1])


def floats(pixels: np.ndarray) -> np.ndarray:
    return pixels.astype(np.float32) / np.float32(255)
