"""A pruner that looks at a trial a few times; each time only the best third of those that came so far goes on."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from vae_core.search.wanted import Search

if TYPE_CHECKING:
    import optuna

ONE_OF = 3


def silent(search: Search) -> int:
    """Epochs at a trial's beginning that say nothing of the last ones."""
    return search.base.epochs // 4


def moments(search: Search) -> list[int]:
    """In epochs: after those, at half of the first run and at its end, as the other folds hardly change who is best."""
    epochs = search.base.epochs
    found = {silent(search) + 1, epochs // 2, epochs}
    return sorted(moment for moment in found if 0 < moment < search.epochs_a_trial)


def pruner(moments: Collection[int]) -> optuna.pruners.BasePruner:
    import optuna

    class Looks(optuna.pruners.BasePruner):
        def prune(self, study: optuna.Study, trial: optuna.trial.FrozenTrial) -> bool:
            moment = trial.last_step
            if moment is None or moment not in moments:
                return False
            others = (each.intermediate_values.get(moment) for each in study.get_trials(deepcopy=False))
            values = sorted(value for value in others if value is not None)
            return trial.intermediate_values[moment] > values[max(0, len(values) // ONE_OF - 1)]

    return Looks()
