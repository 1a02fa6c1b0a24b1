"""The Judge view: findings with their repairs, measures, odd images and the report; and what it says on bad days."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
from browser import choose, holds, press, told
from support import click, eventually, fine, html, labels, made_run, plain

from ui import choice, judge
from ui.cached import datasets
from ui.judge import findings
from vae_core.data import catalog
from vae_core.design import naming, recipes
from vae_core.learn import training
from vae_core.look import best, doctor, metrics, separation, worth
from vae_core.look.worth import without, work
from vae_core.look.worth.chain import stages
from vae_core.runs import forks, store, tasks
from vae_core.runs.store import Run


@pytest.fixture
def page(visit, settings):
    def open_page(run: Run | None, section: str = "Check-up", view: str = judge.VIEW):
        where, chosen = (run.settings, {"run": run.id}) if run else (settings, {})
        return visit(where, "train", {choice.TRAIN_VIEW: view, judge.KEY: section}, **chosen)

    return open_page


def test_every_finding_stands_there_with_what_to_do(page, trained):
    app = fine(page(trained))
    found = doctor.examine(trained)
    assert found
    for finding in found:
        for words in (finding.title, finding.words, finding.repair.words):
            assert words in plain(app)
    assert sum(label in ("Go on with this change", "Train with this change") for label in labels(app)) == sum(
        bool(finding.repair.way) for finding in found
    )


def test_three_numbers_stand_between_their_landmarks(page, trained):
    shown, metrics = html(fine(page(trained))), trained.metrics()
    strip = {name: losses["bce"]["nats_per_image"] for name, losses in metrics["baselines"].items()}
    pca = (strip["mean_image"] - strip["pca"]) / (strip["mean_image"] - strip["floor"])
    assert f"{metrics['gap_closed']:.0%} of the way" in shown and f": {pca:.0%}" in shown
    assert f"Of {metrics['balanced_accuracy']:.0%} of the test images" in shown and "By chance: 10%" in shown
    assert f"{metrics['active_dimensions']} of 2 numbers" in shown
    assert shown.count('alt="Original"') == shown.count('alt="Redrawn"') == 10


def test_a_healthy_run_is_told_so(page, own):
    healthy = store.create(own.settings, replace(own.config(), epochs=2), {})
    healthy.set_status(state="done")
    for epoch in (1, 2):
        healthy.add_history({"epoch": epoch})
    app = fine(page(healthy))
    assert "rules looked at it and found nothing" in app.success[0].value


def test_a_run_without_an_epoch_is_not_called_healthy(page, own):
    begun = store.create(own.settings, replace(own.config(), epochs=9), {})
    begun.set_status(state="stopped")
    app = fine(page(begun))
    assert "No epoch of it is finished" in app.info[0].value and not app.success


def test_what_was_found_in_images_goes_with_them(page, settings, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (60, 8, 8), dtype=np.uint8)
    np.savez(tmp_path / "mine.npz", x_train=pixels, x_test=pixels[:20])
    catalog.add(tmp_path / "mine.npz", "mine", settings)
    run = store.create(settings, recipes.default("mine", (8, 8, 1)), {})
    run.set_status(state="done")
    app = fine(page(run))
    assert "It was trained on test images" in plain(app)
    catalog.remove("mine", settings)
    datasets.refresh()
    assert "It was trained on test images" not in plain(fine(app.run()))


def test_a_repair_names_a_setting_as_the_form_does(own):
    smaller = replace(own.config(), latent=1)
    assert findings._told(own.config(), smaller, "latent") == "code size: 1 instead of 2"


def test_a_fork_that_repairs_has_epochs_left(trained):
    found = next(finding for finding in doctor.examine(trained) if finding.repair.way == "fork")
    shorter = replace(found, repair=replace(found.repair, changes={"beta": 0.5}))
    assert findings.changed(trained, shorter) == {"beta": 0.5, "epochs": 2 * trained.config().epochs}
    longer = replace(found, repair=replace(found.repair, changes={"epochs": 99}))
    assert findings.changed(trained, longer) == {"epochs": 99}


def test_a_fork_that_repairs_can_be_trained(own):
    found = next(finding for finding in doctor.examine(own) if finding.repair.way == "fork")
    child = forks.fork(own.settings, own, findings.changed(own, found))
    training.train(child, own.settings)
    assert child.state() == "done" and len(child.history()) > len(own.history())


def test_the_runs_own_page_has_one_line_of_it(page, trained):
    app = page(trained, view="Watch")
    found = f"The doctor found {findings.counted(doctor.examine(trained))}"
    eventually(lambda: found in labels(app.run()))
    assert "rules looked at it" in plain(click(app, found))


def test_without_a_run_it_says_what_to_do(page, own):
    app = page(None)
    assert "No run is chosen" in plain(app) and not app.exception


def test_a_run_that_still_trains_is_waited_for(page, own):
    other = store.create(own.settings, replace(own.config(), epochs=9), {})
    app = page(other)
    app.session_state[choice.TRAIN_VIEW] = judge.VIEW
    app.run()
    assert "still training" in plain(app) and not app.exception
    assert click(app, "Watch it").session_state[choice.TRAIN_VIEW] == "Watch"


@pytest.mark.parametrize("section", ["Measures", "Best codes", "Layers", "Odd images"])
def test_a_stopped_run_has_no_model_to_measure(page, own, section):
    other = store.create(own.settings, replace(own.config(), epochs=9), {})
    other.set_status(state="stopped")
    assert "was stopped before it was through" in plain(page(other, section))


@pytest.mark.parametrize("section", list(judge.SECTIONS))
def test_a_run_removed_while_it_is_shown_is_missed_politely(page, own, section):
    app = page(own, section)
    shutil.rmtree(own.path)
    said = plain(fine(app.run()))
    assert any(words in said for words in ("No run is chosen", "no longer there", "There is no run yet"))


@pytest.mark.parametrize("section", list(judge.SECTIONS))
def test_a_run_whose_data_are_gone_is_still_judged(page, own, section):
    document = (own.path / "config.json").read_text()
    (own.path / "config.json").write_text(document.replace('"digits"', '"lost-data"'))
    app = page(own, section)
    assert not app.exception and "went wrong inside" not in plain(app)


def test_measures_that_failed_are_told_and_can_be_tried_again(page, own):
    metrics.begin(own).set_status(state="failed", error="The disk is full.")
    app = page(own, "Measures")
    assert "The disk is full." in plain(app) and "Try again" in labels(app)


def test_measures_stand_there_with_their_intervals(page, own):
    task = metrics.begin(own)
    known = {
        "name": "psnr",
        "label": "Likeness <PSNR>",
        "value": 12.5,
        "unit": "dB",
        "better": "higher",
        "meaning": "How alike.",
        "interval": [12.0, 13.0],
        "of": "180 test images",
    }
    missing = [{"name": name, "label": name.upper(), "reason": "No prior."} for name in ("iwae", "mi")]
    task.save({"images": 180, "observation": "grey", "notes": ["It flatters."], "metrics": [known], "missing": missing})
    task.set_status(state="done")
    app = page(own, "Measures")
    table = html(app)
    assert "Likeness &lt;PSNR&gt;" in table and "12.5 <small>(12 to 13)" in table and "higher is better" in table
    assert "How alike. From 180 test images." in table
    assert "Not available: IWAE, MI. No prior." in plain(app) and "It flatters." in plain(app)


def test_what_the_encoder_loses_stands_there_with_pictures_by_both(page, own):
    app = fine(page(own, "Best codes"))
    assert "about a minute" in plain(app) and "Find the best codes" in labels(app)
    task = best.begin(own)
    best.measure(task, lambda *told: None)
    task.set_status(state="done")
    app = fine(page(own, "Best codes"))
    found = task.result()
    assert best.told(found["metrics"]) in plain(app)
    assert f"On all {found['of']:,} test images" in plain(app)
    table = html(app)
    for metric in found["metrics"]:
        assert f"{metric['label']}</td><td>{metric['value']:.4g} <small>" in table
    for row in ("Original", "By the encoder", "By the best code"):
        assert table.count(f'alt="{row} ') == 12


def test_what_each_layer_is_worth_stands_there_with_a_picture(page, own):
    app = fine(page(own, "Layers"))
    assert "one to four minutes" in plain(app) and "Weigh the layers" in labels(app)
    task = worth.begin(own)
    worth.measure(task, lambda *told: None)
    task.set_status(state="done")
    app = fine(page(own, "Layers"))
    found = worth.read(task)
    for sentence in found.sentences(naming.unit(own.config(), naming.IMAGE)):
        assert sentence in plain(app)
    table = html(app)
    assert all(f">{layer.name}</td>" in table for layer in found.layers)
    assert f"On {task.result()['images']:,} test images" in plain(app)


def test_whether_the_rest_can_do_without_a_layer_stands_below(page, own):
    block = "res(dense48 dense48:linear)"
    config = replace(own.config(), encoder=f"flatten dense48 {block}", decoder=f"{block} dense64:sigmoid reshape8x8x1")
    config = replace(config, decoder=f"dense48 {config.decoder}")
    run = made_run(own.settings, "done", run=store.create(own.settings, config, {}))
    plan, reached = config.architecture(), np.linspace(90, 110, 50)
    places = np.arange(50)
    first = worth.begin(run)
    reasons = ["" if stage.bends else work.STRAIGHT for stage in stages(plan)]
    replaced = np.repeat(reached[:, None] + 1, reasons.count(""), axis=1)
    first.save({"reasons": reasons, "images": 50}, {"places": places, "whole": reached, "replaced": replaced})
    first.set_status(state="done")
    app = fine(page(run, "Layers"))
    assert "In all about 2 min" in plain(app) and "Leave layers out" in labels(app)
    lost = np.stack([reached + 1, reached + np.linspace(39, 41, 50)], axis=1)
    arrays = {"places": places, "whole": reached, "again": reached - 0.5, "replaced": lost}
    task = without.begin(run)
    task.save({"images": 50}, arrays)
    task.set_status(state="done")
    said = plain(fine(page(run, "Layers")))
    assert "The rest misses the decoder's block most. Without it the loss is higher by 40" in said
    assert "Too little to matter is lost without: the encoder's block" in said and "differs from itself by 0.5" in said


def test_measures_of_an_earlier_version_are_asked_for_anew(page, own):
    earlier = tasks.begin(own, metrics.KIND, {"version": 1})
    earlier.save({"version": 1, "metrics": [], "missing": [], "images": 180, "observation": "grey", "notes": []})
    earlier.set_status(state="done")
    app = fine(page(own, "Measures"))
    assert "Measure it anew" in plain(app) and "Measure" in labels(app)


def test_the_rate_of_false_alarms_decides_what_is_called_odd(page, own):
    task = separation.begin(own, ["4"])
    separation.measure(task, lambda *told: None)
    task.set_status(state="done")
    app = page(own, "Odd images")
    app.session_state[f"odd-{own.id}"] = ["4"]
    fine(app.run())
    assert "Of 100 usual images" in app.slider[0].label and task.result()["told"] in plain(app)
    arrays = task.arrays()
    for rate in (5.0, 30.0):
        app.slider[0].set_value(rate).run()
        line = separation.line(arrays["held"][0], rate / 100)
        found = separation.confusion(arrays["scores"][0], arrays["odd"], line)
        shown = {metric.label: metric.value for metric in app.metric}
        assert (shown["Odd, found"], shown["False alarms"]) == (str(found.found), str(found.false))
        assert shown["Balanced accuracy"] == f"{found.balanced_accuracy:.1%}"
        assert f"{found.recall:.1%}</td><td>{found.false_alarms:.1%}" in html(app)
    assert html(app).count("<figure") == 24


def test_a_ranking_of_an_earlier_version_is_asked_for_anew(page, own):
    earlier = tasks.begin(own, separation.KIND, {"version": 1, "odd": ["7"]})
    earlier.save({"version": 1, "odd": ["7"], "images": 180, "odd_images": 18, "known": 100, "rows": []})
    earlier.set_status(state="done")
    app = page(own, "Odd images")
    app.session_state[f"odd-{own.id}"] = ["7"]
    fine(app.run())
    assert "Rank them anew" in plain(app) and "Rank the images" in labels(app)


def test_no_class_is_odd_before_one_is_chosen(page, trained):
    app = page(trained, "Odd images")
    assert "Choose at least one class" in plain(app) and not app.exception


def test_it_measures_repairs_and_is_downloaded(tab, server, own):
    page = tab(f"{server.address}/train?run={own.id}")
    page.get_by_role("button", name="The doctor found").click()
    told(page, re.compile("rules looked at it"))
    page.locator(".drawn svg polyline").first.wait_for()

    choose(page, page.get_by_role("radio", name="Measures"))
    press(page, "Measure")
    told(page, "Trustworthiness")
    assert metrics.finished(own) is not None

    choose(page, page.get_by_role("radio", name="Layers"))
    press(page, "Weigh the layers")
    told(page, "All numbers")
    names = page.locator(".drawn svg text")
    for layer in worth.read(worth.begin(own)).layers:
        names.get_by_text(layer.name, exact=True).wait_for()

    choose(page, page.get_by_role("radio", name="Report"))
    for form, begin in {"HTML": b"<!doctype html>", "PDF": b"%PDF-", "Markdown": b"# "}.items():
        with page.expect_download() as download:
            press(page, form)
        with open(download.value.path(), "rb") as file:
            assert file.read().startswith(begin)

    choose(page, page.get_by_role("radio", name="Check-up"))
    press(page, "Go on with this change")
    holds(page, lambda: _forks(own))
    (child,) = _forks(own)
    told(page, child.id)


def _forks(parent: Run) -> list[Run]:
    runs = (Run(line.id, parent.settings) for line in store.list_runs(parent.settings))
    return [each for each in runs if each.parent == parent.id]
