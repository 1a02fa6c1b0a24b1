"""Thousands of pictures of one's own: seconds and clicks from the file to first pictures, to a map, to both models.

python -m bench.photos --json [--images 2000]

JPEGs and transparent PNGs of any size are made and put into one zip; a real browser uploads it to a real server.
"""

from __future__ import annotations

import argparse
import io
import json
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from bench.browsing import launched, opened, page_server
from vae_core.runs import store
from vae_core.runs.run import Run
from vae_core.runs.work import FINAL
from vae_core.settings import Settings

SECONDS = 1800


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--images", type=int, default=2000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        settings = Settings(cache=Path(folder, "cache"), checkpoints=Path(folder, "checkpoints"))
        file = Path(folder, "photos.zip")
        write_photos(file, arguments.images)
        browser = launched(playwright)
        with page_server(settings) as server:
            document = {"images": arguments.images, "megabytes": round(file.stat().st_size / 1e6, 1)}
            document |= measure(opened(browser, f"{server.address}/data"), file, settings)
            document["server_mb"] = round(server.megabytes())
        browser.close()
    print(json.dumps(document) if arguments.json else "\n".join(f"{key:20s}{value}" for key, value in document.items()))


def measure(page: Page, file: Path, settings: Settings) -> dict[str, Any]:
    """From the file to a map, as somebody goes there who changes nothing that is offered."""
    began, clicks = time.perf_counter(), 0

    def click(name: str) -> float:
        nonlocal clicks
        clicks += 1
        found = page.locator(f'button:has-text("{name}"):enabled').first
        waited = timed(lambda: found.wait_for(timeout=1000 * SECONDS))
        found.click()
        return waited

    page.get_by_text("Add your own").click()
    page.locator('input[type="file"]').set_input_files(file)
    imported = click("Train on it")
    click("Start training")
    until_pictures = timed(lambda: page.locator(".film .play:enabled").wait_for(timeout=1000 * SECONDS))
    until_both = timed(lambda: until(lambda: ended(settings)))
    go_to_map(page)
    return {
        "import_seconds": round(imported, 1),
        "start_to_pictures_seconds": round(until_pictures, 1),
        "start_to_both_models_seconds": round(until_pictures + until_both, 1),
        "all_seconds": round(time.perf_counter() - began, 1),
        "clicks": clicks,
        "runs": {run.id: run.status()["best"] for run in runs(settings)},
    }


def go_to_map(page: Page) -> None:
    """Both are there: what follows is looking, which is no decision."""
    page.get_by_text("Walk on its map").click(timeout=1000 * SECONDS)
    page.locator("canvas.over").first.wait_for(timeout=1000 * SECONDS)


def runs(settings: Settings) -> list[Run]:
    return [store.open_run(settings, line.id) for line in store.list_runs(settings)]


def ended(settings: Settings) -> bool:
    return all(run.state() in FINAL for run in runs(settings))


def until(holds: Callable[[], bool]) -> None:
    while not holds():
        time.sleep(0.2)


def write_photos(file: Path, count: int) -> None:
    """Blots of light on coloured grounds: JPEGs of any size, and transparent PNGs."""
    random = np.random.default_rng(0)
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(count):
            kind = ("jpg", "png")[number % 4 == 0]
            archive.writestr(f"{number:05d}.{kind}", photo(random, kind))


def photo(random: np.random.Generator, kind: str) -> bytes:
    height, width = random.integers(40, 300, 2)
    rows, columns = np.mgrid[:height, :width] / max(height, width)
    y, x = random.uniform(0.2, 0.8, 2) * (height, width) / max(height, width)
    light = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * random.uniform(0.06, 0.18) ** 2))
    ground = np.roll([200.0, 90.0, 40.0], random.integers(3)) * random.uniform(0.5, 1)
    pixels = ground + light[..., None] * 200 + random.normal(0, 6, (height, width, 3))
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    if kind == "png":
        image.putalpha(Image.fromarray(np.rint(255 * light).astype(np.uint8)))
    data = io.BytesIO()
    image.save(data, {"jpg": "JPEG", "png": "PNG"}[kind])
    return data.getvalue()


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
