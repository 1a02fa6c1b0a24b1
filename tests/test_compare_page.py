"""The Compare page without a browser: what stands on it, and what it says on bad days."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace

import compared
import numpy as np
import pytest
from support import click, end_work, fine, html, labels, plain

from ui import compare, pixels
from ui.compare import images
from vae_core.data import catalog
from vae_core.design import recipes
from vae_core.look import best, comparison, metrics, pictures
from vae_core.look.portable import Portable
from vae_core.runs import store
from vae_core.runs import tasks as derived
from vae_core.search import factorial, ladder, settling


@pytest.fixture(scope="module")
def models(once):
    return compared.models(once)


@pytest.fixture
def own(models, settings):
    """A copy that may be changed."""
    yield compared.copied(models, settings)
    end_work(settings)


@pytest.fixture
def page(visit):
    def open_page(models, *names, section="What changed", **state):
        ids = ",".join(models[name].id if name in models else name for name in names)
        return visit(models["base0"].settings, "compare", {compare.KEY: section, **state}, runs=ids)

    return open_page


def test_the_layers_that_were_added_are_drawn_and_explained(page, models):
    app = fine(page(models, "base0", "layers0"))
    told = plain(app)
    assert "The second adds 2 layers" in told and "Looks for 4 patterns of 3x3 pixels" in told
    assert "+ conv4 bn" in html(app) and "+ deconv4 bn" in html(app)
    assert "All settings beside the layers are the same" in told


def test_three_seeds_of_each_are_compared_as_configs(page, models):
    told = plain(page(models, "base0", "layers0"))
    found = comparison.compare(models["base0"], models["layers0"])
    assert found.scope == "configs"
    assert found.sentences()[0][:40] in told
    assert "over 3 pairs of trainings" in told


def test_one_seed_is_credited_nothing_and_further_pairs_settle_it(page, own):
    for name in ("layers1", "layers2"):
        store.remove(own[name])
    app = page(own, "base0", "layers0", section="Settle it")
    assert "could turn it around" in plain(app)
    assert "1 done" in plain(app) and re.search(r"Probably \d+ pairs settle it, in about", plain(app))
    app = fine(click(app, "Settle it"))
    (task,) = derived.of(own["base0"], settling.KIND)
    assert task.spec == {"other": own["layers0"].id, "by": "reconstruction", "minutes": 10.0, "before": 1}
    assert task.status()["pid"] and "Stop" in labels(app)
    end_work(own["base0"].settings)


def test_what_was_settled_is_drawn_look_by_look_and_more_time_can_be_given(page, own):
    task = settling.begin(own["base0"], own["layers0"], "reconstruction", 10.0)
    looks = [[3, -1.0, -9.0, 7.0, 0.5], [5, -0.5, -2.0, 1.0, 0.5]]
    task.save({"looks": looks, "ended": settling.TIME, "pairs": 5})
    task.set_status(state="done")
    app = fine(page(own, "base0", "layers0", section="Settle it"))
    assert "still open" in plain(app) and "Go on" in labels(app)
    task.save({"looks": looks, "ended": settling.SETTLED, "pairs": 5})
    app = fine(page(own, "base0", "layers0", section="Settle it"))
    assert "It is settled: they differ" in plain(app) and "Go on" not in labels(app)


def test_the_time_that_is_foretold_is_the_time_that_is_offered(page, own, monkeypatch):
    monkeypatch.setattr(settling, "expected", lambda *_: settling.Expected(12, 240.0))
    app = fine(page(own, "base0", "layers0", section="Settle it"))
    assert "in about 4 h" in plain(app) and app.main.select_slider(key="settle_minutes").value == 480


def test_the_ladder_is_climbed_by_one_button_and_told_rung_by_rung(page, own):
    app = page(own, "base0", "layers0", section="How deep")
    assert "dense16 dense16 dense16 dense16 dense16" in plain(app)
    app = fine(click(app, "Climb the ladder"))
    (task,) = derived.of(own["base0"], ladder.KIND)
    assert task.spec == {"pairs": 4, "minutes": 10.0, "before": 0, "where": "last"} and "Stop" in labels(app)
    end_work(own["base0"].settings)
    for place, rung in enumerate(recipes.ladder(own["base0"].config())[1:]):
        for seed in range(3):
            compared.ended_like(own[f"base{seed}"], better=1.0 + place, encoder=rung.encoder)
    task.save({"ended": settling.SETTLED, "seeds": 3})
    task.set_status(state="done")
    app = fine(page(own, "base0", "layers0", section="How deep"))
    assert "4 more pairs of layers lower the loss by 4" in plain(app) and "depth makes a difference" in plain(app)
    assert not app.exception  # the others have no model to draw with, and that is no error here


def test_the_table_holds_the_numbers_of_the_comparison(page, own):
    for name in ("base0", "base1", "base2", "layers0", "layers1", "layers2"):
        compared.measured(own[name], bce=np.full(len(own[name].codes()["mean"]), 6.4))
    table = html(fine(page(own, "base0", "layers0", section="Numbers")))
    for row in comparison.compare(own["base0"], own["layers0"]).rows:
        difference = row.difference
        assert f"{difference.value:+.3g} ({difference.low:+.3g} to {difference.high:+.3g})" in table
        assert row.differs == (f"{row.b.mean:.4g}" in "".join(re.findall("<b>(.*?)</b>", table)))
    assert "0.1 ± 0" in table  # the cross-entropy, per pixel
    counts = own["layers0"].config().architecture().counts
    assert f"{counts['total']:,}" in table and f"{counts['encoder']:,}" in table


def test_metrics_of_an_evaluation_stand_in_the_table(page, own):
    task = derived.begin(own["base0"], metrics.KIND, metrics.SPEC)
    metric = {
        "name": "fid",
        "label": "Distance of samples",
        "value": 12.5,
        "unit": "none",
        "better": "lower",
        "meaning": "How unlike samples are.",
        "interval": [11.0, 14.0],
    }
    task.save({"metrics": [metric]})
    task.set_status(state="done")
    table = html(page(own, "base0", "ae0", section="Numbers"))
    assert "Distance of samples" in table and "12.5<small>11 to 14</small>" in table


@pytest.mark.parametrize("section", list(compare.SECTIONS))
def test_every_section_takes_four_models_of_different_kinds(page, models, section):
    fine(page(models, "base0", "layers0", "three0", "ae0", section=section))


def test_each_model_draws_its_own_codes(page, models):
    table = html(fine(page(models, "base0", "layers0", section="Images", compare_order=images.FIRST)))
    for run in (models["base0"], models["layers0"]):
        drawn = pictures.as_bytes(Portable.of(run).decode(run.codes()["mean"][:12]))
        assert all(pixels.uri(pictures.webp(image)) in table for image in drawn), run.id


def test_images_are_ordered_by_what_they_gained():
    losses = np.array([[5.0, 1.0, 3.0, np.nan], [4.0, 3.0, 3.0, 1.0]])
    assert images._ordered(images.IMPROVED, losses).tolist() == [0, 2, 1, 3]
    assert images._ordered(images.WORSENED, losses).tolist() == [1, 2, 0, 3]
    assert images._ordered(images.BEST, losses).tolist() == [1, 2, 0, 3]
    assert images._ordered(images.WORST, losses).tolist() == [0, 2, 1, 3]


# Bad days.


def test_nothing_chosen_says_what_to_do(page, models):
    app = page(models)
    assert "Choose two to four runs" in plain(app) and not app.exception


def test_what_the_encoders_lose_stands_side_by_side_on_the_images_that_all_share(page, own):
    app = fine(page(own, "base0", "three0", section="Best codes"))
    assert "Find the best codes" in labels(app) and "about a minute" in plain(app)
    for name in ("base0", "three0"):
        task = best.begin(own[name])
        best.measure(task, lambda *told: None)
        if name == "three0":
            kept = task.arrays()
            task.save(task.result(), {key: values[:30] for key, values in kept.items()})
        task.set_status(state="done")
    app = fine(page(own, "base0", "three0", section="Best codes"))
    assert "On 30 of" in plain(app) and "Find the best codes" not in labels(app)
    table = html(app)
    for label in ("Reconstruction, best code", "Lost by the encoder"):
        assert f">{label}</th>" in table
    for row in ("its encoder", "the best code"):
        assert len(re.findall(f'alt="[^"]*, {row} ', table)) == 24


def test_a_run_that_was_removed_is_named(page, models):
    app = page(models, "base0", "layers0", "gone-123456")
    assert "There is no run gone-123456" in plain(app) and not app.exception


def test_a_run_removed_while_it_is_shown_is_missed_politely(page, own):
    app = fine(page(own, "base0", "layers0", section="Images"))
    assert "Below each picture its loss" in plain(app)
    shutil.rmtree(own["layers0"].path)
    app.segmented_control(key=compare.KEY).set_value("Losses")
    assert re.search("There is no run|cannot be read|Choose two to four runs", plain(fine(app.run())))


def test_identical_configs_differ_by_chance(page, models):
    told = plain(page(models, "base0", "base1"))
    assert "the same settings" in told and "chance: the seed" in told


def test_other_data_is_compared_in_nothing(page, own, settings):
    pixels = np.random.default_rng(0).integers(0, 256, (180, 8, 8, 1), np.uint8)
    np.savez(settings.checkpoints.parent / "mine.npz", x_train=pixels, x_test=pixels)
    catalog.add(settings.checkpoints.parent / "mine.npz", "mine", settings)
    other = compared.ended_like(own["base0"], dataset="mine")
    app = page(own, "base0", other.id, section="Numbers")
    assert "tested on different images: digits and mine" in plain(app) and "not compared" in html(app)
    for section in ("Best codes", "Images", "Walk"):
        app.segmented_control(key=compare.KEY).set_value(section).run()
        assert not app.exception, section
        assert "There is no image that both know" in plain(app), section


def test_one_that_still_trains_is_waited_for(page, own):
    other = store.create(own["base0"].settings, replace(own["base0"].config(), epochs=9), {})
    app = page(own, "base0", other.id, section="Numbers")
    assert not app.exception
    assert "what is shown here comes when its training has ended" in plain(app)
    assert not app.segmented_control(key=compare.KEY).set_value("Losses").run().exception


def test_what_was_selected_on_the_test_set_is_marked(page, own):
    flattered = compared.ended_like(own["base0"], better=5, split="test")
    app = page(own, "base0", flattered.id, section="Numbers")
    assert "was chosen on the test images" in plain(app)
    table = html(app).split("On the test images")[1]
    assert "selected on the test set" in html(app) and "-5 (-5 to -5)" in table and "<b>" not in table


def test_what_differs_at_once_can_be_separated(page, own):
    other = compared.ended_like(own["layers0"], epochs=9, train_size=500)
    app = page(own, "base0", other.id)
    told = plain(app)
    assert "More than the architecture differs" in told and "8 trainings a seed" in told
    app = fine(click(app, "Train in turns"))
    (task,) = derived.of(own["base0"], factorial.KIND)
    assert task.spec == {"other": other.id, "minutes": 10.0, "before": 0} and "Stop" in labels(app)


def test_the_five_reports_have_their_points_and_mistakes(page, models):
    app = fine(page(models, "base0", compare_view="The five reports"))
    told = plain(app)
    assert "mnist-deeper" in told and "never connected" in told and "1,003,540" in told
    assert labels(app).count("Run its small form") == 3
