"""The twin walk of four models: real Chromium, the real Compare page, really trained models; all of it on one core.

python -m bench.twin --json [--out FILE]

One hand drives four decoders (see bench/plane.py); models of one architecture are copies of one training. `decode_ms`
is from the frame's beginning until the last of the four pictures is drawn. Decoders that take longer than 6 ms together
work in the background, where only pictures wait.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from playwright.sync_api import Browser, sync_playwright

from bench import rows
from bench.browsing import launched, on_one_core, opened, page_server
from bench.plane import DRAG, PATIENCE, SECONDS, overheard, summary, trained
from bench.rows import Row, Rows
from vae_core import settings as settings_module
from vae_core.runs.store import Run
from vae_core.settings import Settings

ROWS = {
    "four quick": ("mnist-baseline",) * 4,
    "quick and slow": ("mnist-baseline", "mnist-deeper") * 2,
    "four slow": ("cifar-vae",) * 4,
}
NAMES = (
    "decode_ms",
    "cursor_p50_ms",
    "cursor_p95_ms",
    "picture_p95_ms",
    "pictures_per_second",
    "fps",
    "dropped_percent",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    rows.add_option(parser)
    arguments = parser.parse_args()
    kept = Rows(arguments.out)
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(settings_module.load(), checkpoints=Path(folder, "runs"), cache=Path(folder, "cache"))
        first = {model: trained(model, settings) for model in sorted(set(sum(ROWS.values(), ())))}
        runs = {name: [copied(first[model]) for model in models] for name, models in ROWS.items()}
        on_one_core()
        with sync_playwright() as playwright:
            browser = launched(playwright)
            found = [kept.take({"models": name}, row, settings, four, browser) for name, four in runs.items()]
            browser.close()
    print(json.dumps({"rows": found}) if arguments.json else "\n".join(map(json.dumps, found)))


def copied(run: Run) -> Run:
    """The same under a name of its own, since a run is not compared with itself."""
    path = Path(shutil.copytree(run.path, run.path.with_name(f"{run.id}-{uuid4().hex[:6]}")))
    return Run(path.name, run.settings)


def row(settings: Settings, runs: list[Run], browser: Browser) -> Row:
    with page_server(settings) as server:
        page = opened(browser, server.address)
        sent = overheard(page)
        page.goto(f"{server.address}/compare?runs={','.join(run.id for run in runs)}")
        page.get_by_role("radio", name="Walk").click(timeout=1000 * PATIENCE)
        page.locator(".twin .pair canvas").first.wait_for(timeout=1000 * PATIENCE)
        page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for(timeout=1000 * PATIENCE)
        page.wait_for_timeout(1500)  # the decoders are measured once more when the page has come to rest
        page.evaluate(DRAG, 1)
        page.wait_for_timeout(6000)  # and once again
        sent.clear()
        found = summary(page.evaluate(DRAG, SECONDS))
        bytes_sent = sum(sent)
        page.context.close()
    return {name: found[name] for name in NAMES} | {"ws_bytes": bytes_sent}


if __name__ == "__main__":
    main()
