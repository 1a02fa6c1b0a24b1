"""Files of runs, sound ones and what is made of them: exported runs, documents, histories, arrays."""

from __future__ import annotations

import io
import json
import random
import tempfile
import zipfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np
from fuzz import models
from fuzz.images import npz
from fuzz.wounds import CELLS, changed, sometimes

from vae_core.design.config import Config
from vae_core.runs import forms, history, store, transfer
from vae_core.settings import PROJECT, Settings

ENCODER, DECODER = "conv2/2 bn flatten", "dense8 reshape2x2x2 deconv1/2:sigmoid"
CONFIG = Config("digits", (4, 4, 1), ENCODER, DECODER, kind="vae", latent=2)
DOCUMENTS = ("status.json", "card.json", "config.json", "metrics.json", "job.json", "progress.jsonl")
DTYPES = ("f8", "f2", "i8", "u1", "U3", "bool", "c8", "S2", "M8[s]", "O")
RARE = 400  # cases between two mountains, which take long to make
NAMES = (
    "ID/../x",
    "/etc/passwd",
    "ID/config.json/x",
    "ID/" + "d/" * 3_000,
    "ID/" + "n" * 60_000,
    "ID\\..\\x",
    "C:/x",
    "ID/",
    " ",
    "ID/epochs/0001.npz/x",
    "ID/state/../x",
    "ID//config.json",
    "id/CONFIG.json",
    "ID/lock",
    "a/b",
    "ID/epochs/0000000000.npz",
    "ID/\u202e.json",
    "ID/state/last.npz",
    "ID/thumbs.webp",
    "ID/model.keras",
    "ID/history.csv",
    "ID/log.txt",
)
SHAPES = ("(1000000000, 2)", "(5,)", "()", "(-1, 2)", "(5, 2, 1)", "(" * 9_000, "(5, 10**9)", "(2.5,)")
METHODS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED] * 5 + [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
Files = dict[str, bytes]


@cache
def whole() -> Files:
    """A run that may be imported, as small as possible."""
    with tempfile.TemporaryDirectory() as folder:
        return _exported(Settings(cache=Path(folder, "cache"), checkpoints=Path(folder, "checkpoints")))


def _exported(settings: Settings) -> Files:
    run = store.create(settings, CONFIG, {"parameters": {"total": 12}})
    ones = np.ones(5, np.float32)
    run.save_codes({"mean": np.zeros((5, 2), np.float32), "reconstruction": ones, "labels": np.arange(5)})
    run.add_history({"epoch": 1, "train_total_nats_per_image": 3.5})
    run.set_status(state="done", epoch=1, best={"epoch": 1, "validation": {"nats_per_image": 3.0}})
    target = io.BytesIO()
    transfer.pack(settings, [run.id], target)
    store.remove(run)
    with zipfile.ZipFile(target) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(files: Files, chance: random.Random) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", chance.choice(METHODS)) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target.getvalue()


def other_bytes(files: Files, chance: random.Random) -> bytes:
    data = bytearray(zipped(files, chance))
    for _ in range(chance.choice((1, 1, 2, 8))):
        data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


def a_part(files: Files, chance: random.Random) -> bytes:
    data = zipped(files, chance)
    start, end = sorted(chance.randrange(len(data)) for _ in range(2))
    return chance.choice((data[:end], data[start:], data[:start] + data[end:], data + data[start:end]))


def other_name(files: Files, chance: random.Random) -> bytes:
    name = chance.choice(NAMES).replace("ID", next(iter(files)).partition("/")[0])
    return zipped({**files, name: chance.choice(list(files.values()))}, chance)


def without_one(files: Files, chance: random.Random) -> bytes:
    gone = chance.choice(sorted(files))
    return zipped({name: data for name, data in files.items() if name != gone}, chance)


def other_content(files: Files, chance: random.Random) -> bytes:
    name = chance.choice(sorted(files))
    data = bytearray(files[name])
    if data:
        place = chance.randrange(len(data))
        data[place : place + chance.choice((0, 1, 9))] = chance.randbytes(chance.choice((0, 1, 9)))
    content = chance.choice((bytes(data), b"", b"[" * 9_000, chance.choice(list(files.values()))))
    return zipped({**files, name: content}, chance)


def other_value(files: Files, chance: random.Random) -> bytes:
    """One value of a document, or some."""
    name = chance.choice([name for name in sorted(files) if name.endswith(".json")])
    return zipped({**files, name: changed(files[name], chance)}, chance)


def other_header(files: Files, chance: random.Random) -> bytes:
    """An array that says something else of itself than it is."""
    name = next(name for name in files if name.endswith(".npz"))
    shape = chance.choice(
        ("(1000000000, 2)", "(5,)", "()", "(-1, 2)", "(5, 2, 1)", "(" * 9_000, "(5, 10**9)", "(2.5,)")
    )
    kind = chance.choice(("<f4", "|O", "<U9", "<M8[s]", "[('a', '<f4')]", "x", "<c16", ">f4"))
    text = f"{{'descr': {kind!r}, 'fortran_order': {chance.choice((True, False, 0))}, 'shape': {shape}, }}\n".encode()
    array = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + bytes(40)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mean.npy", array)
        archive.writestr("reconstruction.npy", array)
    return zipped({**files, name: target.getvalue()}, chance)


def mountain(files: Files, chance: random.Random) -> bytes:
    """Much out of little."""
    name = chance.choice((*sorted(files), "ID/plane.bin", "ID/log.txt")).replace(
        "ID", next(iter(files)).partition("/")[0]
    )
    return zipped(
        {**files, name: chance.choice((b" ", b"\0", b"[")) * 2 ** chance.choice((16, 20, 25))}, random.Random(1)
    )


def with_a_model(files: Files, chance: random.Random) -> bytes:
    name = next(iter(files)).partition("/")[0]
    return zipped({**files, f"{name}/model.keras": models.a_model(chance)}, chance)


KINDS: tuple[Callable[[Files, random.Random], bytes], ...] = (
    other_bytes,
    a_part,
    other_name,
    without_one,
    other_content,
    other_value,
    other_header,
    with_a_model,
)


def a_run_zip(chance: random.Random) -> bytes:
    kind = mountain if chance.randrange(RARE) == 0 else chance.choice(KINDS)
    return kind(whole(), chance)


# What else lies in its folder.


@cache
def documents() -> tuple[bytes, ...]:
    """Of a run that comes along, in the order of DOCUMENTS."""
    with zipfile.ZipFile(PROJECT / "checkpoints" / ".shipped" / "report-000.zip") as archive:
        told = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
    job = {"place": "here", "kind": "slurm", "number": 7}
    row = {"epoch": 1, "step": 2, "steps": 3, "nats_per_image": 1.5, "images_per_second": 9.5, "eta_seconds": None}
    others = {"job.json": json.dumps(job).encode(), "progress.jsonl": json.dumps(row).encode()}
    return tuple({**told, **others}[name] for name in DOCUMENTS)


def a_document(chance: random.Random) -> bytes:
    """Its first byte says which."""
    which = chance.randrange(len(DOCUMENTS))
    return bytes([which]) + sometimes(chance.choice((changed(documents()[which], chance), documents()[which])), chance)


def a_history(chance: random.Random) -> bytes:
    rows = [history.line({"epoch": epoch, "seconds": 0.5 * epoch}).split(",") for epoch in range(1, 4)]
    for _ in range(chance.choice((0, 1, 1, 5))):
        chance.choice(rows)[chance.randrange(len(history.HISTORY))] = chance.choice(CELLS)
    text = "\n".join([history.HEADER, *map(",".join, rows), ""])
    return sometimes(text.encode("utf-8", "surrogatepass"), chance)


@cache
def arrays() -> tuple[dict[str, np.ndarray], ...]:
    """The codes, a snapshot and the state of a training, of CONFIG."""
    f4, u1 = partial(np.ones, dtype=np.float32), partial(np.ones, dtype=np.uint8)
    codes = {
        "mean": f4((5, 2)),
        "log_variance": f4((5, 2)),
        "reconstruction": f4(5),
        "kl": f4(5),
        "labels": np.arange(5),
    }
    pairs = {"original": u1((2, 4, 4, 1)), "reconstruction": u1((2, 4, 4, 1)), "grid": u1((3, 3, 4, 4, 1))}
    snapshot = {"index": np.arange(5), "code": f4((5, 2)), "labels": np.arange(5), "plane": f4((3, 2)), **pairs}
    counts = dict.fromkeys(("epoch", "step", "images", "best_epoch"), 1)
    sums = dict.fromkeys(("reconstruction", "kl", "weighted_kl", "train_seconds", "seconds", "best_value"), 1.5)
    state = forms.State({**counts, **sums}, "adam", [f4((2, 2))], [f4((2, 2))])
    return codes, snapshot, state.arrays()


def some_arrays(chance: random.Random) -> bytes:
    """The first byte says of what."""
    which = chance.randrange(3)
    held = dict(arrays()[which])
    if chance.random() < 0.5:
        shape = chance.choice(((5, 2), (5,), (), (0, 2), (2, 4, 4, 1)))
        number = np.full(shape, chance.choice((0, 7, 300)))
        held[chance.choice(sorted(held))] = number.astype(chance.choice(DTYPES))
    return bytes([which]) + sometimes(npz(held, chance.choice((np.savez, np.savez_compressed))), chance)
