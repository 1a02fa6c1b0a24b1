"""The layer buttons: what they add, move and take out, how each layer is explained, and repairs that work."""

from __future__ import annotations

import pytest

from ui.form import edits
from ui.form.edits import ADDITIONS
from vae_core.design.draft import MIRROR, Draft, repairs, table
from vae_core.design.layers import REPEATED
from vae_core.design.mirror import mirror
from vae_core.design.notation import parse, write

GREY = (28, 28, 1)
BASELINE = "conv8/2 bn conv16/2 bn flatten dense20 bn code2"
BROKEN = [
    ("conv3x3 pool2", MIRROR),
    ("blah7", MIRROR),
    ("", MIRROR),
    ("conv8/2 drop5", MIRROR),
    ("conv8/2 dense20", MIRROR),
    ("conv8 flatten conv8 code2", MIRROR),
    ("conv8 dense3 pool2", MIRROR),
    ("pool16 pool2 conv8", MIRROR),
    ("conv8k31 bn", MIRROR),
    ("conv8/2 flatten code2 dense20", MIRROR),
    ("conv8/2 code2 code3", MIRROR),
    ("conv8/2 flatten code2:relu bn", MIRROR),
    ("conv8/2 up2 flatten code2", MIRROR),
    ("conv4096 conv4096", MIRROR),
    ("res( conv8/2 ) bn", MIRROR),
    ("conv8/2 flatten code2", ""),
    ("conv8/2 flatten code2", "foo dense3"),
    ("conv8/2 flatten code2", "dense20 reshape7x7x16 deconv8/2 deconv1/2:sigmoid"),
    ("conv8/2 flatten code2", "dense784 reshape7x7x16 deconv8/2 deconv3:sigmoid"),
    ("conv8 flatten code2", "dense729 reshape27x27x1 deconv1:sigmoid"),
]


def test_two_clicks_add_two_layers_and_their_mirrors():
    draft = Draft(GREY, BASELINE)
    before = draft.architecture()
    for _ in range(2):
        line, _place = edits.add(draft.encoder, "encoder", "Convolution")
        draft = draft.with_line("encoder", line)
    after = draft.architecture()
    assert draft.encoder == "conv8/2 bn conv16/2 bn conv32 bn conv64 bn flatten dense20 bn code2"
    assert draft.mirrored
    added = [layer.text for layer in after.decoder]
    assert "deconv64" in added and "deconv32" in added
    assert after.decoder[-1] == before.decoder[-1]


def test_a_mirror_that_was_written_out_follows_the_encoder_and_a_decoder_of_its_own_does_not():
    written = write(mirror(GREY, parse(BASELINE)[:-1]))
    assert Draft(GREY, BASELINE, written).with_line("encoder", "conv8/2 bn").decoder == MIRROR
    own = "dense784:sigmoid reshape28x28x1"
    assert Draft(GREY, BASELINE, own).with_line("encoder", "conv8/2 bn").decoder == own


@pytest.mark.parametrize("part", ADDITIONS)
def test_every_button_adds_a_layer_that_fits_wherever_it_is_put(part):
    mirrored = Draft(GREY, BASELINE)
    draft = Draft(GREY, BASELINE, mirrored.architecture().decoder_line)
    for what in ADDITIONS[part]:
        line, place = edits.add(draft.line(part), part, what)
        assert len(edits.texts(line)) > len(edits.texts(draft.line(part)))
        changed = Draft(GREY, line) if part == "encoder" else Draft(GREY, BASELINE, line)
        _, problem = table(changed)
        assert problem is None or repairs(changed, problem)
        assert 0 <= place < len(edits.texts(line))


def test_a_layer_is_added_after_the_chosen_one():
    line, place = edits.add(BASELINE, "encoder", "Dropout", after=1)
    assert (line, place) == ("conv8/2 bn drop0.2 conv16/2 bn flatten dense20 bn code2", 2)


def test_layers_move_and_go_and_a_block_is_one_of_them():
    line = "conv8 res(conv8 bn conv8) pool2"
    assert edits.move(line, 1, 1) == "conv8 pool2 res(conv8 bn conv8)"
    assert edits.move(line, 0, -1) == line
    assert edits.remove(line, 1) == "conv8 pool2"


def test_the_table_says_what_the_architecture_counts():
    draft = Draft(GREY, BASELINE)
    lines, problem = table(draft)
    assert problem is None
    assert sum(line.parameters or 0 for line in lines) == 26_345
    assert lines[-1].output == "28x28x1"
    assert all(line.words.endswith(".") and len(line.words) > 10 for line in lines)


def test_the_table_ends_at_the_layer_that_does_not_fit():
    lines, problem = table(Draft(GREY, "conv8/2 dense20 bn"))
    assert problem is not None
    assert (problem.part, problem.place) == ("encoder", 1)
    assert [line.layer for line in lines] == ["conv8/2", "dense20"]
    assert "flatten" in lines[-1].words


@pytest.mark.parametrize("encoder, decoder", BROKEN)
def test_what_does_not_fit_is_explained_and_can_be_repaired(encoder, decoder):
    draft = Draft(GREY, encoder, decoder)
    _, problem = table(draft)
    assert problem is not None and str(problem.error)
    found = repairs(draft, problem)
    assert found
    assert len({repair.label for repair in found}) == len(found)
    assert any(table(draft.repaired(repair))[1] is None for repair in found)


def test_of_two_mistakes_the_first_can_be_put_right():
    draft = Draft(GREY, "covn8/2 dense20")
    _, problem = table(draft)
    labels = [repair.label for repair in repairs(draft, problem)]
    assert labels[:2] == ["Write conv8/2 for covn8/2", "Take covn8/2 out"]


def test_an_architecture_that_fits_has_no_problem_whatever_its_kind():
    assert table(Draft(GREY, "conv8/2 flatten code2:relu bn", kind="ae"))[1] is None


def test_one_pattern_is_not_many():
    assert parse("conv1")[0].explain(GREY).startswith("Looks for 1 pattern of 3x3")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("bn bn", REPEATED),
        ("conv4 bn relu bn", ""),
        ("conv4 relu", REPEATED),
        ("relu relu", REPEATED),
        ("conv4:linear relu", ""),
        ("dense4:tanh tanh", ""),
        ("drop0.5 drop0.5", "this is one drop0.75."),
        ("conv4 linear", ""),
        ("conv4:linear linear", REPEATED),
        ("pool2 pool2", ""),
    ],
)
def test_a_layer_that_repeats_the_one_before_it_says_so(line, told):
    whole = f"{line} flatten" if "dense" not in line else f"flatten {line}"
    words = [each.words for each in table(Draft(GREY, whole))[0] if each.part == "encoder"]
    noted = [each for each in words if REPEATED in each or "this is one" in each]
    assert len(noted) == bool(told) and all(told in each for each in noted)
