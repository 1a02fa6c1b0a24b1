"""Imports made wrong in every way, in a process of its own: faults, how long the slowest took, how much memory.

python tests/fuzz_imports.py FOLDER COUNT SEED
"""

from __future__ import annotations

import io
import json
import random
import resource
import shutil
import sys
import time
import traceback
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from vae_core.design.config import Config  # noqa: E402
from vae_core.errors import LoupeError  # noqa: E402
from vae_core.runs import store, transfer  # noqa: E402
from vae_core.settings import Settings  # noqa: E402

CONFIG = Config(dataset="digits", image=(8, 8, 1), encoder="flatten dense16")
VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**400,
    float("nan"),
    1e308,
    "",
    "x" * 70_000,
    "\ud800",
    "../../etc",
    [],
    [[]],
    {},
    {"a": []},
)
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


def whole(settings: Settings) -> Files:
    """A run that may be imported, as small as possible."""
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


def part(files: Files, chance: random.Random) -> bytes:
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
    """One value of a document."""
    name = chance.choice([name for name in sorted(files) if name.endswith(".json")])
    document = json.loads(files[name])
    parent = document
    while True:
        key = chance.choice(sorted(parent))
        if not (isinstance(parent[key], dict) and parent[key] and chance.random() < 0.8):
            break
        parent = parent[key]
    parent[key] = chance.choice(VALUES)
    return zipped({**files, name: json.dumps(document).encode("utf-8", "surrogatepass")}, chance)


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


KINDS: tuple[Callable[[Files, random.Random], bytes], ...] = (
    other_bytes,
    part,
    other_name,
    without_one,
    other_content,
    other_value,
    other_header,
)
RARE = 400  # cases between two mountains, which take long to make


def main(folder: Path, count: int, seed: int) -> None:
    settings = Settings(cache=folder / "cache", checkpoints=folder / "checkpoints")
    files, chance = whole(settings), random.Random(seed)
    faults, taken, slowest = [], 0, 0.0
    for place in range(count):
        kind = mountain if place % RARE == RARE - 1 else KINDS[place % len(KINDS)]
        data = kind(files, chance)
        began = time.process_time()
        try:
            for run in transfer.unpack(settings, io.BytesIO(data)):
                taken += 1
                shutil.rmtree(run.path)
        except LoupeError as error:
            str(error).encode()
        except Exception:
            faults.append(f"{kind.__name__}, case {place}: {traceback.format_exc(limit=-3)}")
        slowest = max(slowest, time.process_time() - began)
    print(
        json.dumps({"faults": faults[:5], "count": len(faults), "taken": taken, "slowest": slowest, "peak_mb": peak()})
    )


def peak() -> float:
    """Megabytes. Linux counts for a child also what its parent held, but not in this file."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if "VmHWM" in line) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2 ** (20 if sys.platform == "darwin" else 10)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
