"""One line of text: what it means, what its mirror is, what it counts, and how it is refused."""

from __future__ import annotations

import os
import re

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import pytest
from fuzz.words import TOKENS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import calls

from vae_core.design.architecture import Architecture, plan
from vae_core.design.layers import Conv, Deconv, Layer, Pool, Residual, Shape
from vae_core.design.notation import FORMS, parse, write
from vae_core.errors import LoupeError

GREY = (28, 28, 1)


def refusal(encoder: str, decoder: str = "mirror", kind: str = "ae", image: tuple[int, int, int] = GREY) -> str:
    with pytest.raises(LoupeError) as caught:
        plan(image, encoder, decoder, kind)
    return str(caught.value)


# What a line means


def test_every_token_comes_back_as_it_was_written() -> None:
    line = (
        "conv8 conv8k5 conv8/2 conv8k5/2v:gelu deconv4v deconv1:sigmoid dense20 dense20:linear code2 code2:relu bn "
        "drop0.25 pool2 avgpool3 up2 flatten reshape7x7x16 crop1 crop1x0 pad2 pad0x2 res(conv8 bn res(conv4:linear)) "
        "relu leaky"
    )
    assert write(parse(line)) == line


def test_case_blanks_and_newlines_do_not_matter() -> None:
    tidy = parse("conv8/2 bn res(conv8 bn conv8:linear) drop0.5 flatten")
    assert parse("  Conv8/2\n\tBN\u00a0RES ( CONV8 bn\nconv8:Linear)DROP.5 flatten ") == tidy


def test_defaults() -> None:
    assert parse("conv8") == (Conv(8, kernel=3, stride=1, valid=False, activation="relu"),)
    assert parse("conv8k3/1:relu conv08") == (Conv(8), Conv(8))
    assert parse("") == ()


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("conv3x3", "did you mean 3 filters (conv3) or a 3x3 kernel (conv16k3)?"),
        ("deconv5x5", "did you mean 5 filters (deconv5) or a 5x5 kernel (deconv16k5)?"),
        ("covn16/2", "did you mean conv16/2?"),
        ("maxpool2", "did you mean pool2?"),
        ("batchnorm", "did you mean bn?"),
        ("linear20", "did you mean dense20?"),
        ("dropout.5", "did you mean drop.5?"),
        ("conv16v/2", "did you mean conv16/2v?"),
        ("conv", "write it as conv16"),
        ("res conv8", "res( conv16 bn conv16 )"),
        ("conv8:rleu", "did you mean conv8:relu?"),
        ("drop5", "did you mean drop0.5?"),
        ("xyzzy", "the tokens are conv"),
        (":relu", "write relu as a token of its own"),
    ],
)
def test_a_wrong_token_is_named_with_a_suggestion(line: str, hint: str) -> None:
    with pytest.raises(LoupeError) as caught:
        parse(f"bn {line} bn")
    assert line.split()[0] in str(caught.value)
    assert hint in str(caught.value).lower()


@pytest.mark.parametrize(
    "line",
    [
        "conv0",
        "conv65537",
        "conv8k32",
        "conv8/17",
        "conv8/0",
        "dense0",
        "code513",
        "drop0",
        "drop1",
        "drop1e9",
        "drop.",
        "pool1",
        "pool17",
        "up1",
        "crop0",
        "crop0x0",
        "pad513",
        "reshape0x1x1",
        "conv8:",
        "conv-8",
        "conv8.5",
        "conv8k",
        "res(res(res(res(bn))))",
        "res()",
        "res(",
        ")",
        "(bn)",
        "res(bn))",
        "res(flatten)",
        "res(code2)",
        "res(reshape1x1x1)",
        "bn\0",
        "conv\u0663",
        "conv\uff18",
        "conv8\u212a3",
        "b\u200bn",
        "conv8;bn",
        "bn " * 201,
        "b" * 10_001,
    ],
)
def test_tokens_outside_the_bounds_are_refused(line: str) -> None:
    with pytest.raises(LoupeError):
        parse(line)


@pytest.mark.parametrize("token", ["conv", "dense", "drop", "drop0.", "reshape7x", "conv8k", "conv8/", "crop"])
def test_huge_numbers_are_refused_at_once(token: str) -> None:
    """Twice as many digits are no more than twice the work."""

    def refused(digits: int) -> None:
        with pytest.raises(LoupeError) as caught:
            parse(token + "9" * digits)
        assert len(str(caught.value)) < 400

    half, whole = calls(lambda: refused(4_950)), calls(lambda: refused(9_900))
    assert whole.total() <= 2 * half.total()


@pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
def test_a_token_is_read_in_one_go(form: re.Pattern[str]) -> None:
    """A form that tries every digit as a beginning of its own would be at these tokens for days."""
    word = re.match("[a-z]+", form.pattern)
    assert word
    for numbers in ("9" * 1_000_000, "1x" * 500_000):
        form.fullmatch(word[0] + numbers)


# How layers fit together


@pytest.mark.parametrize(
    ("encoder", "said"),
    [
        ("dense20", ("dense20", "28x28x1", "flatten before dense20")),
        ("conv8 code2", ("code2", "28x28x8", "flatten before code2")),
        ("flatten conv8", ("conv8", "784", "before flatten")),
        ("flatten flatten", ("flatten", "784", "out")),
        ("conv8/2 conv8/2 conv8/2 conv8k5", ("conv8k5", "4x4x8", "conv8k4")),
        ("pool14 conv8v", ("conv8v", "2x2x1", "conv8k2")),
        ("pool14 conv8/3", ("conv8/3", "2x2x1", "at most 2")),
        ("pool14 pool3", ("pool3", "2x2x1", "3x3 window")),
        ("crop28", ("crop28", "28x28x1", "nothing")),
        ("flatten reshape28x28x2", ("reshape28x28x2", "784", "dense1568")),
        ("res(conv8/2)", ("res(conv8/2)", "28x28x1", "outside the block")),
        ("res(conv8 pool2)", ("14x14x8", "outside the block")),
        ("up16 up2 conv64", ("conv64", "896x896x1", "16,777,216")),
        ("flatten dense9000 dense9000", ("176,184,786", "50,000,000", "dense9000")),
        ("flatten code2 code2", ("2 codes",)),
        ("flatten code2 dense3", ("dense3", "before code2")),
        ("", ("empty",)),
        ("up2", ("up2", "no mirror", "decoder line of your own")),
        ("deconv8", ("deconv8", "no mirror")),
        ("res(up2 pool2)", ("up2", "no mirror")),
        ("flatten reshape28x28x1", ("reshape28x28x1", "no mirror")),
    ],
)
def test_what_does_not_fit_is_named_with_its_shape(encoder: str, said: tuple[str, ...]) -> None:
    decoder = "dense784:sigmoid reshape28x28x1" if "up16" in encoder or "28x28x2" in encoder else "mirror"
    message = refusal(encoder, decoder)
    assert all(part in message for part in said), message


@pytest.mark.parametrize("encoder", ["up2 conv8/2", "deconv8 conv8", "flatten reshape14x14x4 conv8", "res(up2 pool2)"])
def test_what_has_no_mirror_is_welcome_with_a_decoder_of_its_own(encoder: str) -> None:
    assert plan(GREY, encoder, "dense784:sigmoid reshape28x28x1").encoder[-1].text == "flatten"


def test_a_3x3_convolution_fits_any_size() -> None:
    assert plan((1, 1, 3), "conv8 conv4").decoder_line == "dense4 reshape1x1x4 deconv4 deconv8 deconv3:sigmoid"


@pytest.mark.parametrize(
    ("decoder", "said"),
    [
        ("", ("empty", "28x28x1")),
        ("dense100", ("shape 100", "dense784:sigmoid reshape28x28x1")),
        ("dense784 reshape28x28x1 deconv3", ("28x28x3", "deconv1:sigmoid")),
        ("dense1024 reshape8x8x16 deconv8/2 deconv1/2", ("32x32x1", "crop4")),
        ("dense169 reshape13x13x1 up2", ("26x26x1", "pad2")),
        ("dense784 code2", ("code2", "dense2")),
        ("conv8", ("conv8", "shape 2 ", "reshape")),
    ],
)
def test_a_decoder_ends_in_the_image(decoder: str, said: tuple[str, ...]) -> None:
    message = refusal("flatten", decoder)
    assert all(part in message for part in said), message


@pytest.mark.parametrize("code", ["code2:relu", "code2 bn", "code2 relu"])
def test_the_heads_of_a_vae_are_linear(code: str) -> None:
    assert "VAE" in refusal(f"flatten {code}", kind="vae")
    assert plan(GREY, f"flatten {code}", kind="ae").code.size == 2


def test_a_code_is_added_where_none_is() -> None:
    assert plan(GREY, "conv8/2", latent=5).encoder_line == "conv8/2 flatten code5"
    assert plan(GREY, "conv8/2 flatten dense9", latent=5).encoder_line == "conv8/2 flatten dense9 code5"
    assert plan(GREY, "flatten code3", latent=5).code.size == 3


@pytest.mark.parametrize("image", [(28, 28, 2), (0, 28, 1), (28, 28), (28.0, 28, 1), (513, 28, 1), (True, 28, 1)])
def test_impossible_images_are_refused(image: tuple[int, int, int]) -> None:
    assert "image size" in refusal("flatten", image=image)


# Counts

BASELINE = "conv8/2 bn conv16/2 bn flatten dense20 bn code2"


def test_the_table_of_the_baseline() -> None:
    rows = plan(GREY, BASELINE).encoder_rows
    assert [(row.layer.text, row.output, row.parameters) for row in rows] == [
        ("conv8/2", (14, 14, 8), 80),
        ("bn", (14, 14, 8), 32),
        ("conv16/2", (7, 7, 16), 1168),
        ("bn", (7, 7, 16), 64),
        ("flatten", (784,), 0),
        ("dense20", (20,), 15_700),
        ("bn", (20,), 80),
        ("code2", (2,), 84),
    ]
    assert [row.multiply_adds for row in rows] == [14_112, 0, 56_448, 0, 0, 15_680, 0, 80]
    assert [row.trainable for row in rows][1] == 16


def test_a_residual_block_counts_its_body_and_its_shortcut() -> None:
    (same,), (wider,) = parse("res(conv8 bn)"), parse("res(conv16)")
    shape = (4, 4, 8)
    assert same.parameters(shape) == 9 * 8 * 8 + 8 + 32
    assert wider.parameters(shape) == (9 * 8 * 16 + 16) + (8 * 16 + 16)
    assert wider.multiply_adds(shape) == 16 * (9 * 8 * 16) + 16 * (8 * 16)
    assert same.trainable(shape) == same.parameters(shape) - 16


@pytest.mark.parametrize(("kernel", "stride", "size"), [(3, 1, 9), (3, 2, 15), (2, 3, 21), (5, 2, 17), (1, 4, 28)])
def test_a_valid_transposed_convolution_grows_as_in_keras(kernel: int, stride: int, size: int) -> None:
    assert Deconv(4, kernel, stride, valid=True).output((7, 7, 2)) == (size, size, 4)
    assert Deconv(4, kernel, stride).output((7, 7, 2)) == (7 * stride, 7 * stride, 4)


# Mirrors


@pytest.mark.parametrize(
    ("image", "encoder", "decoder"),
    [
        (GREY, BASELINE, "dense784 bn reshape7x7x16 deconv16/2 bn deconv8/2 bn deconv1:sigmoid"),
        (
            GREY,
            "conv8 bn conv16 bn conv32 bn conv64 bn flatten dense20 bn code2",
            "dense50176 bn reshape28x28x64 deconv64 bn deconv32 bn deconv16 bn deconv8 bn deconv1:sigmoid",
        ),
        (
            GREY,
            "conv128/2 bn conv256/2 bn conv512 bn conv1024 bn flatten dense20 bn code2",
            "dense50176 bn reshape7x7x1024 deconv1024 bn deconv512 bn deconv256/2 bn deconv128/2 bn deconv1:sigmoid",
        ),
        (GREY, "conv8/2 layernorm", "dense1568 layernorm reshape14x14x8 deconv8/2 layernorm deconv1:sigmoid"),
        (GREY, "flatten dense9 fourier8 bn dense5", "dense5 dense9 dense784:sigmoid reshape28x28x1"),
        (GREY, "flatten dense512:gelu dense256:gelu", "dense256:gelu dense512:gelu dense784:sigmoid reshape28x28x1"),
        (GREY, "flatten dense9 bn drop.2 dense5", "dense5 dense9 bn drop0.2 dense784:sigmoid reshape28x28x1"),
        (GREY, "flatten", "dense784:sigmoid reshape28x28x1"),
        (GREY, "bn flatten", "dense784:sigmoid reshape28x28x1"),
        (GREY, "conv4k5/2v:gelu drop.1", "dense576 reshape12x12x4 deconv4k5/2v:gelu pad1 drop0.1 deconv1:sigmoid"),
        ((29, 30, 3), "conv4/2 pool2", "dense196 reshape7x7x4 up2 pad1 deconv4/2 crop1x0 deconv3:sigmoid"),
        (GREY, "crop4 avgpool2 pad1", "dense169 reshape13x13x1 crop1 up2 pad4 deconv1:sigmoid"),
        (
            GREY,
            "conv4/4 res(conv2 bn conv8:linear) relu",
            "dense392 bn reshape7x7x8 res(deconv2:linear deconv8 bn) relu deconv4/4 deconv1:sigmoid",
        ),
        (GREY, "pool4 res(conv4v pad2)", "dense196 reshape7x7x4 res(crop2 deconv4v) up4 deconv1:sigmoid"),
        (GREY, "flatten dense8 res(dense4 dense9)", "res(dense4 dense9) dense8 dense784:sigmoid reshape28x28x1"),
    ],
)
def test_mirrors(image: tuple[int, int, int], encoder: str, decoder: str) -> None:
    assert plan(image, encoder, kind="ae").decoder_line == decoder


def test_a_written_decoder_is_the_same_as_its_mirror() -> None:
    mirrored = plan(GREY, BASELINE)
    assert plan(GREY, BASELINE, mirrored.decoder_line) == mirrored


# Any text at all

soup = st.lists(st.sampled_from(TOKENS), max_size=14).map(" ".join)
images = st.tuples(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 3]))


@given(
    st.one_of(st.text(), soup, st.text(alphabet="convdeslkxv/:.()0123456789 pubnr\n")),
    st.one_of(st.just("mirror"), soup),
)
@settings(max_examples=400, deadline=None)
def test_any_text_is_an_architecture_or_a_clear_refusal(encoder: str, decoder: str) -> None:
    for kind in ("ae", "vae"):
        try:
            architecture = plan(GREY, encoder, decoder, kind)
        except LoupeError as error:
            assert error.happened and "Traceback" not in str(error) and len(str(error)) < 4000
        else:
            assert architecture.decoder_rows[-1].output == GREY


SIMPLE = parse("conv4 conv6k2/2 conv3k5/3v conv2k1/4 conv5v:gelu pool2 avgpool3 crop1 crop0x1 pad1x2 bn drop0.3 leaky")
BLOCKS = parse("res(conv4 bn) res(conv4v pad2) res(conv2 relu conv5:linear) res(bn drop0.1) res(pad1 res(conv3) crop1)")
FLAT = parse("dense7 dense5:tanh bn drop0.2 relu res(dense4 bn dense6) res(dense3) res(bn)")


@st.composite
def fitting(draw: st.DrawFn, image: Shape) -> str:
    """A line of layers that fit one another, and this image."""
    line: list[Layer] = []
    shape = image
    for layer in draw(st.lists(st.sampled_from((*SIMPLE, *BLOCKS)), max_size=7)):
        try:
            shape = layer.output(shape)
        except LoupeError:
            continue
        line.append(layer)
    return f"{write(line)} flatten {write(draw(st.lists(st.sampled_from(FLAT), max_size=4)))}"


@st.composite
def architectures(draw: st.DrawFn) -> Architecture:
    image = draw(images)
    return plan(image, draw(fitting(image)), kind=draw(st.sampled_from(["ae", "vae"])), latent=draw(st.integers(1, 9)))


@given(architectures())
@settings(max_examples=300, deadline=None)
def test_any_line_that_fits_mirrors_to_the_exact_size(architecture: Architecture) -> None:
    assert architecture.decoder_rows[-1].output == architecture.image
    again = plan(architecture.image, architecture.encoder_line, architecture.decoder_line, architecture.kind)
    assert again == architecture
    assert again.ends_in_sigmoid


def trainable(model) -> int:
    return sum(int(weight.shape.num_elements()) for weight in model.trainable_weights)


@given(architectures())
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_counts_and_shapes_are_those_of_keras(architecture: Architecture) -> None:
    assert_equals_keras(architecture)


@pytest.mark.long
@given(architectures())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_counts_and_shapes_of_hundreds_are_those_of_keras(architecture: Architecture) -> None:
    assert_equals_keras(architecture)


@pytest.mark.parametrize(
    ("image", "encoder", "decoder"),
    [
        (
            (16, 18, 1),
            "up2 deconv3/2 pool2 conv2k5/3v flatten code3:relu bn",
            "bn dense18 reshape3x3x2 deconv4k2/3v deconv2k5/2v:linear bn crop3x2 pad0x1 conv4v up2 conv1k3/2:sigmoid",
        ),
        ((4, 4, 1), "flatten dense32 reshape4x4x2 conv2", "res(dense5 bn) dense16:sigmoid reshape4x4x1"),
    ],
)
def test_counts_of_own_decoders_are_those_of_keras(image: Shape, encoder: str, decoder: str) -> None:
    assert_equals_keras(plan(image, encoder, decoder, "ae"))


def assert_equals_keras(architecture: Architecture) -> None:
    import keras

    from vae_core.learn import models

    keras.backend.clear_session()
    networks = models.build(architecture)
    counts = architecture.counts
    tail = sum(row.parameters for row in architecture.encoder_rows[len(architecture.encoder) + 1 :])
    assert networks.encoder.count_params() == counts["encoder"] - tail
    assert networks.decoder.count_params() == counts["decoder"] + tail
    assert trainable(networks.encoder) + trainable(networks.decoder) == counts["trainable"]
    assert networks.decoder.output_shape[1:] == architecture.image
    outputs = [layer.output.shape[1:] for layer in networks.encoder.layers[1:]]
    plain = not any(isinstance(layer, Residual) for layer in architecture.encoder)
    if plain and architecture.kind == "ae":
        assert outputs == [row.output for row in architecture.encoder_rows[: len(outputs)]]


def test_pools_leave_out_what_fills_no_window() -> None:
    assert Pool(3).output((8, 10, 2)) == (2, 3, 2)
