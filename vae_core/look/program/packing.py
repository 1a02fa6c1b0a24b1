"""One network as bytes: its weights in the order in which the kernel reads them, and a plan of the memory it needs."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterable, Sequence
from typing import TypedDict, TypeVar

import numpy as np

from vae_core.errors import LoupeError
from vae_core.look.program import extents
from vae_core.look.program.operations import FUNCTIONS, Array, Op, Program, Value

VERSIONS = (1, 2)  # the second knows one more operation, and one more function
MAGIC = b"LLNW"
START = struct.Struct("<4sIII")  # magic, version, bytes of the header, nothing
ALIGNED = 4  # numbers; every part of the memory begins at a multiple of it
MOST_MEMORY = 2**28  # numbers of a network and its buffers, of which each has at most MOST_NUMBERS: 1 GB
IN_PLACE = ("activate", "affine", "add", "normalize")  # may write over what they read
T = TypeVar("T")
LARGEST_HALF = float(np.finfo(np.float16).max)


class End(TypedDict):
    """Where the memory holds what goes in, or comes out."""

    shape: list[int]
    at: int


class Header(TypedDict):
    input: End
    outputs: list[End]
    kernels: int
    vectors: int
    memory: int
    half: bool
    ops: list[tuple[str, list[int], list[int]]]  # name, places, sizes


def pack(program: Program, given: Value, results: Sequence[Value]) -> bytes:
    """The program with its weights: kernels first, vectors after them, then the buffers, one memory throughout."""
    memory = _Memory(program, given, results)
    header: Header = {
        "input": memory.end(given),
        "outputs": [memory.end(value) for value in results],
        "kernels": memory.kernels.size,
        "vectors": memory.vectors.size,
        "memory": memory.first_buffer + memory.buffers.size,
        "half": False,
        "ops": [(op.name, memory.arguments(op), op.sizes) for op in program.ops],
    }
    return write(header, memory.kernels.joined() + memory.vectors.joined())


def write(header: Header, weights: bytes) -> bytes:
    text = json.dumps(header, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-len(text) % START.size)
    return START.pack(MAGIC, _version(header["ops"]), len(text), 0) + text + weights


def _version(ops: Iterable[tuple[str, list[int], list[int]]]) -> int:
    """The first that has these operations: whatever an older reader can run, it takes."""
    of_second = ("normalize", FUNCTIONS.index("sin"))
    return VERSIONS[any(name in of_second or name == "activate" and sizes[1] in of_second for name, _, sizes in ops)]


def read(data: bytes, name: str) -> Header:
    """The header, once all is as it has to be: what the browser relies on. `name` is for the error."""
    try:
        magic, version, length, _ = START.unpack_from(data)
        if magic != MAGIC or version not in VERSIONS:
            raise LoupeError(f"{name} is a network of version {version}" if magic == MAGIC else f"{name} is no network")
        header: Header = json.loads(data[START.size : START.size + length].decode(), parse_constant=_no_number)
        _check(header, len(data) - START.size - length)
    except (ValueError, KeyError, TypeError, AttributeError, struct.error, RecursionError, OverflowError):
        raise LoupeError(f"{name} holds a network that makes no sense") from None
    return header


def halved(data: bytes) -> bytes:
    """The same network with its kernels in float16: half as long, and exact to three digits."""
    header = read(data, "The network")
    if header["half"]:
        return data
    count, start = header["kernels"], len(data) - 4 * (header["kernels"] + header["vectors"])
    kernels = np.frombuffer(data, "<f4", count, start)
    if np.abs(kernels).max(initial=0) > LARGEST_HALF:
        raise LoupeError("The network has weights that are too large for float16")
    return write({**header, "half": True}, kernels.astype("<f2").tobytes() + data[start + 4 * count :])


def lanes(filters: int) -> int:
    """How many filters are computed at once: what the browser's registers hold, fewer where most would be idle."""
    return 1 if filters < 3 else 8 if filters > 12 or filters % 8 in (0, 5, 6, 7) else 4


def blocked(kernel: Array, width: int) -> Array:
    """(rows, columns, in, out) as blocks of `width` filters, missing ones zero."""
    rows, columns, channels, filters = kernel.shape
    padded = np.pad(kernel, [(0, 0)] * 3 + [(0, -filters % width)])
    return padded.reshape(rows * columns * channels, -(-filters // width), width).swapaxes(0, 1)


def rounded(array: Array) -> Array:
    """As float32, once; a LoupeError where any of them is no number then."""
    with np.errstate(over="ignore"):
        numbers = array.astype("<f4")
    if not np.isfinite(numbers).all():
        raise LoupeError("it has weights that are no numbers, as of a training that went wrong")
    return numbers


def _padded(vector: Array, width: int) -> Array:
    return np.pad(vector, (0, -len(vector) % width))


class _Section:
    """A run of arrays and where each begins."""

    def __init__(self) -> None:
        self.size = 0
        self.start: dict[int, int] = {}
        self._parts: list[bytes] = []

    def add(self, key: int, array: Array) -> None:
        numbers = rounded(np.ravel(array))
        self.start[key] = self.size
        self._parts.append(np.pad(numbers, (0, -len(numbers) % ALIGNED)).tobytes())
        self.size += len(self._parts[-1]) // 4

    def joined(self) -> bytes:
        return b"".join(self._parts)


class Plan:
    """Where each buffer lies. Two that are never needed at the same time may share a place."""

    def __init__(self, program: Program, given: Value, results: Sequence[Value]) -> None:
        self.start: dict[int, int] = {}
        self.size = 0
        self._sizes = program.sizes
        last = {buffer: step for step, op in enumerate(program.ops) for buffer, _ in op.reads}
        last |= {value.buffer: len(program.ops) for value in results}
        self._live = {given.buffer} if given.buffer in last else set()
        self._place(given.buffer)
        for step, op in enumerate(program.ops):
            self._write(op, step, last)
            self._live = {buffer for buffer in self._live if last.get(buffer, -1) > step}

    def _write(self, op: Op, step: int, last: dict[int, int]) -> None:
        buffer = op.writes[0]
        if buffer not in self.start:
            ends = (read for read, _ in op.reads if last[read] == step and self._sizes[read] == self._sizes[buffer])
            reused = next(ends, None) if op.name in IN_PLACE else None
            if reused is None:
                self._place(buffer)
            else:
                self.start[buffer] = self.start[reused]
        self._live.add(buffer)

    def _place(self, buffer: int) -> None:
        """Put a buffer at the lowest free place that is large enough."""
        size = self._aligned(buffer)
        taken = sorted((self.start[other], self.start[other] + self._aligned(other)) for other in self._live - {buffer})
        start = 0
        for begin, end in taken:
            if begin - start >= size:
                break
            start = max(start, end)
        self.start[buffer] = start
        self.size = max(self.size, start + size)

    def _aligned(self, buffer: int) -> int:
        return -(-self._sizes[buffer] // ALIGNED) * ALIGNED


class _Memory:
    """Where a program finds its kernels, its vectors behind them, and its buffers behind both."""

    def __init__(self, program: Program, given: Value, results: Sequence[Value]) -> None:
        self.kernels, self.vectors = _Section(), _Section()
        for op in program.ops:
            self._take(op)
        self.buffers = Plan(program, given, results)
        self.first_buffer = self.kernels.size + self.vectors.size

    def _take(self, op: Op) -> None:
        if op.kernel is not None:
            op.sizes.append(lanes(op.kernel.shape[-1]))
            self.kernels.add(id(op), blocked(op.kernel, op.sizes[-1]))
            op.vectors = [_padded(vector, op.sizes[-1]) for vector in op.vectors]
        for vector in op.vectors:
            self.vectors.add(id(vector), vector)

    def arguments(self, op: Op) -> list[int]:
        places = [self.first_buffer + self.buffers.start[buffer] + offset for buffer, offset in (*op.reads, op.writes)]
        kernel = [self.kernels.start[id(op)]] if op.kernel is not None else []
        return [*places, *kernel, *(self.kernels.size + self.vectors.start[id(vector)] for vector in op.vectors)]

    def end(self, value: Value) -> End:
        return {"shape": list(value.shape), "at": self.first_buffer + self.buffers.start[value.buffer]}


def _check(header: Header, length: int) -> None:
    """Raise ValueError where a count, a place or a size cannot be."""
    kernels, vectors, memory = (_count(header[key]) for key in ("kernels", "vectors", "memory"))
    if type(header["half"]) is not bool or length != kernels * (2 if header["half"] else 4) + vectors * 4:
        raise ValueError("another length")
    if kernels % ALIGNED or not kernels + vectors <= memory <= MOST_MEMORY:
        raise ValueError("another memory")
    ends = [(_count(end["at"]), math.prod(map(_count, _list(end["shape"])))) for end in _ends(header)]
    for start, size in (*ends, *(part for op in _list(header["ops"]) for part in _touched(*op))):
        if not 0 <= start <= start + size <= memory:
            raise ValueError("a place outside the memory")


def _ends(header: Header) -> list[End]:
    if not _list(header["outputs"]):
        raise ValueError("no output")
    return [header["input"], *header["outputs"]]


def _list(value: list[T]) -> list[T]:
    """A browser reads nothing else as one."""
    if type(value) is not list:
        raise ValueError("no list")
    return value


def _touched(name: str, places: list[int], sizes: list[int]) -> Iterable[extents.Part]:
    if not all(type(number) is int for number in (*_list(places), *_list(sizes))):
        raise ValueError("not a number")
    return extents.touched(name, places, sizes)


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("not a count")
    return value


def _no_number(word: str) -> None:
    """JSON has no such word; Python reads it all the same, and a browser does not."""
    raise ValueError(word)
