"""Tar archives: what is read of them, and what is refused because it cannot be trusted."""

import io
import tarfile
from dataclasses import replace

import pytest
from picture_files import add, fill, refused

from vae_core.data import catalog, tars


@pytest.fixture
def pets(tmp_path):
    fill(tmp_path / "pets", "cat", "dog")
    return tmp_path / "pets"


def pack(folder, path, *more):
    """As `tar czf` does: names begin with a point."""
    with tarfile.open(path, "w:gz" if path.suffix in (".gz", ".tgz") else "w") as archive:
        archive.add(folder, ".")
        for info, content in more:
            info.size = len(content) or info.size
            archive.addfile(info, io.BytesIO(content) if content else None)
    return path


def member(name, content=b"", **what):
    info = tarfile.TarInfo(name)
    for field, value in what.items():
        setattr(info, field, value)
    return info, content


@pytest.mark.parametrize("ending", tars.SUFFIXES)
def test_a_tar_is_read_as_its_folder_is(tmp_path, settings, pets, ending):
    found = add(pack(pets, tmp_path / f"a{ending}"), settings, "one")
    assert found.fingerprint == add(pets, settings, "two").fingerprint and found.classes == ("cat", "dog")


def test_a_tar_in_the_data_folder(tmp_path, settings, pets):
    (tmp_path / "data").mkdir()
    pack(pets, tmp_path / "data" / "pets.tar.gz")
    there = replace(settings, data=tmp_path / "data")
    assert "pets" in catalog.names(there) and len(catalog.load("pets", there).train) == 36


def test_bounds(tmp_path, settings, pets):
    path = pack(pets, tmp_path / "a.tar.gz")
    refused(path, replace(settings, max_files=19), "more than 19 files")
    refused(path, replace(settings, max_bytes=1000), "more than 1,000 bytes")
    refused(path, replace(settings, max_image_pixels=119), "10 x 12 pixels")


@pytest.mark.parametrize("ending", [".tar", ".tgz"])
def test_damage_is_told(tmp_path, settings, pets, ending):
    content = pack(pets, tmp_path / f"a{ending}").read_bytes()
    place = content.index(b"dog/010.png") if ending == ".tar" else 3000  # a header in the middle
    (tmp_path / f"b{ending}").write_bytes(content[:place] + b"\xff" * 40 + content[place + 40 :])
    refused(tmp_path / f"b{ending}", settings, "damaged")
    (tmp_path / f"c{ending}").write_bytes(content[: len(content) // 2])
    refused(tmp_path / f"c{ending}", settings, "damaged")


def test_no_tar_at_all(tmp_path, settings):
    for content in (b"", b"hello", b"\x1f\x8bhello"):
        (tmp_path / "a.tar").write_bytes(content)
        refused(tmp_path / "a.tar", settings, "damaged")
