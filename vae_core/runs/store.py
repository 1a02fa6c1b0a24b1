"""Everything that is kept of a run. The only file that knows the names inside checkpoints/."""

from __future__ import annotations

import logging
import math
import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import uuid4

from vae_core.checked import Check, Unfit
from vae_core.errors import LoupeError
from vae_core.runs import files, forms, locks, work
from vae_core.runs.work import LOG_FILE, STATUS_FILE, Work
from vae_core.settings import SHIPPED, Settings

if TYPE_CHECKING:
    import numpy as np

    from vae_core.design.config import Config
    from vae_core.runs.forms import State

# numpy and the config's parser are imported inside the functions that need them: listing needs neither.
log = logging.getLogger(__name__)
HISTORY = (
    "epoch",
    *(f"train_{part}_nats_per_image" for part in ("total", "reconstruction", "kl")),
    *(f"validation_{part}_nats_per_image" for part in ("total", "reconstruction", "kl")),
    "learning_rate", "beta", "seconds", "images_per_second", "peak_memory_mb",
)  # fmt: skip
CARD: dict[str, Any] = {"name": "", "owner": "", "star": False, "note": "", "locked": False}
STATUS: dict[str, Any] = {
    **work.STATUS, "epoch": 0, "epochs": 0, "best": None, "images_per_second": None, "peak_memory_mb": None,
}  # fmt: skip
FILES = {
    "model": "model.keras",
    "encoder_tflite": "encoder.tflite",
    "decoder_tflite": "decoder.tflite",
    "plane": "plane.bin",
}
CONFIG_FILE, CARD_FILE = "config.json", "card.json"
HISTORY_FILE, METRICS_FILE, CODES_FILE = "history.csv", "metrics.json", "codes.npz"
THUMBS_FILE, EPOCHS, STATE_FILE = "thumbs.webp", "epochs", "state/last.npz"
KEPT = {
    CONFIG_FILE, CARD_FILE, STATUS_FILE, HISTORY_FILE, METRICS_FILE, CODES_FILE, THUMBS_FILE, LOG_FILE,
    *FILES.values(),
}  # fmt: skip
SNAPSHOT = re.compile(r"\d{4,9}\.npz")
MOST_EPOCHS = 10**9
HIDDEN = ".hidden-"
REMOVED, SLOTS, DERIVED, STUDIES = ".removed-", ".slots", "derived", ".studies"


@dataclass(frozen=True)
class Summary:
    """One line of the list. A folder that cannot be read has the state 'broken' and says why in `error`."""

    id: str
    created: str
    state: str
    name: str = ""
    owner: str = ""
    star: bool = False
    note: str = ""
    locked: bool = False
    epoch: int = 0
    epochs: int = 0
    best_nats_per_image: float | None = None
    best_nats_per_pixel: float | None = None
    parameters: int | None = None
    dataset: str = ""
    kind: str = ""
    beta: float | None = None
    loss: str = ""
    sigma: float | None = None
    image: tuple[int, ...] = (1, 1, 1)
    recipe: str = ""
    parent: str | None = None
    study: str = ""  # the search that it is a trial of
    seconds: float | None = None
    error: str | None = None

    @property
    def has_prior(self) -> bool:
        return self.kind == "vae" and bool(self.beta)

    @property
    def is_shipped(self) -> bool:
        return self.id.startswith(SHIPPED)


@dataclass(frozen=True)
class Run(Work):
    """One folder below checkpoints/, and what a training writes there."""

    BLANK: ClassVar[Mapping[str, Any]] = STATUS

    @property
    def form(self) -> Check:
        return forms.RUN_STATUS

    @property
    def path(self) -> Path:
        if self.is_shipped:
            return self.settings.copies / self.id.removeprefix(SHIPPED)
        return self.settings.checkpoints / self.id

    @property
    def is_shipped(self) -> bool:
        """Whether it comes with the program: it stays as it is, and what is derived from it lies in the cache."""
        return self.id.startswith(SHIPPED)

    @property
    def owner(self) -> str:
        return self.card()["owner"]

    # What was asked for, and how it is computed.

    def config(self) -> Config:
        from vae_core.design.config import from_json

        return from_json(self.document()["config"])

    def resolved(self) -> dict[str, Any]:
        return dict(self.document()["resolved"] or {})

    def set_resolved(self, resolved: Mapping[str, Any]) -> None:
        files.write_json(self.path / CONFIG_FILE, {**self.document(), "resolved": resolved})

    @property
    def parent(self) -> str | None:
        return self.document()["parent"]

    @property
    def study(self) -> str:
        """The search that it is a trial of; empty for a run that somebody asked for."""
        return self.document()["study"] or ""

    def document(self) -> dict[str, Any]:
        document = files.read_json(self.path / CONFIG_FILE, forms.document)
        if document.get("version") != forms.VERSION:
            raise LoupeError(f"{self.id} was written in version {document.get('version')!r}",
                             f"This program reads version {forms.VERSION}",
                             "Update the program, or train the model again")  # fmt: skip
        return document

    # The card, the one file that may change after the end.

    def card(self) -> dict[str, Any]:
        return files.read_json(self.path / CARD_FILE, forms.CARD, CARD)

    def set_card(self, **changes: Any) -> None:
        if self.is_shipped:
            raise LoupeError(f"{self.id} comes with Latent Loupe", "It stays as it is", "Train one of your own")
        for key, value in changes.items():
            if key not in CARD or type(value) is not type(CARD[key]):
                raise LoupeError(f"A card cannot have {key} = {value!r}", f"It has {', '.join(CARD)}")
        with locks.exclusive(self.guard):
            files.write_json(self.path / CARD_FILE, {**self.card(), **changes})

    # Numbers over time.

    def history(self) -> list[dict[str, Any]]:
        """One row an epoch; None where a value was not a number. Lines that make no sense are left out."""
        header, *lines = files.read_lines(self._history) or [""]
        rows = (_history_row(header.split(","), line.split(",")) for line in lines)
        return [row for row in rows if row is not None]

    def add_history(self, row: Mapping[str, Any]) -> None:
        unknown = set(row) - set(HISTORY)
        if unknown or "epoch" not in row:
            raise ValueError(f"not a history row: {sorted(unknown) or 'no epoch'}")
        files.append_line(self._history, _history_line(row), header=",".join(HISTORY), durable=True)

    def truncate_history(self, epoch: int) -> None:
        """Forget the rows after that epoch: a resume trains those again."""
        rows = self.history()
        kept = [row for row in rows if row["epoch"] <= epoch]
        if len(kept) < len(rows):
            lines = [",".join(HISTORY), *(_history_line(row) for row in kept)]
            files.write_bytes(self._history, ("\n".join(lines) + "\n").encode())

    # Arrays.

    def save_snapshot(self, epoch: int, arrays: Mapping[str, np.ndarray]) -> None:
        with files.told(self._epochs):
            self._epochs.mkdir(exist_ok=True)
        files.write_arrays(self._epochs / f"{epoch:04d}.npz", arrays, packed=True)

    def snapshot(self, epoch: int) -> dict[str, np.ndarray]:
        found = files.read_arrays(self._epochs / f"{epoch:04d}.npz", forms.SNAPSHOT, self._sizes())
        return self._must(found, f"no snapshot of epoch {epoch}")

    def snapshot_epochs(self) -> list[int]:
        with suppress(FileNotFoundError):
            return sorted(int(n[:-4]) for n in os.listdir(self._epochs) if SNAPSHOT.fullmatch(n))
        return []

    def save_codes(self, arrays: Mapping[str, np.ndarray]) -> None:
        files.write_arrays(self.path / CODES_FILE, arrays, packed=True)

    def codes(self) -> dict[str, np.ndarray]:
        return self._must(files.read_arrays(self.path / CODES_FILE, forms.CODES, self._sizes()), "no codes yet")

    def _sizes(self) -> dict[str, int]:
        """The sizes of the run's images and codes, by the letters of the forms."""
        config = self.config()
        return {**dict(zip(forms.IMAGE, config.image)), "d": config.architecture().code.size}

    def save_state(self, state: State) -> None:
        """All that a resume or a fork needs to go on; weights hardly pack, so they are not."""
        with files.told(self._state.parent):
            self._state.parent.mkdir(exist_ok=True)
        files.write_arrays(self._state, state.arrays(), packed=False)

    def load_state(self) -> State | None:
        arrays = files.read_arrays(self._state)
        try:
            return None if arrays is None else forms.state(arrays)
        except Unfit as error:
            raise LoupeError(f"{self.id}/{STATE_FILE} has a wrong '{error.field}'", f"It should be {error.wanted}",
                             "Train the run again") from None  # fmt: skip

    def check(self, name: str) -> None:
        """Refuse a file of the run that does not say what it should; of arrays only the headers are read."""
        from vae_core.runs import arrays

        documents = {METRICS_FILE: forms.METRICS, CONFIG_FILE: forms.document, CARD_FILE: forms.CARD}
        if name in documents:
            files.read_json(self.path / name, documents[name])
        elif name.endswith(".npz"):
            form = forms.CODES if name == CODES_FILE else forms.SNAPSHOT if name.startswith(EPOCHS) else {}
            arrays.check(self.path / name, form, self._sizes())

    # Single files.

    def save_metrics(self, metrics: Mapping[str, Any]) -> None:
        files.write_json(self.path / METRICS_FILE, metrics)

    def metrics(self) -> dict[str, Any] | None:
        """None where nothing was measured, and where the file is damaged: it can be measured anew."""
        path = self.path / METRICS_FILE
        try:
            return files.read_json(path, forms.METRICS) if path.exists() else None
        except LoupeError as error:
            log.warning("%s", error)
            return None

    def save_thumbs(self, webp: bytes) -> None:
        files.write_bytes(self.path / THUMBS_FILE, webp)

    def thumbs(self) -> bytes | None:
        """None where there are none, or nothing that can be read: they are only shown."""
        with suppress(OSError):
            return files.patiently((self.path / THUMBS_FILE).read_bytes)
        return None

    def save_file(self, kind: str, writer: Callable[[Path], object]) -> None:
        """One of FILES: `writer` gets a path of the right suffix to write to."""
        files.replace(self.path / FILES[kind], writer)

    @property
    def model(self) -> Path:
        return self.path / FILES["model"]

    @property
    def encoder_tflite(self) -> Path:
        return self.path / FILES["encoder_tflite"]

    @property
    def decoder_tflite(self) -> Path:
        return self.path / FILES["decoder_tflite"]

    @property
    def plane(self) -> Path:
        return self.path / FILES["plane"]

    @property
    def _history(self) -> Path:
        return self.path / HISTORY_FILE

    @property
    def _epochs(self) -> Path:
        return self.path / EPOCHS

    @property
    def _state(self) -> Path:
        return self.path / STATE_FILE

    def _must(self, arrays: dict[str, np.ndarray] | None, missing: str) -> dict[str, np.ndarray]:
        if arrays is None:
            raise LoupeError(f"{self.id} has {missing}")
        return arrays


def create(
    settings: Settings,
    config: Config,
    resolved: Mapping[str, Any],
    owner: str = "",
    parent: str | None = None,
    study: str = "",
) -> Run:
    """A new run, queued: filled under a hidden name, then renamed to the config's id or the next free one after it."""
    created = datetime.now(UTC).isoformat(timespec="microseconds")
    document = {"version": forms.VERSION, "config": config.to_json(), "resolved": resolved, "parent": parent}
    document |= {"study": study} if study else {}
    with files.aside(settings.checkpoints) as hidden:
        files.write_json(hidden / CONFIG_FILE, {**document, "created": created})
        files.write_json(hidden / CARD_FILE, {**CARD, "owner": owner})
        files.write_json(hidden / STATUS_FILE, {**STATUS, "epochs": config.epochs})
        with files.told(hidden):
            return Run(keep_as(hidden, _folder_name(config.id)), settings)


def open_run(settings: Settings, run_id: str) -> Run:
    """The run of that name, or the only one whose name begins so. The text may come from an address or a shell."""
    if not run_id or run_id.startswith(".") or re.search(r"[/\\\0]|\.\.", run_id):
        raise LoupeError(f"'{run_id}' is not the name of a run", "A name as the list shows it was expected")
    names = _names(settings.checkpoints) | {SHIPPED + name for name in _names(settings.copies)}
    if run_id in names:
        return Run(run_id, settings)
    found = sorted(name for name in names if name.startswith(run_id))
    if not found:
        raise LoupeError(f"There is no run '{run_id}'", fix="Look at the list of runs for its name")
    if len(found) > 1:
        more = f" and {len(found) - 5} more" if len(found) > 5 else ""
        raise LoupeError(f"'{run_id}' could be {', '.join(found[:5])}{more}", "The beginning of one name was expected")
    return Run(found[0], settings)


def list_runs(settings: Settings) -> list[Summary]:
    """All runs, the newest first. What cannot be read is listed with the reason, and breaks nothing."""
    return _listed([Run(name, settings) for name in _names(settings.checkpoints)])


def list_shipped(settings: Settings) -> list[Summary]:
    """The runs that come with the program (runs/shipped.py unpacks them), but for those that somebody hid; in the order
    in which they were made."""
    names = [name for name in _names(settings.copies) if not (settings.copies / f"{HIDDEN}{name}").exists()]
    return _listed([Run(SHIPPED + name, settings) for name in names])[::-1]


def _listed(runs: list[Run]) -> list[Summary]:
    summaries = [summarize(run) for run in runs]
    return sorted((s for s in summaries if s is not None), key=lambda s: (s.created, s.id), reverse=True)


def summarize(run: Run) -> Summary | None:
    """The run in one line; None where it was removed meanwhile."""
    try:
        return _summarize(run)
    except LoupeError as error:
        sentence = str(error)
    except OSError as error:
        sentence = f"{run.id} cannot be read: {error.strerror}."
    with suppress(OSError):
        changed = datetime.fromtimestamp(run.path.stat().st_mtime, UTC)
        return Summary(run.id, changed.isoformat(timespec="microseconds"), "broken", name=run.id, error=sentence)
    return None


def remove(run: Run) -> None:
    """Take the run away: hidden by one rename, then deleted. A running or a locked one stays, and one that comes with
    the program is only listed no more."""
    if run.is_shipped:
        files.write_bytes(run.settings.copies / f"{HIDDEN}{run.id.removeprefix(SHIPPED)}", b"")
        return
    with locks.exclusive(run.guard):
        _refuse_removal(run)
    hidden = run.settings.checkpoints / f"{REMOVED}{uuid4().hex}"
    with files.told(hidden):
        files.patiently(lambda: os.replace(run.path, hidden))
    files.sweep(run.settings.checkpoints, REMOVED, 0)


def is_kept(name: str, *, with_state: bool) -> bool:
    """Whether a run that has ended may hold a file of this name, a path below its folder with slashes."""
    folder, _, file = name.rpartition("/")
    is_snapshot = folder == EPOCHS and SNAPSHOT.fullmatch(file) is not None
    return name in KEPT or is_snapshot or (with_state and name == STATE_FILE)


def slots_folder(settings: Settings) -> Path:
    """Where jobs wait for their turn; runs/slots.py knows what is in it."""
    return settings.checkpoints / SLOTS


def _summarize(run: Run) -> Summary:
    document, card, status = run.document(), run.card(), run.status()
    config, best = document["config"], (status["best"] or {}).get("validation", {})
    _refuse_other_config(run, config)
    counts = (document["resolved"] or {}).get("parameters") or {}
    return Summary(
        id=run.id, created=document["created"], state=run.state_by(status), name=card["name"] or run.id,
        owner=card["owner"], star=card["star"], note=card["note"], locked=card["locked"],
        epoch=status["epoch"], epochs=status["epochs"],
        best_nats_per_image=best.get("nats_per_image"), best_nats_per_pixel=best.get("nats_per_pixel"),
        parameters=counts.get("total"), dataset=config["dataset"], kind=config["kind"], beta=config["beta"],
        loss=config["loss"], sigma=config["sigma"], image=tuple(config["image"]),
        recipe=config["recipe"], parent=document["parent"], study=document["study"] or "",
        seconds=status["seconds"], error=status["error"],
    )  # fmt: skip


def _refuse_other_config(run: Run, config: Mapping[str, Any]) -> None:
    from vae_core.design.config import VERSION as CONFIG_VERSION

    if config["version"] != CONFIG_VERSION:
        raise LoupeError(f"The config of {run.id} has version {config['version']!r}",
                         f"This program reads version {CONFIG_VERSION}",
                         "Update the program, or train the model again")  # fmt: skip


def _names(folder: Path) -> set[str]:
    try:
        with os.scandir(folder) as entries:
            return {e.name for e in entries if not e.name.startswith(".") and e.is_dir(follow_symlinks=False)}
    except FileNotFoundError:
        return set()
    except OSError as error:
        raise LoupeError(f"{folder} cannot be read: {error.strerror}") from None


def _folder_name(run_id: str) -> str:
    """Dots are allowed in names of data sets and recipes, but must not hide a folder or lead elsewhere."""
    return re.sub(r"^\.+|\.{2,}", "_", run_id).replace(SHIPPED, "loupe_")


def keep_as(hidden: Path, wanted: str) -> str:
    """Give a filled hidden folder that name, or the next free one after it; the name that it got.

    A rename onto a folder that has files fails everywhere, so two processes never get the same one."""
    number = 1
    while True:
        name = wanted if number == 1 else f"{wanted}-{number}"
        target = hidden.with_name(name)
        try:
            if not target.exists():
                os.rename(hidden, target)
                files.sync_folder(target.parent)
                return name
        except OSError:
            if not target.exists():
                raise
        number += 1


def _refuse_removal(run: Run) -> None:
    try:
        locked, busy = run.card()["locked"], run.has_process()
    except LoupeError:  # a broken folder has no say, but its trainer may live
        locked, busy = False, locks.held(run.lock)
    if locked:
        raise LoupeError(f"{run.id} is locked", fix="Unlock it first")
    if busy:
        raise LoupeError(f"{run.id} is at work", fix="Stop it first")


def _history_line(row: Mapping[str, Any]) -> str:
    cells = [str(int(row["epoch"]))]
    for name in HISTORY[1:]:
        value = row.get(name)
        cells.append("" if value is None or not math.isfinite(value) else repr(float(value)))
    return ",".join(cells)


def _history_row(header: list[str], cells: list[str]) -> dict[str, Any] | None:
    try:
        row: dict[str, Any] = {n: _finite(cell) for n, cell in zip(header, cells, strict=True)}
        return {**row, "epoch": int(row["epoch"])} if 0 <= row["epoch"] < MOST_EPOCHS else None
    except (KeyError, TypeError, ValueError):
        return None


def _finite(cell: str) -> float | None:
    value = float(cell or "nan")
    return value if math.isfinite(value) else None
