"""What the first screen of each page holds: its share of picture, and how many words stand on it.

python -m bench.looks --json [--shots FOLDER]

Real server, real Chromium, the models that come along and no other. The head and the list of pages at the side count as
screen, and their words do not. A picture is a canvas, an image or a drawing of at least 16 pixels each way.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from bench.browsing import SECONDS, launched, page_server
from bench.pictures import IDLE, MAP, OTHER, STILL
from bench.rows import Row
from vae_core.runs import shipped
from vae_core.settings import Settings

PAGES = {
    "Home": "",
    "Data": "data",
    "Set up": "train",
    "Watch": f"train?run={MAP}",
    "Explore": f"explore?run={MAP}",
    "Explore, 16 numbers": f"explore?run={OTHER}",
    "Project": f"project?run={MAP}",
    "Compare": "compare",
    "Tune": "tune",
}
SIZES = {"wide": (1440, 900), "phone": (390, 844)}
SCHEMES = ("light", "dark")
# Squares of 8 pixels that a picture covers, and words of which the beginning can be seen.
COUNT = """() => {
  const inside = (root) => [...root.querySelectorAll('*')].flatMap((each) =>
    [each, ...(each.shadowRoot ? inside(each.shadowRoot) : [])]);
  const cell = 8, covered = new Set();
  const cover = ({ left, right, top, bottom }) => {
    for (let x = Math.max(0, Math.ceil(left / cell)); x < Math.min(innerWidth, right) / cell; x++)
      for (let y = Math.max(0, Math.ceil(top / cell)); y < Math.min(innerHeight, bottom) / cell; y++)
        covered.add(`${x} ${y}`);
  };
  const read = (node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    const { top, left, width } = range.getBoundingClientRect();
    const seen = width && top >= 0 && top < innerHeight && left < innerWidth;
    return seen ? node.textContent.split(/\\s+/).filter(Boolean).length : 0;
  };
  let words = 0;
  for (const each of inside(document.querySelector('[data-testid=stMain]'))) {
    if (!each.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    const box = each.getBoundingClientRect();
    if (['CANVAS', 'IMG', 'svg'].includes(each.tagName) && box.width >= 16 && box.height >= 16) cover(box);
    if (['STYLE', 'SCRIPT', 'OPTION'].includes(each.tagName)) continue;
    for (const node of each.childNodes) if (node.nodeType === Node.TEXT_NODE) words += read(node);
  }
  return [covered.size * cell * cell / innerWidth / innerHeight, words];
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--shots", type=Path, metavar="FOLDER", help="keep the screenshots, light and dark")
    arguments = parser.parse_args()
    os.environ.pop("LOUPE_DATA", None)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        settings = Settings(cache=Path(folder, "cache"), checkpoints=Path(folder, "checkpoints"))
        shipped.ready(settings)
        browser = launched(playwright)
        with page_server(settings) as server:
            rows = [
                row
                for scheme in (SCHEMES if arguments.shots else SCHEMES[:1])
                for size in SIZES
                for row in _looked_at(browser, server.address, size, scheme, arguments.shots)
            ]
        browser.close()
    seen = [row for row in rows if row["scheme"] == SCHEMES[0]]
    print(json.dumps(seen) if arguments.json else "\n".join(map(_told, seen)))


def _looked_at(browser: Browser, address: str, size: str, scheme: str, shots: Path | None) -> list[Row]:
    width, height = SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
    found = []
    for name, path in PAGES.items():
        page.goto(f"{address}/{path}")
        page.wait_for_function(IDLE, timeout=1000 * SECONDS)
        page.evaluate(STILL)
        share, words = page.evaluate(COUNT)
        found.append({"page": name, "size": size, "scheme": scheme, "picture": round(share, 2), "words": words})
        if shots:
            shots.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=shots / f"{name.lower().replace(', ', '-').replace(' ', '-')}-{size}-{scheme}.png")
    page.close()
    return found


def _told(row: Row) -> str:
    return f"{row['page']:22s}{row['size']:8s}{row['picture']:6.0%} picture{row['words']:6d} words"


if __name__ == "__main__":
    main()
