"""Configs that are trained with the same seeds, so that what one of them has more than another is no luck of a seed.

together.train(settings, configs, trainings, ended)     seed by seed, with a look where `arms.LOOKS` allows one
together.read(settings, configs)                        the losses of the seeds that all of them have
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from vae_core.design.config import Config
from vae_core.look import intervals, scores
from vae_core.runs import arms
from vae_core.runs.arms import Arm
from vae_core.runs.store import Run
from vae_core.search.in_turn import MOST, TIME, Trainings
from vae_core.settings import Settings


@dataclass(frozen=True)
class Trained:
    runs: tuple[tuple[Run, ...], ...]  # by config, of the seeds that all of them have
    looked: int  # at so many seeds; 0 before the first look

    @property
    def losses(self) -> np.ndarray:
        """(configs, seeds, images), of test images of their own classes."""
        return np.array([[scores.of(run)["reconstruction"] for run in each] for each in self.runs])


def train(settings: Settings, configs: Sequence[Config], trainings: Trainings, ended: Callable[[], str]) -> str:
    """What the look said after which no more was needed, or why there was none."""
    for look in arms.LOOKS:
        seeds = missing(_arms(settings, configs), configs[0].seed, look)
        if not trainings.have([replace(config, seed=seed) for seed in seeds for config in configs]):
            return TIME
        if said := ended():
            return said
    return MOST


def read(settings: Settings, configs: Sequence[Config], preferred: Run | None = None) -> Trained:
    found = _arms(settings, configs, preferred)
    shared = common(found)
    looked = intervals.looked(len(shared))
    seeds = shared[: looked or len(shared)]
    return Trained(tuple(tuple(run for run in arm.done if run.config().seed in seeds) for arm in found), looked)


def seeds(settings: Settings, configs: Sequence[Config]) -> int:
    """How many all of them were trained with."""
    return len(common(_arms(settings, configs)))


def weighed(weights: np.ndarray, losses: np.ndarray, sure: float = intervals.EACH_LOOK) -> intervals.Interval:
    """The sum of the configs' losses, each so many times, by seed and image."""
    return intervals.over_pairs_and_images(np.tensordot(weights, losses, 1), sure)


def missing(found: Sequence[Arm], first: int, look: int) -> list[int]:
    """The seeds that are missing for so many; one that some have already comes before a new one."""
    shared = set(common(found))
    begun = set().union(*(arm.seeds for arm in found)) - shared
    wanted = max(0, look - len(shared))
    return [*sorted(begun), *arms.free_seeds(first, shared | begun, wanted - len(begun))][:wanted]


def _arms(settings: Settings, configs: Sequence[Config], preferred: Run | None = None) -> list[Arm]:
    own, lines = preferred.config() if preferred else None, arms.beside(settings, preferred)
    return [arms.find(settings, config, preferred if config == own else None, lines) for config in configs]


def common(found: Sequence[Arm]) -> list[int]:
    """The seeds that all of them were trained with."""
    return sorted(set.intersection(*(set(arm.seeds) for arm in found)))
