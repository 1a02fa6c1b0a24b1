"""What a search has found so far, as plain values for a list, a table or a picture."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from vae_core.checked import Json
from vae_core.search import storage as storages
from vae_core.search.queue import ERROR, RUNS
from vae_core.search.space import Value
from vae_core.search.study import Study

if TYPE_CHECKING:
    import optuna

STATES = {"COMPLETE": "done", "PRUNED": "pruned", "FAIL": "failed", "RUNNING": "running", "WAITING": "waiting"}


@dataclass(frozen=True)
class Trial:
    number: int
    state: str
    settings: dict[str, Value]
    values: tuple[float, ...] | None  # one for each goal
    runs: tuple[str, ...]  # one for each fold that has begun
    seconds: float | None
    error: str = ""

    @property
    def ended(self) -> bool:
        return self.state in ("done", "pruned", "failed")

    @property
    def told(self) -> str:
        """A trial's settings, as short as they can be read."""
        return ", ".join(f"{name} {_short(value)}" for name, value in self.settings.items())

    def to_json(self) -> dict[str, Json]:
        return asdict(self)


def every(study: Study, storage: optuna.storages.BaseStorage | None = None) -> list[Trial]:
    """In the order in which they began. `storage` may be one that was opened before: it reads only what is new."""
    found = opened(study, storage)
    if found is None:
        return []
    with storages.told(study.name, study.settings):
        return [_trial(each) for each in found.get_trials(deepcopy=False) if each.state.name != "WAITING"]


def opened(study: Study, storage: optuna.storages.BaseStorage | None = None) -> optuna.Study | None:
    """Optuna's study to look at; None before its first worker has made it."""
    import optuna

    storage = storage or study.storage()
    with storages.told(study.name, study.settings):
        known = {each.study_name for each in storage.get_all_studies()}
        return optuna.load_study(study_name=study.title, storage=storage) if study.title in known else None


def best(trials: list[Trial]) -> Trial | None:
    """The best trial by the first goal."""
    done = [trial for trial in trials if trial.state == "done" and trial.values]
    return min(done, key=lambda trial: trial.values or (), default=None)


def _trial(found: optuna.trial.FrozenTrial) -> Trial:
    attributes = found.user_attrs
    values = None if found.state.name != "COMPLETE" else tuple(found.values)
    seconds = found.duration.total_seconds() if found.duration else None
    return Trial(
        found.number,
        STATES[found.state.name],
        dict(found.params),
        values,
        tuple(attributes.get(RUNS, ())),
        seconds,
        str(attributes.get(ERROR, "")),
    )


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
