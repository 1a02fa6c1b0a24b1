"""A finished projection for other programs: as a table, or as a folder that TensorBoard's projector opens.

tensorboard --logdir FOLDER        then the tab Projector: the codes, and the map as it was made here
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from vae_core.data import catalog
from vae_core.data.dataset import Array, Dataset
from vae_core.look import pictures, projection
from vae_core.look.projection import TEST, Map
from vae_core.runs.tasks import Task
from vae_core.share import outgoing, tables

LEAST = 3  # numbers of a tensor: of two, TensorBoard draws nothing
SPRITE_SIDE = 8192  # pixels that TensorBoard takes at most on a side of its sheet of pictures
HALVES = {0: "test", 1: "train"}
TENSORS, PLACES, METADATA = "tensors.tsv", "map.tsv", "metadata.tsv"
SPRITE, CONFIG = "sprite.png", "projector_config.pbtxt"


def csv(task: Task) -> bytes:
    """A row an image: where it comes from, what is known of it, its place on the map and its code."""
    found = projection.read(task)
    columns = {**_known(task, found), **_numbered("place", found.places), **_numbered("code", found.codes)}
    return tables.written(columns, zip(*(map(_cell, values.tolist()) for values in columns.values()))).encode()


def write(task: Task, folder: Path) -> list[Path]:
    """The files of TensorBoard's projector; a folder that is not there is made."""
    found = projection.read(task)
    dataset = catalog.load(task.run.data_name(), task.settings)
    images = _thumbnails(_pixels(found, dataset))
    contents = {
        TENSORS: _tsv(_deep(found.codes)),
        PLACES: _tsv(_deep(found.places)),
        METADATA: metadata(_known(task, found)),
        SPRITE: pictures.png(_sheet(images)),
        CONFIG: _config(task.run.id, found, images).encode(),
    }
    outgoing.make(folder)
    for name, content in contents.items():
        outgoing.write(folder / name, content)
    return [folder / name for name in contents]


def _known(task: Task, found: Map) -> dict[str, Array]:
    """Columns by name; what the user's manifest calls like one of ours is told apart."""
    known: dict[str, Array] = {"image": found.image, "half": np.array([HALVES[each] for each in found.half.tolist()])}
    if found.labels is not None:
        classes = task.result()["classes"]
        known["label"] = np.asarray(classes)[found.labels] if classes else found.labels
    known |= {"loss": found.loss, "kl": found.kl, "density": found.density, "neighbours_kept": found.quality}
    return known | {f"{name} (own)" if name in known else name: values for name, values in found.columns.items()}


def _numbered(name: str, values: Array) -> dict[str, Array]:
    return {f"{name}_{place + 1}": column for place, column in enumerate(values.T)}


def _cell(value: object) -> object:
    if not isinstance(value, float):
        return value
    return f"{value:.7g}" if math.isfinite(value) else ""


def _pixels(found: Map, dataset: Dataset) -> Array:
    pixels = np.empty((len(found.image), *dataset.test.pixels.shape[1:]), np.uint8)
    is_test = found.half == TEST
    pixels[is_test] = dataset.test.pixels[found.image[is_test]]
    pixels[~is_test] = dataset.train.pixels[found.image[~is_test]]
    return pixels


def _thumbnails(pixels: Array) -> Array:
    """Small enough for all of them to fit on one sheet."""
    from PIL import Image

    most = SPRITE_SIDE // _on_a_side(len(pixels))
    height, width = pixels.shape[1:3]
    scale = min(1.0, most / max(height, width))
    if scale == 1.0:
        return pixels
    size = (max(1, int(width * scale)), max(1, int(height * scale)))
    shown = pixels[..., 0] if pixels.shape[-1] == 1 else pixels
    small = [np.asarray(Image.fromarray(each).resize(size)) for each in shown]
    return np.stack(small).reshape(len(pixels), size[1], size[0], -1)


def _on_a_side(count: int) -> int:
    return math.ceil(math.sqrt(count))


def _sheet(images: Array) -> Array:
    """TensorBoard reads a square sheet row by row, without gaps."""
    side = _on_a_side(len(images))
    empty = np.zeros((side**2 - len(images), *images.shape[1:]), np.uint8)
    return pictures.sheet(np.concatenate([images, empty]), side, gap=0)


def _deep(values: Array) -> Array:
    return np.pad(values, ((0, 0), (0, max(0, LEAST - values.shape[1]))))


def _tsv(values: Array) -> bytes:
    text = io.StringIO()
    np.savetxt(text, values, fmt="%.7g", delimiter="\t")
    return text.getvalue().encode()


def metadata(columns: Mapping[str, Array]) -> bytes:
    rows: Iterable[Sequence[object]] = zip(*(values.tolist() for values in columns.values()))
    lines = ["\t".join(map(_word, columns)), *("\t".join(_word(value) for value in row) for row in rows)]
    return ("\n".join(lines) + "\n").encode()


def _word(value: object) -> str:
    return str(tables.cell(" ".join(str(_cell(value)).split()))) or "-"


def _config(run: str, found: Map, images: Array) -> str:
    shown = {
        TENSORS: (f"{run}: codes", _deep(found.codes).shape),
        PLACES: (f"{run}: {found.result['title']}", _deep(found.places).shape),
    }
    height, width = images.shape[1:3]
    return "".join(
        f'embeddings {{\n  tensor_name: "{name}"\n  tensor_shape: {rows}\n  tensor_shape: {columns}\n'
        f'  tensor_path: "{path}"\n  metadata_path: "{METADATA}"\n  sprite {{\n    image_path: "{SPRITE}"\n'
        f"    single_image_dim: {width}\n    single_image_dim: {height}\n  }}\n}}\n"
        for path, (name, (rows, columns)) in shown.items()
    )
