"""Seconds and trustworthiness of maps, beside scikit-learn's t-SNE in the same run, and how soon a map moves.

python -m bench.project --json                 trains a model with 16-D codes on MNIST for an epoch, then maps it
python -m bench.project --json --run RUN       maps a run of yours that has codes of 16 numbers

`--out FILE` keeps each row.

`cpu_seconds` are those of all cores together: they say more where others are at work on the machine.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.manifold import TSNE

from bench import rows
from bench.rows import Row, Rows
from vae_core import settings as configured
from vae_core.data.dataset import Array
from vae_core.look import projection
from vae_core.look.projection import Projection, methods, quality
from vae_core.look.projection.prepared import prepare, shares_of_preparing
from vae_core.look.projection.stages import FIND, FORM, Stages
from vae_core.look.rows import spread
from vae_core.runs import jobs, store, tasks
from vae_core.runs.store import Run
from vae_core.settings import PROJECT, Settings

ENCODER = "conv8/2 bn conv16/2 bn flatten dense64 bn code16"
SMALL, LARGE = 10_000, 70_000
SAMPLE = 5_000  # points that trustworthiness is measured among


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--run", help="this one, instead of one that is trained for the purpose")
    parser.add_argument("--small", action="store_true", help="nothing of 70,000 images, which takes ten minutes")
    parser.add_argument("--repeats", type=int, default=1, help="of the maps of 10,000; the median counts")
    rows.add_option(parser)
    arguments = parser.parse_args()
    with _run(arguments.run) as run:
        found = measure(run, Rows(arguments.out, run=run.id), arguments.repeats, arguments.small)
    print(json.dumps(found, indent=1) if arguments.json else _table(found))


def measure(run: Run, kept: Rows, repeats: int, small: bool) -> dict[str, Any]:
    codes = _values(run, Projection(images="both"))
    pixels = _values(run, Projection(images="both", of="pixels"))
    few = spread(len(codes), SMALL)
    moved = {"10k": _moved(kept, run, Projection(method="tsne", count=SMALL, images="both"))}
    ours, theirs = _tsne(kept, "codes", codes[few], repeats)
    told = [ours, theirs, *_tsne(kept, "pixels", pixels[few], 1)]
    told.append(_timed(kept, "umap", "codes", codes[few], partial(_ours, method="umap")))
    told.append(_timed(kept, "pca", "pixels", pixels, partial(_ours, method="pca")))
    found: dict[str, Any] = {"rows": told, "tsne_ratio_10k": _ratio(ours, theirs), "first_movement_seconds": moved}
    if not small:
        moved["70k"] = _moved(kept, run, Projection(method="tsne", images="both"))
        ours, theirs = _tsne(kept, "codes", codes, 1)
        told += [ours, theirs]
        found["tsne_ratio_70k"] = _ratio(ours, theirs)
    return found


def _tsne(kept: Rows, of: str, values: Array, repeats: int) -> tuple[Row, Row]:
    """Ours and scikit-learn's, taken in turn: the median of each."""
    ours, theirs = [], []
    for turn in range(repeats):
        ours.append(_timed(kept, "tsne", of, values, partial(_ours, method="tsne"), turn))
        theirs.append(_timed(kept, "tsne (scikit-learn)", of, values, _scikit_learns, turn))
    one, other = ({**each[0], "seconds": statistics.median(row["seconds"] for row in each)} for each in (ours, theirs))
    return one, other


def _ratio(ours: Row, theirs: Row) -> float:
    """How many times as fast as scikit-learn."""
    return float(round(theirs["seconds"] / ours["seconds"], 2))


def _ours(values: Array, method: str) -> Array:
    stages = Stages(lambda *_: None, [(FIND, 1), (FORM, 1)])
    return methods.make(values, Projection(method=method), stages, lambda places: None).places


def _scikit_learns(values: Array) -> Array:
    return np.asarray(TSNE(random_state=0, n_jobs=-1).fit_transform(values))


def _timed(kept: Rows, method: str, of: str, values: Array, make: Callable[[Array], Array], turn: int = 0) -> Row:
    asked = {"method": method, "of": of, "n": len(values), "dimensions": values.shape[1], "turn": turn}
    return kept.take(asked, _measured, values, make)


def _measured(values: Array, make: Callable[[Array], Array]) -> Row:
    began, worked = time.perf_counter(), time.process_time()
    places = make(values)[:, :2]
    seconds, worked = time.perf_counter() - began, time.process_time() - worked
    some = np.sort(np.random.default_rng(0).choice(len(values), min(SAMPLE, len(values)), replace=False))
    trust, continuity = quality.ranks(values[some], places[some].astype(np.float32), quality.NEIGHBOURS)
    return {
        "seconds": round(seconds, 2),
        "cpu_seconds": round(worked, 2),
        "trustworthiness": round(trust, 4),
        "continuity": round(continuity, 4),
    }


def _moved(kept: Rows, run: Run, spec: Projection) -> float:
    row = kept.take({"first_movement": spec.count}, _first_movement, run, spec)
    return float(row["seconds"])


def _first_movement(run: Run, spec: Projection) -> Row:
    """Seconds from the click to the second picture of a map: process, imports and data included."""
    task = projection.begin(run, replace(spec, seed=1))
    began = time.monotonic()
    jobs.start(run.settings, task, command=tasks.COMMAND)
    first = None
    while True:
        live = task.live()
        if live is not None:
            first = first or live
            if not np.array_equal(live["places"], first["places"]):
                break
        assert task.state() in ("queued", "running"), task.log.read_text()
        time.sleep(0.01)
    seconds = time.monotonic() - began
    jobs.request_stop(task)
    while task.has_process():
        time.sleep(0.05)
    tasks.remove(task)
    return {"seconds": round(seconds, 2)}


def _values(run: Run, spec: Projection) -> Array:
    return prepare(run, spec, None, Stages(lambda *_: None, shares_of_preparing(spec))).values


@contextmanager
def _run(name: str | None) -> Iterator[Run]:
    own = configured.load()
    if name:
        yield store.open_run(own, name)
        return
    with tempfile.TemporaryDirectory() as folder:
        yield _trained(replace(own, checkpoints=Path(folder)))


def _trained(settings: Settings) -> Run:
    words = ["train", "--dataset", "mnist", "--encoder", ENCODER, "--epochs", "1", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "vae_core", *words],
        cwd=PROJECT,
        env=jobs.environment(settings),
        check=True,
        stdout=subprocess.PIPE,
    )
    return store.open_run(settings, json.loads(done.stdout)["run"])


def _table(found: dict[str, Any]) -> str:
    lines = ["method                of      n       dim  seconds  trustworthiness"]
    lines += [
        f"{row['method']:20}  {row['of']:6}  {row['n']:6}  {row['dimensions']:3}  {row['seconds']:7}  "
        f"{row['trustworthiness']:.4f}"
        for row in found["rows"]
    ]
    rest = {name: value for name, value in found.items() if name != "rows"}
    return "\n".join([*lines, json.dumps(rest)])


if __name__ == "__main__":
    main()
