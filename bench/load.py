"""Many of everything: how long each page takes with thousands of runs, epochs, classes, points or trials.

python -m bench.load --json [--only runs,epochs,classes,points,trials] [--many 10000] [--out FILE]

Real server, real Chromium, on what this machine has to spare. A visit lasts from the address until the page stands,
its script has ended and the browser has nothing left to do. The first one of a page finds nothing read; `again` is the
median of those after it. What the server computed is told beside it, as that does not depend on what else runs here.
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
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from bench import page, rows
from bench.browsing import SECONDS, Server, empty_tab, environment, go, launched, page_server
from bench.rows import Row, Rows
from vae_core.data import dataset, keeping
from vae_core.data.dataset import Dataset, Part
from vae_core.design.config import Config
from vae_core.runs import files
from vae_core.runs.run import CARD_FILE, CODES_FILE, CONFIG_FILE, EPOCHS
from vae_core.runs.store import Run
from vae_core.runs.work import STATUS_FILE
from vae_core.search import study
from vae_core.search.queue import RUNS
from vae_core.search.space import Vary
from vae_core.search.wanted import Search
from vae_core.settings import Settings

MANY = {"runs": 10_000, "epochs": 1000, "classes": 200, "points": 1_000_000, "trials": 10_000}
PAGES = {  # that show it
    "runs": ("", "data", "train", "explore", "project", "compare", "tune"),
    "epochs": ("train",),
    "classes": ("", "data", "train", "explore", "project"),
    "points": ("", "explore", "project"),
    "trials": ("tune",),
}
AGAIN = 3  # visits after the first
REPORTED = 20  # epochs that a trial reports
IDLE = "new Promise((done) => requestIdleCallback(() => requestAnimationFrame(done)))"
ASIDE = (CONFIG_FILE, CARD_FILE, STATUS_FILE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--only", default=",".join(MANY))
    parser.add_argument("--many", type=int, help="instead of the numbers of docs/measured.md")
    rows.add_option(parser)
    arguments = parser.parse_args()
    found = Rows(arguments.out)
    measured = [row for kind in arguments.only.split(",") for row in of_kind(found, kind, arguments.many or MANY[kind])]
    print(json.dumps(measured) if arguments.json else "\n".join(map(str, measured)))


def of_kind(found: Rows, kind: str, many: int) -> list[Row]:
    """A row a page, and one of the list in a terminal where there are many runs."""
    asked: list[Row] = [{"many": many, "of": kind, "page": name or "home"} for name in PAGES[kind]]
    listed: list[Row] = [{"many": many, "of": kind, "page": "list"}] * (kind == "runs")
    if any(map(found.lacks, asked + listed)):
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings(cache=Path(folder, "cache"), checkpoints=Path(folder, "checkpoints"))
            query = MAKE[kind](settings, many)
            time.sleep(3)  # what was written just now is read again: vae_core/runs/index.py
            for row in listed:
                found.take(row, list_of, settings)
            with page_server(settings) as server, sync_playwright() as playwright:
                browser = launched(playwright)
                for row, name in zip(asked, PAGES[kind], strict=True):
                    found.take(row, visits, browser, server, f"/{name}?{query}")
    return [found.take(row, dict) for row in listed + asked]


def list_of(settings: Settings) -> Row:
    """Seconds of processor and of the clock, of a first list and of those after it."""
    taken = [_list(settings) for _ in range(AGAIN + 1)]
    return {"first_s": taken[0][0], "again_s": median(each[0] for each in taken[1:]), "cpu_s": taken[-1][1]}


def _list(settings: Settings) -> tuple[float, float]:
    before, began = os.times(), time.perf_counter()
    command = [sys.executable, "-m", "vae_core", "list"]
    subprocess.run(command, env=environment(settings), stdout=subprocess.DEVNULL, check=True)
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return round(time.perf_counter() - began, 2), round(spent, 2)


def visits(browser: Browser, server: Server, address: str) -> Row:
    """Several of one page, in a tab of their own whose browser knows the program, not the page."""
    tab = empty_tab(browser)
    go(tab, f"{server.address}/data")
    first, *others = (visit(tab, server, address) for _ in range(AGAIN + 1))
    tab.context.close()
    again = {key: round(median(each[key] for each in others), 2) for key in first}
    return {"first_s": first["s"], "again_s": again["s"], "cpu_s": again["cpu_s"], "kb": again["kb"]}


def visit(tab: Page, server: Server, address: str) -> dict[str, float]:
    received = [0]
    tab.once("websocket", lambda socket: socket.on("framereceived", lambda data: _count(received, data)))
    before, began = server.process.cpu_times(), time.perf_counter()
    go(tab, f"{server.address}{address}")
    tab.evaluate(IDLE)
    passed, after = time.perf_counter() - began, server.process.cpu_times()
    spent = after.user + after.system - before.user - before.system
    return {"s": round(passed, 2), "cpu_s": round(spent, 2), "kb": received[0] / 1000}


def _count(received: list[int], data: str | bytes) -> None:
    received[0] += len(data)


# What there is many of. Each gives the query of the addresses that show it.


def many_runs(settings: Settings, many: int) -> str:
    run = page.trained(settings)
    ids = [each.id for each in copies(run, many - 1)]
    return f"run={run.id}&runs={run.id},{ids[0]}"


def copies(run: Run, count: int, **document: Any) -> Iterator[Run]:
    """The same run again and again, a minute older each, as if each had learned a little faster."""
    about = files.read_json(run.path / CONFIG_FILE)
    born = datetime.fromisoformat(about["created"])
    for number in range(1, count + 1):
        path = run.path.with_name(f"copy-{number:06d}")
        path.mkdir()
        for name in (each.name for each in run.path.iterdir() if each.is_file() and each.name not in ASIDE):
            os.link(run.path / name, path / name)
        for name in (CARD_FILE, STATUS_FILE):
            shutil.copyfile(run.path / name, path / name)
        created = (born - timedelta(minutes=number)).astimezone(UTC).isoformat(timespec="microseconds")
        rate = about["config"]["learning_rate"] * (1 + number / 1e6)
        config = {**about["config"], "learning_rate": rate}
        (path / CONFIG_FILE).write_bytes(files.to_json({**about, **document, "config": config, "created": created}))
        yield Run(path.name, run.settings)


def many_epochs(settings: Settings, many: int) -> str:
    """A training whose epochs were all like its last ones."""
    run = page.trained(settings)
    about, known = files.read_json(run.path / CONFIG_FILE), run.history()
    files.write_json(run.path / CONFIG_FILE, {**about, "config": {**about["config"], "epochs": many}})
    snapshot = run.path / EPOCHS / f"{len(known):04d}.npz"
    for epoch in range(len(known) + 1, many + 1):
        run.add_history({**known[-1], "epoch": epoch})
        os.link(snapshot, snapshot.with_name(f"{epoch:04d}.npz"))
    run.set_status(epoch=many, epochs=many)
    return f"run={run.id}"


def many_classes(settings: Settings, many: int) -> str:
    """Blots of light, each class at a place of its own."""
    random, side = np.random.default_rng(0), 16
    centres = random.random((many, 2))

    def part(count: int) -> Part:
        labels = np.arange(count) % many
        at = (centres[labels] + random.normal(0, 0.05, (count, 2)))[:, :, None, None]
        rows, columns = np.mgrid[:side, :side] / side
        light = np.exp(-30 * ((rows - at[:, 0]) ** 2 + (columns - at[:, 1]) ** 2))
        return Part(np.rint(255 * light[..., None]).astype(np.uint8), labels)

    train, test = part(20 * many), part(10 * many)
    names = tuple(f"class {number:03d}" for number in range(many))
    name = _kept(settings, Dataset("blots", "Blots", train, test, names))
    run = _trained(settings, Config(dataset=name, image=(side, side, 1), encoder="flatten dense32:gelu", epochs=2))
    return f"run={run.id}&data={name}"


def many_points(settings: Settings, many: int) -> str:
    """A map of so many codes, as if so many images had been tested."""
    run, random = page.trained(settings), np.random.default_rng(0)
    codes = run.codes()
    which = random.integers(0, len(codes["mean"]), many)
    more = {name: values[which] for name, values in codes.items()}
    more["mean"] = more["mean"] + random.normal(0, 0.2, more["mean"].shape).astype(np.float32)
    files.write_arrays(run.path / CODES_FILE, more, packed=False)
    return f"run={run.id}"


def many_trials(settings: Settings, many: int) -> str:
    """A search that has ended, each of its trials a run."""
    base = page.trained(settings)
    space = (Vary("learning_rate", 1e-4, 1e-1, log=True), Vary("batch", 16, 256, log=True))
    found = study.create(settings, Search(replace(base.config(), seed=1), space, trials=many), "many")
    ids = [run.id for run in copies(base, many, study=found.name)]
    lines = [json.dumps(log, separators=(",", ":")) for log in _trials(found, ids)]
    (found.path / study.JOURNAL_FILE).write_text("\n".join(lines) + "\n", "utf-8")
    found._hire(1).set_status(state="done")
    return f"search={found.name}"


def _trials(found: study.Study, ids: list[str]) -> list[dict[str, Any]]:
    """What Optuna writes of them, without a disk that waits at each line."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    logs: Any = Lines()  # all of the base class that is used
    trials = optuna.create_study(
        storage=optuna.storages.JournalStorage(logs), study_name=found.title, sampler=optuna.samplers.RandomSampler(0)
    )
    for run_id in ids:
        trial = trials.ask()
        rate = trial.suggest_float("learning_rate", 1e-4, 1e-1, log=True)
        trial.suggest_int("batch", 16, 256, log=True)
        trial.set_user_attr(RUNS, [run_id])
        for epoch in range(REPORTED):
            trial.report(20 + abs(np.log10(rate) + 2) + 1 / (1 + epoch), epoch)
        trials.tell(trial, 20 + abs(np.log10(rate) + 2))
    return list(logs.lines)


class Lines:
    """Optuna's journal, in memory."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def read_logs(self, log_number_from: int) -> list[dict[str, Any]]:
        return self.lines[log_number_from:]

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        self.lines += logs


def _kept(settings: Settings, data: Dataset) -> str:
    known = replace(data, fingerprint=dataset.fingerprint(data.train, data.test))
    keeping.write(known, settings.cache / "datasets" / data.name)
    return data.name


def _trained(settings: Settings, config: Config) -> Run:
    from vae_core.runs import store

    run = store.create(settings, config, {})
    page.train(settings, run).wait(SECONDS)
    return run


MAKE: Mapping[str, Callable[[Settings, int], str]] = {
    "runs": many_runs,
    "epochs": many_epochs,
    "classes": many_classes,
    "points": many_points,
    "trials": many_trials,
}


if __name__ == "__main__":
    main()
