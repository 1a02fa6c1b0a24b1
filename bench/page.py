"""How quickly the page answers: real server, real Chromium, real training; server and browser share one core.

python -m bench.page --json

The trainer has the other cores. Times are taken in the page itself: a switch lasts from the click until the other page
stands and its script has ended; a chart's delay from the moment the epoch's row is on the disk until the slider of the
Train page names that epoch.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from bench.browsing import (
    SECONDS,
    SETTLES,
    Server,
    empty_tab,
    go,
    launched,
    on_one_core,
    opened,
    page_server,
    quietly,
)
from bench.visitors import visitors
from vae_core.design.config import Config
from vae_core.runs import jobs, store
from vae_core.settings import Settings

STARTS, ROUNDS, EPOCHS, SESSIONS, TABS = 5, 8, 12, 10, 5
TOUR = ("Data", "Train", "Explore", "Project", "Compare", "Home")
FINISHED = Config(dataset="digits", image=(8, 8, 1), encoder="conv8/2 flatten dense16", epochs=8)
# About two seconds an epoch, as a model on MNIST takes on a good laptop, for as long as it is watched.
LIVE = Config(
    dataset="digits", image=(8, 8, 1), encoder="conv96 conv96 conv96/2 flatten dense64", epochs=2000, batch=8, seed=7
)

SWITCH = """([name, path, title]) => new Promise((done, failed) => {
  const ending = (where, text) => [...document.querySelectorAll(where)].find((each) => each.textContent.endsWith(text));
  const app = document.querySelector('[data-testid="stApp"]');
  let began = null;
  const asked = performance.now();
  const look = () => {
    const link = ending('[data-testid="stSidebar"] [data-testid="stPageLink"] a', name);
    const ended = app.getAttribute('data-test-script-state') === 'notRunning';
    const stands = location.pathname === path && ending('h1', title) && !ending('[data-stale="true"] h1', title);
    if (began === null && link) {
      began = performance.now();
      link.click();
    } else if (began !== null && ended && stands) return done(performance.now() - began);
    const heads = () => [...document.querySelectorAll('h1')].map((each) =>
      each.textContent + (each.closest('[data-stale="true"]') ? ' (stale)' : ''));
    const there = () => `${location.pathname}, clicked ${began !== null}, at rest ${ended}, ${heads()}`;
    if (performance.now() - asked > 30_000) failed(`${title} did not stand within 30 s: ${there()}`);
    else requestAnimationFrame(look);
  };
  look();
})"""
WATCH_EPOCHS = """() => {
  window.seenEpochs = {};
  const find = (root) => root.querySelector('.bar output')
    ?? [...root.querySelectorAll('*')].map((each) => each.shadowRoot && find(each.shadowRoot)).find(Boolean);
  const look = () => {
    const epoch = /Epoch (\\d+)/.exec(find(document)?.textContent ?? '')?.[1];
    if (epoch && !(epoch in window.seenEpochs)) window.seenEpochs[epoch] = Date.now();
    requestAnimationFrame(look);
  };
  look();
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(cache=Path(folder, "cache"), checkpoints=Path(folder, "checkpoints"))
        finished = trained(settings)
        others = on_one_core()
        with sync_playwright() as playwright:
            browser = launched(playwright)
            document = measure(settings, finished, browser, others)
            browser.close()
    print(json.dumps(document) if arguments.json else "\n".join(f"{key:28s}{value}" for key, value in document.items()))


def measure(settings: Settings, finished: store.Run, browser: Browser, others: list[int]) -> dict[str, Any]:
    nothing_yet = replace(settings, checkpoints=settings.checkpoints / "none")
    bare = settings.cache / "bare.py"
    bare.parent.mkdir(parents=True, exist_ok=True)
    bare.write_text("import streamlit\n\nstreamlit.title('One line')\n", encoding="utf-8")
    ways: tuple[tuple[Settings, tuple[str, ...]], ...] = ((nothing_yet, ()), (settings, ()), (settings, (str(bare),)))
    rounds = [[first_page(browser, where, *script) for where, script in ways] for _ in range(STARTS)]
    starts, later_starts, bare_starts = zip(*rounds, strict=True)
    with page_server(settings) as server:
        page = opened(browser, f"{server.address}/?run={finished.id}")
        switches = tour(page, ROUNDS)
        page.context.close()
        rest = server.megabytes()
        print(f"starts {rounds}, switches {switches}", file=sys.stderr)
        with live(settings, others) as run:
            watched = watch(settings, run, browser, server)
    return {
        "start_ms": round(median(starts)),
        "start_with_a_run_ms": round(median(later_starts)),
        "start_of_one_line_ms": round(median(bare_starts)),  # what Streamlit alone takes on this machine
        "switch_p50_ms": percentile(switches, 50),
        "switch_p95_ms": percentile(switches, 95),
        **{key: watched[key] for key in ("chart_p50_ms", "chart_p95_ms")},
        "rest_mb": round(rest),
        **{key: watched[key] for key in ("five_tabs_mb", "ten_sessions_switch_p95_ms", "ten_sessions_slowdown")},
    }


def watch(settings: Settings, run: store.Run, browser: Browser, server: Server) -> dict[str, Any]:
    """One tab alone for the chart, five for the memory, ten sessions for what they cost the trainer and an eleventh."""
    address = f"{server.address}/train?run={run.id}"
    page = opened(browser, address)
    delays = chart_delays(page, run)
    tabs = [page, *(opened(browser, address) for _ in range(TABS - 1))]
    wait_for_epochs(run, 5)
    five = server.megabytes()
    for tab in tabs:
        tab.context.close()
    busy, alone, switches = [], [], []
    for _ in range(3):  # with ten sessions and with none, in turn
        with visitors(SESSIONS, server.address.rpartition(":")[2], "train", f"run={run.id}"):
            busy += epoch_seconds(run, EPOCHS)
            guest = opened(browser, f"{server.address}/?run={run.id}")
            switches += tour(guest, 2)
            guest.context.close()
        alone += epoch_seconds(run, EPOCHS)
    print(f"ten sessions: switches {switches}, epochs {busy}, alone {alone}", file=sys.stderr)
    return {
        "chart_p50_ms": percentile(delays, 50),
        "chart_p95_ms": percentile(delays, 95),
        "five_tabs_mb": round(five),
        "ten_sessions_switch_p95_ms": percentile(switches, 95),
        "ten_sessions_slowdown": round(median(busy) / median(alone) - 1, 3),
    }


def first_page(browser: Browser, settings: Settings, *script: str) -> float:
    """Milliseconds from starting the server until the first page stands in a browser that knows nothing of it."""
    page = empty_tab(browser)
    page.wait_for_timeout(SETTLES)  # a new tab starts processes of its own; they are the browser's, not the page's
    began = time.perf_counter()
    with page_server(settings, *script) as server:
        go(page, server.address)
        passed = time.perf_counter() - began
        page.context.close()
    return 1000 * passed


def tour(page: Page, rounds: int) -> list[float]:
    """Milliseconds of each switch, the first round not counted."""
    found = []
    for turn in range(rounds + 1):
        for name in TOUR:
            home = ["Home", "/", "Latent Loupe"]
            took = page.evaluate(SWITCH, home if name == "Home" else [name, f"/{name.lower()}", name])
            found += [took] if turn else []
    return found


def chart_delays(page: Page, run: store.Run) -> list[float]:
    page.evaluate(WATCH_EPOCHS)
    written: dict[int, float] = {}
    first = len(run.history()) + 1
    end = time.monotonic() + SECONDS
    while len(written) < 2 * EPOCHS and time.monotonic() < end:
        epoch = len(run.history())
        if epoch >= first:
            written.setdefault(epoch, time.time() * 1000)
        page.wait_for_timeout(5)
    page.wait_for_function(f"Math.max(...Object.keys(window.seenEpochs)) >= {max(written)}", timeout=1000 * SECONDS)
    seen = {int(epoch): at for epoch, at in page.evaluate("window.seenEpochs").items()}
    return [min(at for epoch, at in seen.items() if epoch >= wanted) - written[wanted] for wanted in written]


def epoch_seconds(run: store.Run, count: int) -> list[float]:
    """Of the next epochs; the one that is under way does not count."""
    rows = wait_for_epochs(run, count + 1)
    return [row["seconds"] for row in rows[-count:]]


def wait_for_epochs(run: store.Run, count: int) -> list[dict[str, Any]]:
    wanted, end = len(run.history()) + count, time.monotonic() + SECONDS
    while len(run.history()) < wanted:
        if time.monotonic() > end or run.state() != "running":
            raise RuntimeError(f"{run.id} is {run.state()}")
        time.sleep(0.05)
    return run.history()


def trained(settings: Settings) -> store.Run:
    run = store.create(settings, FINISHED, {})
    train(settings, run).wait()
    return run


@contextmanager
def live(settings: Settings, cores: list[int]) -> Iterator[store.Run]:
    """A training in its own process, on the cores that server and browser leave it."""
    run = store.create(settings, LIVE, {})
    process = train(settings, run)
    if cores:
        psutil.Process(process.pid).cpu_affinity(cores)
    try:
        while len(run.history()) < 2 and process.poll() is None:
            time.sleep(0.1)
        yield run
    finally:
        jobs.request_stop(run)
        process.wait()


def train(settings: Settings, run: store.Run) -> subprocess.Popen[bytes]:
    return quietly([sys.executable, "-m", "vae_core", "train", "--run", run.id], settings)


def percentile(values: list[float], share: float) -> int:
    return round(float(np.percentile(values, share)))


if __name__ == "__main__":
    main()
