"""A run's networks as the browser takes them, kept in its folder. docs/plane-format.md says what the bytes are."""

from __future__ import annotations

import json
import logging
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vae_core.errors import LoupeError
from vae_core.look.forms import NETWORKS, Ends
from vae_core.look.program import packing
from vae_core.look.program.lowering import Network
from vae_core.runs import keras_file, own
from vae_core.runs.keras_file import Graph

if TYPE_CHECKING:
    from vae_core.runs.store import Run

log = logging.getLogger(__name__)
VERSION = 1
MAGIC = b"LLPL"
START = struct.Struct("<4sIII")  # magic, version, bytes of the header, checksum of all that follows
MB = 2**20
MOST_BYTES = 8 * MB  # of one network; a browser decodes larger ones too slowly to follow a hand
NONSENSE = (struct.error, *keras_file.SPOILED)


@dataclass(frozen=True)
class Packed:
    """What the browser can have of a run: the bytes of each network, or the reason why there are none."""

    parts: Mapping[str, bytes]
    reasons: Mapping[str, str]
    source: tuple[int, ...] = ()  # the fingerprint of the model it was made from

    def part(self, name: str) -> bytes | None:
        """`encoder` or `decoder` alone, with a header of its own."""
        return self.parts.get(name)

    def reason(self, name: str) -> str:
        """Why there is no such part, for the middle of a sentence; empty where there is one."""
        return self.reasons.get(name, "")


class Newer(LoupeError):
    """Raised for what a newer program has kept; it is left as it is."""


def of(run: Run) -> Packed:
    """From the run's folder. Made, and kept there, where it is missing, damaged or older than the model."""
    try:
        kept, trouble = _kept(run), None
    except LoupeError as error:
        kept, trouble = None, error
    if kept and (not run.model.exists() or kept.source == keras_file.fingerprint(run.model)):
        return kept
    if trouble and not run.model.exists():
        raise trouble
    data = make(run)
    if not isinstance(trouble, Newer):
        _keep(run, data)
    return read(data, run.plane.name)


def make(run: Run) -> bytes:
    """The whole file, made from the saved model without Keras. A LoupeError where that cannot be read."""
    source = keras_file.fingerprint(run.model)
    parts: dict[str, bytes] = {}
    reasons: dict[str, str] = {}
    graphs = keras_file.read(run.model)
    for task, name in NETWORKS.items():
        try:
            parts[name] = _fitting(pack(graphs[name]), Ends.of(run, task))
        except LoupeError as error:
            reasons[name] = error.happened
        except NONSENSE:
            reasons[name] = f"its {name} is not built as this program builds them"
    return write(Packed(parts, reasons, source))


def pack(graph: Graph) -> bytes:
    """One network; a LoupeError says why the browser cannot have it."""
    size = graph.size
    if size <= MOST_BYTES:
        for merged in (True, False):  # merging makes it quicker, but can make it larger
            network = Network(graph, merged)
            data = packing.pack(network, network.input, network.outputs)
            size = len(data)
            if size <= MOST_BYTES:
                return data
    raise LoupeError(f"it is too large for the browser: {size / MB:.1f} MB, where {MOST_BYTES // MB} MB are the most")


def _fitting(data: bytes, ends: Ends) -> bytes:
    header = packing.read(data, "it")
    if [tuple(end["shape"]) for end in (header["input"], *header["outputs"])] != [ends.row, *ends.outputs.values()]:
        raise LoupeError("it is not the one that the run's settings describe")
    return data


def write(packed: Packed) -> bytes:
    places, body = {}, b""
    for name, part in packed.parts.items():
        places[name] = [len(body), len(part)]
        body += part
    header = {"source": packed.source, "networks": places, "reasons": packed.reasons}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % START.size)
    return START.pack(MAGIC, VERSION, len(text), zlib.crc32(text + body)) + text + body


def read(data: bytes, name: str) -> Packed:
    """What `write` wrote; a LoupeError that names the file for anything else."""
    try:
        magic, version, length, checksum = START.unpack_from(data)
        if magic != MAGIC:
            raise LoupeError(f"{name} is no file of this program")
        if version != VERSION:
            raise Newer(f"{name} has version {version}", f"This program reads version {VERSION}", "Update the program")
        if zlib.crc32(data[START.size :]) != checksum:
            raise LoupeError(f"{name} is damaged", "Its checksum does not fit what it holds")
        header = json.loads(data[START.size : START.size + length])
        return _unpacked(header, data[START.size + length :], name)
    except NONSENSE:
        raise LoupeError(f"{name} is damaged", "What it says of itself makes no sense") from None


def _unpacked(header: Mapping[str, Any], body: bytes, name: str) -> Packed:
    parts = {key: body[start : start + size] for key, (start, size) in header["networks"].items()}
    for part in parts.values():
        packing.read(part, name)
    reasons = {str(key): str(text) for key, text in header["reasons"].items()}
    if {*parts, *reasons} != set(NETWORKS.values()):
        raise ValueError("other networks")
    return Packed(parts, reasons, tuple(int(number) for number in header["source"]))


def _kept(run: Run) -> Packed | None:
    try:
        return read(own.read(run.plane), f"{run.id}/{run.plane.name}")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LoupeError(f"{run.id}/{run.plane.name} cannot be read: {error.strerror}") from None


def _keep(run: Run, data: bytes) -> None:
    """It can be made again at any time, so a full disk or a folder that may not be written to is no trouble."""
    try:
        run.save_file("plane", lambda path: path.write_bytes(data))
    except (LoupeError, OSError) as error:
        log.info("%s is not kept: %s", run.plane, error)
