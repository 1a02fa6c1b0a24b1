"""Arrays of a run: whatever they are not what they should be in is told before they are read."""

from __future__ import annotations

import io
import tracemalloc
import zipfile

import numpy as np
import pytest

from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.runs import store
from vae_core.runs.store import Run

CODES = {"mean": np.ones((9, 2), np.float32), "reconstruction": np.ones(9, np.float32), "labels": np.arange(9)}
ZEROS = 160 * 2**20  # bytes: more than so small a file may unpack to


@pytest.fixture
def run(settings):
    made = store.create(settings, Config(dataset="digits", image=(8, 8, 1), encoder="flatten dense32"), {})
    made.save_codes(CODES)
    return made


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"mean": np.ones((9, 3), np.float32)}, "'mean' is float32 of the shape (9, 3)"),
        ({"mean": np.ones((8, 2), np.float32)}, "'reconstruction' is float32 of the shape (9,)"),
        ({"mean": np.ones((9, 2), np.complex64)}, "'mean' is complex64"),
        ({"labels": np.array(["1"] * 9)}, "'labels' is <U1"),
        ({"mean": np.float32(1)}, "of the shape ()"),
    ],
)
def test_other_arrays_than_the_run_has_are_refused_by_name(run: Run, changes, told):
    run.save_codes({**CODES, **changes})
    with pytest.raises(LoupeError) as error:
        run.codes()
    assert told in str(error.value) and f"{run.id}/codes.npz is damaged" in str(error.value)


def test_a_missing_array_is_named(run: Run):
    run.save_codes({"mean": CODES["mean"]})
    with pytest.raises(LoupeError, match="has no 'reconstruction'"):
        run.codes()


@pytest.mark.parametrize("packed", [True, False])
def test_a_bit_that_has_changed_is_told_and_never_shown(run: Run, packed):
    path = run.path / "codes.npz"
    (np.savez_compressed if packed else np.savez)(path, **CODES)
    data = path.read_bytes()
    whole, hurt = run.codes(), 0
    for place in range(0, len(data), 7):
        path.write_bytes(data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :])
        try:
            found = run.codes()
        except LoupeError:
            hurt += 1
        else:  # a word of the archive that nothing is read from
            assert all(np.array_equal(found[name], whole[name]) for name in whole)
    assert hurt > len(data) / 7 / 3


def test_much_out_of_little_is_refused_before_it_is_read(run: Run):
    path = run.path / "codes.npz"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("mean.npy", "w") as member,
    ):
        np.lib.format.write_array_header_1_0(member, {"descr": "<f4", "fortran_order": False, "shape": (ZEROS // 8, 2)})
        for _ in range(ZEROS // 2**20):
            member.write(bytes(2**20))
    assert path.stat().st_size < 2**20
    tracemalloc.start()
    try:
        for read in (run.codes, lambda: run.check("codes.npz")):
            with pytest.raises(LoupeError, match="unpacks to 167,772,160"):
                read()
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_a_header_of_nine_thousand_brackets_is_refused(run: Run):
    text = b"(" * 9_000 + b"\n"
    array = io.BytesIO(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text)
    with zipfile.ZipFile(run.path / "codes.npz", "w") as archive:
        archive.writestr("mean.npy", array.getvalue())
    with pytest.raises(LoupeError, match="header makes no sense"):
        run.codes()
