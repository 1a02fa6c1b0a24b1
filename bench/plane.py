"""Dragging over the plane: real Chromium, the real Explore page, really trained models; all of it on one core.

python -m bench.plane --json [--model mnist-baseline] [--points 10000] [--out FILE]

A hand that moves 125 times a second is played inside the page. Times are those that the plane itself notes (see
`window.loupeMeasure` in ui/components/plane/__init__.py): `cursor` from the hand's movement until the cursor is drawn,
`picture` until the decoded picture is; `wait` is the part of it that passes before the frame begins, `paint` the rest.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, Playwright, WebSocket, sync_playwright

from bench import rows
from bench.browsing import (
    SETTLES,
    empty_tab,
    environment,
    from_other_cores,
    launched,
    on_one_core,
    opened,
    page_server,
)
from bench.page import percentile
from bench.rows import Row, Rows
from vae_core import settings as settings_module
from vae_core.data import catalog
from vae_core.design import recipes
from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.runs import store
from vae_core.settings import PROJECT, Settings

POINTS = (10_000, 70_000, 1_000_000)
SECONDS = 4  # of each drag
SLIDER_MOVES = 25
IMAGES = 2000  # that each model trains on, once: what it learned makes no difference to how long a decode takes
PATIENCE = 120
AUTO = "auto-96x96x3"
MODELS = ("mnist-baseline", "mnist-deeper", "fashion-cae", "cifar-vae", AUTO)
NO_LIMIT = ["--disable-frame-rate-limit", "--disable-gpu-vsync"]
DRAG = """(seconds) => new Promise((done) => {
  const find = (root) => root.querySelector('canvas.over')
    ?? [...root.querySelectorAll('*')].map((each) => each.shadowRoot && find(each.shadowRoot)).find(Boolean);
  const canvas = find(document);
  const box = canvas.getBoundingClientRect();
  const send = (name, t) => {
    const at = (share) => 0.5 + 0.35 * Math.sin(share);
    canvas.dispatchEvent(new PointerEvent(name, {
      pointerId: 1, pointerType: 'mouse', isPrimary: true, button: name === 'pointermove' ? -1 : 0, buttons: 1,
      bubbles: true, clientX: box.left + box.width * at(2.3 * t), clientY: box.top + box.height * at(1.7 * t + 1),
    }));
  };
  const frames = [];
  const frame = (now) => { frames.push(now); if (!ended) requestAnimationFrame(frame); };
  let ended = false;
  window.loupeMeasure = [];
  send('pointerdown', 0);
  const began = performance.now();
  requestAnimationFrame(frame);
  const timer = setInterval(() => {
    const t = (performance.now() - began) / 1000;
    if (t < seconds) return send('pointermove', t);
    clearInterval(timer);
    ended = true;
    const rows = window.loupeMeasure;
    window.loupeMeasure = undefined;
    setTimeout(() => { send('pointerup', t); done({ frames, rows }); }, 500); // the last pictures may still come
  }, 8);
})"""
READY = """() => {
  const find = (root) => root.querySelector('canvas.now')
    ?? [...root.querySelectorAll('*')].map((each) => each.shadowRoot && find(each.shadowRoot)).find(Boolean);
  const look = () => {
    const canvas = find(document);
    const pixels = canvas?.width && canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    if (pixels?.some((value, i) => i % 4 === 3 && value)) window.readyAt = performance.now();
    else requestAnimationFrame(look);
  };
  look();
}"""
SLIDER = """() => {
  const image = () => document.querySelector('[data-testid="stImage"] img');
  const before = image().src;
  window.seenAt = window.pressedAt = null;
  const look = () => {
    if (image().src === before) return requestAnimationFrame(look);
    image().decode().then(() => requestAnimationFrame(() => { window.seenAt = performance.now(); }));
  };
  const pressed = (event) => { window.pressedAt = event.timeStamp; look(); };
  document.addEventListener('keydown', pressed, { once: true, capture: true });
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--model", action="append", choices=MODELS, help="only this one (repeatable)")
    parser.add_argument("--points", action="append", type=int, help="only so many points (repeatable)")
    rows.add_option(parser)
    arguments = parser.parse_args()
    kept = Rows(arguments.out)
    models, points = arguments.model or list(MODELS), arguments.points or list(POINTS)
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(settings_module.load(), checkpoints=Path(folder, "runs"), cache=Path(folder, "cache"))
        runs = {model: trained(model, settings) for model in models}
        on_one_core()
        with sync_playwright() as playwright:
            document = measure(settings, runs, points, playwright, kept)
    print(json.dumps(document) if arguments.json else table(document))


def measure(
    settings: Settings, runs: dict[str, store.Run], points: list[int], playwright: Playwright, kept: Rows
) -> dict[str, Any]:
    browser = launched(playwright)
    found = [
        kept.take({"model": model, "points": count, "frame_limit": True}, row, settings, run, browser, count)
        for model, run in runs.items()
        for count in points
    ]
    first, run = next(iter(runs.items()))
    asked = {"model": first, "points": points[0]}
    slider = kept.take({**asked, "slider": True}, sliders, settings, run, browser, points[0])
    browser.close()
    unlimited = launched(playwright, NO_LIMIT)
    free = kept.take({**asked, "frame_limit": False}, row, settings, run, unlimited, points[0])
    unlimited.close()
    return {"rows": found, "unlimited": free, "slider_p50_ms": slider["slider_p50_ms"]}


def row(settings: Settings, run: store.Run, browser: Browser, count: int) -> Row:
    """One drag on the Explore page, in a browser that has nothing of it in its cache."""
    spread(run, count)
    with page_server(settings) as server:
        opened(browser, f"{server.address}/?run={run.id}").context.close()  # the server is warm
        ready, page, sent = explore(browser, f"{server.address}/explore?run={run.id}")
        page.evaluate(DRAG, 1)  # the browser's compiler has seen it
        page.wait_for_timeout(1500)
        sent.clear()
        before = sum(server.process.cpu_times()[:2])
        found = page.evaluate(DRAG, SECONDS)
        spent = sum(server.process.cpu_times()[:2]) - before
        bytes_sent = sum(sent)
        page.context.close()
    return summary(found) | {
        "ws_bytes": bytes_sent,
        "server_cpu_ms": round(1000 * spent),
        "ready_ms": round(ready),
    }


def explore(browser: Browser, address: str, ready: str = READY) -> tuple[float, Page, list[int]]:
    """Milliseconds until the first picture stands, the page, and a list that fills with the sizes of its messages."""
    page = empty_tab(browser)
    page.wait_for_timeout(2 * SETTLES)  # the tab starts processes of its own, and the server does what follows a page
    sent = overheard(page)
    page.add_init_script(f"({ready})()")
    with from_other_cores():
        page.goto(address)
        page.wait_for_function("window.readyAt", timeout=1000 * PATIENCE)
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for(timeout=1000 * PATIENCE)
    return float(page.evaluate("window.readyAt")), page, sent


def overheard(page: Page) -> list[int]:
    """Fills with the sizes of the messages between the page and the server."""
    sent: list[int] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda data: sent.append(len(data)))
        socket.on("framereceived", lambda data: sent.append(len(data)))

    page.on("websocket", listen)
    return sent


def summary(found: dict[str, Any]) -> dict[str, Any]:
    rows = [each for each in found["rows"] if each.get("event")]
    pictures = [each for each in rows if each.get("picture")]
    gaps = np.diff(found["frames"])
    usual = float(np.median(gaps))
    seconds = (found["frames"][-1] - found["frames"][0]) / 1000
    cursor = [each["drawn"] - each["event"] for each in rows]
    picture = [each["picture"] - each["event"] for each in pictures]
    paint = [each["picture"] - each["began"] for each in pictures]
    wait = [each["began"] - each["event"] for each in rows]
    decode = [each["decoded_ms"] for each in pictures]
    return {
        "decode_ms": round(float(np.median(decode)), 2) if decode else None,
        "cursor_p50_ms": tenth(cursor, 50),
        "cursor_p95_ms": tenth(cursor, 95),
        "picture_p50_ms": tenth(picture, 50),
        "picture_p95_ms": tenth(picture, 95),
        "wait_p50_ms": tenth(wait, 50),
        "paint_p50_ms": tenth(paint, 50),
        "paint_p95_ms": tenth(paint, 95),
        "pictures_per_second": round(len(pictures) / seconds, 1),
        "fps": round(len(gaps) / seconds, 1),
        "dropped_percent": round(100 * float((gaps > 1.5 * usual).mean()), 2),
    }


def tenth(values: list[float], share: float) -> float | None:
    return round(float(np.percentile(values, share)), 1) if values else None


def sliders(settings: Settings, run: store.Run, browser: Browser, count: int) -> Row:
    """The same run behind `st.slider` and `st.image`: from a key press until the new picture is seen."""
    spread(run, count)
    with page_server(settings, "bench/slider.py", run.id) as server:
        page = browser.new_page()
        page.goto(server.address)
        page.locator('[data-testid="stImage"] img').wait_for(timeout=1000 * PATIENCE)
        page.locator('[data-testid="stSlider"] input[type="range"]').first.focus()
        found = []
        for _ in range(SLIDER_MOVES):
            page.evaluate(SLIDER)
            page.keyboard.press("ArrowRight")
            page.wait_for_function("window.seenAt", timeout=1000 * PATIENCE)
            found.append(page.evaluate("window.seenAt - window.pressedAt"))
        page.close()
    return {"slider_p50_ms": percentile(found, 50)}


def spread(run: store.Run, count: int) -> None:
    """As many codes as are wanted: the model's own, and more that lie around them."""
    arrays = run.codes()
    random = np.random.default_rng(0)
    own = len(arrays["mean"])
    places = np.concatenate([np.arange(min(own, count)), random.integers(0, own, max(0, count - own))])
    found = {name: values[places] if len(values) == own else values for name, values in arrays.items()}
    noise = random.normal(0, 0.1, found["mean"].shape) * arrays["mean"].std(axis=0)
    noise[:own] = 0
    found["mean"] = (found["mean"] + noise).astype(np.float32)
    run.save_codes(found)


def trained(model: str, settings: Settings) -> store.Run:
    """One epoch over some images, from the command line."""
    run = store.create(settings, config_of(model, settings), {})
    began = time.monotonic()
    command = [sys.executable, "-m", "vae_core", "train", "--run", run.id]
    done = subprocess.run(command, cwd=PROJECT, env=environment(settings), capture_output=True, text=True)
    if done.returncode:
        raise LoupeError(f"{model} was not trained: {done.stderr.strip()[-300:]}")
    print(f"{model}: trained in {time.monotonic() - began:.0f} s", file=sys.stderr)
    return run


def config_of(model: str, settings: Settings) -> Config:
    if model != AUTO:
        config = recipes.find(model).config
        return replace(config, epochs=1, train_size=IMAGES, split="shuffled", recipe="")
    pixels = np.random.default_rng(0).integers(0, 256, (500, 96, 96, 3), np.uint8)
    file = settings.cache / "noise.npz"
    file.parent.mkdir(parents=True, exist_ok=True)
    np.savez(file, x=pixels)
    catalog.add(file, "noise", settings)
    return replace(recipes.convolutions((96, 96, 3), "noise"), epochs=1)


def table(document: dict[str, Any]) -> str:
    lines = [json.dumps(each) for each in [*document["rows"], document["unlimited"]]]
    return "\n".join([*lines, f"st.slider and st.image: {document['slider_p50_ms']} ms"])


if __name__ == "__main__":
    main()
