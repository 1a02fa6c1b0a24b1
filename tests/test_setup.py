"""The form of the Train page: layers that are edited, mistakes that are repaired, one button that trains."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from pasted_systems import CODE
from streamlit.testing.v1 import AppTest
from support import button, click, end_work, fine, labels, plain, shown_before

from vae_core.design import recipes
from vae_core.design.config import Config
from vae_core.design.duration import USUAL, USUAL_RATES
from vae_core.runs import calibration, store
from vae_core.runs.store import Summary
from vae_core.settings import Settings


@pytest.fixture
def app(visit: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """What was begun is ended while it still loads TensorFlow: the page has shown it by then."""
    shown_before(monkeypatch)
    yield visit(settings, "train")
    end_work(settings)


def encoder(app: AppTest) -> str:
    return app.main.text_input(key="train_encoder").value


def drawn(app: AppTest) -> str:
    """What the page draws of the network."""
    return " ".join(element.proto.json for element in app.main.get("bidi_component"))


def test_two_clicks_add_two_layers_and_the_decoder_shows_their_mirrors(app):
    app.main.selectbox(key="train_start").set_value("convolutions").run()
    before = encoder(app)
    click(click(app, "Convolution"), "Convolution")
    assert encoder(fine(app)) == f"{before} conv64 bn conv128 bn"
    decoder = app.main.table[1].value
    layers = [text.split("**")[1] for text in decoder["Layer"]]
    assert [layer for layer in layers if layer in ("deconv128", "deconv64")] == ["deconv128", "deconv64"]


def test_a_chosen_layer_moves_and_goes(app):
    app.main.text_input(key="train_encoder").set_value("conv8/2 bn pool2").run()
    app.main.button_group(key="train_encoder_layer").set_value(2).run()
    click(app, "Earlier")
    assert encoder(app) == "conv8/2 pool2 bn"
    click(app, "Take out")
    assert encoder(app) == "conv8/2 bn"


def test_a_layer_that_does_not_fit_is_named_and_one_click_repairs_it(app):
    app.main.text_input(key="train_encoder").set_value("conv8/2 dense20").run()
    assert "dense20 cannot take the shape 4x4x8" in app.main.error[0].value
    assert app.main.table[0].value["Gives on"].tolist() == ["4x4x8", "does not fit"]
    assert "Picture, 64 numbers" in drawn(app) and "Code, " not in drawn(app)
    assert button(app, "Start training").disabled
    click(app, "Put flatten before dense20")
    assert encoder(app) == "conv8/2 flatten dense20"
    assert not app.main.error


def test_the_size_of_the_code_is_one_wherever_it_is_written(app):
    app.main.text_input(key="train_encoder").set_value("flatten dense20 code5").run()
    assert app.main.number_input(key="train_latent").value == 5
    app.main.number_input(key="train_latent").set_value(3).run()
    assert encoder(app) == "flatten dense20 code3"


def test_a_decoder_of_its_own_and_back(app):
    click(app, "Edit the decoder")
    assert app.main.text_input(key="train_decoder").value.endswith("reshape8x8x1")
    click(app, "Mirror the encoder again")
    assert "Edit the decoder" in labels(app)


def test_another_data_set_fills_the_form_anew(app):
    app.main.text_input(key="train_encoder").set_value("conv8/2").run()
    app.main.selectbox(key="train_dataset").set_value("shapes").run()
    assert encoder(fine(app)) == "flatten dense512:gelu dense256:gelu"


def paste(app: AppTest, text: str) -> AppTest:
    app.main.text_area(key="train_pasted_text").set_value(text)
    return click(app, "Use it")


def read_from(app: AppTest) -> list[str]:
    return [each.label for each in app.main.expander if each.label.startswith("Read from the code")]


def test_pasted_code_fills_the_form_and_says_what_was_understood(app):
    app.main.selectbox(key="train_start").set_value("auto").run()  # whose schedule and average no code speaks of
    paste(app, CODE["fashion-denoising"])
    assert encoder(fine(app)) == recipes.find("fashion-denoising").config.encoder
    held = {name: app.session_state[f"train_{name}"] for name in ("dataset", "kind", "batch", "epochs", "noise", "ema")}
    assert held == {"dataset": "fashion-mnist", "kind": "ae", "batch": 100, "epochs": 100, "noise": 0.3, "ema": 0.0}
    assert read_from(app) == ["Read from the code: 9 layers, 11 back, 7 settings"]
    assert "What was pasted" in app.main.selectbox(key="train_start").options
    assert not button(app, "Start training").disabled and "Optimiser: Adam" in plain(app)
    app.main.selectbox(key="train_start").set_value("convolutions").run()
    assert not read_from(app) and "deconv" not in encoder(app)
    assert "What was pasted" not in app.main.selectbox(key="train_start").options


def test_pasted_text_that_is_no_code_is_told_where_it_was_pasted(app):
    before = encoder(app)
    paste(app, "x = layers.Dense(3\ny = 1")
    assert "Line 1 is not Python" in app.main.error[0].value.replace("\\", "") and encoder(app) == before


def test_what_pasted_code_names_is_shown_as_it_is(app):
    lines = CODE["mnist-baseline"].replace("x = layers.Flatten()(x)", 'x = layers.Flatten(**{}, made="")(x)')
    paste(app, lines.replace("optimizer=tf.keras.optimizers.Adam(learning_rate=0.001)", "optimizer='**\u202e<b>'"))
    (told,) = (each.value for each in app.main.markdown if "optimiser" in each.value)
    assert "\\*\\*\ufffd\\<b\\>" in told and "made of Flatten" in told


def _config(settings: Settings, run: Summary) -> Config:
    return store.open_run(settings, run.id).config()


def test_a_time_becomes_steps_before_the_start_and_a_map_waits_behind(app, settings):
    app.main.selectbox(key="train_start").set_value("auto").run()
    assert app.main.selectbox(key="train_time").value == 30
    assert "Epochs" not in [each.label for each in app.main.number_input]
    click(fine(app), "Start training")
    first, second = sorted(map(partial(_config, settings), store.list_runs(settings)), key=lambda config: config.kind)
    assert (first.kind, first.latent, second.kind, second.latent) == ("ae", 32, "vae", 2)
    assert first.steps > 0 and first.epochs <= calibration.LOOKS
    assert app.main.subheader[0].value.startswith("digits\\-ae\\-")


def test_until_it_gets_no_better_it_needs_patience(app, settings):
    app.main.selectbox(key="train_time").set_value("best").run()
    app.main.number_input(key="train_latent").set_value(2).run()
    click(fine(app), "Start training")
    (config,) = map(partial(_config, settings), store.list_runs(settings))
    assert config.patience == calibration.PATIENCE and config.schedule == "constant"


def test_every_setting_has_a_tooltip(app):
    widgets = [
        *app.main.number_input,
        *app.main.selectbox,
        *app.main.text_input,
        *app.main.checkbox,
        *app.main.multiselect,
    ]
    assert len(widgets) > 20
    assert all(widget.help for widget in widgets)


def test_start_makes_one_run_and_offers_it_afterwards(app, settings):
    app.main.number_input(key="train_epochs").set_value(1).run()
    fine(click(app, "Start training"))
    (run,) = store.list_runs(settings)
    assert app.main.subheader[0].value == run.id.replace("-", "\\-")
    app.main.button_group(key="train_view").set_value("Set up").run()
    assert "Start training" not in labels(app)
    click(app, "Open it")
    assert len(store.list_runs(settings)) == 1


def test_a_folder_that_cannot_be_written_is_told_at_the_button(app, settings):
    settings.checkpoints.write_text("a file where the folder should be")
    click(app, "Start training")
    assert not app.exception
    assert str(settings.checkpoints).split("/")[-1] in app.main.error[0].value
    settings.checkpoints.unlink()


def test_the_code_of_the_model_is_shown_when_asked_for(app):
    app.session_state["model_code"] = True
    app.run()
    assert not app.exception
    assert "keras" in app.main.code[0].value


def test_what_it_costs_is_a_range_until_this_machine_is_measured(app, settings):
    assert re.search(r"\*\*[\d.]+( s)? to [\d.]+ (s|min)\*\*", plain(app)) and "Measure this machine" in labels(app)
    rates = {"float32": USUAL_RATES, "mixed_bfloat16": USUAL_RATES}
    calibration.save(settings, calibration.Measured(rates, USUAL))
    app.run()
    assert len(re.findall(r"\*\*about [\d.]+ (?:s|min)\*\*", plain(app))) == 2
    assert "Measure this machine" not in labels(app)


def test_a_training_says_what_is_left_before_its_process_has_said_anything(visit, settings):
    run = store.create(settings, recipes.default("digits", (8, 8, 1)), {})
    run.set_status(state="queued", queued=time.time())
    app = fine(visit(settings, "train", run=run.id))
    told = next(metric.value for metric in app.main.metric if metric.label == "Time left")
    assert re.fullmatch(r"(up to )?[\d.]+( s to [\d.]+| to [\d.]+)? (s|min)", told)
