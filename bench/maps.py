"""Maps of projections in real Chromium, on the real Project page: walking by neighbours, first paint, moving the map.

python -m bench.maps --json [--points 70000] [--out FILE]

The places of the points are made up, in clusters as t-SNE leaves them; codes are random numbers. Server and browser
share one core. `cursor_p95_ms` and `ws_bytes` are of a drag that walks (see bench/plane.py), `pan_fps` of one that
moves the map, `ready_ms` from going to the page until the points of the map are drawn.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, sync_playwright

from bench import rows
from bench.browsing import launched, on_one_core, opened, page_server
from bench.plane import DRAG, READY, SECONDS, explore, summary, trained
from bench.rows import Row, Rows
from vae_core import settings as settings_module
from vae_core.look import projection
from vae_core.look.projection import TEST, Projection
from vae_core.runs import store
from vae_core.runs.tasks import Task
from vae_core.settings import Settings

POINTS = (10_000, 70_000, 1_000_000)
MODEL = "mnist-baseline"
CLUSTERS, SIZE = 40, 2.0
PAN = DRAG.replace("? -1 : 0, buttons: 1", "? -1 : 2, buttons: 2")
PAINTED = READY.replace("querySelector('canvas.now')", "querySelectorAll('canvas.map')[2]")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--points", action="append", type=int, help="only so many points (repeatable)")
    rows.add_option(parser)
    arguments = parser.parse_args()
    kept = Rows(arguments.out)
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(settings_module.load(), checkpoints=Path(folder, "runs"), cache=Path(folder, "cache"))
        run = trained(MODEL, settings)
        on_one_core()
        with sync_playwright() as playwright:
            browser = launched(playwright)
            found = [
                kept.take({"points": count}, row, settings, run, browser, count) for count in arguments.points or POINTS
            ]
            browser.close()
    print(json.dumps({"rows": found}) if arguments.json else "\n".join(map(json.dumps, found)))


def row(settings: Settings, run: store.Run, browser: Browser, count: int) -> Row:
    task = clustered(run, count)
    with page_server(settings) as server:
        opened(browser, f"{server.address}/?run={run.id}").context.close()  # the server is warm
        address = f"{server.address}/project?run={run.id}&maps={task.path.name}"
        ready, page, sent = explore(browser, address, PAINTED)
        page.evaluate(DRAG, 1)  # the browser's compiler has seen it
        page.wait_for_timeout(1500)
        sent.clear()
        walked = summary(page.evaluate(DRAG, SECONDS))
        bytes_sent = sum(sent)
        page.wait_for_timeout(1500)
        panned = summary(page.evaluate(PAN, SECONDS))
        page.context.close()
    names = ("decode_ms", "cursor_p50_ms", "cursor_p95_ms", "picture_p95_ms", "fps")
    return {
        "ready_ms": round(ready),
        **{name: walked[name] for name in names},
        "ws_bytes": bytes_sent,
        "pan_fps": panned["fps"],
        "pan_dropped_percent": panned["dropped_percent"],
    }


def clustered(run: store.Run, count: int) -> Task:
    """A finished map of so many points."""
    random = np.random.default_rng(0)
    middles = random.uniform(-60, 60, (CLUSTERS, 2))
    labels = random.integers(0, 10, count)
    places = middles[random.integers(0, CLUSTERS, count)] + random.normal(0, SIZE, (count, 2))
    codes = random.normal(size=(count, run.config().architecture().code.size))
    task = projection.begin(run, Projection(method="tsne", seed=count))
    numbers = {name: random.random(count).astype(np.float32) for name in ("loss", "kl", "density", "quality")}
    task.save(
        {
            "title": f"{count:,} points",
            "walk": "neighbours",
            "explained": None,
            "columns": [],
            "notes": [],
            "honesty": [],
            "seconds": 0.0,
            "engine": "this bench",
            "classes": [],
            "quality": dict.fromkeys(("trustworthiness", "continuity", "knn_map", "knn_original")),
        },
        {
            "places": places.astype(np.float32),
            "codes": codes.astype(np.float32),
            "labels": labels,
            **numbers,
            "image": np.arange(count, dtype=np.int32),
            "half": np.full(count, TEST, np.uint8),
        },
    )
    task.set_status(state="done")
    return task


if __name__ == "__main__":
    main()
