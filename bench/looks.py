"""What the first screen of each page holds: its share of picture, and how many words stand on it.

python -m bench.looks --json [--shots FOLDER]
python -m bench.looks --keep        writes tests/looks.json anew, to which tests/test_looks.py holds the pages

Real server, real Chromium, the models that come along and no other. `bench/seen.py` says what counts.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bench.browsing import SECONDS, launched, page_server
from bench.rows import Row
from bench.seen import PAGES, SCHEMES, SIZES, seen, still, visit
from vae_core.runs import shipped
from vae_core.settings import PROJECT, Settings

KEPT = PROJECT / "tests" / "looks.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--shots", type=Path, metavar="FOLDER", help="keep the screenshots, light and dark")
    parser.add_argument("--keep", action="store_true", help="hold the tests to what is seen now")
    arguments = parser.parse_args()
    os.environ.pop("LOUPE_DATA", None)
    rows = list(_rows(arguments.shots))
    if arguments.keep:
        _keep(rows)
    told = [row for row in rows if row["scheme"] == SCHEMES[0]]
    print(json.dumps([_short(row) for row in told]) if arguments.json else "\n".join(map(_told, told)))


def _rows(shots: Path | None) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        settings = Settings(cache=Path(folder, "cache"), checkpoints=Path(folder, "checkpoints"))
        shipped.ready(settings)
        browser = launched(playwright)
        with page_server(settings) as server:
            page = browser.new_page()
            page.set_default_timeout(1000 * SECONDS)
            for size, name in product(SIZES, PAGES):
                visit(page, server.address, name, size)
                yield from _looked_at(page, name, size, shots)
        browser.close()


def _looked_at(page: Page, name: str, size: str, shots: Path | None) -> Iterator[Row]:
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        still(page)
        yield {"page": name, "size": size, "scheme": scheme, **seen(page)}
        if shots:
            shots.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=shots / f"{_file(name)}-{size}-{scheme}.png")


def _file(name: str) -> str:
    return name.lower().replace(", ", "-").replace(" ", "-")


def _keep(rows: list[Row]) -> None:
    """By page and size; all but the light is kept once for light and dark."""
    kept: dict[str, Row] = {}
    for row in rows:
        both = {key: row[key] for key in ("picture", "words", "places")}
        kept.setdefault(f"{row['page']}, {row['size']}", both)[row["scheme"]] = row["fields"]
    KEPT.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


def _short(row: Row) -> Row:
    return {key: row[key] for key in ("page", "size", "picture", "words")}


def _told(row: Row) -> str:
    return f"{row['page']:22s}{row['size']:8s}{row['picture']:6.0%} picture{row['words']:6d} words"


if __name__ == "__main__":
    main()
