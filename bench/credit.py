"""How often a question about two configs is answered, how soon, and how often wrongly. Small models on the digits.

python -m bench.credit --json [--comparisons 40] [--runs 200] [--out FILE]

Each comparison is the product's own: pairs of trainings are added look by look until the two differ, or differ by less
than matters, or the time is over. The pairs are drawn without return from so many trainings of one config. The other
model of a pair is another training of it whose losses are larger by a known share: 0 (A/A), 1, 3 and 10 %. So an
effect is exactly as large as it is called, and the luck of a training stays real. Minutes are those of two cores: what
both trainings of a pair took, one after the other, in a process that has TensorFlow already. `plain` counts what would
be credited if the intervals of one pair, over images alone, were taken for those of their configs.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bench import rows
from bench.rows import Row, Rows
from vae_core import settings as settings_module
from vae_core.cli import native
from vae_core.design.config import Config
from vae_core.learn import training
from vae_core.look import intervals
from vae_core.look.comparison import MATTERS
from vae_core.runs import arms, store
from vae_core.settings import Settings

CONFIG = Config("digits", (8, 8, 1), "flatten dense32", kind="ae", latent=2, epochs=15, batch=64, learning_rate=3e-3)
EFFECTS = (0.0, 0.01, 0.03, 0.1)  # of the loss
MINUTES = (1, 2, 5, 10, 20)


@dataclass(frozen=True)
class Trained:
    losses: np.ndarray  # (runs, images)
    seconds: float  # of one training


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--comparisons", type=int, default=40, help="of each effect (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=200, help="trainings (default: %(default)s)")
    rows.add_option(parser)
    arguments = parser.parse_args()
    asked = {name: getattr(arguments, name) for name in ("comparisons", "runs")}
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(settings_module.load(), checkpoints=Path(folder, "runs"))
        document = Rows(arguments.out).take(asked, measure, settings, *asked.values())
    print(json.dumps(document) if arguments.json else table(document))


def measure(settings: Settings, comparisons: int, count: int) -> Row:
    found = trained(settings, count)
    random = np.random.default_rng(0)
    drawn = [random.permutation(count)[: 2 * (count // 2)].reshape(2, -1) for _ in range(comparisons)]
    effects = {f"{effect:g}": [settle(found, picked, effect) for picked in drawn] for effect in EFFECTS}
    spread = found.losses.mean(axis=1).std(ddof=1) / found.losses.mean()
    return {"images": found.losses.shape[1], "seconds": found.seconds, "spread": spread, "effects": effects}


def trained(settings: Settings, count: int) -> Trained:
    losses, seconds = [], []
    for seed in range(count):
        run, began = store.create(settings, replace(CONFIG, seed=seed), {}), time.monotonic()
        with native.silence():
            training.train(run, settings)
        seconds.append(time.monotonic() - began)
        losses.append(run.codes()["reconstruction"].astype(np.float64))
    return Trained(np.stack(losses), float(np.median(seconds)))


def settle(found: Trained, picked: np.ndarray, effect: float) -> Row:
    """The looks of one comparison as settling.py takes them, and how it ended."""
    first, second = (found.losses[places] for places in picked)
    differences, ended, looks = second * (1 + effect) - first, "", []
    for pairs in (look for look in arms.LOOKS if look <= len(differences)):
        interval = intervals.over_pairs_and_images(differences[:pairs], intervals.EACH_LOOK)
        looks.append([pairs, interval.value, interval.low, interval.high])
        if ended := interval.settles(MATTERS * abs(first[:pairs].mean())):
            break
    minutes = 2 * looks[-1][0] * found.seconds / 60
    plain = intervals.over_images((differences[0])[:, None], intervals.CONFIDENCE)[0].excludes_zero
    return {"ended": ended, "pairs": looks[-1][0], "minutes": minutes, "looks": looks, "plain": plain}


def counted(found: Sequence[Row], ended: str, minutes: float = float("inf")) -> int:
    return sum(each["ended"] == ended and each["minutes"] <= minutes for each in found)


def table(document: Row) -> str:
    lines = [
        f"{document['comparisons']} comparisons of each effect, pairs drawn from {document['runs']} trainings of "
        f"{document['seconds']:.1f} s each, whose losses are {document['spread']:.1%} apart; all looks together hold "
        f"with {intervals.CONFIDENCE:.0%}"
    ]
    for effect, found in document["effects"].items():
        told = ", ".join(f"{counted(found, intervals.DIFFERS, minutes)} in {minutes} min" for minutes in MINUTES)
        little = counted(found, intervals.LITTLE)
        lines.append(
            f"an effect of {float(effect):.0%}: credited {told}; said not to matter {little}; "
            f"by one training of each {sum(each['plain'] for each in found)}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
