"""The data sets that come with the program: three are made here, three fetched once from where Keras fetches them."""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vae_core import extras
from vae_core.data import arrays, download, layouts, letters, shapes
from vae_core.data.dataset import Array
from vae_core.data.download import File, Progress
from vae_core.data.raw import Raw
from vae_core.design.classes import CLOTHES, DIGITS, OBJECTS
from vae_core.errors import LoupeError
from vae_core.settings import PROJECT, Settings

KERAS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
MNIST = File(f"{KERAS}mnist.npz", "sha256:731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1")
# Keras checks nothing here; the sums are those that the authors of Fashion-MNIST publish for these four files.
FASHION = (
    File(f"{KERAS}train-images-idx3-ubyte.gz", "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
    File(f"{KERAS}train-labels-idx1-ubyte.gz", "md5:25c81989df183df01b3e8a0aad5dffbe"),
    File(f"{KERAS}t10k-images-idx3-ubyte.gz", "md5:bef4ecab320f06d8554ea6380940ec79"),
    File(f"{KERAS}t10k-labels-idx1-ubyte.gz", "md5:bb300cfdad3c16e7a12a480ee83cd310"),
)
# Keras takes cifar-10-python.tar.gz, which is pickled, and opening a pickle can run code. The binary version beside it
# on the authors' page holds the same images in the same order as plain bytes; the sum is the one on that page.
CIFAR10 = File("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz", "md5:c32a1d4ab5d03f1284b67883e8d87530")

SHAPE_IMAGES = 20_000


@dataclass(frozen=True)
class Builtin:
    """What is known of a data set before it is there, and how to get it."""

    name: str
    title: str
    image: tuple[int, int, int]
    train: int
    validation: int
    test: int
    classes: tuple[str, ...]
    source: str
    read: Callable[[Settings, Progress | None], Raw]
    files: tuple[File, ...] = ()
    version: int = 1  # raised when its images, labels or words change, so that kept copies are made anew
    extra: str = ""  # what an installation may lack of what makes it, as extras.py has it


def ready(builtin: Builtin, settings: Settings) -> bool:
    if builtin.extra and extras.lacking(builtin.extra):
        return False
    return all(download.path(file, settings).is_file() for file in builtin.files)


def _mnist(settings: Settings, progress: Progress | None) -> Raw:
    return layouts.read_npz(download.fetch(MNIST, settings, progress), settings)


def _fashion(settings: Settings, progress: Progress | None) -> Raw:
    images, labels, test_images, test_labels = (_idx(download.fetch(file, settings, progress)) for file in FASHION)
    return _halves(images[..., None], labels, test_images[..., None], test_labels)


def _idx(path: Path) -> Array:
    """The idx format: two zero bytes, the type (8 = uint8), the number of dimensions, their sizes, the bytes."""
    with gzip.open(path) as file:
        content = file.read()
    dimensions = content[3]
    shape = np.frombuffer(content, ">i4", dimensions, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def _cifar10(settings: Settings, progress: Progress | None) -> Raw:
    """Records of 1 + 3072 bytes: the label, then a plane each of red, green and blue."""
    path = download.fetch(CIFAR10, settings, progress)
    records = {}
    with tarfile.open(path) as archive:
        for member in archive:
            name = Path(member.name).name
            file = archive.extractfile(member) if name.endswith(".bin") else None
            if file is not None:
                records[name] = np.frombuffer(file.read(), np.uint8).reshape(-1, 1 + 3 * 32 * 32)
    train = np.concatenate([records[f"data_batch_{number}.bin"] for number in range(1, 6)])
    test = records["test_batch.bin"]
    return _halves(_planes(train), train[:, 0], _planes(test), test[:, 0])


def _planes(records: Array) -> Array:
    return np.ascontiguousarray(records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))


def _halves(x_train: Array, y_train: Array, x_test: Array, y_test: Array) -> Raw:
    parts = np.repeat(["train", "test"], [len(x_train), len(x_test)])
    return Raw(np.concatenate([x_train, x_test]), np.concatenate([y_train, y_test]), parts)


def _digits(settings: Settings, progress: Progress | None) -> Raw:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    pixels, notes = arrays.to_uint8([bunch.images[..., None]])
    return Raw(pixels, bunch.target, notes=notes)


def _shapes(settings: Settings, progress: Progress | None) -> Raw:
    pixels, factors = shapes.generate(SHAPE_IMAGES)
    return Raw(pixels, factors["shape"], columns=factors)


def _letters(settings: Settings, progress: Progress | None) -> Raw:
    """Drawn in a process of its own: matplotlib has no place in a page or in a trainer."""
    extras.need("letters")
    if progress:
        progress("Drawing letters, a few seconds", 0, 0)
    command = [sys.executable, "-m", "vae_core.data.letters"]
    drawn = subprocess.run(command, cwd=PROJECT, capture_output=True, stdin=subprocess.DEVNULL)
    if drawn.returncode:
        told = drawn.stderr.decode(errors="replace").strip() or "no word"
        raise LoupeError("The letters could not be drawn", told.splitlines()[-1], extras.how_to_add("letters"))
    with np.load(io.BytesIO(drawn.stdout), allow_pickle=False) as file:
        return letters.as_raw(dict(file))


ALL = (
    Builtin(
        "type",
        "Letters and digits in seventeen typefaces",
        (28, 28, 1),
        18_000,
        2000,
        2000,
        letters.CLASSES,
        "drawn here, in the typefaces of matplotlib",
        _letters,
        version=letters.VERSION,
        extra="letters",
    ),
    Builtin(
        "mnist",
        "MNIST, handwritten digits",
        (28, 28, 1),
        60_000,
        0,
        10_000,
        DIGITS,
        "Y. LeCun, C. Cortes, C. Burges; CC BY-SA 3.0",
        _mnist,
        (MNIST,),
    ),
    Builtin(
        "fashion-mnist",
        "Fashion-MNIST, pieces of clothing",
        (28, 28, 1),
        60_000,
        0,
        10_000,
        CLOTHES,
        "Zalando SE; MIT",
        _fashion,
        FASHION,
    ),
    Builtin(
        "cifar10",
        "CIFAR-10, animals and vehicles",
        (32, 32, 3),
        50_000,
        0,
        10_000,
        OBJECTS,
        "A. Krizhevsky, V. Nair, G. Hinton",
        _cifar10,
        (CIFAR10,),
    ),
    Builtin(
        "digits",
        "Small handwritten digits",
        (8, 8, 1),
        1617,
        180,
        180,
        DIGITS,
        "scikit-learn (UCI, E. Alpaydin, C. Kaynak)",
        _digits,
    ),
    Builtin(
        "shapes",
        "Squares, ellipses and hearts",
        (32, 32, 1),
        18_000,
        2000,
        2000,
        shapes.SHAPES,
        "generated",
        _shapes,
        version=shapes.VERSION,
    ),
)


def find(name: str) -> Builtin | None:
    return next((builtin for builtin in ALL if builtin.name == name), None)


def check_known(builtin: Builtin, raw: Raw) -> None:
    """A file of the right name may hold something else; better said now than after a training."""
    if raw.pixels.shape[1:] != builtin.image:
        height, width, channels = raw.pixels.shape[1:]
        raise LoupeError(
            f"The local {builtin.name} holds images of {height}x{width}x{channels}",
            f"{builtin.name} has images of {builtin.image[0]}x{builtin.image[1]}x{builtin.image[2]}",
            "Give your own data set a name of its own",
        )
