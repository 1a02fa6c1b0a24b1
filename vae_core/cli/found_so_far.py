"""What a search has found, in a terminal: its trials, the best one fold by fold, and what it is worth."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict

from vae_core.cli.answer import Answer, table
from vae_core.errors import LoupeError
from vae_core.runs.forms import Strip
from vae_core.runs.store import Run
from vae_core.search import trials, verdict
from vae_core.search.study import Study, Winner
from vae_core.search.trials import Trial
from vae_core.search.verdict import Fold, Verdict


def answer(found: Study) -> Answer:
    listed, budget, winner = trials.every(found), found.budget(), found.winner()
    best = trials.best(listed)
    folds, judged = _judged(found, best, winner) if best else ([], None)
    document: dict[str, object] = {
        "search": found.name,
        "state": found.state(),
        "error": found.error(),
        "told": found.told(),
        "budget": budget,
        "winner": winner,
        "goals": list(found.search().goals),
        "trials": [trial.to_json() for trial in listed],
        "folds": [asdict(fold) for fold in folds],
        "verdict": judged.to_json() if judged else None,
    }
    lines = [*_told(found, listed, winner), *_told_of_best(found, folds, judged)]
    return Answer(document, "\n".join(lines))


def _judged(found: Study, best: Trial, winner: Winner | None) -> tuple[list[Fold], Verdict | None]:
    folds = verdict.folds(best, {run: Run(run, found.settings).history() for run in best.runs})
    if not folds:
        return [], None
    run = Run(winner["run"], found.settings) if winner and winner["trial"] == best.number else None
    metrics = run.metrics() if run and run.path.is_dir() else None
    strip = metrics["baselines"] if metrics else _strip(found, best)
    return folds, verdict.judge(found.search().base, folds, metrics, strip)


def _strip(found: Study, best: Trial) -> Strip | None:
    """Counted once a data set, and kept; None where its images are not here."""
    from vae_core.data import catalog, splits
    from vae_core.look import baselines

    with suppress(LoupeError):
        config = found.search().configs(best.settings)[0]
        if catalog.describe(config.dataset, found.settings).ready:
            data, size = catalog.load(config.dataset, found.settings), config.architecture().code.size
            own = splits.only(data, config.classes)
            return baselines.strip(own, size, found.settings, config.loss == "bce-binary")
    return None


def _told(found: Study, listed: list[Trial], winner: Winner | None) -> list[str]:
    goals = found.search().goals
    rows = [
        (trial.number + 1, trial.state, *[f"{value:.5g}" for value in trial.values or ()], trial.told)
        for trial in sorted(listed, key=lambda trial: (trial.values is None, trial.values or ()))
    ]
    rows = [row if len(row) == 3 + len(goals) else (*row[:2], *[""] * len(goals), row[-1]) for row in rows]
    lines = [
        f"{found.name} is {found.state()}. {found.told()}".rstrip(),
        table(("trial", "state", *goals, "settings"), rows),
    ]
    if error := found.error():
        lines.append(error)
    if winner:
        lines.append(
            f"The best is trial {winner['trial'] + 1}, kept as {winner['run']}{_state(found, winner['run'])}: "
            f"python -m vae_core evaluate {winner['run']}"
        )
    return lines


def _state(found: Study, run_id: str) -> str:
    run = Run(run_id, found.settings)
    state = run.state() if run.path.is_dir() else "removed"
    return "" if state == "done" else f", which is {state}"


def _told_of_best(found: Study, folds: list[Fold], judged: Verdict | None) -> list[str]:
    """The same that the page shows: fold by fold, beside simple means, and what is wrong."""
    if judged is None:
        return []
    unit = verdict.unit_of(found.search().base)
    parts = [(fold.loss, fold.train, fold.reconstruction * unit.scale) for fold in folds]
    rows = [(str(fold.number), *_short(values), str(fold.epoch)) for fold, values in zip(folds, parts, strict=True)]
    if len(folds) > 1:
        both = zip(*map(verdict.mean_and_spread, zip(*parts, strict=True)), strict=True)
        rows += [(name, *_short(values), "") for name, values in zip(("mean", "spread"), both, strict=True)]
    bars = "".join(f", {name} {value:.4g}" for name, value in judged.bars.items())
    return [
        f"\nThe best trial, loss in {unit.whole}, reconstruction in {unit.name}:",
        table(("fold", "loss", "in training", "reconstruction", "best epoch"), rows),
        f"Reconstruction on the {judged.images} images: {judged.model:.4g}{bars}.",
        *judged.words,
    ]


def _short(values: Sequence[float | None]) -> list[str]:
    return ["" if value is None else f"{value:.4g}" for value in values]
