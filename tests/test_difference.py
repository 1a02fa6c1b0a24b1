"""What differs between two configs: the reports' own cases, and that every single change can be made alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vae_core.design import alignment, difference, naming, recipes
from vae_core.design.config import Config

BASE = Config("digits", (8, 8, 1), "conv4/2 bn conv8/2 bn flatten dense20 bn code2", epochs=5)


def between(a, b, variant="faithful"):
    return difference.between(*(recipes.find(key, variant).config for key in (a, b)))


def texts(units):
    return [unit.text for unit in units]


def test_report_000_changes_four_things_at_once():
    found = between("mnist-baseline", "mnist-deeper")
    assert found.groups == ("layers", "strides", "data", "epochs")
    assert found.names == ("added or removed layers", "strides and pools", "images", "epochs"), "as the table has them"
    assert texts(found.added) == ["conv32 bn", "conv64 bn", "deconv64 bn", "deconv32 bn"]
    told = " ".join(found.sentences())
    assert "dense20 holds 1,003,540 of the second's 1,028,568 parameters" in told
    assert "784 numbers go into it, then 50,176 numbers; the added layers hold 23,520" in told
    assert "images from 10,000 to all and epochs from 50 to 80" in told


def test_the_decoder_that_report_000_printed_lost_its_two_layers():
    found = between("mnist-baseline", "mnist-deeper-as-printed")
    assert texts(found.added) == ["conv32 bn", "conv64 bn"]


def test_report_001_widens_what_was_there_before():
    found = between("mnist-baseline", "mnist-wide")
    assert found.groups == ("layers", "filters", "data", "epochs")
    assert texts(found.added) == ["conv512 bn", "conv1024 bn", "deconv1024 bn", "deconv512 bn"]
    changed = [(step.a.text, step.b.text) for step in found.encoder if step.change == "changed"]
    assert changed == [("conv8/2 bn", "conv128/2 bn"), ("conv16/2 bn", "conv256/2 bn")]


def test_each_change_of_a_report_can_be_made_alone():
    found = between("mnist-baseline", "mnist-deeper")
    alone = {each.group: each.config for each in found.separating()}
    assert alone["layers"].encoder == "conv8/2 bn conv16/2 bn conv32 bn conv64 bn flatten dense20 bn code2"
    assert alone["strides"].encoder == "conv8 bn conv16 bn flatten dense20 bn code2"
    assert (alone["data"].train_size, alone["epochs"].epochs) == (0, 80)
    for group, config in alone.items():
        assert difference.between(found.a, config).groups == (group,)
        assert not config.recipe


@pytest.mark.parametrize(
    ("changes", "groups"),
    [
        ({"encoder": "conv4/2 bn conv8/2 bn conv8 bn flatten dense20 bn code2"}, ("layers",)),
        ({"encoder": "conv4/2 bn flatten dense20 bn code2"}, ("layers",)),
        ({"encoder": "conv4 bn conv8/2 bn flatten dense20 bn code2"}, ("strides",)),
        ({"encoder": "conv4/2 bn conv16/2 bn flatten dense20 bn code2"}, ("filters",)),
        ({"encoder": "conv4k5/2 bn conv8/2 bn flatten dense20 bn code2"}, ("kernels",)),
        ({"encoder": "conv4/2:gelu bn conv8/2 bn flatten dense20 bn code2"}, ("activations",)),
        ({"encoder": "conv4/2 conv8/2 flatten dense20 code2"}, ("norms",)),
        ({"encoder": "conv4/2 bn conv8/2 bn flatten dense20 bn code4"}, ("code",)),
        ({"train_size": 100}, ("data",)),
        ({"split": "test"}, ("split",)),
        ({"epochs": 6, "patience": 2}, ("epochs",)),
        ({"beta": 0.5, "loss": "mse"}, ("objective",)),
        ({"learning_rate": 0.1, "batch": 7}, ("optimiser",)),
        ({"precision": "float32"}, ("arithmetic",)),
        ({"seed": 7, "recipe": "mine"}, ()),
    ],
)
def test_every_change_has_its_group_and_nothing_to_separate(changes, groups):
    found = difference.between(BASE, replace(BASE, **changes))
    assert found.groups == groups
    assert found.separating() == ()
    assert found.only_layers == (groups == ("layers",))


def test_a_change_of_everything_is_made_of_its_single_changes():
    other = replace(BASE, encoder="conv8k5 bn conv8/2:gelu conv8 flatten dense16 bn code3", epochs=9, batch=9)
    found = difference.between(BASE, other)
    alone = found.separating()
    assert len(alone) == len(found.groups) > 5
    for each in alone:
        assert each.config is not None, each.problem
        assert difference.between(BASE, each.config).groups == (each.group,)


def test_a_code_that_stands_beside_the_line_stays_there():
    a = Config("digits", (8, 8, 1), "flatten dense16", latent=2)
    found = difference.between(a, replace(a, encoder="flatten dense32", epochs=9, latent=4))
    alone = {each.group: each.config for each in found.separating()}
    assert alone["filters"] == replace(a, encoder="flatten dense32")
    assert alone["code"] == replace(a, latent=4)


def test_all_changes_together_lead_from_the_one_to_the_other():
    for a, b in (("mnist-baseline", "mnist-wide"), ("fashion-cae", "fashion-dropout-ae")):
        found = between(a, b)
        kinds = set(alignment.KINDS)
        whole = found.b.architecture()
        assert alignment.partial(found.encoder, kinds) == (*whole.encoder, whole.code, *whole.tail)
        assert alignment.partial(found.decoder, kinds) == whole.decoder


def test_what_cannot_be_separated_says_why():
    a = Config("digits", (8, 8, 1), "conv4/2 flatten code2", "dense16 reshape4x4x1 deconv4/2 deconv1:sigmoid")
    b = replace(a, decoder="dense16 reshape4x4x1 deconv4 up2 deconv1:sigmoid")
    problems = {each.group: each.problem for each in difference.between(a, b).separating()}
    assert "16x16x1" in problems["layers"]
    assert "4x4x1" in problems["strides"]


def test_other_images_are_never_separated():
    other = Config("mnist", (28, 28, 1), "conv4/2 flatten code2")
    found = difference.between(BASE, other)
    assert "data set from digits to mnist" in " ".join(found.sentences())
    assert found.separating() == ()


def test_a_zero_says_what_it_means():
    """Each setting that takes part has words, and those of 0 are no bare 0; what takes no part has none."""
    plain, vae = replace(BASE, kind="ae", beta=None), replace(BASE, beta=0.0)
    assert [difference.words_of(vae, name) for name in ("beta", "noise", "patience", "train_size", "classes")] == [
        "0 (no KL term)",
        "none",
        "unlimited",
        "all",
        "all",
    ]
    assert not any(difference.applies(plain, name) for name in ("beta", "kl_warmup", "sigma", "noise_once"))
    assert "beta from 1 to 0 (no KL term)" in " ".join(difference.between(BASE, vae).sentences())
    assert "kind from VAE to autoencoder and beta from 1 to none" in " ".join(
        difference.between(BASE, plain).sentences()
    )


def test_every_split_that_can_be_asked_for_has_words():
    told = [difference.words_of(replace(BASE, split=split), "split") for split in ("shuffled", "test", "fold:2/5")]
    assert told == ["a random fifth", "the test set", "fold 2 of 5"]


@pytest.mark.parametrize(
    ("changes", "name"),
    [({}, "VAE"), ({"beta": 0.0}, "VAE without its KL term (beta is 0)"), ({"kind": "ae"}, "autoencoder")],
)
def test_a_vae_in_name_only_is_named_so(changes, name):
    assert naming.kind(replace(BASE, **{"beta": None, **changes})) == name


def test_identical_configs_say_so():
    assert difference.between(BASE, replace(BASE, seed=3)).sentences() == (
        "Both have the same settings: only their seeds can differ.",
    )
