"""All that a report says of one run, read once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vae_core.design.config import Config
from vae_core.look import doctor, metrics
from vae_core.look.doctor import case as cases
from vae_core.look.doctor.case import Case
from vae_core.look.doctor.finding import Finding
from vae_core.runs.forms import Metrics
from vae_core.runs.store import Run


@dataclass(frozen=True)
class Side:
    run: Run
    name: str
    case: Case
    findings: list[Finding]
    metrics: Metrics | None  # losses beside the baselines
    measured: dict[str, Any] | None  # what an evaluation has found besides
    best: int | None

    @property
    def config(self) -> Config:
        return self.case.config


def of(run: Run, first: Run | None) -> Side:
    case = cases.of(run, first)
    done = metrics.finished(run)
    return Side(
        run,
        str(run.card()["name"]) or run.id,
        case,
        doctor.judge(case),
        run.metrics(),
        done.result() if done else None,
        (run.status()["best"] or {}).get("epoch"),
    )
