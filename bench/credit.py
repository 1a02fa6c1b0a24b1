"""How often a comparison credits what made no difference, and whether it finds what did. Small models on the digits.

python -m bench.credit --json [--comparisons 40] [--seeds 3] [--runs 60] [--out FILE]

A/A: two arms of one config, drawn from so many trainings of it without a seed in both; whatever is credited there is a
false alarm. A/B: an arm of it beside one of another config whose effect is known: a code of 8 numbers instead of 2.
`plain` counts what would be credited if the intervals of two runs, over images alone, were taken for those of their
configs, and `resampled` if seeds and images were only resampled.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from bench import rows
from bench.rows import Row, Rows
from vae_core import settings as settings_module
from vae_core.cli import native, worker
from vae_core.design.config import Config
from vae_core.learn import training
from vae_core.look import comparison, intervals, scores
from vae_core.look.comparison import CONFIGS, Comparison
from vae_core.runs import store
from vae_core.runs.arms import Arm
from vae_core.runs.store import Run
from vae_core.settings import Settings

CONFIG = Config("digits", (8, 8, 1), "flatten dense32", kind="ae", latent=2, epochs=15, batch=64, learning_rate=3e-3)
OTHER = replace(CONFIG, latent=8)
RESAMPLES = 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--comparisons", type=int, default=40, help="of each kind (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=3, help="in each arm (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=60, help="trainings of each config (default: %(default)s)")
    rows.add_option(parser)
    arguments = parser.parse_args()
    asked = {name: getattr(arguments, name) for name in ("comparisons", "seeds", "runs")}
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(settings_module.load(), checkpoints=Path(folder, "runs"))
        document = Rows(arguments.out).take(asked, measure, settings, *asked.values())
    print(json.dumps(document) if arguments.json else table(document))


def measure(settings: Settings, comparisons: int, seeds: int, count: int) -> Row:
    same, others = (
        [trained(settings, replace(config, seed=seed)) for seed in range(count)] for config in (CONFIG, OTHER)
    )
    random = np.random.default_rng(0)
    twice = [random.permutation(count)[: 2 * seeds] for _ in range(comparisons)]
    return {
        "images": len(scores.of(same[0])["reconstruction"]),
        "same": [row(arm(same, picked[:seeds]), arm(same, picked[seeds:])) for picked in twice],
        "other": [row(arm(same, picked[:seeds]), arm(others, picked[seeds:])) for picked in twice],
    }


def trained(settings: Settings, config: Config) -> Run:
    run = store.create(settings, config, {})
    with native.silence():
        training.train(run, settings)
        worker.work(scores.begin(run))
    return run


def arm(runs: list[Run], picked: np.ndarray) -> Arm:
    return Arm(tuple(runs[place] for place in picked), ())


def row(a: Arm, b: Arm) -> Row:
    found = comparison.compare_arms(a, b, CONFIGS)
    return {
        "credited": [each.metric.key for each in found.credited],
        "plain": [each.metric.key for each in comparison.compare_arms(a, b, comparison.RUNS).rows if each.differs],
        "resampled": list(resampled(found)),
    }


def resampled(found: Comparison) -> Iterator[str]:
    """What a bootstrap over seeds and images would say that knows nothing of how few seeds there are."""
    tail = (1 - found.confidence) / 2
    arms = [[scores.of(run) for run in arm.done] for arm in found.arms]
    for each in found.rows:
        a, b = (np.stack([known[each.metric.key] for known in arm]) for arm in arms)
        means = list(_resampled_means(a, b))
        low, high = np.quantile(means, (tail, 1 - tail))
        if low > 0 or high < 0:
            yield each.metric.key


def _resampled_means(a: np.ndarray, b: np.ndarray) -> Iterator[float]:
    random = np.random.default_rng(0)
    for _ in range(RESAMPLES):
        images = random.integers(a.shape[1], size=a.shape[1])
        one, other = (values[random.integers(len(values), size=len(values))].mean(axis=0) for values in (a, b))
        yield float((other - one)[images].mean())


def table(document: Row) -> str:
    lines = [
        f"{document['comparisons']} comparisons of {document['seeds']} seeds each, drawn from {document['runs']} "
        f"trainings of each config; {document['images']} test images; all metrics of a comparison together hold with "
        f"{intervals.CONFIDENCE:.0%}"
    ]
    for kind, words in (("same", "A/A, one config"), ("other", "A/B, a code of 8 numbers instead of 2")):
        found = document[kind]
        counts = {name: sum(bool(each[name]) for each in found) for name in ("credited", "resampled", "plain")}
        lines.append(
            f"{words}: credited {counts['credited']}, by resampling alone {counts['resampled']}, "
            f"by one run of each {counts['plain']}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
