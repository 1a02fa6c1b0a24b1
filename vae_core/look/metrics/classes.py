"""Whether the classes, which the model never saw, lie apart in its code space."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np

from vae_core.design.naming import QUANTITIES
from vae_core.look import evaluation
from vae_core.look.metrics.entry import HIGHER, Entry, Found, Missing, Tell, mean
from vae_core.look.metrics.subject import SEED, Subject

PROBED = 10_000  # training codes that the linear probe is fitted to
PROBE = (
    "How often a test image's class is told from its code alone by logistic regression on training codes: classes that "
    "a straight cut divides."
)
CLUSTERED, SILHOUETTE = 10_000, 2_000  # test codes
LABELS = {
    "knn_accuracy": QUANTITIES["neighbours"].label, "knn_balanced": QUANTITIES["neighbours_balanced"].label,
    "probe_accuracy": "Class by a straight line", "probe_balanced": "Class by a straight line, balanced",
    "nmi": "Clusters and classes (NMI)", "ari": "Clusters and classes (ARI)", "silhouette": "Separation (silhouette)",
}  # fmt: skip


def measure(subject: Subject, tell: Tell) -> Iterator[Found]:
    labels, known = subject.labels, subject.train_labels
    reason = _reason(labels, known)
    if reason:
        yield from (Missing(name, label, reason) for name, label in LABELS.items())
        return
    assert labels is not None and known is not None
    right = evaluation.right_by_neighbours(subject.train_codes, known, subject.codes, labels)
    yield from _guessed("knn", right, labels, QUANTITIES["neighbours"].meaning)
    tell(0.4)
    line = _by_line(subject.train_codes, known, subject.codes)
    yield from _guessed("probe", line == labels, labels, PROBE)
    tell(0.7)
    yield from _clusters(subject, labels)


def _reason(labels: np.ndarray | None, known: np.ndarray | None) -> str:
    if labels is None or known is None:
        return "The images have no labels."
    if len(np.unique(labels)) < 2 or len(np.unique(known)) < 2:
        return "All images are of one class."
    return "" if len(labels) > len(np.unique(labels)) else "There are no more test images than classes."


def _guessed(kind: str, right: np.ndarray, labels: np.ndarray, meaning: str) -> Iterator[Entry]:
    one, balanced = QUANTITIES["neighbours"], QUANTITIES["neighbours_balanced"]
    right = right.astype(np.float64)
    yield mean(f"{kind}_accuracy", LABELS[f"{kind}_accuracy"], right, one.unit, HIGHER, meaning)
    of_class = [right[labels == each].mean() for each in np.unique(labels)]
    yield Entry(f"{kind}_balanced", LABELS[f"{kind}_balanced"], float(np.mean(of_class)), balanced.unit, HIGHER,
                balanced.meaning, of=f"{len(of_class)} classes")  # fmt: skip


def _by_line(known: np.ndarray, labels: np.ndarray, asked: np.ndarray) -> np.ndarray:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    some = np.unique(np.linspace(0, len(known) - 1, min(len(known), PROBED)).astype(int))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it could be fitted a little longer
        probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200)).fit(known[some], labels[some])
    return np.asarray(probe.predict(asked))


def _clusters(subject: Subject, labels: np.ndarray) -> Iterator[Found]:
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score, silhouette_score

    places = subject.some(CLUSTERED)
    kinds = len(np.unique(labels[places]))
    found = KMeans(kinds, n_init=4, random_state=SEED).fit_predict(subject.codes[places])
    of = f"{len(places):,} test images, {kinds} clusters"
    yield Entry("nmi", LABELS["nmi"], float(normalized_mutual_info_score(labels[places], found)), "", HIGHER,
                "How much clusters that k-means finds in the codes say about the classes: 0 nothing, 1 all.",
                of=of)  # fmt: skip
    yield Entry("ari", LABELS["ari"], float(adjusted_rand_score(labels[places], found)), "", HIGHER,
                "Pairs of images that clusters and classes sort alike, beyond chance: 0 is chance, 1 all.",
                of=of)  # fmt: skip
    few = subject.some(SILHOUETTE)
    if not 1 < len(np.unique(labels[few])) < len(few):
        yield Missing("silhouette", LABELS["silhouette"], "There are too few test images of each class.")
        return
    value = float(silhouette_score(subject.codes[few], labels[few]))
    yield Entry("silhouette", LABELS["silhouette"], value, "", HIGHER,
                "How much nearer codes lie to their own class than to the next one: from -1 to 1.",
                of=f"{len(few):,} test images")  # fmt: skip
