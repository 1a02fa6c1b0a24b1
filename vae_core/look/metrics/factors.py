"""Whether each number of the code stands for one thing, where it is known what the images follow from: factors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from vae_core.data.dataset import Part
from vae_core.look.metrics.entry import HIGHER, Entry, Found, Quantity, Tell
from vae_core.look.metrics.subject import SEED, Subject

BINS = 20  # of a number, where it is counted how often two go together
MOST_KINDS = 100  # words that one column may hold; with more of them it names images
MOST, TREES = 10_000, 60
MIG = Quantity(
    "mig",
    "One number a factor (MIG)",
    "",
    HIGHER,
    "How much more the best number of the code says about a factor than the second best does, as a share of all "
    "there is to say: 0 no gap, 1 each factor has one number to itself.",
)
DISENTANGLEMENT = Quantity(
    "dci_disentanglement",
    "One factor a number (DCI)",
    "",
    HIGHER,
    "Whether each number of the code matters for one factor alone: 0 for all alike, 1 for one. What matters is asked "
    "of a random forest that tells the factors from the code.",
)
COMPLETENESS = Quantity(
    "dci_completeness",
    "Few numbers a factor (DCI)",
    "",
    HIGHER,
    "Whether each factor is told by one number of the code alone: 0 by all alike, 1 by one.",
)
INFORMATIVENESS = Quantity(
    "dci_informativeness",
    "Factors told from the code (DCI)",
    "",
    HIGHER,
    "How well the same forest tells the factors of images that it was not fitted to: the share of right answers, or "
    "of the variance of a factor that is a number.",
)


@dataclass(frozen=True)
class Factor:
    """What one column says of each image: a number, or one of some kinds (0, 1, ...)."""

    name: str
    values: np.ndarray
    is_number: bool


def measure(subject: Subject, tell: Tell) -> Iterator[Found]:
    """Nothing where fewer than two factors are known: a single one is no question of telling factors apart."""
    places = subject.some(MOST)
    codes, known = subject.codes[places], factors(subject.dataset.test.take(places))
    if len(known) < 2 or codes.shape[1] < 2 or len(codes) < 2 * BINS:
        return
    of = f"{len(codes):,} test images, {', '.join(each.name for each in known)}"
    yield Entry(MIG, mig(codes, known), of)
    tell(0.2)
    weights, told = importances(codes, known, tell)
    yield Entry(DISENTANGLEMENT, parted(weights), of)
    yield Entry(COMPLETENESS, parted(weights.T), of)
    yield Entry(INFORMATIVENESS, float(np.mean(told)), of)


def factors(part: Part) -> list[Factor]:
    """The columns of a data set that say what its images follow from, and their class where no column says it."""
    columns = dict(part.columns)
    if part.labels is not None and not any(_same(part.labels, values) for values in columns.values()):
        columns = {"class": part.labels, **columns}
    return [found for name, values in columns.items() if (found := _factor(name, values))]


def _factor(name: str, values: np.ndarray) -> Factor | None:
    kinds, places = np.unique(values, return_inverse=True)
    if len(kinds) < 2:
        return None
    numbers = _numbers(values) if len(kinds) > BINS and values.dtype.kind in "fU" else None
    if numbers is None:
        return Factor(name, places, False) if len(kinds) <= min(MOST_KINDS, len(values) // 2) else None
    are_names = len(kinds) == len(values) and (numbers == np.rint(numbers)).all()  # 1, 2, 3, ... as of a list
    return None if are_names else Factor(name, numbers, True)


def _numbers(values: np.ndarray) -> np.ndarray | None:
    try:
        numbers = values.astype(np.float64)
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).all() else None


def _same(labels: np.ndarray, values: np.ndarray) -> bool:
    """Whether two columns divide the images alike."""
    pairs = np.unique(np.stack([np.unique(each, return_inverse=True)[1] for each in (labels, values)]), axis=1)
    return pairs.shape[1] == len(np.unique(labels)) == len(np.unique(values))


def mig(codes: np.ndarray, known: list[Factor]) -> float:
    """Chen et al. 2018: mutual information of each pair in nats, over the factor's entropy; the two best, their gap."""
    from sklearn.metrics import mutual_info_score

    binned = [_binned(number) for number in codes.T]
    gaps = []
    for factor in known:
        kinds = _binned(factor.values) if factor.is_number else factor.values
        told = sorted(mutual_info_score(kinds, number) for number in binned)
        gaps.append((told[-1] - told[-2]) / mutual_info_score(kinds, kinds))
    return float(np.mean(gaps))


def _binned(values: np.ndarray) -> np.ndarray:
    """Numbers sorted into parts of equal width."""
    return np.digitize(values, np.histogram_bin_edges(values, BINS)[1:-1])


def importances(
    codes: np.ndarray, known: list[Factor], tell: Tell = lambda share: None
) -> tuple[np.ndarray, list[float]]:
    """How much each number of the code (row) matters for each factor (column), and how well the factor is told."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    fitted, asked = slice(0, None, 2), slice(1, None, 2)
    weights, told = [], []
    for done, factor in enumerate(known, 1):
        kind = RandomForestRegressor if factor.is_number else RandomForestClassifier
        forest = kind(TREES, min_samples_leaf=2, random_state=SEED).fit(codes[fitted], factor.values[fitted])
        weights.append(forest.feature_importances_)
        told.append(max(0.0, float(forest.score(codes[asked], factor.values[asked]))))
        tell(0.2 + 0.8 * done / len(known))
    return np.stack(weights, axis=1), told


def parted(weights: np.ndarray) -> float:
    """Eastwood and Williams 2018: how far from alike the weights of a row are; rows count by all that they weigh."""
    heavy = weights.sum(axis=1)
    shares = weights / np.maximum(heavy, 1e-12)[:, None]
    spread = -(shares * np.log(np.maximum(shares, 1e-12))).sum(axis=1) / np.log(weights.shape[1])
    return float(((1 - spread) * heavy).sum() / heavy.sum())
