"""All that is read of a finished run for one look at it on the Explore page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import streamlit as st

from ui import cached, choice, losses
from ui.cached import datasets
from ui.components.plane.payload import Cloud, Model
from ui.errors import plain
from vae_core.design import naming, stages
from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.runs.store import Run

Array = np.ndarray[Any, Any]
ELSEWHERE = "The data set {} is not on this machine"


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

    @property
    def images(self) -> Array | None:
        """(n, h, w, c) uint8, the test images. Read when they are first asked for: a map stands without them."""
        return self._pictures[0]

    @property
    def missing(self) -> str:
        """Why there are no images, as a sentence."""
        return self._pictures[1]

    @property
    def _pictures(self) -> tuple[Array | None, str]:
        return _pictures(self.run, self.config, len(self.codes))

    @property
    def key(self) -> str:
        """The key of the run's plane."""
        return f"plane-{self.run.id}"

    @property
    def unit(self) -> str:
        """The unit in which the losses of images are shown."""
        return naming.unit(self.config, losses.of_images(self.config.image))

    @property
    def scale(self) -> float:
        """The factor from the losses that are kept to those that are shown."""
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
    def dots(self) -> int:
        """How many images lie on its map."""
        shown = np.isfinite(self.codes).all(axis=1)
        return int((shown if self.trained is None else shown & self.trained).sum())

    @property
    def cloud(self) -> Cloud:
        return Cloud(self.codes, self.labels, self.classes, self.trained)

    @property
    def model(self) -> Model:
        """What the browser gets of the run."""
        networks = cached.networks(self.run)
        reason = networks.reason("decoder")
        told = f"The browser does not decode this model: {reason}." if reason else ""
        part = networks.part("decoder")
        return Model(self.run.id, self.config.image, self.has_prior, part, told, self.unit, stages.way(self.config))

    @property
    def sound(self) -> Array:
        """The codes that are numbers, (m, d)."""
        return self.codes[np.isfinite(self.codes).all(axis=1)]

    def sigma(self, image: int) -> Array | None:
        """How unsure the encoder is of one image's code, (d,)."""
        return None if self.log_variance is None else np.exp(0.5 * self.log_variance[image])

    def label(self, image: int) -> str:
        return "" if self.labels is None else class_name(self.classes, int(self.labels[image]))

    def pictured(self, images: Array) -> Array:
        """These test images; as reconstructions where the originals are gone."""
        return cached.drawn(self.run, self.codes[images]) if self.images is None else self.images[images]

    def originals(self, otherwise: str) -> Array | None:
        """The images; where there are none, the page says why, what is left without them, and where to get them."""
        images, missing = self._pictures
        if images is not None:
            return images
        st.info(plain(f"{missing}. {otherwise}"), icon=":material/hide_image:")
        if missing == ELSEWHERE.format(self.config.dataset):
            link = {choice.DATA: self.config.dataset, choice.PARAMETER: self.run.id}
            st.page_link("pages/data.py", label="Get it on Data", icon=":material/cloud_download:", query_params=link)
        return None


def class_name(classes: tuple[str, ...], label: int) -> str:
    return classes[label] if 0 <= label < len(classes) else str(label)


def look(run: Run) -> View:
    config, arrays = run.config(), cached.codes(run)
    try:
        codes, lost = arrays["mean"], arrays["reconstruction"]
    except KeyError:
        raise LoupeError(f"The codes of {run.id} are incomplete", fix="Train the run again") from None
    kept = (arrays.get("log_variance"), lost, arrays.get("labels"))
    view = View(run, config, codes, *kept, datasets.classes(config.dataset))
    return view if view.scale == 1 else replace(view, losses=lost * view.scale)


def _pictures(run: Run, config: Config, count: int) -> tuple[Array | None, str]:
    """The data set may be gone, or may be another by now; the codes stay."""
    try:
        name = run.data_name()
        if not datasets.summary(name).ready:
            return None, ELSEWHERE.format(config.dataset)
        images, fingerprint = datasets.test_images(name)
    except LoupeError:
        return None, f"The data set {config.dataset} can no longer be read"
    trained_on = run.resolved().get("data_fingerprint")
    if len(images) != count or images.shape[1:] != config.image or trained_on not in (None, fingerprint):
        return None, f"The data set {config.dataset} has changed since this run was trained"
    return images, ""
