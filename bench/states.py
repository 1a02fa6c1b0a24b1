"""Pictures of all pages for runs in all states, and sheets that set them beside those of an earlier checkout.

python -m bench.states FOLDER [--tree CHECKOUT] [--runs FOLDER]   takes them, wide and on a phone, light and dark
python -m bench.states FOLDER --before FOLDER --sheets OUT        a sheet a window and colour: as it was, as it is

Real trainings of letters that are our own; with --runs they are kept for another checkout, where an earlier one made
them. Of the models that come along, those of letters.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from playwright.sync_api import Page, TimeoutError, sync_playwright

from bench import sheets
from bench.browsing import environment, launched, page_server
from bench.pictures import IDLE, MAP, OTHER, STILL
from bench.seen import SCHEMES, SIZES
from vae_core.settings import PROJECT, Settings

PAGES = ("Home", "Data", "Train", "Explore", "Project", "Compare", "Tune")
LETTERS = ("--dataset", "type", "--train-size", "1000")
RUNS = {"two": ("--epochs", "3", "--latent", "2"), "many": ("--epochs", "3", "--latent", "32")}
ENDLESS = ("--epochs", "2000", "--latent", "2", "--detach")
ERROR = "The loss stopped being a number in epoch 2."
SECONDS, LONGEST = 60, 8000  # s for a page to stand, ms for it to come to rest


@dataclass(frozen=True)
class State:
    name: str
    runs: tuple[str, ...] = ()  # the first one is chosen
    along: bool = False
    pages: tuple[str, ...] = PAGES


STATES = (
    State("no run", pages=("Home", "Data", "Train", "Explore", "Compare", "Tune")),
    State("come along", along=True, pages=("Home", "Train", "Explore", "Project", "Compare")),
    State("one run", ("two",), pages=("Home", "Explore", "Compare")),
    State("many runs", ("two", "many", "failed"), pages=("Home", "Train", "Project", "Compare")),
    State("32 numbers", ("many", "two"), pages=("Explore", "Project")),
    State("training", ("training", "two"), pages=("Home", "Train", "Explore")),
    State("failed", ("failed", "two"), pages=("Train", "Explore")),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tree", type=Path, default=PROJECT, help="whose pages are shown")
    parser.add_argument("--runs", type=Path, help="where trained runs are kept")
    parser.add_argument("--before", type=Path, help="pictures of an earlier checkout")
    parser.add_argument("--sheets", type=Path, help="where the sheets go")
    arguments = parser.parse_args()
    os.environ.pop("LOUPE_DATA", None)
    if arguments.before and arguments.sheets:
        sheets.write(arguments.before, arguments.folder, arguments.sheets, [state.name for state in STATES], PAGES)
    else:
        arguments.folder.mkdir(parents=True, exist_ok=True)
        take(arguments.folder, arguments.tree.resolve(), arguments.runs)


def take(folder: Path, tree: Path, runs: Path | None) -> None:
    with tempfile.TemporaryDirectory() as work, sync_playwright() as playwright:
        kept = Path(runs or work).resolve()
        base = Settings(cache=kept / "cache", checkpoints=kept / "trained", shipped=Path(work, "none"))
        base.shipped.mkdir()
        made = {name: trained(base, tree, *words) for name, words in RUNS.items()}
        browser = launched(playwright)
        for state in STATES:
            with shown(base, tree, state, made) as (address, ids):
                page = browser.new_page()
                page.set_default_timeout(1000 * SECONDS)
                for size, name in product(SIZES, state.pages):
                    visit(page, f"{address}/{place(name, ids)}", size)
                    photograph(page, folder / f"{name} {state.name} {size}")
                page.close()
        browser.close()


@contextmanager
def shown(base: Settings, tree: Path, state: State, made: dict[str, str]) -> Iterator[tuple[str, list[str]]]:
    """The app with the runs of this state and no others: its address, and their names."""
    own = replace(base, checkpoints=base.shipped.with_name(state.name), shipped=along(base, tree, state))
    own.checkpoints.mkdir()
    for name in state.runs:
        if name != "training":
            copied(base, own, made["two" if name == "failed" else name], failed=name == "failed")
    running = trained(own, tree, *ENDLESS) if "training" in state.runs else ""
    ids = [{"training": running, "failed": "failed"}.get(name) or made[name] for name in state.runs]
    try:
        with page_server(own, tree=tree) as server:
            yield server.address, [MAP, OTHER] if state.along else ids
    finally:
        if running:
            command(own, tree, "stop", running)


def along(base: Settings, tree: Path, state: State) -> Path:
    if not state.along:
        return base.shipped
    folder = base.shipped.with_name("along")
    folder.mkdir()
    for path in (tree / "checkpoints" / ".shipped").glob("type-*.zip"):
        shutil.copy(path, folder)
    return folder


def copied(base: Settings, own: Settings, run: str, failed: bool) -> None:
    target = own.checkpoints / ("failed" if failed else run)
    shutil.copytree(base.checkpoints / run, target)
    if failed:
        status = json.loads((target / "status.json").read_text("utf-8"))
        (target / "status.json").write_text(json.dumps({**status, "state": "failed", "error": ERROR}), "utf-8")


def trained(settings: Settings, tree: Path, *words: str) -> str:
    """The name of the run; one that was kept is not trained again."""
    known = settings.checkpoints / f".{'_'.join(words)}"
    if not known.exists():
        before = {path.name for path in settings.checkpoints.glob("*")}
        command(settings, tree, "train", *LETTERS, *words)
        found = {path.name for path in settings.checkpoints.glob("*") if (path / "config.json").exists()}
        known.write_text((found - before).pop(), "utf-8")
    return known.read_text("utf-8")


def command(settings: Settings, tree: Path, *words: str) -> None:
    line = [sys.executable, "-m", "vae_core", *words]
    subprocess.run(line, cwd=tree, env=environment(settings), check=True, stdout=subprocess.DEVNULL)


def place(name: str, ids: list[str]) -> str:
    path = "" if name == "Home" else name.lower()
    if not ids:
        return path
    return f"{path}?run={ids[0]}&runs={','.join(ids)}"


def visit(page: Page, address: str, size: str) -> None:
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    page.goto(address)
    try:
        page.wait_for_function(IDLE, timeout=1000 * SECONDS)
    except TimeoutError:  # a page that looks at a training may always be at work
        time.sleep(1)


def photograph(page: Page, path: Path) -> None:
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.evaluate(f"Promise.race([({STILL})(), new Promise((done) => setTimeout(done, {LONGEST}))])")
        page.screenshot(path=f"{path} {scheme}.png")


if __name__ == "__main__":
    main()
