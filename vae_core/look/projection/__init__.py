"""A map of a run's images: what is asked for, and what a finished one holds. The work is in the files beside this one.

    spec = Projection(method="tsne", of="codes", images="test", perplexity=30)
    task = projection.begin(run, spec)              the same spec again gives the same task
    jobs.start(settings, task, command=tasks.COMMAND)
    task.status()["phase"], task.live()             while the map forms: "places" (n, 2), "image", "half", "labels"
    found = projection.read(task)                   once its state is 'done'

`places` are what is drawn. For PCA they have a column a component, and centre + places @ axes leads back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from vae_core import extras
from vae_core.checked import Json, Numbers, listed, maybe, one_of, record, text, whole
from vae_core.design.layers import Flatten, show
from vae_core.errors import LoupeError
from vae_core.runs import tasks
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task
from vae_core.words import plural

if TYPE_CHECKING:
    import numpy as np

KIND = "projection"  # of task
METHODS = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}
IMAGES = {"test": "test images", "train": "training images", "both": "all images"}
METRICS = ("euclidean", "cosine")
TEST, TRAIN = 0, 1  # in `half`
COMMON = ("method", "of", "images", "count", "seed")
OWN = {
    "pca": ("components",),
    "tsne": ("perplexity", "exaggeration"),
    "umap": ("neighbours", "min_dist", "metric"),
}
BOUNDS: dict[str, tuple[float, float]] = {
    "count": (0, 10_000_000),
    "seed": (0, 2_000_000_000),
    "components": (2, 10),
    "perplexity": (2, 500),
    "exaggeration": (1, 30),
    "neighbours": (2, 200),
    "min_dist": (0, 0.99),
}
WHOLE = ("count", "seed", "components", "neighbours")


@dataclass(frozen=True)
class Projection:
    """What is asked for. Its JSON holds the method's own fields only, so that others make no new task."""

    method: str = "pca"  # of METHODS
    of: str = "codes"  # "codes", "pixels" or "layer:<place in the encoder>": see `sources`
    images: str = "test"  # of IMAGES
    count: int = 0  # at most so many images, evenly spaced in the file; 0 = all
    seed: int = 0
    components: int = 10  # PCA: how many are kept, so that the axes of the map can be chosen
    perplexity: float = 30.0  # t-SNE: about how many neighbours a point feels
    exaggeration: float = 1.0  # t-SNE: how much stronger than they are neighbours attract at the end; 1 = plain t-SNE
    neighbours: int = 15  # UMAP: how many a point is tied to
    min_dist: float = 0.1  # UMAP: how near to each other points may come
    metric: str = "euclidean"  # UMAP: what is near in the original space, of METRICS

    def __post_init__(self) -> None:
        for name in (*COMMON, *OWN.get(self.method, ())):
            object.__setattr__(self, name, _checked(name, getattr(self, name)))

    def to_json(self) -> dict[str, Json]:
        return {name: getattr(self, name) for name in (*COMMON, *OWN[self.method])}

    @property
    def layer(self) -> int | None:
        """The place of the encoder's layer that is projected, if one is."""
        return int(self.of.removeprefix("layer:")) if self.of.startswith("layer:") else None

    @property
    def by_direction(self) -> bool:
        return self.method == "umap" and self.metric == "cosine"

    @property
    def title(self) -> str:
        """The projection in words, as a heading has it."""
        what = self.of if self.layer is None else f"layer {self.layer + 1}"
        return f"{METHODS[self.method]} of the {'' if self.layer is None else 'activations of '}{what}"


FORM = {
    "places": Numbers("f", ("n", "k")),
    "image": Numbers("iu", ("n",)),
    "half": Numbers("iu", ("n",)),
    "codes": Numbers("f", ("n", "d")),
    "labels": Numbers("iu", ("n",), optional=True),
    **{name: Numbers("f", ("n",)) for name in ("loss", "kl", "density", "quality")},
    "centre": Numbers("f", ("p",), optional=True),
    "axes": Numbers("f", ("k", "p"), optional=True),
}
COLUMN = record(name=text, array=text, kind=one_of("number", "words"), words=maybe(listed(text)))
RESULT = record(
    title=text,
    words=text,
    points=whole(),
    dimensions=whole(),
    left_out=whole(),
    walk=text,
    honesty=listed(text),
    notes=listed(text),
    columns=listed(COLUMN),
)


@dataclass(frozen=True)
class Source:
    """Something of a run that can be projected."""

    of: str  # as a Projection has it
    title: str
    dimensions: int


@dataclass(frozen=True)
class Map:
    """A finished projection of n images."""

    spec: Projection
    result: dict[str, Any]  # see work.py, which says what is in it
    places: np.ndarray  # (n, 2) float32; PCA: (n, components)
    image: np.ndarray  # (n,) int32: which image of its half
    half: np.ndarray  # (n,) uint8: TEST or TRAIN
    codes: np.ndarray  # (n, d) float32: the mean codes, which walking decodes
    loss: np.ndarray  # (n,) float32: reconstruction, in the model's own unit, nats per image
    kl: np.ndarray  # (n,) float32: nats per image; 0 for a plain autoencoder
    density: np.ndarray  # (n,) float32: 0..1, how crowded the map is there
    quality: np.ndarray  # (n,) float32: how many of its 15 neighbours on the map are its own; NaN = not measured
    labels: np.ndarray | None  # (n,) as the data set has them
    centre: np.ndarray | None  # (D,) PCA: the mean of what was projected
    axes: np.ndarray | None  # (components, D) PCA: unit directions; centre + places @ axes leads back
    columns: dict[str, np.ndarray]  # by name, of the user's manifest: (n,) numbers or words


def begin(run: Run, spec: Projection, owner: str = "") -> Task:
    """Its task, found or created; a created one waits for `jobs.start(settings, task, command=tasks.COMMAND)`."""
    check(run, spec)
    if spec.method == "umap":
        extras.need("umap")
    if spec.layer is not None:
        extras.need("train", "A map of a layer")
    return tasks.begin(run, KIND, spec.to_json(), owner)


def of(run: Run) -> list[Task]:
    """The run's projections, finished or not, the newest first."""
    return tasks.of(run, KIND)


def spec_of(task: Task) -> Projection:
    return from_json(task.spec)


def read(task: Task) -> Map:
    """What a finished task found."""
    arrays, result = task.arrays(FORM, others=True), task.result(RESULT)
    columns = {each["name"]: _column(each, _one_each(task, each, arrays)) for each in result["columns"]}
    known: dict[str, Any] = {field.name: arrays.get(field.name) for field in fields(Map)}
    return Map(**{**known, "spec": spec_of(task), "result": result, "columns": columns})


def from_json(document: Mapping[str, Any]) -> Projection:
    """The spec in a JSON document; unknown keys and wrong values are refused by name."""
    names = [field.name for field in fields(Projection)]
    unknown = sorted(set(document) - set(names))
    if unknown:
        raise LoupeError(f"A projection has no '{unknown[0]}'", f"It has {', '.join(names)}")
    return Projection(**document)


def sources(run: Run) -> list[Source]:
    """What of this run can be projected, in words: its codes, the images' pixels, and the encoder's layers."""
    config = run.config()
    architecture = config.architecture()
    found = [
        Source("codes", f"the codes: {plural(architecture.code.size, 'number')} an image", architecture.code.size),
        Source("pixels", f"the raw pixels: {plural(config.pixels, 'number')} an image", config.pixels),
    ]
    for place, row in enumerate(architecture.encoder_rows[: len(architecture.encoder)]):
        if not isinstance(row.layer, Flatten):  # it holds the same numbers as the layer before
            size = _product(row.output)
            shape = f"{show(row.output)} = " if len(row.output) > 1 else ""
            title = f"layer {place + 1}, {row.layer.text}: {shape}{plural(size, 'number')} an image"
            found.append(Source(f"layer:{place}", title, size))
    return found


def check(run: Run, spec: Projection) -> Source:
    """What the spec asks of this run; a LoupeError where the run has no such thing."""
    known = {source.of: source for source in sources(run)}
    if spec.of not in known:
        raise LoupeError(f"{run.id} has no {spec.of} to project", f"One of {', '.join(known)} was expected")
    return known[spec.of]


def _checked(name: str, value: object) -> object:
    """The value in one spelling, so that equal specs are equal tasks."""
    choices = {"method": tuple(METHODS), "images": tuple(IMAGES), "metric": METRICS}.get(name)
    if choices and value not in choices:
        raise LoupeError(f"{name} is '{value}'", f"One of {', '.join(choices)} was expected")
    if name == "of" and value not in ("codes", "pixels") and not _is_layer(value):
        raise LoupeError(f"'{value}' cannot be projected", "codes, pixels or layer:<number> was expected")
    return _number(name, value) if name in BOUNDS else value


def _is_layer(value: object) -> bool:
    head, _, number = str(value).partition(":")
    return head == "layer" and number.isdecimal() and number.isascii() and str(int(number)) == number


def _number(name: str, value: object) -> int | float:
    low, high = BOUNDS[name]
    good = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
    if not isinstance(value, int | float) or not good or (name in WHOLE and value != int(value)):
        kind = "whole number" if name in WHOLE else "number"
        raise LoupeError(f"{name} is {value!r}", f"A {kind} from {low:,g} to {high:,g} was expected")
    return int(value) if name in WHOLE else float(value)


def _product(shape: tuple[int, ...]) -> int:
    size = 1
    for side in shape:
        size *= side
    return size


def _one_each(task: Task, described: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    found, words = arrays.get(described["array"]), described["words"] if described["kind"] == "words" else None
    if found is None or found.shape != arrays["image"].shape or (words is not None and found.max() >= len(words)):
        raise LoupeError(f"{task.id} has no values of '{described['name']}'", fix="Compute it again")
    return found


def _column(described: Mapping[str, Any], values: np.ndarray) -> np.ndarray:
    if described["kind"] == "number":
        return values
    import numpy as np

    return np.asarray(described["words"])[values]
