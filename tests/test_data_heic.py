"""HEIC pictures: read where the extra is here, under the same bounds as all others; told of where it is not."""

import sys
from dataclasses import replace

import numpy as np
import PIL.Image
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from heic_picture import HEIC, stating
from picture_files import add, fill, pack, picture, refused, save

from vae_core.data import heic


@pytest.fixture
def here():
    pytest.importorskip("pi_heif")


@pytest.fixture
def not_here(monkeypatch):
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    monkeypatch.delitem(PIL.Image.OPEN, heic.FORMAT, raising=False)


@pytest.fixture
def pets(tmp_path):
    """Eleven pictures as phones take them, and one as they hand some on."""
    for number in range(11):
        save(tmp_path / "pets", f"cat/{number}.png").rename(tmp_path / f"pets/cat/{number}.HEIC")
        (tmp_path / f"pets/cat/{number}.HEIC").write_bytes(HEIC)
    (tmp_path / "pets/cat/x.jpg").write_bytes(HEIC)
    return tmp_path / "pets"


def shows_the_ramp(found):
    assert found.image == (24, 32, 3) and len(found.train) + len(found.test) == 12
    across, down = np.meshgrid(np.linspace(0, 255, 32), np.linspace(0, 255, 24))
    expected = np.stack([across, down, np.full_like(down, 60)], axis=-1)
    assert np.abs(found.train.pixels - expected).mean() < 6


def test_they_are_read_like_others(here, tmp_path, settings, pets):
    shows_the_ramp(add(pets, settings, "one"))
    shows_the_ramp(add(pack(pets, tmp_path / "pets.zip"), settings, "two"))
    (pets / "metadata.csv").write_text("\n".join(["id,label", *(f"{number},a" for number in range(11)), "x,a"]))
    shows_the_ramp(add(pets, settings, "three"))
    pq.write_table(pa.table({"image": [{"bytes": HEIC}] * 12}), tmp_path / "pets.parquet")
    shows_the_ramp(add(tmp_path / "pets.parquet", settings, "four"))


def test_they_stand_beside_others(here, settings, pets):
    for number in range(4):
        save(pets, f"dog/{number}.png", picture(32, 24, "RGB"))
    found = add(pets, settings)
    assert found.classes == ("cat", "dog") and not found.notes[:-1] and len(found.train) + len(found.test) == 16


@pytest.mark.parametrize(
    ("size", "most"), [((20_000, 20_000), 64), ((100_000, 100_000), 64), ((8, 8), 64), (None, 0.0007)]
)
def test_a_size_that_is_not_theirs_or_too_large_is_refused(here, settings, pets, size, most):
    (pets / "cat/5.HEIC").write_bytes(stating(*size) if size else HEIC)
    words = (
        "x.jpg has 32 x 24|HEIC has 32 x 24 pixels" if size is None else "5.HEIC cannot be read as a picture|5.HEIC has"
    )
    refused(pets, replace(settings, max_image_pixels=int(most * 1_000_000)), words)


def test_without_the_extra_they_are_told_and_the_rest_is_taken(not_here, tmp_path, settings, pets):
    told = "which cannot be read without pi-heif.*Convert them to JPEG, or add what reads them.*pip install"
    (pets / "cat/x.jpg").rename(tmp_path / "x.jpg")
    refused(pets, settings, f"pets holds HEIC pictures.*{told}")
    fill(pets, "dog")
    assert "Left out: 11 HEIC pictures, which cannot be read without pi-heif" in add(pets, settings).notes[0]
    (tmp_path / "x.jpg").rename(pets / "dog/x.jpg")
    with pytest.raises(Exception, match=f"dog/x.jpg is a HEIC picture, {told}"):
        add(pets, settings, "other")
