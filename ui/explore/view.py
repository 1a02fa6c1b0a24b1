"""All that is read of a finished run for one look at it on the Explore page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ui import cached, losses
from vae_core.errors import LoupeError
from vae_core.runs.store import Run
from vae_core.spec import naming
from vae_core.spec.config import Config

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class View:
    """The arrays are shared between visitors: nobody may change them."""

    run: Run
    config: Config
    codes: Array  # (n, d) the test images' mean codes
    log_variance: Array | None
    losses: Array  # (n,) reconstruction, in `unit`
    labels: Array | None
    classes: tuple[str, ...]
    images: Array | None  # (n, h, w, c) uint8, the test images
    missing: str  # why there are none, as a sentence

    @property
    def key(self) -> str:
        """Of its plane."""
        return f"plane-{self.run.id}"

    @property
    def unit(self) -> str:
        """Of the losses of images."""
        return naming.unit(self.config, losses.of_images(self.config.image))

    @property
    def scale(self) -> float:
        """What leads to it from the losses that are kept."""
        return naming.scale(self.config.image, losses.of_images(self.config.image))

    @property
    def size(self) -> int:
        return int(self.codes.shape[1])

    @property
    def has_prior(self) -> bool:
        return self.config.has_prior

    @property
    def trained(self) -> Array | None:
        """(n,) which images are of classes that it was trained on; None where it was on all, or none are known."""
        if not self.config.classes or self.labels is None:
            return None
        return np.isin(self.labels, [self.classes.index(name) for name in self.config.classes if name in self.classes])

    @property
    def sound(self) -> Array:
        """The codes that are numbers, (m, d)."""
        return self.codes[np.isfinite(self.codes).all(axis=1)]

    def sigma(self, image: int) -> Array | None:
        """How unsure the encoder is of one image's code, (d,)."""
        return None if self.log_variance is None else np.exp(0.5 * self.log_variance[image])

    def label(self, image: int) -> str:
        return "" if self.labels is None else class_name(self.classes, int(self.labels[image]))

    def originals(self) -> Array:
        """The test images, for what cannot do without them."""
        if self.images is None:
            raise LoupeError(self.missing, fix="This part shows the images themselves, so it has nothing to show")
        return self.images


def class_name(classes: tuple[str, ...], label: int) -> str:
    return classes[label] if 0 <= label < len(classes) else str(label)


def look(run: Run) -> View:
    config, arrays = run.config(), cached.codes(run)
    try:
        codes, lost = arrays["mean"], arrays["reconstruction"]
    except KeyError:
        raise LoupeError(f"The codes of {run.id} are incomplete", fix="Train the run again") from None
    classes, images, missing = _pictures(run, config, len(codes))
    kept = (arrays.get("log_variance"), lost, arrays.get("labels"))
    view = View(run, config, codes, *kept, classes, images, missing)
    return view if view.scale == 1 else replace(view, losses=lost * view.scale)


def _pictures(run: Run, config: Config, count: int) -> tuple[tuple[str, ...], Array | None, str]:
    """The data set may be gone, or may be another by now; the codes stay."""
    try:
        summary = cached.data_summary(config.dataset)
        if not summary.ready:
            return summary.classes, None, f"The data set {config.dataset} is not on this machine"
        images, fingerprint = cached.test_images(config.dataset)
    except LoupeError:
        return (), None, f"The data set {config.dataset} can no longer be read"
    trained_on = run.resolved().get("data_fingerprint")
    if len(images) != count or images.shape[1:] != config.image or trained_on not in (None, fingerprint):
        return summary.classes, None, f"The data set {config.dataset} has changed since this run was trained"
    return summary.classes, images, ""
