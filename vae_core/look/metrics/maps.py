"""Whether what is near in the images is near in the code space, and the other way round."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from vae_core.look.metrics.entry import HIGHER, Entry, Found, Missing, Tell
from vae_core.look.metrics.subject import Subject

NEIGHBOURS = 15
MOST = 1_500  # test images: all pairs are compared
LABELS = {"trustworthiness": "Trustworthiness", "continuity": "Continuity"}
MEANINGS = {
    "trustworthiness": "Whether images whose codes are neighbours are alike in their pixels too: 1 is always.",
    "continuity": "Whether images that are alike in their pixels have neighbouring codes: 1 is always.",
}


def measure(subject: Subject, tell: Tell) -> Iterator[Found]:
    from sklearn.manifold import trustworthiness

    places = subject.some(MOST)
    if len(places) <= 2 * NEIGHBOURS:
        reason = f"It takes more than {2 * NEIGHBOURS} test images."
        yield from (Missing(name, label, reason) for name, label in LABELS.items())
        return
    pixels = subject.pixels[places].reshape(len(places), -1).astype(np.float32) / 255
    codes = subject.codes[places]
    for name, pair in {"trustworthiness": (pixels, codes), "continuity": (codes, pixels)}.items():
        value = float(trustworthiness(*pair, n_neighbors=NEIGHBOURS))
        tell(0.5 if name == "trustworthiness" else 1.0)
        yield Entry(name, LABELS[name], value, "", HIGHER, MEANINGS[name],
                    of=f"{len(places):,} test images, {NEIGHBOURS} neighbours")  # fmt: skip
