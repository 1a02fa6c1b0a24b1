"""Tar archives: what is read of them, and what is refused because it cannot be trusted."""

import gzip
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


@pytest.mark.parametrize(
    ("info", "words"),
    [
        (member("../out.png", b"x"), "outside its folder"),
        (member("a/../../out.png", b"x"), "outside its folder"),
        (member("/etc/out.png", b"x"), "outside its folder"),
        (member("C:\\out.png", b"x"), "outside its folder"),
        (member("cat/link.png", type=tarfile.SYMTYPE, linkname="/etc/passwd"), "holds a link"),
        (member("cat/link.png", type=tarfile.LNKTYPE, linkname="cat/000.png"), "holds a link"),
        (member("cat/disk.png", type=tarfile.BLKTYPE), "no plain file"),
        (member("cat/pipe.png", type=tarfile.FIFOTYPE), "no plain file"),
        (member("a/" * 2000 + "1.png", b"x"), "a name of 4,005 letters"),
        (member("cat/x.png", b"x", pax_headers={"comment": "x" * 2_000_000}), "takes more than 1 MiB"),
        (member("cat/x.png", b"x", pax_headers={"size": "-5"}), "damaged"),
        (member("cat/x.png", b"x", pax_headers={"GNU.sparse.size": "9999999999"}), "damaged|plain file|more than"),
    ],
)
def test_what_cannot_be_trusted(tmp_path, settings, pets, info, words):
    refused(pack(pets, tmp_path / "a.tar.gz", info), settings, words)


def test_bounds(tmp_path, settings, pets):
    path = pack(pets, tmp_path / "a.tar.gz")
    refused(path, replace(settings, max_files=19), "more than 19 files")
    refused(path, replace(settings, max_bytes=1000), "more than 1,000 bytes")
    refused(path, replace(settings, max_image_pixels=119), "10 x 12 pixels")


def test_a_bomb_is_stopped_while_it_unpacks(tmp_path, settings):
    (tmp_path / "a.tgz").write_bytes(gzip.compress(bytes(50_000_000)))
    refused(tmp_path / "a.tgz", replace(settings, max_bytes=3_000_000), "more than 3,000,000 bytes")


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
