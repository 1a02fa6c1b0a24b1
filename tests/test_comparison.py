"""The table of a comparison, recomputed here from the runs' files by other means; and what is claimed of it."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from compared import ended_like
from scipy import stats
from support import answer, run_here

from vae_core.cli import worker as worker
from vae_core.design.config import Config
from vae_core.look import comparison, intervals, scores
from vae_core.runs import arms, store
from vae_core.runs import tasks as derived

IMAGES = 300
A = Config("digits", (8, 8, 1), "conv4/2 bn flatten dense16 code2", epochs=2)
LAYERS = replace(A, encoder="conv4/2 bn conv4 bn flatten dense16 code2")
MORE = replace(LAYERS, epochs=3, train_size=500)
HARD = np.random.default_rng(0).gamma(4.0, 3.0, IMAGES)  # some images are harder for every model


def finished(settings, config, level=0.0, noise=1.0, images=IMAGES, fingerprint="f"):
    """A run as it lies on the disk, with losses of our choice."""
    run = store.create(settings, config, {"data_fingerprint": fingerprint})
    random = np.random.default_rng([config.seed, round(1000 * level) + 10**6])
    losses = np.resize(HARD, images) + level + noise * random.normal(size=images)
    arrays = {"mean": random.normal(size=(images, 2)), "reconstruction": losses.astype(np.float32)}
    if config.kind == "vae":
        arrays["kl"] = random.gamma(2.0, size=images).astype(np.float32)
    run.save_codes(arrays)
    run.set_status(state="done")
    return run


def arm(settings, config, level, around=0.1, count=3):
    """Several seeds; each is better or worse by some luck of its own."""
    luck = around * np.linspace(-1, 1, count)
    return [finished(settings, replace(config, seed=seed), level + luck[seed]) for seed in range(count)]


def row(found, key="reconstruction"):
    return next(row for row in found.rows if row.metric.key == key)


def test_two_runs_are_compared_over_the_images(settings):
    a, b = finished(settings, A), finished(settings, LAYERS, level=-0.5)
    found = comparison.compare(a, b)
    assert (found.scope, found.images, len(found.rows)) == ("runs", IMAGES, 2)
    assert found.confidence == pytest.approx(0.975)  # two rows
    for key in ("reconstruction", "kl"):
        pair = [np.load(run.path / "codes.npz")[key].astype(np.float64) for run in (a, b)]
        ours, differences = row(found, key), pair[1] - pair[0]
        assert (ours.a.mean, ours.b.mean) == pytest.approx((pair[0].mean(), pair[1].mean()))
        theirs = stats.bootstrap(
            (differences,), np.mean, n_resamples=20_000, confidence_level=0.975, method="percentile", rng=2
        ).confidence_interval
        width = theirs.high - theirs.low
        assert ours.difference.value == pytest.approx(differences.mean())
        assert ours.difference.low == pytest.approx(theirs.low, abs=0.06 * width)
        assert ours.difference.high == pytest.approx(theirs.high, abs=0.06 * width)
    assert row(found).better == "b"
    assert row(found, "kl").better == ""
    told = " ".join(found.sentences())
    assert "These two trainings differ" in told and "Whether the layers help takes at least 3" in told
    share = -row(found).difference.value / row(found).a.mean
    here = f"{found.b.id} is better than {found.a.id} here, by {share:.1%}"
    assert found.headline == f"{here}. But each was trained once: that may be luck."


def test_two_configs_are_compared_over_seeds_and_images(settings):
    first, second = arm(settings, A, 0.0), arm(settings, LAYERS, -2.0)
    found = comparison.compare(first[0], second[0])
    a, b = (np.stack([run.codes()["reconstruction"] for run in runs]).astype(float) for runs in (first, second))
    ours = row(found)
    assert (found.scope, found.pairs, ours.a.count, ours.a.mean) == ("configs", 3, 3, pytest.approx(a.mean()))
    assert ours.a.spread == pytest.approx(np.std(a.mean(axis=1), ddof=1))
    over = [stats.ttest_1samp((b - a).mean(axis=axis), 0).confidence_interval(intervals.EACH_LOOK) for axis in (0, 1)]
    half = np.hypot(*((each.high - each.low) / 2 for each in over))
    low, high = (b - a).mean() - half, (b - a).mean() + half
    assert (ours.difference.low, ours.difference.high) == pytest.approx((low, high))
    assert found.credited and not found.little
    assert "Nothing but layers was added" in " ".join(found.sentences())
    share = -row(found).difference.value / row(found).a.mean
    assert found.headline == f"{found.names[1]} is better than {found.names[0]}, beyond chance, by {share:.1%}."
    assert comparison.compare(second[0], first[0]).headline == found.headline


def test_luck_between_seeds_is_not_credited(settings):
    first, second = arm(settings, A, 0.0, around=2.0), arm(settings, LAYERS, -1.0, around=-2.0)
    runs = comparison.compare(first[0], second[0], only_runs=True)
    assert row(runs).differs and not runs.credited  # the two runs differ without any doubt
    found = comparison.compare(first[0], second[0])
    assert not found.credited
    assert "cannot be told apart" in found.sentences()[0] and "cannot be told apart" in found.headline


def test_only_seeds_that_both_have_are_compared(settings):
    first, second = arm(settings, A, 0.0, count=6), arm(settings, LAYERS, -2.0, count=7)
    store.remove(first[2])
    found = comparison.compare(first[0], second[0])
    assert found.pairs == 5 and "over 5 pairs of trainings" in found.sentences()[0]
    store.remove(first[5])
    assert comparison.compare(first[0], second[0]).pairs == 3  # the fourth waits for the next look


def test_luck_that_both_of_a_pair_had_is_not_in_the_way(settings):
    """Seeds that are far apart in both alike, and layers that help a little with every one of them."""
    first, second = arm(settings, A, 0.0, around=4.0, count=5), arm(settings, LAYERS, -0.8, around=4.0, count=5)
    assert comparison.compare(first[0], second[0]).credited


def test_a_difference_that_does_not_matter_can_be_excluded(settings):
    level = 0.004 * HARD.mean()
    first, second = (arm(settings, A, 0.0, 0.001, 8), arm(settings, LAYERS, -level, 0.001, 8))
    found = comparison.compare(first[0], second[0])
    assert found.little and found.matters == pytest.approx(0.02 * row(found).a.mean)
    told = found.headline + " ".join(found.sentences())
    assert "by little" in told or "differ by less than 2%" in told
    apart = comparison.compare(first[0], arm(settings, MORE, -3.0, 0.001, 8)[0])
    assert not apart.little


def test_one_number_is_asked_of_and_the_others_are_hints(settings):
    first, second = arm(settings, A, 0.0), arm(settings, LAYERS, 0.0)
    for number, run in enumerate((*first, *second)):
        task = scores.begin(run)
        task.save({}, {"bce": np.full(IMAGES, 64.0 + 6.4 * (number > 2)) + np.arange(IMAGES) % 2})
        task.set_status(state="done")
    found = comparison.compare(first[0], second[0])
    assert found.rows[0].metric.key == "reconstruction" and row(found, "bce").differs and not found.credited
    assert "so they are hints" in found.sentences()[-1]
    other = comparison.compare(first[0], second[0], by="bce")
    assert other.credited and other.rows[0].metric.key == "bce"
    assert "beyond chance" in other.headline


def test_what_changed_with_the_layers_shares_the_credit(settings):
    first, second = arm(settings, A, 0.0), arm(settings, MORE, -3.0)
    told = " ".join(comparison.compare(first[0], second[0]).sentences())
    assert "to all that differs together (added or removed layers, the data and the epochs)" in told
    assert "not to the layers alone" in told


def test_seeds_of_one_config_differ_by_chance(settings):
    first = arm(settings, A, 0.0, around=3.0)
    found = comparison.compare(first[0], first[1])
    assert found.scope == "runs" and not found.credited
    assert "chance: the seed" in found.sentences()[-1]


def test_more_tables_need_wider_intervals(settings):
    a, b = finished(settings, A), finished(settings, LAYERS, level=0.1)
    one, three = (comparison.compare(a, b, comparisons=count) for count in (1, 3))
    assert three.confidence == pytest.approx(1 - 0.05 / 6)
    assert row(three).difference.low < row(one).difference.low


def test_measured_images_bring_their_rows(settings):
    a, b = finished(settings, A), finished(settings, LAYERS)
    random = np.random.default_rng(1)
    kept = {}
    for run in (a, b):
        task = scores.begin(run)
        kept[run] = {"bce": random.gamma(2.0, size=IMAGES), "neighbours": random.integers(2, size=IMAGES).astype(float)}
        task.save({}, kept[run])
        task.set_status(state="done")
    found = comparison.compare(a, b)
    assert row(found, "bce").a.mean == pytest.approx(kept[a]["bce"].mean() / 64)  # per pixel
    assert row(found, "neighbours").b.mean == pytest.approx(kept[b]["neighbours"].mean())
    assert found.confidence == pytest.approx(1 - 0.05 / 4)


def test_what_is_measured_for_one_only_is_shown_and_not_compared(settings):
    a, b = finished(settings, A), finished(settings, LAYERS)
    task = scores.begin(a)
    task.save({}, {"bce": np.ones(IMAGES)})
    task.set_status(state="done")
    lone = row(comparison.compare(a, b), "bce")
    assert (lone.difference, lone.b, lone.reason) == (None, None, "Not measured yet.")
    assert lone.a.mean == pytest.approx(1 / 64)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"loss": "mse"}, "different losses"), ({"kind": "ae", "beta": None}, "autoencoder has none")],
)
def test_numbers_of_two_kinds_are_not_compared(settings, changes, reason):
    found = comparison.compare(finished(settings, A), finished(settings, replace(A, **changes)))
    refused = [each for each in found.rows if each.difference is None]
    assert len(refused) == 1 and reason in refused[0].reason


def test_other_images_are_not_compared_at_all(settings):
    a, other = finished(settings, A), Config("mnist", (28, 28, 1), "flatten dense8 code2")
    found = comparison.compare(a, finished(settings, other))
    assert not any(each.difference for each in found.rows)
    assert found.sentences() == ("They were tested on different images: digits and mnist.",)
    assert found.headline == "These two cannot be compared."
    changed = comparison.compare(a, finished(settings, LAYERS, fingerprint="g"))
    assert "changed between the two trainings" in changed.sentences()[0]
    fewer = comparison.compare(a, finished(settings, LAYERS, images=200))
    assert "changed between the two trainings" in fewer.sentences()[0]


def test_what_was_selected_on_the_test_set_is_not_ranked(settings):
    clean, flattered = arm(settings, A, 0.0), arm(settings, replace(A, split="test"), -5.0)
    found = comparison.compare(clean[0], flattered[0])
    assert row(found).differs and not found.ranked and not found.credited
    assert "was chosen on the test images" in found.sentences()[0]
    assert "cannot be said fairly" in found.headline
    both = comparison.compare(flattered[0], flattered[1])
    assert both.ranked and "epochs of both" in both.sentences()[0]


def test_a_run_beside_itself_differs_in_nothing(settings):
    a = finished(settings, A)
    found = comparison.compare(a, a)
    assert not any(each.differs for each in found.rows)
    assert "cannot be told apart" in found.sentences()[0]


def test_numbers_that_are_none_are_not_compared(settings):
    a, b = finished(settings, A), finished(settings, LAYERS)
    broken = {**b.codes(), "reconstruction": np.full(IMAGES, np.nan, np.float32)}
    b.save_codes(broken)
    assert "not finite" in row(comparison.compare(a, b)).reason


def test_a_real_run_is_measured_image_by_image(trained):
    """The means of the single images are the run's metrics, which were counted another way."""
    task = scores.begin(trained)
    worker.work(task)
    found, metrics = scores.of(trained), trained.metrics()
    assert set(found) == set(scores.METRICS)
    assert found["bce"].mean() == pytest.approx(metrics["bce"]["mean_code"]["nats_per_pixel"], rel=1e-5)
    assert found["mse_sampled"].mean() == pytest.approx(metrics["mse"]["sampled"]["nats_per_pixel"], rel=1e-5)
    assert found["negative_elbo"].mean() == pytest.approx(metrics["negative_elbo"]["sampled"], rel=1e-5)
    assert found["neighbours"].mean() == pytest.approx(metrics["knn_accuracy"])
    assert found["reconstruction"].mean() == pytest.approx(64 * found["bce"].mean(), rel=1e-4)
    assert scores.finished(trained) == task
    derived.remove(task)


def test_the_document_is_json(settings):
    first, second = arm(settings, A, 0.0), arm(settings, MORE, -3.0)
    document = json.loads(json.dumps(comparison.compare(first[0], second[0]).to_json(), allow_nan=False))
    assert document["scope"] == "configs" and document["seeds"] == [[0, 1, 2], [0, 1, 2]]
    assert arms.of(first[0]).done[0].id == document["a"]


def test_the_command_line_trains_seeds_and_compares(here, capsys):
    small = ("train", "--dataset", "digits", "--train-size", "300", "--epochs", "1", "--encoder")
    seeds = json.loads(answer(capsys, *small, "flatten dense4", "--seeds", "2", "--json"))
    assert seeds["seeds"] == [0, 1] and seeds["best_nats_per_image"]["count"] == 2
    again = json.loads(answer(capsys, *small, "flatten dense4", "--seeds", "2", "--json"))
    assert again["new"] == [] and again["runs"] == seeds["runs"]
    first = store.open_run(here, seeds["runs"][0])
    worker.work(scores.begin(first))
    other = ended_like(first, better=0.5, encoder="flatten dense8 dense4").id
    found = json.loads(answer(capsys, "compare", first.id, other, "--json"))
    assert found["scope"] == "runs" and len(found["rows"]) == 8
    assert all(scores.finished(store.open_run(here, run)) for run in seeds["runs"])
    assert found["difference"]["changes"] == ["added or removed layers"]
    told = answer(capsys, "compare", first.id, other)
    assert "could turn it around" in told and "Intervals over test images" in told
    code, _, refused = run_here(capsys, "compare", other, other)
    assert (code, "named twice" in refused) == (2, True)
