"""Whether what is near in the images is near in the code space, and the other way round."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from vae_core.look.metrics.entry import HIGHER, Entry, Found, Quantity, Tell, missing
from vae_core.look.metrics.subject import Subject

NEIGHBOURS = 15
MOST = 1_500  # test images: all pairs are compared
TRUSTWORTHINESS = Quantity(
    "trustworthiness",
    "Trustworthiness",
    "",
    HIGHER,
    "Whether images whose codes are neighbours are alike in their pixels too: 1 is always.",
)
CONTINUITY = Quantity(
    "continuity",
    "Continuity",
    "",
    HIGHER,
    "Whether images that are alike in their pixels have neighbouring codes: 1 is always.",
)


def measure(subject: Subject, tell: Tell) -> Iterator[Found]:
    from sklearn.manifold import trustworthiness

    places = subject.some(MOST)
    if len(places) <= 2 * NEIGHBOURS:
        yield from missing((TRUSTWORTHINESS, CONTINUITY), f"It takes more than {2 * NEIGHBOURS} test images.")
        return
    pixels = subject.pixels[places].reshape(len(places), -1).astype(np.float32) / 255
    codes, of = subject.codes[places], f"{len(places):,} test images, {NEIGHBOURS} neighbours"
    for done, what, pair in ((0.5, TRUSTWORTHINESS, (pixels, codes)), (1.0, CONTINUITY, (codes, pixels))):
        value = float(trustworthiness(*pair, n_neighbors=NEIGHBOURS))
        tell(done)
        yield Entry(what, value, of)
