"""A pruner that looks at a trial a few times; each time only the best third of those that came so far goes on."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from vae_core.search.spec import Search

if TYPE_CHECKING:
    import optuna

ONE_OF = 3


def moments(search: Search) -> list[int]:
    """Past a quarter of a trial's first run, at half of it and at its end, in epochs.

    The first epochs say nothing of the last ones, and who is best after a fold is hardly changed by the others.
    """
    epochs = search.base.epochs
    last = epochs * search.runs_a_trial
    return sorted({moment for moment in (epochs // 4 + 1, epochs // 2, epochs) if 0 < moment < last})


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
