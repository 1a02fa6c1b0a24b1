"""A run: one readable folder, and everything that is kept in it; the names of its files are known here alone."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from vae_core.checked import Check, Unfit
from vae_core.errors import LoupeError
from vae_core.runs import files, forms, history, locks, own, work
from vae_core.runs.work import LOG_FILE, STATUS_FILE, Work
from vae_core.settings import SHIPPED

if TYPE_CHECKING:
    import numpy as np

    from vae_core.design.config import Config
    from vae_core.runs.forms import State

# numpy and the config's parser are imported inside the functions that need them: listing needs neither.
log = logging.getLogger(__name__)
CARD: forms.Card = {"name": "", "owner": "", "star": False, "note": "", "locked": False}
STATUS: forms.RunStatus = {
    **work.STATUS,
    "epoch": 0,
    "epochs": 0,
    "best": None,
    "images_per_second": None,
    "peak_memory_mb": None,
}
FILES = {
    "model": "model.keras",
    "encoder_tflite": "encoder.tflite",
    "decoder_tflite": "decoder.tflite",
    "plane": "plane.bin",
}
CONFIG_FILE, CARD_FILE = "config.json", "card.json"
HISTORY_FILE, METRICS_FILE, CODES_FILE = "history.csv", "metrics.json", "codes.npz"
THUMBS_FILE, EPOCHS, STATE_FILE, DERIVED = "thumbs.webp", "epochs", "state/last.npz", "derived"
TEXTS = {CONFIG_FILE, CARD_FILE, STATUS_FILE, HISTORY_FILE, METRICS_FILE, LOG_FILE}
KEPT = {*TEXTS, CODES_FILE, THUMBS_FILE, *FILES.values()}
SNAPSHOT = re.compile(r"\d{4,9}\.npz")


@dataclass(frozen=True)
class Run(Work):
    """One folder below checkpoints/, and what a training writes there."""

    BLANK: ClassVar[Mapping[str, object]] = STATUS

    @property
    def form(self) -> Check:
        return forms.RUN_STATUS

    def status(self) -> forms.RunStatus:
        found: forms.RunStatus = files.read_json(self.path / STATUS_FILE, self.form, self.BLANK)
        return found

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
        """Whoever reads or writes more of the run than the list shows asks for this first."""
        from vae_core.design.config import from_json

        own.refuse_links(self.path)
        return from_json(self.document()["config"])

    def resolved(self) -> forms.Resolved:
        return self.document()["resolved"] or {}

    def data_name(self) -> str:
        """What to load its images by: a data set may have newer versions than the one that it was trained on."""
        from vae_core.data import versions

        return versions.version(self.config().dataset, self.resolved().get("data_fingerprint"), self.settings)

    def set_resolved(self, resolved: forms.Resolved) -> None:
        files.write_json(self.writes(self.path / CONFIG_FILE), {**self.document(), "resolved": resolved})

    @property
    def parent(self) -> str | None:
        return self.document()["parent"]

    @property
    def study(self) -> str:
        """The search that it is a trial of; empty for a run that somebody asked for."""
        return self.document()["study"] or ""

    def document(self) -> forms.Document:
        document: forms.Document = files.read_json(self.path / CONFIG_FILE, forms.document)
        if document.get("version") != forms.VERSION:
            raise LoupeError(
                f"{self.id} was written in version {document.get('version')!r}",
                f"This program reads version {forms.VERSION}",
                "Update the program, or train the model again",
            )
        return document

    # The card, the one file that may change after the end.

    def card(self) -> forms.Card:
        found: forms.Card = files.read_json(self.path / CARD_FILE, forms.CARD, CARD)
        return found

    def set_card(self, **changes: str | bool) -> None:
        if self.is_shipped:
            raise LoupeError(f"{self.id} comes with Latent Loupe", "It stays as it is", "Train one of your own")
        for key, value in changes.items():
            if key not in CARD or type(value) is not type(dict[str, object](CARD)[key]):
                raise LoupeError(f"A card cannot have {key} = {value!r}", f"It has {', '.join(CARD)}")
        with locks.exclusive(self.guard):
            files.write_json(self.path / CARD_FILE, {**self.card(), **changes})

    # Numbers over time.

    def history(self) -> list[history.Row]:
        """One row an epoch."""
        return history.rows(files.read_lines(self._history))

    def add_history(self, row: Mapping[str, float | None]) -> None:
        files.append_line(self.writes(self._history), history.line(row), header=history.HEADER, durable=True)

    def truncate_history(self, epoch: int) -> None:
        """Forget the rows after that epoch: a resume trains those again."""
        rows = self.history()
        kept = [row for row in rows if row["epoch"] <= epoch]
        if len(kept) < len(rows):
            lines = [history.HEADER, *(history.line(row) for row in kept)]
            files.write_bytes(self.writes(self._history), ("\n".join(lines) + "\n").encode())

    # Arrays.

    def save_snapshot(self, epoch: int, arrays: Mapping[str, np.ndarray]) -> None:
        files.folder(self._epochs)
        files.write_arrays(self.writes(self._epochs / f"{epoch:04d}.npz"), arrays, packed=True)

    def snapshot(self, epoch: int) -> dict[str, np.ndarray]:
        found = files.read_arrays(self._epochs / f"{epoch:04d}.npz", forms.SNAPSHOT, self._sizes())
        return self._must(found, f"no snapshot of epoch {epoch}")

    def snapshot_epochs(self) -> list[int]:
        with suppress(FileNotFoundError):
            return sorted(int(n[:-4]) for n in os.listdir(self._epochs) if SNAPSHOT.fullmatch(n))
        return []

    def save_codes(self, arrays: Mapping[str, np.ndarray]) -> None:
        files.write_arrays(self.writes(self.path / CODES_FILE), arrays, packed=True)

    def codes(self) -> dict[str, np.ndarray]:
        return self._must(files.read_arrays(self.path / CODES_FILE, forms.CODES, self._sizes()), "no codes yet")

    def _sizes(self) -> dict[str, int]:
        """The sizes of the run's images and codes, by the letters of the forms."""
        config = self.config()
        return {**dict(zip(forms.IMAGE, config.image)), "d": config.architecture().code.size}

    def save_state(self, state: State) -> None:
        """All that a resume or a fork needs to go on; weights hardly pack, so they are not."""
        files.folder(self._state.parent)
        files.write_arrays(self.writes(self._state), state.arrays(), packed=False)

    def load_state(self) -> State | None:
        arrays = files.read_arrays(self._state)
        try:
            return None if arrays is None else forms.state(arrays)
        except Unfit as error:
            raise LoupeError(
                f"{self.id}/{STATE_FILE} has a wrong '{error.field}'",
                f"It should be {error.wanted}",
                "Train the run again",
            ) from None

    def check(self, name: str) -> None:
        """Refuse a file of the run that does not say what it should; of arrays only the headers are read."""
        from vae_core.runs import arrays

        documents = {METRICS_FILE: forms.METRICS, CONFIG_FILE: forms.document, CARD_FILE: forms.CARD}
        if name in documents:
            files.read_json(self.path / name, documents[name])
        elif name.endswith(".npz"):
            form = forms.CODES if name == CODES_FILE else forms.SNAPSHOT if name.startswith(EPOCHS) else {}
            arrays.check(self.path / name, form, self._sizes())

    def sweep(self) -> None:
        super().sweep()
        for folder in (self._epochs, self._state.parent):
            files.sweep_left(folder, files.TEMPORARY)

    # Single files.

    def save_metrics(self, metrics: forms.Metrics) -> None:
        files.write_json(self.writes(self.path / METRICS_FILE), metrics)

    def metrics(self) -> forms.Metrics | None:
        """None where nothing was measured, or on other images than its own; and where the file is damaged. It can be
        measured anew."""
        path = self.path / METRICS_FILE
        try:
            found: forms.Metrics | None = files.read_json(path, forms.METRICS) if path.exists() else None
            return found if found and tuple(found["classes"] or ()) == self.config().classes else None
        except LoupeError as error:
            log.warning("%s", error)
            return None

    def save_thumbs(self, webp: bytes) -> None:
        files.write_bytes(self.writes(self.path / THUMBS_FILE), webp)

    def thumbs(self) -> bytes | None:
        """None where there are none, or nothing that can be read: they are only shown."""
        with suppress(OSError):
            return files.patiently(lambda: own.read(self.path / THUMBS_FILE))
        return None

    def save_file(self, kind: str, writer: Callable[[Path], object]) -> None:
        """One of FILES: `writer` gets a path of the right suffix to write to."""
        files.replace(self.writes(self.path / FILES[kind]), writer)

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


def is_kept(name: str, *, with_state: bool) -> bool:
    """Whether a run that has ended may hold a file of this name, a path below its folder with slashes."""
    folder, _, file = name.rpartition("/")
    is_snapshot = folder == EPOCHS and SNAPSHOT.fullmatch(file) is not None
    return name in KEPT or is_snapshot or (with_state and name == STATE_FILE)
