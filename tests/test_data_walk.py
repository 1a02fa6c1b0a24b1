"""One's own images in a browser: looked at, kept in another size, then in yet another; a run keeps its own."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from browser import idle, press, told
from PIL import Image, ImageDraw
from support import eventually, train

from vae_core.data import catalog, versions
from vae_core.design.config import Config
from vae_core.look import evaluation


def icons(count: int = 60) -> bytes:
    """Transparent, dark, of mixed sizes, in two classes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number in range(count):
            width, height = 30 + number % 37, 90 - number % 41
            image = Image.new("RGBA", (width, height), (0, 0, 0, 0))
            shape = ImageDraw.Draw(image).ellipse if number % 2 else ImageDraw.Draw(image).rectangle
            shape((4, 6, width - 5, height // 2 + number % 29), fill=(number, 2 * number % 90, 60, 255))
            content = io.BytesIO()
            image.save(content, "PNG")
            archive.writestr(f"{'round' if number % 2 else 'square'}/{number}.png", content.getvalue())
    return target.getvalue()


def choose(page: Any, field: str, option: str) -> None:
    page.get_by_role("combobox", name=field, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()
    idle(page)


def test_images_in_one_size_and_another_and_a_run_keeps_its_own(server, settings, tab):
    page = tab(f"{server.address}/data")
    page.get_by_text("Add your own").click()
    upload = {"name": "icons.zip", "mimeType": "application/zip", "buffer": icons()}
    page.locator("input[type=file]").first.set_input_files(upload)
    told(page, "Nothing is kept yet")
    told(page, "64 × 64")
    choose(page, "Size", "32 × 32")
    told(page, "32 × 32")
    press(page, "Keep it")
    told(page, "Change size")
    first = catalog.load("icons", settings)
    assert first.image == (32, 32, 3) and first.classes == ("round", "square")
    assert (first.train.pixels[:, 0, 0] == 255).all(), "dark icons lie on white, up to the border"
    run = train(settings, Config("icons", first.image, "flatten dense20", latent=2, epochs=1))
    press(page, "Change size")
    told(page, "Another version of this data set")
    choose(page, "Size", "48 × 48")
    choose(page, "Border", "Black")
    told(page, "have a black frame")
    press(page, "Fill with the colour of their edge")
    idle(page)
    press(page, "Keep it")
    told(page, "1 older version")
    eventually(lambda: catalog.load("icons", settings).image == (48, 48, 3))
    assert run.data_name() == f"icons@{first.fingerprint}"
    assert not [note for note in evaluation.evaluate(run, settings)["notes"] if "changed" in note]
    page.goto(f"{server.address}/explore?run={run.id}")
    told(page, "What the decoder draws all over the map")
    assert not page.get_by_text("has changed since").count()
    assert versions.sizes("icons", settings).originals > 1000
