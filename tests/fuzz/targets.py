"""What is fuzzed: for each kind of thing that comes in, how cases of it are made, and who takes them.

A case is bytes. It is taken, or refused by a LoupeError whose sentence can be shown, within 2 s and little memory.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import pasted_systems
from fuzz import images, kernel, models, runs, words
from fuzz.place import Place, emptied
from fuzz.words import Take
from fuzz.wounds import sometimes
from hypothesis import strategies as some

from vae_core.data import catalog, unrolled
from vae_core.data.fitting import Fitting
from vae_core.data.images import read_all
from vae_core.data.listings import Listing
from vae_core.design import pasted
from vae_core.errors import LoupeError
from vae_core.look.program import packed
from vae_core.look.program.executor import Executor
from vae_core.look.program.lowering import Network
from vae_core.runs import history, keras_file, transfer
from vae_core.runs.summary import summarize

NAMES = ("a.png", "a.jpg", "a.gif", "a.bmp", "a.tif", "a.webp", "a.avif", "a.heic", "a.ppm")
SUFFIXES = {b"PK": ".zip", b"\x1f\x8b": ".tar.gz"}


@dataclass(frozen=True)
class Target:
    """`short` is how many cases `make test` tries."""

    make: Callable[[random.Random], bytes]
    take: Take
    short: int


# Images.


def _added(data: bytes, place: Place, name: str = "", usual: str = "") -> bool:
    """As a data set; without a name it is called as it begins."""
    path = place.holding(name or f"a{SUFFIXES.get(data[:2], usual)}", data)
    try:
        catalog.add(path, "mine", place.settings)
        catalog.load("mine", place.settings)
        catalog.remove("mine", place.settings)
    finally:
        path.unlink()
    return True


def _listed(data: bytes, place: Place, name: str) -> bool:
    """Beside a zip of pictures, of which it may be a list."""
    place.holding("a.zip", images.sound_zip(8))
    return _added(data, place, name)


def _seen(data: bytes, place: Place) -> bool:
    """A picture beside a sound one."""
    held = {"b.png": images.pictures()["dog/0.png"], NAMES[data[:1][0] % len(NAMES)] if data else "a.png": data[1:]}
    listing = Listing([*held])
    if not data or data[0] < 128:
        read_all(listing.names, held.__getitem__, place.settings, Fitting(), None)
        return True
    with unrolled.opened(listing, held.__getitem__, place.settings, None) as (found, read):
        read_all(found.names, read, place.settings, Fitting(frames=True), None)
    return True


# Runs.


def _imported(data: bytes, place: Place) -> bool:
    try:
        transfer.unpack(place.settings, io.BytesIO(data))
    finally:
        emptied(place)
    return True


def _documented(data: bytes, place: Place) -> bool:
    """One of the documents of a run, whoever reads it."""
    name, run = runs.DOCUMENTS[data[:1][0] % len(runs.DOCUMENTS)] if data else "card.json", place.run
    path = run.path / name
    before = path.read_bytes() if path.exists() else None
    path.write_bytes(data[1:])
    try:
        summarize(run)
        read = {"status.json": run.status, "card.json": run.card, "config.json": run.config, "job.json": run.job}
        read.get(name, run.metrics if name == "metrics.json" else run.progress)()
    finally:
        path.write_bytes(before) if before is not None else path.unlink()
    return True


def _remembered(data: bytes, place: Place) -> bool:
    (place.run.path / "history.csv").write_bytes(data)
    rows = place.run.history()
    history.best(rows)
    for row in rows:
        history.line(row)
    return True


def _kept(data: bytes, place: Place) -> bool:
    """Arrays of a run: codes, a snapshot, or where its training stands."""
    run, which = place.run, data[:1][0] % 3 if data else 0
    path = run.path / ("codes.npz", "epochs/0001.npz", "state/last.npz")[which]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data[1:])
    (run.codes, partial(run.snapshot, 1), run.load_state)[which]()
    return True


def _modelled(data: bytes, place: Place) -> bool:
    """A saved model: read, packed for the browser, and run."""
    graphs = keras_file.read(place.holding("model.keras", data), most_bytes=2**20)
    for graph in graphs.values():
        try:
            packed.pack(graph)
            network = Network(graph, merged=True)
            run = Executor(network, [str(number) for number in range(len(network.outputs))])
        except (LoupeError, *packed.NONSENSE):  # whoever reads one says so
            continue
        run(np.ones((2, *network.input.shape), np.float32))
    return True


def _planned(data: bytes, place: Place) -> bool:
    packed.read(data, "plane.bin")
    return True


# Words.


def _pasted(data: bytes, place: Place) -> bool:
    pasted.read(data.decode("utf-8", "replace"), (28, 28, 1))
    return True


def _code(chance: random.Random) -> bytes:
    return sometimes(chance.choice((pasted_systems.FASHION, pasted_systems.CIFAR)).encode(), chance)


def _asked(data: bytes, place: Place) -> bool:
    """Streamlit is loaded for this target alone."""
    from fuzz import addresses

    return _addresses(addresses.ADDRESSES, addresses.address)(data, place)


_addresses = cache(words.tried)


def _bytes(chance: random.Random) -> bytes:
    return chance.randbytes(chance.choice((60, 400, 2000)))


TARGETS = {
    "notation": Target(_bytes, words.tried(words.DRAFTS, words.notation), 150),
    "config": Target(_bytes, words.tried(words.CONFIGS, words.config), 300),
    "settings": Target(_bytes, words.tried(some.tuples(words.FILES, words.ENVIRONMENTS), words.program), 200),
    "addresses": Target(_bytes, _asked, 200),
    "pasted": Target(_code, _pasted, 60),
    "npz": Target(images.an_npz, partial(_added, name="a.npz"), 200),
    "npy": Target(images.an_npy, partial(_added, name="a.npy"), 150),
    "idx": Target(images.an_idx, _added, 100),
    "zip": Target(images.a_zip, partial(_added, name="a.zip"), 60),
    "tar": Target(images.a_tar, partial(_added, usual=".tar"), 60),
    "parquet": Target(images.a_parquet, partial(_added, name="a.parquet"), 50),
    "csv": Target(images.a_csv, partial(_listed, name="a.csv"), 100),
    "jsonl": Target(images.lines, partial(_listed, name="a.jsonl"), 60),
    "picture": Target(images.a_picture, _seen, 300),
    "runs": Target(runs.a_run_zip, _imported, 300),
    "keras": Target(models.a_model, _modelled, 60),
    "documents": Target(runs.a_document, _documented, 300),
    "history": Target(runs.a_history, _remembered, 300),
    "arrays": Target(runs.some_arrays, _kept, 200),
    "plane": Target(models.a_plane, _planned, 300),
    "kernel": Target(kernel.a_network, kernel.taken, 300),
}
