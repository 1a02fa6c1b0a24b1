"""What the files of a run may say: who reads one gets this, or a sentence about the first thing that is otherwise."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NotRequired, TypeAlias, TypedDict

from vae_core.checked import (
    NO_DEVICE,
    Check,
    Numbers,
    Unfit,
    anything,
    by_name,
    flag,
    inside,
    listed,
    maybe,
    moment,
    number,
    one_of,
    partial,
    record,
    text,
    whole,
    written,
)
from vae_core.place import KINDS

if TYPE_CHECKING:
    import numpy as np

VERSION = 1
FINAL = ("done", "stopped", "failed", "interrupted")
STATES = ("queued", "running", *FINAL)
NAME = re.compile(NO_DEVICE + r"(?!.*\.\.)[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")


# What the checks below give back.


class Status(TypedDict):
    state: str
    phase: str
    queued: float | None
    pid: int | None
    pid_started: float | None
    seconds: float | None
    eta_seconds: float | None
    eta_range: list[float] | None
    eta_at: float | None
    error: str | None


class TaskStatus(Status):
    done: float


class RunStatus(Status):
    epoch: int
    epochs: int
    best: dict[str, Any] | None  # its epoch, and its losses on the validation images
    images_per_second: float | None
    peak_memory_mb: float | None
    portable: NotRequired[dict[str, str] | None]


class Card(TypedDict):
    name: str
    owner: str
    star: bool
    note: str
    locked: bool


class Resolved(TypedDict, total=False):
    parameters: dict[str, int] | None
    data_fingerprint: str | None
    fused: bool
    logits: bool
    backend: str
    precision: str


class Document(TypedDict):
    version: int
    config: Mapping[str, Any]  # design/config.py knows what is in it
    resolved: Resolved | None
    parent: str | None
    study: str | None
    answers: str | None
    created: str


class Asked(TypedDict):
    version: int
    kind: str
    spec: dict[str, Any]  # as the kind of task has it
    owner: str
    created: str


Loss: TypeAlias = dict[str, float]  # per pixel and per image
Losses: TypeAlias = dict[str, Loss]  # by measure, or by the code that was decoded
Strip: TypeAlias = Mapping[str, Losses | None]  # by predictor


class Observation(TypedDict):
    name: str
    normalised: bool
    constant_nats_per_image: float


class Metrics(TypedDict):
    version: int
    run: NotRequired[str]
    classes: NotRequired[list[str] | None]  # of the test images that were asked, where not all were
    data_fingerprint: str | None
    images: int
    bce: Losses
    mse: Losses
    baselines: Strip
    observation: Observation
    kl: float | None
    elbo: float | None
    negative_elbo: dict[str, float] | None
    knn_accuracy: float | None
    balanced_accuracy: float | None
    knn_training_images: NotRequired[int]
    gap_closed: float | None
    active_dimensions: int
    spread: dict[str, float]
    units: NotRequired[dict[str, str]]
    notes: list[str]


def name(value: object) -> str:
    """Check the name of a run, which becomes part of a path."""
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise Unfit("the name of a run")
    return value


def document(value: object) -> object:
    """What another version wrote is not looked into: the reader says which one it was."""
    return THIS_DOCUMENT(value) if isinstance(value, dict) and value.get("version") == VERSION else value


def config(value: object) -> object:
    """What the list shows of it; design/config.py knows what else may be in it, and tells of other versions."""
    return value if isinstance(value, dict) and value.get("version") != 1 else LISTED(value)


def both(value: object) -> object:
    """Check a pair of numbers: at least and at most."""
    if not isinstance(value, list) or len(value) != 2:
        raise Unfit("two numbers")
    return listed(amount)(value)


amount = number(0)
LISTED = record(
    dataset=text,
    kind=text,
    recipe=text,
    loss=text,
    beta=maybe(number()),
    sigma=maybe(number()),
    image=listed(whole(1)),
    seed=maybe(whole()),
)
THIS_DOCUMENT = record(
    config=config,
    resolved=maybe(
        partial(
            parameters=maybe(by_name(whole())),
            data_fingerprint=maybe(text),
            fused=flag,
            logits=flag,
            backend=text,
            precision=one_of("float32", "mixed_bfloat16"),
        )
    ),
    parent=maybe(name),
    study=maybe(text),
    answers=maybe(text),
    created=moment,
)
CARD = record(name=written, owner=written, star=flag, note=written, locked=flag)
WORK: dict[str, Check] = {
    "state": one_of(*STATES),
    "phase": text,
    "queued": maybe(amount),
    "pid": maybe(whole()),
    "pid_started": maybe(amount),
    "seconds": maybe(amount),
    "eta_seconds": maybe(number()),
    "eta_range": maybe(both),
    "eta_at": maybe(amount),
    "error": maybe(text),
}
STATUS = record(**WORK)


def _job(value: object) -> str:
    """Before there were arrays of jobs, the number of one was a number."""
    return str(whole(1)(value)) if type(value) is int else text(value)


JOB = record(place=text, kind=one_of(*KINDS), number=_job)
TASK_STATUS = record(**WORK, done=amount)
BEST = record(epoch=whole(), validation=record(nats_per_image=maybe(number()), nats_per_pixel=maybe(number())))
RUN_STATUS = record(
    **WORK,
    epoch=whole(),
    epochs=whole(),
    best=maybe(BEST),
    images_per_second=maybe(amount),
    peak_memory_mb=maybe(amount),
    portable=maybe(by_name(text)),
)
PROGRESS = record(
    epoch=whole(),
    step=whole(),
    steps=whole(),
    nats_per_image=maybe(number()),
    images_per_second=maybe(amount),
    eta_seconds=maybe(number()),
)
ASKED = record(version=anything, kind=text, spec=by_name(anything), owner=text, created=moment)

LOSS = record(nats_per_pixel=number(), nats_per_image=number())
LOSSES = record(bce=LOSS, mse=LOSS)
STRIP = record(floor=LOSSES, mean_image=LOSSES, class_mean=maybe(LOSSES), pca=LOSSES)
BY_CODE = record(mean_code=LOSS, sampled=LOSS)
METRICS = record(
    version=whole(),
    classes=maybe(listed(text)),
    data_fingerprint=maybe(text),
    images=whole(1),
    bce=BY_CODE,
    mse=BY_CODE,
    baselines=STRIP,
    observation=record(name=text, normalised=flag, constant_nats_per_image=number()),
    kl=maybe(number()),
    elbo=maybe(number()),
    negative_elbo=maybe(by_name(number())),
    knn_accuracy=maybe(number()),
    balanced_accuracy=maybe(number()),
    gap_closed=maybe(number()),
    active_dimensions=whole(),
    spread=by_name(number()),
    notes=listed(text),
)

# Arrays. `d` numbers are in a code, an image is h x w x c; other letters stand for any size.
IMAGE = ("h", "w", "c")
SNAPSHOT = {
    "index": Numbers("iu", ("n",)),
    "code": Numbers("f", ("n", "d"), finite=True),
    "labels": Numbers("iu", ("n",), optional=True),
    "plane": Numbers("f", (3, "d"), finite=True),
    "original": Numbers("u", ("p", *IMAGE), optional=True),
    "reconstruction": Numbers("u", ("p", *IMAGE)),
    "grid": Numbers("u", ("g", "g", *IMAGE)),
}
CODES = {
    "mean": Numbers("f", ("n", "d")),
    "log_variance": Numbers("f", ("n", "d"), optional=True),
    "reconstruction": Numbers("f", ("n",)),
    "kl": Numbers("f", ("n",), optional=True),
    "labels": Numbers("iu", ("n",), optional=True),
}
POSITION = record(
    epoch=whole(),
    step=whole(),
    images=whole(),
    best_epoch=whole(),
    reconstruction=number(),
    kl=number(),
    weighted_kl=number(),
    train_seconds=amount,
    seconds=amount,
    best_value=lambda value: value if value == math.inf else number()(value),  # before the first epoch's end
)


@dataclass(frozen=True)
class State:
    """Where a training stands: counts and sums, the optimizer's name, arrays of the network and the best epoch's."""

    numbers: dict[str, Any]
    optimizer: str
    now: list[np.ndarray]
    best: list[np.ndarray]

    def arrays(self) -> dict[str, np.ndarray]:
        import numpy as np

        told = {"numbers": np.array(json.dumps(self.numbers)), "optimizer": np.array(self.optimizer)}
        lists = {"now": self.now, "best": self.best}
        return told | {f"{kind}/{i}": value for kind, values in lists.items() for i, value in enumerate(values)}


def state(arrays: Mapping[str, np.ndarray]) -> State:
    """What `State.arrays` wrote; Unfit where it is something else."""
    try:
        numbers = inside(POSITION, json.loads(_word(arrays, "numbers")), "numbers")
    except (ValueError, RecursionError):
        raise Unfit("a JSON object", "numbers") from None
    return State(numbers, _word(arrays, "optimizer"), _listed(arrays, "now"), _listed(arrays, "best"))


def _word(arrays: Mapping[str, np.ndarray], name: str) -> str:
    found = arrays.get(name)
    if found is None or found.dtype.kind != "U" or found.shape:
        raise Unfit("a text", name)
    return str(found)


def _listed(arrays: Mapping[str, np.ndarray], kind: str) -> list[np.ndarray]:
    names = [f"{kind}/{i}" for i in range(sum(name.startswith(f"{kind}/") for name in arrays))]
    for each in names:
        if each not in arrays or arrays[each].dtype.kind not in "fiu":
            raise Unfit("an array of numbers", each)
    return [arrays[each] for each in names]
