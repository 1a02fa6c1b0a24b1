"""What this program uses of other packages that they do not promise, and why; it fails here when that goes."""

from __future__ import annotations

import keras
import numpy as np
import optuna
import pytest
from scipy.sparse import csr_matrix
from support import loaded_by


def test_optuna_lets_a_trial_be_taken_up_that_another_process_began():
    """A search goes on with what a killed worker left, at the epoch where it stood. Optuna's public way would be to
    fail that trial and to begin another one from its first epoch."""
    study = optuna.create_study()
    begun = study.ask()
    begun.report(3.0, step=1)
    (left,) = study.get_trials(states=[optuna.trial.TrialState.RUNNING])
    study.tell(optuna.trial.Trial(study, left._trial_id), 2.0)
    (ended,) = study.trials
    assert (ended.number, ended.value, ended.intermediate_values) == (begun.number, 2.0, {1: 3.0})


def test_opentsne_sums_the_pull_of_some_rows_alone():
    """Each of our threads takes a part of the rows: openTSNE's own threads wait for each other where a processor is
    shared, and its public functions pull and push at once, where ours pushes five times as fast (`repulsion.py`)."""
    from openTSNE._tsne import estimate_positive_gradient_nn

    places = np.random.default_rng(0).standard_normal((6, 2))
    ties = csr_matrix(np.ones((6, 6)) / 30 - np.eye(6) / 30)
    apart = places[:, None] - places[None]
    near = 1 / (1 + (apart**2).sum(axis=2))
    expected = (ties.toarray() * near)[:, :, None] * apart
    part, gradient = slice(2, 5), np.zeros((6, 2))
    total, _ = estimate_positive_gradient_nn(
        ties.indices,
        ties.indptr[part.start : part.stop + 1],
        ties.data,
        places[part],
        places,
        gradient[part],
        dof=1,
        num_threads=1,
        should_eval_error=True,
    )
    assert gradient[part] == pytest.approx(expected.sum(axis=1)[part])
    assert not gradient[[0, 1, 5]].any() and total == pytest.approx(ties[part].sum())


def test_keras_keeps_the_average_of_each_weight_in_their_order():
    """A saved state holds them apart from the optimiser's other variables, so that a fork may leave them behind, and
    Keras' public way swaps them in for good (`steps.averaged`)."""
    optimizer, weights = keras.optimizers.Adam(use_ema=True), [keras.Variable([1.0, 2.0]), keras.Variable([3.0])]
    optimizer.build(weights)
    kept = optimizer._model_variables_moving_average
    assert [variable.shape for variable in kept] == [(2,), (1,)]
    assert {id(variable) for variable in kept} <= {id(variable) for variable in optimizer.variables}


def test_umap_lays_out_without_tensorflow(settings):
    """umap imports it for a variant that nobody asks for here: seconds and half a gigabyte for each map. Its layout
    cannot be imported alone, so `umap_layout._without_tensorflow` hides TensorFlow meanwhile."""
    code = (
        "import numpy as np\nfrom vae_core.look.projection import umap_layout\n"
        "random = np.random.default_rng(0)\n"
        "near = np.array([[(row + k) % 20 for k in (1, 2, 3)] for row in range(20)])\n"
        "tied = umap_layout.graph(near, random.random((20, 3)) + 0.1)\n"
        "places = umap_layout.lay_out(tied, random.random((20, 2)), 0.1, 0, lambda *_: None)\n"
        "assert places.shape == (20, 2)"
    )
    loaded = loaded_by(code, settings)
    assert "umap" in loaded and not loaded & {"tensorflow", "keras"}
