"""Networks of one operation whose sizes lie at their edges, and what a process of Node makes of them.

Its memory ends where the last buffer does, so that one number too many is seen.
"""

from __future__ import annotations

import random
import struct
import subprocess
import zlib
from collections.abc import Sequence
from functools import cache

import numpy as np
from fuzz.place import Place
from fuzz.wounds import sometimes

from vae_core.look.program import extents, packing
from vae_core.look.program.operations import FUNCTIONS
from vae_core.settings import PROJECT

EDGES = (1, 1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 16, 17)
LONG = (*EDGES, 31, 33, 127, 128, 129, 255, 257)
PLACES = {  # by operation: buffers, a kernel, vectors
    "convolve": "bbkv",
    "frame": "bbv",
    "enlarge": "bb",
    "pool": "bb",
    "add": "bbb",
    "affine": "bbvv",
    "normalize": "bbv",
    "activate": "bb",
}
MOST_RUN = 2**14  # numbers of a memory that is tried in Node: what is asked of it ends soon
APART = 2**40  # places that no part reaches across
CHECK = struct.Struct("<I")  # before the network: its checksum, which says that nobody has changed it
MESSAGE = struct.Struct("<IB")


def a_network(chance: random.Random) -> bytes:
    network = sized(chance)
    return sometimes(CHECK.pack(zlib.crc32(network)) + network, chance)


def sized(chance: random.Random) -> bytes:
    """Kernels, vectors and buffers, one behind the other, without a gap."""
    name = chance.choice([*PLACES])
    sizes = _sizes(name, chance)
    lengths = _lengths(name, sizes)
    order = sorted(range(len(lengths)), key=lambda place: "kvb".index(PLACES[name][place]))
    starts, end = dict.fromkeys(order, 0), 0
    for place in order:
        starts[place], end = end, end + packing.ALIGNED * -(-lengths[place] // packing.ALIGNED)
    counts = {kind: sum(-(-n // 4) * 4 for n, k in zip(lengths, PLACES[name]) if k == kind) for kind in "kv"}
    results = PLACES[name].rindex("b")
    exact = sizes[0] if name in ("add", "activate") else lengths[results]
    header: packing.Header = {
        "input": {"shape": [lengths[0]], "at": starts[0]},
        "outputs": [{"shape": [exact], "at": starts[results]}],
        "kernels": counts["k"],
        "vectors": counts["v"],
        "memory": end,
        "half": False,
        "ops": [(name, [starts[place] for place in range(len(lengths))], sizes)],
    }
    weights = np.random.default_rng(chance.randrange(2**32)).uniform(0.1, 2, counts["k"] + counts["v"])
    return packing.write(header, weights.astype("<f4").tobytes())


def _sizes(name: str, chance: random.Random) -> list[int]:
    """Of any of its operations, in the order of docs/plane-format.md."""
    edge, long = (lambda: chance.choice(EDGES)), chance.choice(LONG)
    high, wide, channels = edge(), edge(), edge()
    if name == "convolve":
        filters, column_out = long if chance.random() < 0.2 else edge(), 0
        column_out = filters + chance.choice((0, 0, 1, 5))
        row_out = wide * column_out + chance.choice((0, 0, 3))
        apart = [chance.choice((0, *EDGES)) for _ in range(3)]
        run = long if chance.random() < 0.3 else edge()
        lanes = chance.choice((packing.lanes(filters), *extents.LANES))
        return [high, wide, *apart[:2], chance.choice((1, 2, 3)), run, apart[2], row_out, column_out, filters, lanes]
    rows, columns = edge(), edge()
    corner = [chance.choice((0, 1, -1, high, -rows)), chance.choice((0, 1, -1, wide, -columns, wide - 1, 1 - columns))]
    return {
        "frame": [high, wide, channels, rows, columns, *corner],
        "enlarge": [high, wide, channels, chance.choice((1, 2, 3, 5))],
        "pool": [high, wide, channels, chance.choice((1, 2, 3, high, high + 1)), chance.choice((0, 1))],
        "add": [long],
        "affine": [high, long],
        "normalize": [high, long],
        "activate": [long, chance.randrange(len(FUNCTIONS))],
    }[name]


def _lengths(name: str, sizes: Sequence[int]) -> list[int]:
    """How many numbers lie at each place."""
    places = [place * APART for place in range(len(PLACES[name]))]
    ends = [0] * len(places)
    for start, length in extents.touched(name, places, sizes):
        ends[start // APART] = max(ends[start // APART], length)
    return ends


def taken(data: bytes, place: Place) -> bool:
    """What is read as a network stays in its memory where it is run. As it was made, it computes the same in both."""
    check, network = data[: CHECK.size], data[CHECK.size :]
    header = packing.read(network, "it")
    if header["memory"] <= MOST_RUN:
        told = _asked(_node(place), network, same=check == CHECK.pack(zlib.crc32(network)))
        assert not told, f"{told} {header['ops']}"
    return True


def _asked(node: subprocess.Popen[bytes], network: bytes, same: bool) -> str:
    assert node.stdin and node.stdout
    node.stdin.write(MESSAGE.pack(len(network), same) + network)
    node.stdin.flush()
    answer = node.stdout.readline()
    assert answer, "Node ended"
    return answer.decode().strip()


@cache
def _node(place: Place) -> subprocess.Popen[bytes]:
    """One a place. It ends when its input does."""
    words = ["node", str(PROJECT / "tests" / "fuzz" / "kernel.mjs")]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    place.ending.enter_context(process)  # leaving it closes its input, and waits
    return process
