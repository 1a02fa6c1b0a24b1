"""Images of one's own on the Data page: uploaded or read by path, looked at, kept, discarded or refused."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest
from support import button, captions, fine, labels, shown_before, texts

from ui.data import browse
from vae_core.data import catalog, originals, versions
from vae_core.settings import Settings


@pytest.fixture
def page(visit: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    shown_before(monkeypatch)
    return fine(visit(settings, "data", {browse.TAB: browse.ADD}))


def upload(page: AppTest, *files: tuple[str, bytes]) -> AppTest:
    page.file_uploader[0].set_value([(name, content, "") for name, content in files]).run()
    is_waiting = all(name.endswith((".csv", ".tsv")) for name, _ in files)
    return button(page, "Look at it").click().run() if is_waiting else page


def arrays(**values: Any) -> bytes:
    target = io.BytesIO()
    np.savez(target, **values)
    return target.getvalue()


def images(count: int = 60) -> Any:
    return np.random.default_rng(0).integers(0, 256, (count, 12, 10), dtype=np.uint8)


def zip_of_animations() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number in range(12):
            first, *others = map(Image.fromarray, images(60)[number * 5 : number * 5 + 5])
            picture = io.BytesIO()
            first.save(picture, "GIF", save_all=True, append_images=others)
            archive.writestr(f"{number}.gif", picture.getvalue())
    return target.getvalue()


def zip_of_pictures() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number, pixels in enumerate(images(40)):
            picture = io.BytesIO()
            Image.fromarray(pixels).save(picture, "PNG")
            archive.writestr(f"{'cats' if number % 2 else 'dogs'}/{number}.png", picture.getvalue())
    return target.getvalue()


def tar_of_pictures() -> bytes:
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(zip_of_pictures())) as pictures,
        tarfile.open(fileobj=target, mode="w:gz") as archive,
    ):
        for name in pictures.namelist():
            info = tarfile.TarInfo(name)
            info.size = pictures.getinfo(name).file_size
            archive.addfile(info, pictures.open(name))
    return target.getvalue()


def csv_of_pixels() -> bytes:
    header = ",".join(["label", *(f"p{place}" for place in range(64))])
    rows = [
        ",".join(map(str, [number % 3, *row])) for number, row in enumerate(np.arange(40 * 64).reshape(40, 64) % 251)
    ]
    return "\n".join([header, *rows]).encode()


# Uploads.


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("mine.npz", arrays(x_train=images())),
        ("My Pets!.zip", zip_of_pictures()),
        ("pets.tar.gz", tar_of_pictures()),
        ("table.csv", csv_of_pixels()),
    ],
    ids=["npz", "zip", "tar", "csv"],
)
def test_an_upload_is_looked_at_and_kept(page, settings, name, content):
    fine(upload(page, (name, content)))
    added = page.session_state["data_preview"].name
    assert "Nothing is kept yet" in captions(page)
    assert added not in catalog.names(settings)
    button(page, "Keep it").click().run()
    assert fine(page).pills(key="data").value == added
    assert added in catalog.names(settings)
    assert len(catalog.load(added, settings).train) > 10
    assert not list((settings.cache / "previews").iterdir())


@pytest.mark.parametrize("name", ["🎉.npz", "קליפות.npz", "--.npz"])
def test_a_file_whose_name_suggests_none_is_called_images(page, name):
    fine(upload(page, (name, arrays(x_train=images()))))
    assert page.session_state["data_preview"].name == "images"


def test_what_is_discarded_leaves_nothing(page, settings):
    fine(upload(page, ("mine.npz", arrays(x_train=images()))))
    button(page, "Discard").click().run()
    assert "mine" not in catalog.names(settings)
    assert not [path for path in settings.cache.rglob("*") if "mine" in path.name]


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ([("mine.npz", b"no archive")], "cannot be opened"),
        ([("mine.npz", arrays(x_train=np.array([{}], dtype=object)))], "pickled"),
        ([("mine.npz", arrays(other=np.zeros(9)))], "expected"),
        ([("mine.npz", arrays(x_train=np.full((20, 8, 8), np.nan)))], "NaN"),
        ([("mine.npz", arrays(x_train=np.zeros((20, 8, 8), np.uint8)))], "one flat colour"),
        ([("mine.npz", arrays(x_train=np.zeros((20, 8), np.uint8)))], "square"),
        ([("mine.zip", b"PK")], "cannot be opened"),
        ([("mine.zip", arrays(x=images()))], "expected"),
        ([("mine.csv", b"a,b\nc,d")], "expected"),
        ([("mine.csv", b"\xff\xfe\x00")], "."),
        ([("mine.npz", b""), ("other.npz", b"")], "two .npz files"),
        ([("mine.npz", b""), ("other.zip", b"")], "do not go together"),
        ([("digits.npz", arrays(x_train=images()))], "called 'digits' already"),
    ],
)
def test_a_wrong_upload_is_told_and_leaves_nothing(page, settings, files, told):
    upload(page, *files)
    assert not page.exception
    assert told in page.error[0].value.replace("\\", "")
    assert not list((settings.cache / "previews").glob("*/*"))
    assert not (settings.cache / "datasets").exists()


# Another size, after the first look and later.


def icons(count: int = 30) -> bytes:
    """Transparent pictures of mixed sizes, dark on nothing."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number in range(count):
            image = Image.new("RGBA", (20 + number, 60 - number), (0, 0, 0, 0))
            image.paste((number, 20, 90, 255), (4, 4, 12 + number // 2, 20))
            picture = io.BytesIO()
            image.save(picture, "PNG")
            archive.writestr(f"{number}.png", picture.getvalue())
    return target.getvalue()


def choose(page: AppTest, label: str, value: Any) -> AppTest:
    next(each for each in page.selectbox if each.label == label).set_value(value)
    return fine(page.run())


def test_the_size_is_changed_after_the_look_and_later(page, settings):
    fine(upload(page, ("icons.zip", icons())))
    assert "48 × 48" in [each.value for each in page.metric] and "laid on white" in texts(page)
    choose(page, "Size", 32)
    choose(page, "Border", "black")
    button(page, "Keep it").click().run()
    first = catalog.load("icons", settings)
    assert fine(page).pills(key="data").value == "icons" and first.image == (32, 32, 3)
    assert (first.train.pixels[:, 0, 0] == 0).any(), "the border"
    button(page, "Change size").click().run()
    assert next(each for each in fine(page).selectbox if each.label == "Size").value == 32
    choose(page, "Size", 64)
    assert catalog.load("icons", settings).image == (32, 32, 3)
    button(page, "Keep it").click().run()
    assert "64 × 64" in [each.value for each in fine(page).metric] and "1 older version" in captions(page)
    assert catalog.load("icons", settings).image == (64, 64, 3)
    older = versions.version("icons", first.fingerprint, settings)
    assert older != "icons" and catalog.load(older, settings).image == (32, 32, 3)
    assert not list((settings.cache / "previews").iterdir())


def test_a_version_that_is_looked_at_can_be_discarded(page, settings):
    fine(upload(page, ("icons.zip", icons())))
    button(page, "Keep it").click().run()
    button(page, "Change size").click().run()
    choose(page, "Size", 32)
    button(page, "Discard").click().run()
    assert catalog.load("icons", settings).image == (48, 48, 3) and "Train on it" in labels(page)
    button(page, "Change size").click().run()
    button(page, "Keep it").click().run()  # as it is
    assert versions.sizes("icons", settings).versions == 0


def test_a_warning_has_the_button_that_repairs_it(page, settings):
    fine(upload(page, ("icons.zip", icons())))
    choose(page, "Border", "black")
    assert "black frame" in page.warning[0].value and len(page.warning) == 1
    button(page, "Fill with the colour of their edge").click().run()
    assert not [each for each in fine(page).warning if "frame" in each.value]
    assert next(each for each in page.selectbox if each.label == "Border").value == "edge"


def test_without_the_originals_a_data_set_stays_in_its_size(page, settings):
    fine(upload(page, ("icons.zip", icons())))
    button(page, "Keep it").click().run()
    assert "originals" in captions(page) and not button(page, "Change size").disabled
    originals.remove("icons", settings)
    fine(page.run())
    assert "originals" not in captions(page) and button(page, "Change size").disabled


# By path.


@pytest.fixture
def roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that may be read, and one beside it that may not."""
    for name in ("open", "closed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine.npz").write_bytes(arrays(x_train=images()))
    (tmp_path / "open" / "way-out").symlink_to(tmp_path / "closed")
    monkeypatch.setenv("LOUPE_ROOTS", str(tmp_path / "open"))
    return tmp_path / "open"


def by_path(page: AppTest, path: str) -> AppTest:
    source = next(each for each in page.segmented_control if each.label == "From")
    source.set_value("Folder or file here").run()
    page.text_input(key="data_path").set_value(path).run()
    return button(fine(page), "Look at it").click().run()


def test_a_path_below_a_root_is_read(roots, page, settings):
    fine(by_path(page, str(roots / "mine.npz")))
    button(page, "Keep it").click().run()
    assert "mine" in catalog.names(settings)


@pytest.mark.parametrize("path", ["../closed/mine.npz", "way-out/mine.npz", "/etc/passwd", "~/mine.npz"])
def test_a_path_outside_the_roots_is_not(roots, page, path):
    by_path(page, path)
    assert "outside" in page.error[0].value
    assert not page.exception


@pytest.mark.parametrize("path", ["~nobody-of-this-name/a.npz", "a\0.npz", "a" * 5000, "circle/a.npz"])
def test_a_path_that_is_none_is_told(roots, page, path):
    (roots / "circle").symlink_to(roots / "circle")
    by_path(page, path)
    assert page.error and "Something went wrong" not in page.error[0].value


@pytest.mark.parametrize("quoted", ['"{}"', "'{}'", ' "{} " '])
def test_a_path_may_stand_in_quotes(roots, page, quoted):
    fine(by_path(page, quoted.format(roots / "mine.npz")))
    assert page.session_state["data_preview"].name == "mine"


@pytest.mark.parametrize(
    "path",
    [
        "\\\\host.example\\share\\a.npz",
        "//host.example/share/a.npz",
        "\\/host.example/share",
        "/\\host.example\\share",
        '"\\\\host.example\\share"',
        " //host.example/share",
        "\\\\?\\UNC\\host.example\\share",
        "//./pipe/a",
    ],
)
def test_another_computer_is_refused_by_its_name_alone(roots, page, path, monkeypatch):
    """Windows would sign in there as soon as anything looks whether the path is one."""
    looked: list[str] = []
    for name in ("stat", "lstat", "readlink"):
        monkeypatch.setattr(os, name, partial(_noted, looked, getattr(os, name)))
    by_path(page, path)
    assert "another computer" in page.error[0].value
    assert looked and not [place for place in looked if "host.example" in place or "pipe" in place]


def _noted(looked: list[str], ask: Any, place: Any, *more: Any, **named: Any) -> Any:
    looked.append(str(place))
    return ask(place, *more, **named)


def test_there_is_no_reading_by_path_over_a_network(roots):
    assert Settings(roots=str(roots)).readable == (roots,)
    assert Settings(roots=str(roots), host="0.0.0.0").readable == ()


def test_frames_are_asked_for_only_where_there_are_any(page, settings):
    fine(upload(page, ("still.zip", zip_of_pictures())))
    assert not page.checkbox
    button(page, "Discard").click().run()
    fine(upload(page, ("moving.zip", zip_of_animations())))
    wanted = next(each for each in page.checkbox if each.label == "Each frame as an image")
    assert not wanted.value and "48 further frames" in texts(page)
    assert "each of them is an image, 60 in all" in texts(fine(wanted.check().run()))
    button(page, "Keep it").click().run()
    found = catalog.load("moving", settings)
    assert len(found.train) + len(found.test) == 60
