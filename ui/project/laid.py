"""One map that is shown: its points, how it lies, and what is to be said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ui import cached
from ui.cached import datasets
from ui.components.plane import payload as plane_payload
from ui.components.plane.payload import Flat
from ui.components.projection.payload import Column, Points, Spots
from ui.project.kept import CODES
from ui.view import View, class_name
from vae_core.design import naming
from vae_core.look.evaluation import gaussian_kl
from vae_core.look.projection import TRAIN, Map, adding
from vae_core.runs import tasks
from vae_core.runs.tasks import Task

LOSS_HELP = "Reconstruction, in {unit}; lower is better."
KL_HELP = f"How far the image's own spread of codes is from the prior, in {naming.QUANTITIES['kl'].unit}."
DENSITY_HELP = "How crowded the map is there: 1 at its most crowded place."
QUALITY_HELP = "How many of the 15 neighbours here are among the 15 nearest in the original space. More is better."
Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Laid:
    name: str
    key: str  # of its plane
    title: str
    points: Points
    map: Map | None = None  # None for the codes themselves
    result: Mapping[str, Any] = field(default_factory=dict)

    added: bool = False  # images that it was not made of lie on it

    @property
    def file(self) -> str:
        """The map's part of a file's name."""
        return self.name.rpartition("/")[2]

    @property
    def components(self) -> int:
        """How many axes can be chosen from."""
        return self.map.places.shape[1] if self.map is not None and self.map.axes is not None else 0

    def lies(self, view: View, across: int = 0, up: int = 1) -> Flat | Spots:
        if self.map is None:
            return plane_payload.principal(view.codes)
        walk = self.result["walk"]
        if walk == "neighbours" and self.map.axes is None:
            return Spots(self.map.places)
        return self._components(walk, across, up)

    def _components(self, walk: str, across: int, up: int) -> Flat | Spots:
        found = self.map
        assert found is not None and found.axes is not None and found.centre is not None
        shares = self.result["explained"] or []
        names = _component(across, shares), _component(up, shares)
        if walk == "plane":
            return Flat(np.asarray(found.centre, np.float64), np.asarray(found.axes[[across, up]], np.float64), names)
        places = found.places[:, [across, up]]
        shown = np.stack([found.centre, found.axes[across], found.axes[up]]) if walk == "pixels" else None
        return Spots(places, names, pictures=shown)

    def row(self, image: int) -> int | None:
        """Where an image stands in the arrays."""
        at = int(np.searchsorted(self.points.ids, image))
        return at if at < len(self.points.ids) and self.points.ids[at] == image else None

    def rows(self, images: Sequence[int]) -> Array:
        return np.flatnonzero(np.isin(self.points.ids, np.asarray(images, int)))

    def label(self, row: int) -> str:
        labels = self.points.labels
        return "" if labels is None else class_name(tuple(self.points.classes), int(labels[row]))

    def told(self, row: int) -> str:
        """Which image it is, in words."""
        image = int(self.points.ids[row])
        tests = self.points.tests
        number = f"test image {image}" if image < tests else f"training image {image - tests}"
        return f"{self.label(row)} ({number})" if self.label(row) else number

    @property
    def losses(self) -> Array:
        return self.points.columns[0].values

    def pictures(self, view: View, rows: Array) -> Array | None:
        """(n, h, w, c) uint8 of the images themselves; None where the data set is gone."""
        return originals(view, self.points.ids[rows])

    def shown(self, view: View, rows: Array) -> Array:
        """The images, or what the decoder draws of their codes where the data set is gone."""
        images = self.pictures(view, rows)
        return cached.drawn(view.run, self.points.codes[rows]) if images is None else images


def _component(number: int, shares: Sequence[float]) -> str:
    share = f" ({shares[number]:.0%})" if number < len(shares) else ""
    return f"component {number + 1}{share}"


def originals(view: View, ids: Array) -> Array | None:
    """(n, h, w, c) uint8: the images of these numbers; None where the data set is gone."""
    if view.images is None:
        return None
    tests = len(view.images)
    found = np.empty((len(ids), *view.images.shape[1:]), np.uint8)
    found[ids < tests] = view.images[ids[ids < tests]]
    if (ids >= tests).any():
        found[ids >= tests] = datasets.train_images(view.run.data_name())[ids[ids >= tests] - tests]
    return found


def lay(view: View, name: str) -> Laid:
    """The map of that name; a LoupeError where it is gone."""
    if name == CODES:
        title = "The codes themselves" if view.size <= 2 else "PCA of the codes"
        return Laid(name, f"map-{view.run.id}-codes", title, _of_codes(view))
    task = tasks.find(view.run, name.partition("/")[2])
    found = cached.projection(task)
    added = _added(task)
    if added:
        found = _joined(found, cached.arrays(added))
    return Laid(
        name, f"map-{name}", found.result["title"], _of_map(view, found), found, found.result, added is not None
    )


def _added(task: Task) -> Task | None:
    """The newest finished task that laid further images on this map."""
    placed = (each for each in tasks.of(task.run, adding.KIND) if each.state() == "done")
    return next((each for each in placed if each.spec["map"] == task.path.name), None)


def _joined(found: Map, more: Mapping[str, Array]) -> Map:
    """With the further images behind its own; what is not known of them is NaN."""
    own = set(zip(found.half.tolist(), found.image.tolist()))
    new = np.array([pair not in own for pair in zip(more["half"].tolist(), more["image"].tolist())], bool)
    parts = {name: more[name][new] for name in ("places", "image", "half", "codes", "loss", "kl")}
    joined = {name: np.concatenate([getattr(found, name), values]) for name, values in parts.items()}
    order = np.lexsort((joined["image"], joined["half"]))
    unknown = np.full(int(new.sum()), np.nan, np.float32)
    joined |= {name: np.concatenate([getattr(found, name), unknown]) for name in ("density", "quality")}
    joined |= {name: _padded(values, len(unknown)) for name, values in found.columns.items()}
    if found.labels is not None:
        joined["labels"] = np.concatenate([found.labels, more["labels"][new]])
    arranged: dict[str, Any] = {name: values[order] for name, values in joined.items()}
    columns = {name: arranged.pop(name) for name in found.columns}
    return replace(found, **arranged, columns=columns)


def _padded(values: Array, more: int) -> Array:
    number = values.dtype.kind in "fiu"
    return np.concatenate([values, np.full(more, np.nan if number else "")])


def _of_codes(view: View) -> Points:
    columns = [Column("loss", view.losses, LOSS_HELP.format(unit=view.unit))]
    if view.log_variance is not None:
        columns.append(Column("KL", gaussian_kl(view.codes, view.log_variance), KL_HELP))
    count = len(view.codes)
    return Points(np.arange(count), view.codes, count, count, view.labels, view.classes, columns)


def _of_map(view: View, found: Map) -> Points:
    tests = len(view.codes)
    ids = np.where(found.half == TRAIN, found.image + tests, found.image)
    columns = [
        Column("loss", found.loss * view.scale, LOSS_HELP.format(unit=view.unit)),
        Column("KL", found.kl, KL_HELP),
        Column("density", found.density, DENSITY_HELP),
        Column("quality", found.quality, QUALITY_HELP),
        *(Column(name, values, "A column of the data set's own manifest.") for name, values in found.columns.items()),
    ]
    if not found.kl.any():
        columns.pop(1)
    total = max(tests, int(ids.max(initial=0)) + 1)
    return Points(ids, found.codes, tests, total, found.labels, found.result["classes"] or view.classes, columns)
