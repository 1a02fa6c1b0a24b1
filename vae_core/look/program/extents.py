"""Which numbers of the memory an operation reads and writes: what a network says of itself must stay within it.

The kernel (ui/components/shared/kernel.c) looks at no bound, so a network is looked at here before anybody runs it.
Each function has the places and the sizes of its operation, and gives where a part begins and how long it is; a
ValueError where a size cannot be. The work that is asked for is bounded as well: no loop runs over nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from vae_core.look.program.operations import FUNCTIONS

Part = tuple[int, int]
Numbers = Sequence[int]
AT_ONCE = 4  # numbers: what works on each by itself goes on to the next multiple
LANES = (1, 4, 8)


def touched(name: str, places: Numbers, sizes: Numbers) -> Iterator[Part]:
    """The parts of one operation; KeyError where there is none of that name."""
    return OPERATIONS[name](places, sizes)


def _convolve(places: Numbers, sizes: Numbers) -> Iterator[Part]:
    start, to, kernel, bias = places
    rows, columns, row_apart, column_apart, taps, run, tap_apart, row_out, column_out, filters, lanes = _counts(sizes)
    _refuse(lanes not in LANES)
    padded = -(-filters // lanes) * lanes
    yield kernel, max(taps, taps * run) * padded
    yield bias, padded
    yield to, max(rows, columns, rows * columns * filters)  # each is computed once
    if rows and columns:
        across = (rows - 1) * row_apart + (columns - 1) * column_apart
        yield start, across + (taps - 1) * tap_apart + run if taps else 0
        yield to, (rows - 1) * row_out + (columns - 1) * column_out + filters


def _frame(places: Numbers, sizes: Numbers) -> Iterator[Part]:
    start, to, outside = places
    *counts, top, left = sizes
    height, width, channels, rows, columns = _sizes(counts)
    _refuse(not (-rows <= top <= height and -columns <= left <= width))  # the kernel points there, if to read nothing
    yield start, height * width * channels
    yield to, rows * columns * channels
    yield outside, channels


def _enlarge(places: Numbers, sizes: Numbers) -> Iterator[Part]:
    (start, to), (height, width, channels, size) = places, _sizes(sizes)
    yield start, height * width * channels
    yield to, height * width * channels * size**2


def _pool(places: Numbers, sizes: Numbers) -> Iterator[Part]:
    *counts, average = sizes
    (start, to), (height, width, channels, size) = places, _sizes(counts)
    _refuse(average not in (0, 1))
    yield start, height * width * channels
    yield to, (height // size) * (width // size) * channels


def _add(places: Numbers, sizes: Numbers) -> Iterator[Part]:
    (one, other, to), (count,) = places, _counts(sizes)
    yield from ((place, _whole(count)) for place in (one, other, to))


def _affine(places: Numbers, sizes: Numbers) -> Iterator[Part]:
    (start, to, scale, shift), (pixels, channels) = places, _sizes(sizes)
    yield from ((place, pixels * channels) for place in (start, to))
    yield from ((place, channels) for place in (scale, shift))


def _normalize(places: Numbers, sizes: Numbers) -> Iterator[Part]:
    (start, to, epsilon), (pixels, channels) = places, _sizes(sizes)
    yield from ((place, pixels * channels) for place in (start, to))
    yield epsilon, 1


def _activate(places: Numbers, sizes: Numbers) -> Iterator[Part]:
    (start, to), (count, kind) = places, _counts(sizes)
    _refuse(kind >= len(FUNCTIONS))
    yield from ((place, _whole(count)) for place in (start, to))


OPERATIONS: Mapping[str, Callable[[Numbers, Numbers], Iterator[Part]]] = {
    "convolve": _convolve,
    "frame": _frame,
    "enlarge": _enlarge,
    "pool": _pool,
    "add": _add,
    "affine": _affine,
    "normalize": _normalize,
    "activate": _activate,
}


def _counts(sizes: Numbers) -> Numbers:
    _refuse(min(sizes) < 0)
    return sizes


def _sizes(sizes: Numbers) -> Numbers:
    _refuse(min(sizes) < 1)
    return sizes


def _whole(count: int) -> int:
    return -(-count // AT_ONCE) * AT_ONCE


def _refuse(is_wrong: bool) -> None:
    if is_wrong:
        raise ValueError("a size that cannot be")
