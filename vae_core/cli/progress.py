"""A training and other long work as it is seen in a terminal: bars on standard error, a line an epoch."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from vae_core.cli import answer
from vae_core.design import duration, naming
from vae_core.design.config import Config
from vae_core.runs.history import Row

BAR = "{l_bar}{bar}| {n_fmt}/{total_fmt} steps, {postfix}"  # its own time left would know of steps alone
QUIET_SECONDS, LINE_SECONDS = 2.0, 10.0


class TrainingView:
    """Takes what the trainer reports. The lines are the answer's where it is text, and a side show where it is JSON."""

    def __init__(self, config: Config, as_json: bool) -> None:
        from tqdm import tqdm

        self.config = config
        self.lines: TextIO = sys.stderr if as_json else sys.stdout
        self.bar = tqdm(unit="step", file=sys.stderr, disable=None, leave=False, dynamic_ncols=True, bar_format=BAR)

    def __call__(self, row: Row) -> None:
        if "epoch_done" in row:
            self.bar.write(self._line(row), file=self.lines)
        else:
            self.bar.total = row["steps"] * self.config.epochs
            loss = naming.shown(row["nats_per_image"], self.config, naming.IMAGE)
            left = duration.told(duration.left(row, row["eta_at"]))
            self.bar.set_postfix_str(f"{left} left, {loss}", refresh=False)
            self.bar.update((row["epoch"] - 1) * row["steps"] + row["step"] - self.bar.n)

    def close(self) -> None:
        self.bar.close()

    def _line(self, row: Row) -> str:
        train, held_out = row["train_total_nats_per_image"], row["validation_total_nats_per_image"]
        parts = ""
        if self.config.kind == "vae":
            reconstruction, kl = (row[f"validation_{part}_nats_per_image"] for part in ("reconstruction", "kl"))
            parts = f" (reconstruction {reconstruction:.2f}, KL {kl:.2f})"
        return (
            f"epoch {row['epoch']:>{len(str(self.config.epochs))}}/{self.config.epochs}"
            f"  train {train:.2f}  validation {held_out:.2f}{parts} {naming.unit(self.config, naming.IMAGE)}"
            f"  {held_out / self.config.pixels:.4f} {naming.PIXEL}  {row['seconds']:.1f} s"
        )


@contextmanager
def bar() -> Iterator[Callable[[str, int, int], None]]:
    """For work that tells what it does, how much of it is done, and how much there is (0 = unknown)."""
    if not sys.stderr.isatty():
        yield Lines()
        return
    from tqdm import tqdm

    with tqdm(unit="", unit_scale=True, file=sys.stderr, leave=False, dynamic_ncols=True) as shown:

        def tell(what: str, done: int, total: int) -> None:
            shown.set_description_str(what, refresh=False)
            shown.total = total or None
            shown.update(done - shown.n)
            if not done:
                shown.refresh()  # it may take minutes until anything is done

        yield tell


class Lines:
    """Where no bar can grow, as in a file or a pipe: a line now and then, and nothing of what is done in a moment."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._what = ""
        self._told = 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._began < QUIET_SECONDS or (what == self._what and now - self._told < LINE_SECONDS):
            return
        self._what, self._told = what, now
        answer.complain(f"{what}: {done:,} of {total:,}" if total else f"{what} ...")
