"""The first second: from an empty machine to a picture that follows the hand, and to a model of one's own.

python -m bench.first --json

Real server, real Chromium, no cache, no run, no data set, and a browser that can reach nothing but this server. Times
are seconds; what is drawn is looked at in the page, in every frame.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Page, sync_playwright

from bench.browsing import SECONDS, empty_tab, launched, page_server
from vae_core.runs import pace
from vae_core.settings import Settings

ROUNDS = 3
FIND = """const find = (root, name) => root.querySelector(name)
    ?? [...root.querySelectorAll('*')].map((each) => each.shadowRoot && find(each.shadowRoot, name)).find(Boolean);"""
# Watches for another picture, from the first move of the hand on the map.
WATCH = f"""() => {{
  {FIND}
  const picture = find(document, '.now'), map = find(document, '.over');
  let before = null;
  map.addEventListener('pointerdown', () => {{
    before ??= picture.toDataURL();
    window.began ??= performance.now();
  }}, true);
  const look = () => {{
    if (before === null || picture.toDataURL() === before) return requestAnimationFrame(look);
    window.moved = (performance.now() - window.began) / 1000;
  }};
  look();
  const {{ x, y, width, height }} = map.getBoundingClientRect();
  return [x + width / 3, y + height / 3];
}}"""
TITLE = "document.querySelector('h1')?.textContent === 'Latent Loupe' && performance.now() / 1000"
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"
STANDS = f"""() => {{
  {FIND}
  return (find(document, '.now')?.width ?? 0) > 0 && performance.now() / 1000;
}}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.parse_args()
    os.environ.pop("LOUPE_DATA", None)
    with sync_playwright() as playwright:
        browser = launched(playwright)
        rounds = [once(empty_tab(browser), last=number == ROUNDS - 1) for number in range(ROUNDS)]
        browser.close()
    document: dict[str, Any] = {key: round(median(each[key] for each in rounds), 2) for key in rounds[0]}
    document |= {key: value for key, value in rounds[-1].items() if key not in document}
    print(json.dumps({"processor": pace.machine(), **document, "clicks": 1, "rounds": rounds}))


def once(page: Page, last: bool) -> dict[str, float]:
    """On a machine that has seen nothing of it. The last time a model is trained as well."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(cache=Path(folder, "cache"), checkpoints=Path(folder, "checkpoints"))
        began = time.perf_counter()
        with page_server(settings) as server:
            started = time.perf_counter() - began
            page.route(
                "**/*", lambda route: route.continue_() if server.address in route.request.url else route.abort()
            )
            page.goto(server.address)
            stood = page.wait_for_function(TITLE, timeout=1000 * SECONDS).json_value()
            stands = page.wait_for_function(STANDS, timeout=1000 * SECONDS).json_value()
            painted = page.evaluate(PAINT)
            found = {
                "server_start": started,
                "first_paint": painted,
                "title_after_paint": stood - painted,
                "map_after_paint": stands - painted,
                "picture_after_hand": _moved(page),
                "memory_mb": server.megabytes(),
            }
            found["paint_to_moved_picture"] = found["map_after_paint"] + found["picture_after_hand"]
            if last:
                found["click_to_trained_map"] = _trained(page)
    return found


def _moved(page: Page) -> float:
    """Seconds from the hand on the map to another picture."""
    page.mouse.move(*page.evaluate(WATCH))
    page.mouse.down()
    page.mouse.up()
    return float(page.wait_for_function("window.moved", timeout=1000 * SECONDS).json_value())


def _trained(page: Page) -> float:
    began = time.perf_counter()
    page.get_by_role("button", name="Train a model").click()
    page.get_by_role("button", name="Train longer").wait_for(timeout=1000 * SECONDS)
    took = time.perf_counter() - began
    page.get_by_text("Explore it", exact=True).click()
    page.wait_for_function(STANDS, timeout=1000 * SECONDS)
    return took


if __name__ == "__main__":
    main()
