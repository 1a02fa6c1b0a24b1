"""Sentences that follow from numbers: nothing is said that the report's tables do not hold."""

from __future__ import annotations

from collections.abc import Iterator

from vae_core.design import naming
from vae_core.design.config import Config
from vae_core.design.difference import listed
from vae_core.look.doctor.finding import PROBLEM, Finding
from vae_core.runs.forms import Metrics
from vae_core.words import plural

NEAR_PCA = 0.01  # of PCA's loss: a model within is no better than a straight line


def of_one(name: str, config: Config, metrics: Metrics | None, findings: list[Finding], epochs: int) -> Iterator[str]:
    """Paragraphs: how good it is, what its codes hold, what is wrong, and what cannot be said."""
    if metrics:
        yield " ".join(_against_baselines(name, config, metrics))
        yield " ".join(_about_codes(config, metrics))
    else:
        yield f"{name} has not been tested on the test images, so nothing can be said of how good it is."
    yield _about_findings(name, findings, epochs)
    yield " ".join(_limits(config, metrics))


def _against_baselines(name: str, config: Config, metrics: Metrics) -> Iterator[str]:
    unit = naming.measures(config)[0]
    value = metrics[unit]["mean_code"]["nats_per_pixel"]
    strip = {key: each[unit]["nats_per_pixel"] for key, each in metrics["baselines"].items() if each}
    what = naming.QUANTITIES[unit]
    yield (
        f"On {metrics['images']:,} test images that it never trained on, {name} reaches a {what.label.lower()} of "
        f"{value:.4f} {what.unit} at the mean code; always drawing the mean image gives "
        f"{strip['mean_image']:.4f}."
    )
    if value >= strip["mean_image"]:
        yield "It does no better than the mean image: it has learned nothing that helps."
        return
    gained = (strip["mean_image"] - value) / max(strip["mean_image"] - strip["floor"], 1e-12)
    floor = "a perfect copy" if unit == "mse" else "the least that is possible for grey pixels"
    yield f"That is {gained:.0%} of the way from the mean image to {floor}."
    yield _against_pca(value, strip["pca"], config.architecture().code.size)


def _against_pca(value: float, bar: float, size: int) -> str:
    pca = f"principal component analysis with {plural(size, 'number')} ({bar:.4f})"
    if value < (1 - NEAR_PCA) * bar:
        return f"It beats {pca} by {(bar - value) / bar:.0%}, so its layers do more than a line can."
    if value <= (1 + NEAR_PCA) * bar:
        return f"It is as good as {pca} and no better: its layers have not paid off."
    return f"It is worse than {pca}: its layers have not paid off."


def _about_codes(config: Config, metrics: Metrics) -> Iterator[str]:
    if metrics["knn_accuracy"] is not None:
        accuracy, balanced = metrics["knn_accuracy"], metrics["balanced_accuracy"]
        yield (
            f"The nearest codes tell the class of {accuracy:.0%} of the test images ({balanced:.0%} with all "
            "classes counting alike), though it never saw a class."
        )
    if metrics["kl"] is not None and config.has_prior:
        active, size = metrics["active_dimensions"], config.architecture().code.size
        yield (
            f"A code carries {metrics['kl']:.1f} nats about its image, in {active} of {size} numbers"
            + ("." if active else ": the code has collapsed.")
        )
    elif config.kind == "vae":
        yield "Its loss holds no KL term, so its codes follow no prior, and no likelihood can be claimed for it."


def _about_findings(name: str, findings: list[Finding], epochs: int) -> str:
    problems = [_inside(finding.title) for finding in findings if finding.severity == PROBLEM]
    hints = [_inside(finding.title) for finding in findings if finding.severity != PROBLEM]
    if not findings and not epochs:
        return f"No epoch of {name} is finished, so nothing can be said of its training."
    if not findings:
        return f"The check-up found nothing wrong with the training of {name}."
    told = [
        f"{plural(len(found), word)} ({listed(found)})"
        for word, found in (("problem", problems), ("hint", hints))
        if found
    ]
    limit = " Until the problems are mended, the numbers above speak of them as well." if problems else ""
    return f"The check-up of {name} found {listed(told)}.{limit}"


def _inside(title: str) -> str:
    """A title as it stands within a sentence; KL stays KL."""
    return title[0].lower() + title[1:]


def _limits(config: Config, metrics: Metrics | None) -> Iterator[str]:
    if config.split == "test":
        yield "The test images chose its epoch, so its test numbers flatter it."
    if metrics and not metrics["observation"]["normalised"]:
        yield (
            "Its loss treats grey pixels as if they were coin throws: it compares models of the same loss, and is "
            "no likelihood."
        )
    yield "It is one training: with another seed, all these numbers come out somewhat differently."
