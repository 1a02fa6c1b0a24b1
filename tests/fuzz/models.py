"""Models that were saved, and their planes: sound ones and what is made of them."""

from __future__ import annotations

import json
import random
import zipfile
from dataclasses import replace
from functools import cache
from pathlib import Path

from fuzz.images import zipped
from fuzz.wounds import changed, harmed

from vae_core.look.program import packed, packing
from vae_core.runs import keras_file

MODEL = Path(__file__).with_name("tiny.keras")  # of runs.CONFIG, saved by Keras


@cache
def model() -> dict[str, bytes]:
    """Of CONFIG, as Keras saved it."""
    with zipfile.ZipFile(MODEL) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def a_model(chance: random.Random) -> bytes:
    members, kind = dict(model()), chance.choice(("description", "weights", "archive", "sound"))
    if kind == "description":
        members["config.json"] = changed(members["config.json"], chance)
    elif kind == "weights":
        members["model.weights.h5"] = harmed(members["model.weights.h5"], chance)
    whole = zipped(members)
    return harmed(whole, chance) if kind == "archive" else whole


@cache
def plane() -> packed.Packed:
    parts = {name: packed.pack(graph) for name, graph in keras_file.read(MODEL).items()}
    return packed.Packed(parts, {}, keras_file.fingerprint(MODEL))


def a_plane(chance: random.Random) -> bytes:
    """Half of them with the sum that fits."""
    parts = {name: a_network(part, chance) for name, part in plane().parts.items()}
    whole = packed.write(replace(plane(), parts=parts))
    return chance.choice((whole, harmed(whole, chance)))


def a_network(data: bytes, chance: random.Random) -> bytes:
    """With another header, and sometimes without all of its weights."""
    header = packing.read(data, "it")
    weights = data[len(data) - 4 * (header["kernels"] + header["vectors"]) :]
    text = changed(json.dumps(header).encode(), chance)
    text += b" " * (-len(text) % packing.START.size)
    kept = chance.choice((weights, weights, weights, weights[4:], b""))
    return packing.START.pack(packing.MAGIC, chance.choice(packing.VERSIONS), len(text), 0) + text + kept
