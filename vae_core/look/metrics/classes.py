"""Whether the classes, which the model never saw, lie apart in its code space."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from vae_core.design.naming import QUANTITIES
from vae_core.look import evaluation
from vae_core.look.metrics.entry import HIGHER, Entry, Found, Missing, Quantity, Tell, mean, missing
from vae_core.look.metrics.subject import SEED, Subject

PROBED = 10_000  # training codes that the linear probe is fitted to
CLUSTERED, SILHOUETTE = 10_000, 2_000  # test codes
KNN = replace(QUANTITIES["neighbours"], key="knn_accuracy")
KNN_BALANCED = replace(QUANTITIES["neighbours_balanced"], key="knn_balanced")
PROBE = replace(
    KNN,
    key="probe_accuracy",
    label="Class by a straight line",
    meaning="How often a test image's class is told from its code alone by logistic regression on training codes: "
    "classes that a straight cut divides.",
)
PROBE_BALANCED = replace(KNN_BALANCED, key="probe_balanced", label="Class by a straight line, balanced")
NMI = Quantity(
    "nmi",
    "Clusters and classes (NMI)",
    "",
    HIGHER,
    "How much clusters that k-means finds in the codes say about the classes: 0 nothing, 1 all.",
)
ARI = Quantity(
    "ari",
    "Clusters and classes (ARI)",
    "",
    HIGHER,
    "Pairs of images that clusters and classes sort alike, beyond chance: 0 is chance, 1 all.",
)
APART = Quantity(
    "silhouette",
    "Separation (silhouette)",
    "",
    HIGHER,
    "How much nearer codes lie to their own class than to the next one: from -1 to 1.",
)
ALL = (KNN, KNN_BALANCED, PROBE, PROBE_BALANCED, NMI, ARI, APART)


def measure(subject: Subject, tell: Tell) -> Iterator[Found]:
    labels, known = subject.labels, subject.train_labels
    reason = _reason(labels, known)
    if reason:
        yield from missing(ALL, reason)
        return
    assert labels is not None and known is not None
    right = evaluation.right_by_neighbours(subject.train_codes, known, subject.codes, labels)
    yield from _guessed(KNN, KNN_BALANCED, right, labels)
    tell(0.4)
    line = _by_line(subject.train_codes, known, subject.codes)
    yield from _guessed(PROBE, PROBE_BALANCED, line == labels, labels)
    tell(0.7)
    yield from _clusters(subject, labels)
    yield _silhouette(subject, labels)


def _reason(labels: np.ndarray | None, known: np.ndarray | None) -> str:
    if labels is None or known is None:
        return "The images have no labels."
    if len(np.unique(labels)) < 2 or len(np.unique(known)) < 2:
        return "All images are of one class."
    return "" if len(labels) > len(np.unique(labels)) else "There are no more test images than classes."


def _guessed(accuracy: Quantity, balanced: Quantity, right: np.ndarray, labels: np.ndarray) -> Iterator[Entry]:
    right = right.astype(np.float64)
    yield mean(accuracy, right)
    of_class = [right[labels == each].mean() for each in np.unique(labels)]
    yield Entry(balanced, float(np.mean(of_class)), f"{len(of_class)} classes")


def _by_line(known: np.ndarray, labels: np.ndarray, asked: np.ndarray) -> np.ndarray:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    some = np.unique(np.linspace(0, len(known) - 1, min(len(known), PROBED)).astype(int))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it could be fitted a little longer
        probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200)).fit(known[some], labels[some])
    return np.asarray(probe.predict(asked))


def _clusters(subject: Subject, labels: np.ndarray) -> Iterator[Entry]:
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    places = subject.some(CLUSTERED)
    kinds = len(np.unique(labels[places]))
    found = KMeans(kinds, n_init=4, random_state=SEED).fit_predict(subject.codes[places])
    of = f"{len(places):,} test images, {kinds} clusters"
    yield Entry(NMI, float(normalized_mutual_info_score(labels[places], found)), of)
    yield Entry(ARI, float(adjusted_rand_score(labels[places], found)), of)


def _silhouette(subject: Subject, labels: np.ndarray) -> Found:
    from sklearn.metrics import silhouette_score

    few = subject.some(SILHOUETTE)
    if not 1 < len(np.unique(labels[few])) < len(few):
        return Missing(APART, "There are too few test images of each class.")
    value = float(silhouette_score(subject.codes[few], labels[few]))
    return Entry(APART, value, f"{len(few):,} test images")
