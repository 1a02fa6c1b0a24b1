"""Thousands of photographs of one's own: seconds from the file to a data set, to a first epoch, to a map.

python -m bench.photos --json [--images 8000]

JPEGs of 96x96 in colour, in four classes, are made and put into one zip; a real browser uploads it to a real server.
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
from vae_core.settings import Settings

SIDE, CLASSES, SECONDS = 96, 4, 1800


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--images", type=int, default=8000)
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
    page.get_by_text("Add your own").click()
    page.locator('input[type="file"]').set_input_files(file)
    upload = timed(lambda: page.get_by_text(file.name).wait_for(timeout=1000 * SECONDS))
    upload += timed(lambda: page.locator('button:has-text("Look at it"):enabled').wait_for(timeout=1000 * SECONDS))
    page.get_by_role("button", name="Look at it").click()
    imported = timed(lambda: page.locator('button:has-text("Keep it"):enabled').wait_for(timeout=1000 * SECONDS))
    page.get_by_role("button", name="Keep it").click()
    page.get_by_role("button", name="Train on it").click(timeout=1000 * SECONDS)
    page.get_by_role("button", name="Start training").click(timeout=1000 * SECONDS)
    until_map = timed(lambda: page.get_by_text("Map of codes").first.wait_for(timeout=1000 * SECONDS))
    run = store.open_run(settings, store.list_runs(settings)[0].id)
    row = run.history()[0]
    stop(page)
    return {
        "upload_seconds": round(upload, 1),
        "import_seconds": round(imported, 1),
        "start_to_map_seconds": round(until_map, 1),
        "first_epoch_seconds": row["seconds"],
        "images_per_second": row["images_per_second"],
    }


def stop(page: Page) -> None:
    page.get_by_test_id("stMain").get_by_role("button", name="Stop").click()  # the header has one for the page
    page.get_by_role("button", name="Resume").wait_for(timeout=1000 * SECONDS)


def write_photos(file: Path, count: int) -> None:
    """Blots of light on a coloured ground; each class has its own hue."""
    random = np.random.default_rng(0)
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(count):
            label = number % CLASSES
            archive.writestr(f"class-{label}/{number:05d}.jpg", photo(random, label))


def photo(random: np.random.Generator, label: int) -> bytes:
    rows, columns = np.mgrid[:SIDE, :SIDE]
    y, x = random.uniform(20, SIDE - 20, 2)
    light = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * random.uniform(6, 18) ** 2))
    ground = np.roll([200.0, 90.0, 40.0], label) * random.uniform(0.5, 1)
    pixels = ground + light[..., None] * 200 + random.normal(0, 6, (SIDE, SIDE, 3))
    data = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(data, "JPEG", quality=90)
    return data.getvalue()


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
