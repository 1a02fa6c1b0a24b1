"""The doctor: rules over a run's settings, losses and codes that find what a person may not know to look for.

    for finding in doctor.examine(run):
        finding.title, finding.words, finding.meaning      in plain words
        finding.evidence                                   what it rests on, to be drawn
        finding.repair.changes, finding.repair.way         a fork or a new training that puts it right

`examine(run, against=other)` also judges the comparison of the two. A healthy run has no findings.
"""

from __future__ import annotations

from collections.abc import Callable

from vae_core.design.config import Config
from vae_core.look.doctor import codes, curves, objective, setup
from vae_core.look.doctor.case import Case
from vae_core.look.doctor.case import of as of
from vae_core.look.doctor.finding import PROBLEM, Finding
from vae_core.runs.store import Run

Rule = Callable[[Case], Finding | None]
RULES: dict[str, Rule] = {
    "no-kl": objective.no_kl,
    "scale-mismatch": objective.scale_mismatch,
    "posterior-collapse": codes.collapse,
    "half-plane": codes.half_plane,
    "last-is-not-best": curves.last_is_not_best,
    "batch-norm-lag": curves.batch_norm_lag,
    "validation-is-constant": curves.validation_is_constant,
    "parts-do-not-sum": objective.parts_do_not_sum,
    "overfitting": curves.overfitting,
    "undertrained": curves.undertrained,
    "learning-rate": curves.learning_rate,
    "sorted-data": setup.sorted_data,
    "test-in-training": setup.leaked,
    "validated-on-test": setup.validated_on_test,
    "no-patience": curves.stopped_at_once,
    "many-changes": setup.many_changes,
    "code-too-large": codes.too_large,
    "no-better-than-pca": objective.no_better_than_pca,
    "lost-layers": setup.lost_layers,
    "one-seed": setup.one_seed,
}
COMPARING = ("many-changes", "one-seed")  # these speak of the run and what it is compared with


def examine(run: Run, against: Run | None = None) -> list[Finding]:
    """What is wrong with a run that has ended, the worst first."""
    return judge(of(run, against))


def judge(case: Case) -> list[Finding]:
    found = [finding for rule in RULES.values() if (finding := rule(case)) is not None]
    return sorted(found, key=lambda finding: finding.severity != PROBLEM)


def nothing(name: str, epochs: int) -> str:
    """What is said where nothing was found; a run without an epoch has nothing that most rules look at."""
    if not epochs:
        return f"No epoch of {name} is finished: the rules could look at its settings alone, and found nothing there."
    return f"{len(RULES)} rules looked at {name} and found nothing."


def repaired(config: Config, finding: Finding) -> Config:
    """The config of a new training that puts a finding right."""
    return config.changed(finding.repair.changes, recipe="")
