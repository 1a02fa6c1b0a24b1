"""Archives and files that were made to do harm: they lead out of their folder, or unpack to more than there is.

A form of attack has a number or a name, and a test that bears it: docs/reliability.md counts them.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import resource
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from picture_files import fill, pack, save
from picture_files import refused as refused_images
from test_data_tars import member
from test_data_tars import pack as tar
from test_transfer import pack as exported
from test_transfer import refused, rewritten, with_member

from vae_core.data import catalog
from vae_core.errors import LoupeError
from vae_core.runs import transfer
from vae_core.runs.store import Run
from vae_core.settings import Settings

MB = 2**20
OUTWARDS = {
    "upwards": "../out.png",
    "upwards later": "a/../../out.png",
    "absolute": "/etc/out.png",
    "a drive": "C:\\out.png",
    "of a drive": "C:out.png",
    "upwards in Windows": "..\\out.png",
    "another host": "\\\\host\\share\\out.png",
    "mixed": "a\\../..\\../out.png",
}


@pytest.fixture(scope="module")
def packed(trained: Run) -> bytes:
    return exported(trained)


@contextmanager
def no_more_than(megabytes: int) -> Iterator[None]:
    """Of memory that this process has never had before."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1024 * megabytes


# 10. A zip or a tar that leads elsewhere: CVE-2025-12060, CVE-2024-55459, GHSA-hqp4-2352-xf5r.


@pytest.mark.parametrize("variant", OUTWARDS)
def test_form_10_a_member_outside_its_folder(variant: str, tmp_path: Path, settings: Settings) -> None:
    """CVE-2025-12060, CVE-2024-55459: images in a zip and in a tar."""
    fill(tmp_path / "pets", "cat")
    path = pack(tmp_path / "pets", tmp_path / "pets.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(OUTWARDS[variant], b"x")
    refused_images(path, settings, "outside its folder")
    packed_anew = tar(tmp_path / "pets", tmp_path / "a.tar", member(OUTWARDS[variant], b"x"))
    refused_images(packed_anew, settings, "outside its folder")


RUNS = {
    "upwards": ("../evil.txt", "like a run"),
    "absolute": ("/etc/evil.txt", "like a run"),
    "upwards later": ("ID/../../evil.txt", "like a run"),
    "upwards in Windows": ("ID\\..\\evil.txt", "like a run"),
    "a drive": ("C:/evil.txt", "like a run"),
    "hidden": (".hidden/config.json", "like a run"),
    "a folder beside": ("../checkpoints-evil/config.json", "like a run"),
    "one of ours": ("loupe.evil/config.json", "like a run"),
    "loose": ("loose.txt", "beside the runs"),
    "a program": ("ID/evil.py", "belongs to no run"),
    "among the epochs": ("ID/epochs/evil.npz", "belongs to no run"),
    "deeper": ("ID/deep/er/config.json", "belongs to no run"),
    "a lock": ("ID/lock", "belongs to no run"),
    "of the same name": ("ID/CONFIG.JSON", "two files of one name"),
    "of another run": ("other/log.txt", "config.json is missing in other"),
    "below a file": ("ID/config.json/x", "belongs to no run"),
    "very deep": ("ID/" + "deep/" * 3_000 + "x", "belongs to no run"),
    "very long": ("ID/" + "long" * 10_000, "belongs to no run"),
}


@pytest.mark.parametrize("variant", RUNS)
def test_form_10_a_file_that_is_none_of_a_run(variant: str, trained: Run, packed: bytes, settings: Settings) -> None:
    """GHSA-hqp4-2352-xf5r: a zip of runs with files elsewhere, beside the runs, or below a file."""
    name, told = RUNS[variant]
    refused(settings, with_member(packed, name.replace("ID", trained.id)), told)


KINDS = {
    "a link": stat.S_IFLNK,
    "a device": stat.S_IFCHR,
    "a pipe": stat.S_IFIFO,
    "a folder with content": stat.S_IFDIR,
}


@pytest.mark.parametrize("kind", KINDS)
def test_form_10_a_link_in_a_zip_of_runs(kind: str, trained: Run, packed: bytes, settings: Settings) -> None:
    link = zipfile.ZipInfo(f"{trained.id}/log.txt2")
    link.external_attr = (KINDS[kind] | 0o777) << 16
    refused(settings, with_member(packed, link, b"/etc/passwd"), "a link")


LINKS = {
    "to a file": {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"},
    "to a member": {"type": tarfile.LNKTYPE, "linkname": "cat/000.png"},
    "to a folder above": {"type": tarfile.SYMTYPE, "linkname": "../.."},
    "a device": {"type": tarfile.BLKTYPE},
    "a pipe": {"type": tarfile.FIFOTYPE},
    "a size below nothing": {"pax_headers": {"size": "-5"}},
    "a file with holes": {"pax_headers": {"GNU.sparse.size": "9999999999"}},
    "a header without end": {"pax_headers": {"comment": "x" * 2_000_000}},
}


@pytest.mark.parametrize("variant", LINKS)
def test_form_10_what_a_tar_may_not_hold(variant: str, tmp_path: Path, settings: Settings) -> None:
    """CVE-2024-55459, CVE-2025-12060: links and chains of them, devices, sizes that are none."""
    fill(tmp_path / "pets", "cat")
    info = member("cat/link.png", b"" if "type" in LINKS[variant] else b"x", **LINKS[variant])
    told = "holds a link|no plain file|damaged|more than|1 MiB"
    refused_images(tar(tmp_path / "pets", tmp_path / "a.tar.gz", info), settings, told)


@pytest.mark.parametrize("where", ["to a file", "to a folder", "to a folder above", "in a zip"])
def test_form_10_a_link_among_pictures(where: str, tmp_path: Path, settings: Settings) -> None:
    secret = save(tmp_path, "secret.png")
    fill(tmp_path / "pets", "cat")
    path = tmp_path / "pets"
    if where == "in a zip":
        link = zipfile.ZipInfo("cat/link.png")
        link.external_attr = 0o120777 << 16
        path = pack(tmp_path / "pets", tmp_path / "pets.zip")
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(link, str(secret))
    else:
        target = {"to a file": secret, "to a folder": save(tmp_path, "b/1.png").parent}.get(where, tmp_path)
        (path / "cat" / "link.png").symlink_to(target)
    refused_images(path, settings, "holds a link")


# Bombs.


def png(width: int, height: int) -> bytes:
    """Whose header promises so many pixels."""
    data = io.BytesIO()
    from PIL import Image

    Image.new("L", (8, 8)).save(data, "PNG")
    changed = bytearray(data.getvalue())
    changed[16:24] = struct.pack(">II", width, height)
    changed[29:33] = struct.pack(">I", zlib.crc32(changed[12:29]))
    return bytes(changed)


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0" + bytes(10)


def bmp(width: int, height: int) -> bytes:
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + 1024, 0, 0, 54 + 1024) + head + bytes(1024)


PICTURES = {
    "PNG": png(60_000, 60_000),
    "PNG of one line": png(2**31 - 1, 1),
    "GIF": gif(65_535, 65_535),
    "BMP": bmp(2**30, 2**20),
    "PPM": b"P6 100000 100000 255\n",
}


@pytest.mark.parametrize("kind", PICTURES)
def test_form_bomb_a_picture(kind: str, tmp_path: Path, settings: Settings) -> None:
    """A few bytes that promise gigabytes of pixels."""
    fill(tmp_path / "pets", "cat")
    (tmp_path / "pets/cat/bomb.png").write_bytes(PICTURES[kind])
    with no_more_than(200):
        refused_images(tmp_path / "pets", settings, "bomb.png")


def zeros(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("cat/1.png", bytes(20_000_000))


def many(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(300):
            archive.writestr(f"cat/{number}.png", b"")


def liar(path: Path) -> None:
    """Its directory tells of 100 bytes, its member unpacks to a million."""
    zeros(path)
    content = path.read_bytes()
    path.write_bytes(content.replace((20_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little")))


def nested(path: Path) -> None:
    zeros(path)
    for _ in range(5):
        content = path.read_bytes()
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("cat/inner.zip", content)


def overlapping(path: Path) -> None:
    """Its directory names the same bytes many times over."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("cat/1.png", bytes(9_000_000))
        first = archive.infolist()[0]
        for number in range(2, 200):
            info = zipfile.ZipInfo(f"cat/{number}.png")
            for part in ("CRC", "compress_size", "file_size", "header_offset", "compress_type"):
                setattr(info, part, getattr(first, part))
            archive.filelist.append(info)


ZIPS = {"zeros": zeros, "many": many, "a liar": liar, "nested": nested, "overlapping": overlapping}


@pytest.mark.parametrize("variant", ZIPS)
def test_form_bomb_a_zip(variant: str, tmp_path: Path, settings: Settings) -> None:
    """Zeros, many members, sizes that lie, zips in zips, and members that share their bytes."""
    ZIPS[variant](tmp_path / "bomb.zip")
    small = replace(settings, max_bytes=30_000_000, max_files=200, max_image_pixels=1_000_000)
    with no_more_than(100):
        told = "file of 20,000,000 bytes|more than|cannot be|holds no pictures"
        refused_images(tmp_path / "bomb.zip", small, told)


@pytest.mark.parametrize("times", [1, 2])
def test_form_bomb_a_tar(times: int, tmp_path: Path, settings: Settings) -> None:
    """Stopped while it unpacks, however often it was packed."""
    content = bytes(50_000_000)
    for _ in range(times):
        content = gzip.compress(content, 1)
    (tmp_path / "a.tgz").write_bytes(content)
    refused_images(tmp_path / "a.tgz", replace(settings, max_bytes=3_000_000), "more than 3,000,000 bytes|damaged")


def header(shape: str, kind: str = "|u1") -> bytes:
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


ARRAYS = {
    "a header alone": header("(1000000000, 1000, 1000)"),
    "numbers that are large": header("(2000, 2000)", "|V1000000"),
    "a shape below nothing": header("(-1, 8, 8)"),
    "a shape without end": header("(" + "9" * 400 + ", 8, 8)"),
    "a header of brackets": header("(" * 3_000),
    "zeros": header("(3000, 100, 100)") + bytes(30_000_000),
}


@pytest.mark.parametrize("variant", ARRAYS)
def test_form_08_an_npz_of_a_few_bytes_that_declares_gigabytes(
    variant: str, tmp_path: Path, settings: Settings
) -> None:
    """keras PR#23016: images that somebody brings."""
    with zipfile.ZipFile(tmp_path / "mine.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("x.npy", ARRAYS[variant])
    with no_more_than(100), pytest.raises(LoupeError, match="At most|more than|damaged"):
        catalog.add(tmp_path / "mine.npz", "mine", replace(settings, max_bytes=10_000_000))


CODES = {
    "zeros": header("(20000000, 2)", "<f4") + bytes(160_000_000),
    "more than there is": header("(900000000, 2)", "<f4"),
    "of objects": header("(2, 2)", "|O"),
    "another array": b"",
}


@pytest.mark.parametrize("variant", CODES)
@pytest.mark.parametrize("name", ["codes.npz", "epochs/0001.npz"])
def test_form_08_codes_of_a_few_bytes_that_declare_gigabytes(
    variant: str, name: str, trained: Run, packed: bytes, settings: Settings
) -> None:
    """keras PR#23016: arrays of a run that somebody sends."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("mean.npy", CODES[variant])
    with no_more_than(300):
        held = {f"{trained.id}/{name}": target.getvalue()}
        refused(settings, rewritten(packed, lambda files: files.update(held)), "damaged")


DOCUMENTS = {
    "spaces": b" " * (transfer.MOST_TEXT + 1),
    "depth": b'{"a":' * 100_000,
    "many keys": json.dumps({str(number): number for number in range(200_000)}).encode(),
    "digits": b'{"version": ' + b"9" * 100_000 + b"}",
    "a word": json.dumps({"notes": ["x" * 10**6] * 9}).encode(),
}


@pytest.mark.parametrize("variant", DOCUMENTS)
def test_form_bomb_json(variant: str, trained: Run, packed: bytes, settings: Settings) -> None:
    """A document that unpacks to a mountain, or is one to whoever reads it."""
    data = rewritten(packed, lambda files: files.update({f"{trained.id}/metrics.json": DOCUMENTS[variant]}))
    with no_more_than(300):
        refused(settings, data, "At most|cannot be read|wrong")


TEN_MB = 10_000_000
LONG: dict[str, Callable[[dict[str, bytes], str], object]] = {
    "of a run": lambda files, run: card(files, run, name="n" * TEN_MB),
    "of an owner": lambda files, run: card(files, run, owner="n" * TEN_MB),
    "of a data set": lambda files, run: config(files, run, "n" * TEN_MB),
    "of a field": lambda files, run: card(files, run, **{"n" * TEN_MB: ""}),
}


def card(files: dict[str, bytes], run: str, **changes: str) -> None:
    files[f"{run}/card.json"] = json.dumps({**json.loads(files[f"{run}/card.json"]), **changes}).encode()


def config(files: dict[str, bytes], run: str, dataset: str) -> None:
    document = json.loads(files[f"{run}/config.json"])
    document["config"]["dataset"] = dataset
    files[f"{run}/config.json"] = json.dumps(document).encode()


@pytest.mark.parametrize("variant", LONG)
def test_form_long_name_in_a_run(variant: str, trained: Run, packed: bytes, settings: Settings) -> None:
    """A name of ten megabytes; what is told of it is short."""
    with pytest.raises(LoupeError) as caught:
        data = rewritten(packed, lambda files: LONG[variant](files, trained.id))
        transfer.unpack(settings, io.BytesIO(data))
    assert len(str(caught.value)) < 3100


@pytest.mark.parametrize("variant", ["a member", "a folder of a class", "a column", "a class"])
def test_form_long_name_in_a_data_set(variant: str, tmp_path: Path, settings: Settings) -> None:
    path = {"a column": tmp_path / "a.csv", "a class": tmp_path / "a.npz"}.get(variant, tmp_path / "a.zip")
    if variant == "a column":
        path.write_text(f"path,{'n' * TEN_MB}\n1.png,2\n")
    elif variant == "a class":
        np.savez(path, x=np.zeros((20, 8, 8)), y=np.array(["n" * 100_000, "b"] * 10))
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a/" * 30_000 + "1.png" if variant == "a member" else f"{'n' * 60_000}/1.png", b"x")
    with pytest.raises(LoupeError) as caught:
        catalog.add(path, "mine", settings)
    assert len(str(caught.value)) < 3100


# What is cut or changed anywhere is read, or told.


def test_form_10_a_zip_that_was_changed_anywhere(packed: bytes, settings: Settings) -> None:
    chance = random.Random(0)
    for _ in range(20):
        hurt = bytearray(packed)
        for place in chance.choices(range(len(hurt) - 3000, len(hurt)), k=3):  # where its directory is
            hurt[place] = chance.randrange(256)
        try:
            transfer.unpack(settings, io.BytesIO(bytes(hurt)))
        except LoupeError:
            pass
