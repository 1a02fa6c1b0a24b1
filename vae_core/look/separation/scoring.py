"""How odd an image looks: to the model, to principal components of the same size, and to its raw pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from vae_core.design.config import Config
from vae_core.look import baselines, evaluation
from vae_core.look.portable import Portable
from vae_core.look.rows import chunks

NEAREST = 5
CHUNK = 1024
MODEL, PCA, PIXELS = "this model", "PCA", "raw pixels"
RECONSTRUCTION = "reconstruction"
Tell = Callable[[str, float], None]


@dataclass(frozen=True)
class Score:
    method: str
    name: str
    meaning: str
    values: np.ndarray  # (n,), higher for the odder


MEANINGS = {
    RECONSTRUCTION: "How badly the image is rebuilt.",
    "KL": "How far the image's code strays from the prior.",
    "Mahalanobis": "How far its code lies from the middle of the training codes, in their own spreads.",
    "neighbours": f"How far its {NEAREST} nearest training codes are.",
    "pixel neighbours": f"How far the {NEAREST} nearest training images are, pixel by pixel.",
}


def scores(config: Config, portable: Portable, known: np.ndarray, asked: np.ndarray, tell: Tell) -> Iterator[Score]:
    """Of the images that are asked for, given training images (uint8 both)."""
    found = evaluation.per_image(
        portable, asked, config, lambda done, of: tell("Encoding and decoding", 0.3 * done / of)
    )
    codes, _ = portable.encode(known)
    yield _score(MODEL, RECONSTRUCTION, found.reconstruction(config, "mean_code"))
    if found.log_variance is not None:
        yield _score(MODEL, "KL", found.kl)
    yield _score(MODEL, "Mahalanobis", mahalanobis(codes, found.mean))
    yield _score(MODEL, "neighbours", neighbours(codes, found.mean))
    tell("Comparing with principal components", 0.5)
    rows, asked_rows = (baselines.targets(each, config.loss == "bce-binary") for each in (known, asked))
    yield from _by_components(rows, asked_rows, codes.shape[1])
    tell("Comparing pixels", 0.7)
    yield _score(PIXELS, "pixel neighbours", neighbours(rows, asked_rows))
    tell("Drawing intervals", 0.9)


def _score(method: str, name: str, values: np.ndarray) -> Score:
    return Score(method, name, MEANINGS[name], np.asarray(values, np.float64))


def _by_components(known: np.ndarray, asked: np.ndarray, size: int) -> Iterator[Score]:
    from sklearn.decomposition import PCA as Components

    size = min(size, *known.shape)
    fitted = Components(size, svd_solver="auto", random_state=0).fit(known)
    codes, others = fitted.transform(known), fitted.transform(asked)
    error = np.concatenate(
        [
            np.square(asked[place] - fitted.inverse_transform(others[place])).sum(axis=1)
            for place in chunks(len(asked), CHUNK)
        ]
    )
    yield _score(PCA, RECONSTRUCTION, error)
    yield _score(PCA, "Mahalanobis", mahalanobis(codes, others))
    yield _score(PCA, "neighbours", neighbours(codes, others))


def mahalanobis(known: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Distance from the mean in units of the known codes' covariance, (n,). Flat directions do not count."""
    known, away = known.astype(np.float64), asked.astype(np.float64) - known.mean(axis=0, dtype=np.float64)
    inverse = np.linalg.pinv(np.atleast_2d(np.cov(known, rowvar=False)))
    return np.asarray(np.sqrt(np.maximum(np.einsum("nd,de,ne->n", away, inverse, away), 0)))


def neighbours(known: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Mean distance to the nearest known rows, (n,)."""
    from sklearn.neighbors import NearestNeighbors

    fitted = NearestNeighbors(n_neighbors=min(NEAREST, len(known))).fit(known)
    return np.asarray(fitted.kneighbors(asked)[0].mean(axis=1))
