"""What people and files supply, in a real browser: every wrong upload is told, every name is text and nothing else."""

from __future__ import annotations

import io
import re
import shutil
import struct
import zipfile
import zlib
from typing import Any

import numpy as np
import pytest
from browser import Server, press, told, without_trouble
from PIL import Image
from support import eventually

from vae_core.runs.store import Run

HOSTILE = (
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "'\"; DROP TABLE",
    "🎉 *b* [x](javascript:alert(3)) $z$ :red[w]",
)


@pytest.fixture
def page(tab: Any) -> Any:
    """A page in which no script of a name may run."""
    page = tab()
    page.on("dialog", lambda dialog: (page.errors.append(dialog.message), dialog.dismiss()))
    return page


def arrays(**values: Any) -> bytes:
    target = io.BytesIO()
    np.savez(target, **values)
    return target.getvalue()


def packed(files: list[tuple[str, bytes]]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return target.getvalue()


def picture(width: int = 8, height: int = 8) -> bytes:
    target = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (height, width), dtype=np.uint8)
    Image.fromarray(noise).save(target, "PNG")
    return target.getvalue()


def huge_picture() -> bytes:
    """A PNG whose header promises 60,000 x 60,000 pixels."""
    data = bytearray(picture())
    data[16:24] = struct.pack(">II", 60_000, 60_000)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    return bytes(data)


NOISE = np.random.default_rng(0).integers(0, 256, (60, 8, 8), dtype=np.uint8)
WRONG = {
    "text.npz": (b"hello", "cannot be opened"),
    "empty.npz": (b"", "cannot be opened"),
    "pickled.npz": (arrays(x_train=np.array([{}], dtype=object)), "pickled"),
    "two-sets.npz": (arrays(one=NOISE, other=NOISE), "expected"),
    "labels.npz": (arrays(x_train=NOISE, y_train=np.arange(7)), "label"),
    "text.zip": (b"hello", "cannot be opened"),
    "no-pictures.zip": (packed([("readme.txt", b"hello")]), "expected"),
    "way-out.zip": (packed([(f"../../{n}.png", picture()) for n in range(40)]), r"\.\."),
    "torn.zip": (packed([(f"cats/{n}.png", picture()[:40]) for n in range(40)]), "cannot be read|damaged|no picture"),
    "huge.zip": (packed([(f"cats/{n}.png", huge_picture()) for n in range(40)]), "pixels"),
    "binary.csv": (b"\xff\xfe\x00\x01", "."),
    "words.csv": (b"a,b\nc,d", "expected"),
    "missing.csv": (b"path,label\n" + b"".join(b"cats/%d.png,cat\n" % n for n in range(40)), "picture|zip|exist"),
}


def test_every_wrong_file_is_told_and_nothing_is_kept(page, server, settings):
    for name, (content, sentence) in WRONG.items():
        page.goto(f"{server.address}/data")
        page.get_by_text("Add your own").click()
        page.locator("input[type=file]").first.set_input_files(
            {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        )
        told(page, name)
        if name.endswith(".csv"):
            press(page, "Look at it")
        alert = page.get_by_role("alert").first
        alert.wait_for()
        said = alert.inner_text()
        assert re.search(sentence, said) and "log" not in said.split(), (name, said)
        without_trouble(page)
    assert not [path for path in settings.cache.rglob("*") if path.is_file() and "kept" not in path.parts]


def test_pictures_of_odd_sizes_are_made_one_size_and_their_names_stay_text(page, server, settings):
    sizes = [(5 + n % 7, 9 + n % 3) for n in range(40)]
    files = [(f"{HOSTILE[1 + n % 2].replace('/', '')}/{n}.png", picture(*size)) for n, size in enumerate(sizes)]
    page.goto(f"{server.address}/data")
    page.get_by_text("Add your own").click()
    upload = {"name": "<script>alert(4)<script>.zip", "mimeType": "application/zip", "buffer": packed(files)}
    name = page.get_by_role("textbox", name="Name", exact=True)
    for number, wrong in enumerate(HOSTILE):
        name.fill(wrong)
        name.press("Tab")
        if number:
            press(page, "Look at it")
        else:
            page.locator("input[type=file]").first.set_input_files(upload)
        told(page, "cannot be the name of a data set")
    name.fill("")
    name.press("Tab")
    press(page, "Look at it")
    told(page, "Nothing is kept yet")
    told(page, HOSTILE[1].replace("/", ""))
    press(page, "Train on it")
    told(page, "Start training")


def test_what_was_uploaded_does_not_stay_in_memory(page, server, tmp_path):
    """A small file comes first, which loads all that is needed to read one."""
    _bring(page, server, tmp_path / "small.npz", 1)
    before, megabytes = memory(server), 400
    _bring(page, server, tmp_path / "large.npz", megabytes, lambda: memory(server) > before + megabytes / 2)
    eventually(lambda: memory(server) < before + megabytes / 2)


def _bring(page, server, file, megabytes, arrived=lambda: True):
    images = np.random.default_rng(0).integers(0, 256, (megabytes * 2**20 // 128**2, 128, 128), dtype=np.uint8)
    np.savez(file, x_train=images)
    page.goto(f"{server.address}/data")
    page.get_by_text("Add your own").click()
    page.locator("input[type=file]").first.set_input_files(file)
    eventually(arrived)
    press(page, "Keep it")
    told(page, "Change size")


def memory(server: Server) -> float:
    return server.process.memory_info().rss / 2**20


def test_names_notes_and_owners_are_text_everywhere(page, server, settings, trained):
    for number, name in enumerate(HOSTILE):
        run = Run(f"{trained.id}-{number}", settings)
        shutil.copytree(trained.path, run.path)
        run.set_card(name=name, note=name, owner=name)
    mine = Run(trained.id, settings)
    shutil.copytree(trained.path, mine.path)
    page.goto(server.address)
    for name in HOSTILE:
        told(page, name)
    for name in HOSTILE[:2]:
        _rename(page, mine, name)
        eventually(lambda name=name: mine.card()["name"] == name)
        told(page, name)
    page.get_by_text("Table", exact=True).click()
    page.locator("canvas").first.wait_for()
    page.get_by_role("textbox", name="Your name").fill(HOSTILE[2])
    page.get_by_role("textbox", name="Your name").press("Enter")
    for number, name in enumerate(HOSTILE):
        page.goto(f"{server.address}/train?run={trained.id}-{number}")
        page.get_by_role("heading", name=name).wait_for()
        told(page, "Map of codes")
    page.get_by_text("Downloads", exact=True).click()
    with page.expect_download() as download:
        press(page, "Settings")
    assert download.value.suggested_filename == f"{trained.id}-{len(HOSTILE) - 1}-config.json"


def _rename(page: Any, run: Run, name: str) -> None:
    page.locator(f".st-key-menu-{run.id} button").first.click()
    page.get_by_text("Name and note").click()
    field = page.get_by_role("dialog").get_by_role("textbox", name="Name")
    field.fill(name)
    press(page, "Save")
