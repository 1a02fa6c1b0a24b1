"""What each layer is worth: the straight maps against plain least squares, planted networks, and the task."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from vae_core.cli import worker
from vae_core.data import catalog
from vae_core.data.dataset import Dataset, Part
from vae_core.design import architecture, recipes
from vae_core.design.architecture import Architecture
from vae_core.look import worth
from vae_core.look.best.loss import Loss
from vae_core.look.worth import without, work
from vae_core.look.worth.chain import CODE, DECODER, ENCODER, PICTURE, Chain, shorter, stages
from vae_core.look.worth.fit import Fit, solved
from vae_core.look.worth.found import BEND, LEFT_OUT, Found
from vae_core.look.worth.stage import Stage, Straight
from vae_core.runs import jobs, keras_file, store
from vae_core.runs.keras_file import Graph, Layer
from vae_core.runs.store import Run

RANDOM = np.random.default_rng(5)
MSE = Loss(squared=True, weight=0.5)
SIDE = 8
IMAGE, HALF = (SIDE, SIDE, 1), SIDE * SIDE // 2
TEST, TRAIN = 300, 3000


# The straight maps.


def straight(text: str, shape: tuple[int, ...]) -> Straight:
    """Of the kind of a layer of the notation."""
    from vae_core.design.notation import parse

    found = Stage(ENCODER, tuple(parse(text)), shape, 0, 0).straight()
    assert found is not None
    return found


def convolved(images: np.ndarray, kernel: np.ndarray, stride: int, before: tuple[int, int], after: int) -> np.ndarray:
    """Another way than the program's: every window by itself, as its sum. `before`: rows and columns of zeros."""
    high, wide, channels, filters = kernel.shape
    framed = np.pad(images, [(0, 0), (before[0], after), (before[1], after), (0, 0)])
    rows, columns = ((length - size) // stride + 1 for length, size in zip(framed.shape[1:3], (high, wide)))
    found = np.zeros((len(images), rows, columns, filters))
    for row in range(rows):
        for column in range(columns):
            window = framed[:, row * stride : row * stride + high, column * stride : column * stride + wide]
            found[:, row, column] = np.einsum("nhwc,hwcf->nf", window, kernel)
    return found


def basis(made: Straight) -> np.ndarray:
    """Every kernel with a single 1 in it, the filter apart: what least squares may put together."""
    count = made.kernel**2 * made.channels
    return np.eye(count).reshape(count, made.kernel, made.kernel, made.channels)


def conv_columns(made: Straight, images: np.ndarray) -> np.ndarray:
    """(images, rows, columns, weights): what each weight alone would put out."""
    stride, same = made.layer.options["strides"][0], made.layer.options["padding"] == "same"
    size = images.shape[1]
    more = max((-(-size // stride) - 1) * stride + made.kernel - size, 0) if same else 0
    before = (more // 2, more // 2)
    parts = [convolved(images, one[..., None], stride, before, more - more // 2) for one in basis(made)]
    return np.concatenate(parts, axis=3)


def deconv_columns(made: Straight, images: np.ndarray) -> np.ndarray:
    """Every input pixel paints the kernel, `stride` apart; what is painted beyond the picture is cut."""
    stride, same, size = made.layer.options["strides"][0], made.layer.options["padding"] == "same", images.shape[1]
    length = size * stride if same else size * stride + max(made.kernel - stride, 0)
    side = max((size - 1) * stride, length) + made.kernel
    painted = np.zeros((len(images), side, side, len(basis(made))))
    for place, one in enumerate(basis(made)):
        for row in range(size):
            for column in range(size):
                brush = np.einsum("nc,hwc->nhw", images[:, row, column], one)
                at = (
                    slice(row * stride, row * stride + made.kernel),
                    slice(column * stride, column * stride + made.kernel),
                )
                painted[:, at[0], at[1], place] += brush
    cut = max(made.kernel - stride, 0) // 2 if same else 0
    return painted[:, cut : cut + length, cut : cut + length]


def least_squares(columns: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """What the best weights and constants put out, by NumPy's own solution."""
    design = np.concatenate([columns.reshape(-1, columns.shape[-1]), np.ones((wanted[..., 0].size, 1))], axis=1)
    weights, *_ = np.linalg.lstsq(design, wanted.reshape(len(design), -1))
    return (design @ weights).reshape(wanted.shape)


def computed(made: Straight, weights: tuple[np.ndarray, ...], rows: np.ndarray) -> np.ndarray:
    """By the program that runs networks."""
    from vae_core.look.program.executor import Executor
    from vae_core.look.program.lowering import Network

    given = Layer("in", "InputLayer", {"batch_shape": (None, *rows.shape[1:])}, (), 1)
    layer = replace(made.layer, name="out", inputs=("in",))
    return Executor(Network(Graph((given, layer), "in", ("out",), {"out": weights}), merged=True), ("out",))(rows)[
        "out"
    ]


@pytest.mark.parametrize("text", ["dense5", "dense5:sigmoid", "res(dense7 dense7)"])
def test_a_straight_dense_layer_is_what_least_squares_finds(text):
    rows = RANDOM.normal(size=(200, 7)).astype(np.float32)
    made = straight(text, (7,))
    wanted = np.maximum(rows @ RANDOM.normal(size=(7, made.filters)) - 0.3, 0)
    fit = Fit(made)
    fit.add(rows[:90], wanted[:90])
    fit.add(rows[90:], wanted[90:])
    found = computed(made, fit.weights(), rows)
    assert found == pytest.approx(least_squares(rows.astype(np.float64), wanted), abs=1e-4)


def agrees_with_least_squares(made, images, columns):
    assert columns.shape[1:3] == (made.rows.outputs, made.columns.outputs)
    wanted = np.maximum(columns @ RANDOM.normal(size=(columns.shape[-1], made.filters)) + 0.5, 0)
    fit = Fit(made)
    fit.add(images, wanted)
    found = computed(made, fit.weights(), images)
    assert found == pytest.approx(least_squares(columns, wanted), abs=1e-3)


@pytest.mark.parametrize("text", ["conv4", "conv4k5", "conv3k2/2", "conv4/2", "conv4k4/3v", "conv3k1", "conv4k5/2v"])
@pytest.mark.parametrize("size", [6, 7])
def test_a_straight_convolution_is_what_least_squares_finds(text, size):
    images = RANDOM.normal(size=(60, size, size, 2)).astype(np.float32)
    made = straight(text, images.shape[1:])
    agrees_with_least_squares(made, images, conv_columns(made, images))


@pytest.mark.parametrize("text", ["deconv4", "deconv3k4/2", "deconv4/2", "deconv3k5/2", "deconv3k5/3v", "deconv2k2/3"])
def test_a_straight_transposed_convolution_is_what_least_squares_finds(text):
    images = RANDOM.normal(size=(60, 5, 5, 2)).astype(np.float32)
    made = straight(text, images.shape[1:])
    agrees_with_least_squares(made, images, deconv_columns(made, images))


def test_some_places_tell_about_the_same_as_all():
    images = RANDOM.normal(size=(600, 8, 8, 2)).astype(np.float32)
    made = straight("conv4", images.shape[1:])
    columns = conv_columns(made, images)
    wanted = np.maximum(columns @ RANDOM.normal(size=(columns.shape[-1], 4)), 0)
    few, every = Fit(made), Fit(made)
    few.add(images, wanted, 0.25)
    every.add(images, wanted)
    assert few.places == every.places / 4
    errors = [np.square(computed(made, fit.weights(), images) - wanted).mean() for fit in (few, every)]
    assert errors[1] <= errors[0] < 1.02 * errors[1]


def test_numbers_that_never_change_and_twins_get_the_least_weights():
    rows = RANDOM.normal(size=(100, 4))
    rows[:, 1], rows[:, 3] = 0, rows[:, 2]
    design = np.concatenate([rows, np.ones((100, 1))], axis=1)
    wanted = rows @ RANDOM.normal(size=(4, 3)) + 1
    weights, *_ = np.linalg.lstsq(design, wanted)
    assert solved(design.T @ design, design.T @ wanted) == pytest.approx(weights, abs=1e-7)


# Planted networks.


def graph_of(layers: list[tuple[str, Mapping[str, object], tuple[np.ndarray, ...]]], shape: tuple[int, ...]) -> Graph:
    given = Layer("in", "InputLayer", {"batch_shape": (None, *shape)}, (), 1)
    names = ["in", *(f"layer{place}" for place in range(len(layers)))]
    made = [
        Layer(names[place + 1], kind, options, (names[place],), 1) for place, (kind, options, _) in enumerate(layers)
    ]
    return Graph((given, *made), "in", (names[-1],), {name: each[2] for name, each in zip(names[1:], layers)})


def dense(weights: np.ndarray, bias: np.ndarray | None = None, activation: str = "linear"):
    units = weights.shape[1]
    options = {"units": units, "use_bias": True, "activation": activation}
    return "Dense", options, (weights, np.zeros(units) if bias is None else bias)


def planted(bend: str) -> tuple[Chain, Architecture]:
    """Of pictures whose lower half is |2u - 1| of the upper half u, which is the code. With relu it needs its second
    layer of three: the first and the last bend nothing, as what reaches them is never below 0."""
    one, none = np.eye(HALF), np.zeros((HALF, HALF))
    plan = architecture.plan(
        IMAGE,
        f"flatten dense{2 * HALF}:{bend} code{HALF}",
        f"dense{3 * HALF}:{bend} dense{3 * HALF}:{bend} dense{2 * HALF}:linear reshape{SIDE}x{SIDE}x1",
        kind="ae",
    )
    upper = dense(np.concatenate([one, none]))
    parts = dense(np.hstack([one, 2 * one, -2 * one]), np.repeat([0, -1, 1], HALF), bend)
    both = dense(np.block([[one, none], [none, one], [none, one]]))
    encoder = graph_of([("Flatten", {}, ()), dense(np.eye(2 * HALF), None, bend), upper], IMAGE)
    shape = ("Reshape", {"target_shape": IMAGE}, ())
    decoder = graph_of([parts, dense(np.eye(3 * HALF), None, bend), both, shape], (HALF,))
    return Chain.of({ENCODER: encoder, DECODER: decoder}, plan), plan


def images(count: int) -> np.ndarray:
    upper = RANDOM.random((count, HALF))
    drawn = np.concatenate([upper, np.abs(2 * upper - 1) + RANDOM.normal(0, 0.1, upper.shape)], axis=1)
    return np.uint8(255 * np.clip(drawn, 0, 1)).reshape(count, *IMAGE)


def made() -> Dataset:
    return Dataset("made", "made", Part(images(TRAIN)), Part(images(TEST)))


def found_by(chain: Chain, plan: Architecture, data: Dataset) -> Found:
    return Found.by(BEND, plan, *worth.search(chain, data, np.arange(TRAIN), MSE, lambda *told: None))


def test_a_layer_that_is_needed_and_those_that_are_not_are_told_apart():
    found = found_by(*planted("relu"), made())
    first, code, vital, redundant, last = found.layers
    assert vital.apart.low > found.whole
    for each in (first, redundant):
        assert each.apart is not None and each.apart.within(0.001 * found.whole)
    assert code.is_straight and last.is_straight
    assert f"The bend of {vital.called} matters most" in found.sentences("nats per image")[0]
    told = " ".join(found.sentences("nats per image")[1:])
    assert first.called in told and redundant.called in told and vital.called not in told


def test_a_network_without_a_bend_loses_exactly_nothing():
    chain, plan = planted("linear")
    data = made()
    found = found_by(chain, plan, data)
    assert all(each.is_straight and each.apart.value == each.apart.low == each.apart.high == 0 for each in found.layers)
    assert "No layer" in found.sentences("nats per image")[0]
    asked = [work.Asked(stage, stage.straight(), TRAIN) for stage in chain.stages]
    work.fit(chain, asked, data.train.pixels, np.arange(TRAIN), lambda *told: None)
    arrays = work.test(chain, asked, data.test.pixels, MSE, lambda *told: None)
    assert arrays["replaced"] == pytest.approx(np.repeat(arrays["whole"][:, None], len(asked), axis=1), rel=1e-4)


def test_the_whole_of_a_chain_is_what_the_two_networks_do(own: Run):
    from vae_core.look.portable import Portable

    chain = Chain.of(keras_file.read(own.model), own.config().architecture())
    pixels = RANDOM.integers(0, 256, (70, *own.config().image), np.uint8)
    portable = Portable.of(own)
    drawn = portable.output(portable.encode(pixels)[0])
    assert chain.whole()(work.floats(pixels))[PICTURE] == pytest.approx(drawn, abs=1e-4)


ODD = [
    ("conv4/2 bn relu res(conv4 bn relu conv4) drop0.1 pool2 flatten res(dense16 bn) layernorm", "mirror"),
    ("conv4:linear layernorm gelu flatten dense12", "fourier8 dense48 relu reshape4x4x3 up2 res(conv6) conv1:sigmoid"),
    ("flatten dense9:tanh", "dense16 reshape2x2x4 deconv4k4/2 bn deconv1k5/2:sigmoid"),
]


@pytest.mark.parametrize(("encoder", "decoder"), ODD)
def test_layers_of_every_kind_are_found_in_the_saved_model(encoder, decoder, tmp_path):
    from packed_networks import spread

    from vae_core.learn import models

    plan = architecture.plan((8, 8, 1), encoder, decoder, kind="vae")
    networks = spread(models.build(plan))
    networks.whole().save(tmp_path / "model.keras")
    chain = Chain.of(keras_file.read(tmp_path / "model.keras"), plan)
    pixels = RANDOM.random((70, 8, 8, 1)).astype(np.float32)
    seen = chain.looked_into()(pixels)
    for stage in chain.stages:
        assert seen[chain.after(stage)].shape[1:] == stage.output
        assert chain.before(stage) == chain.graph.input or seen[chain.before(stage)].shape[1:] == stage.shape
    asked, reasons = work.plan(chain, 5000)
    assert len(asked) + len(reasons) == len(chain.stages)
    assert {each.stage.bends for each in asked} == {True}
    for each in asked:
        assert each.wanted >= min(100_000, 5000 * each.straight.places) and 0 < each.share <= 1


def test_what_belongs_to_a_layer_is_replaced_with_it():
    plan = architecture.plan((8, 8, 1), *ODD[0], kind="vae")
    found = list(stages(plan))
    assert [each.text for each in found[:3]] == [
        "conv4/2 bn relu",
        "res(conv4 bn relu conv4) drop0.1",
        "res(dense16 bn) layernorm",
    ]
    assert [each.part for each in found].count(CODE) == 1
    block = found[1].straight()
    assert block is not None and block.kernel == 5


def test_what_cannot_be_asked_says_why():
    plan = architecture.plan((40, 40, 3), "flatten dense32 code16", "dense4800:sigmoid reshape40x40x3", kind="ae")
    chain = Chain(Graph((), "", (), {}), (), tuple(stages(plan)))
    asked, reasons = work.plan(chain, 100)
    assert not asked and list(reasons.values())[1] == work.STRAIGHT
    assert "4,096 are the most" in reasons[0] and "100 training images are too few" in reasons[2]


def test_a_loss_that_falls_is_told_apart_from_one_that_stays():
    plan = architecture.plan(IMAGE, "flatten dense9 dense8 code2", "dense64:sigmoid reshape8x8x1", kind="ae")
    noise = np.resize([0.5, -0.5], 200)
    replaced = np.stack([8 + noise, 10 + noise, 15 + noise], axis=1)
    reasons = ["", "", work.STRAIGHT, ""]
    found = Found.by(BEND, plan, reasons, {"whole": np.full(200, 10.0), "replaced": replaced})
    most, falls, stays, straight = found.sentences("nats per image")
    assert "the decoder's dense64:sigmoid matters most" in most and "rises by 5 nats per image" in most
    assert "even falls without the bend of: the encoder's dense9." in falls
    assert "Nothing that could be told" in stays and "the encoder's dense8" in stays and "code2" in straight
    assert found.scaled(0.5).layers[0].apart.value == pytest.approx(-1) and found.scaled(0.5).matters == 0.1


# The task.


def test_a_run_is_asked_once_and_told(own: Run, call):
    code, printed, _ = call("worth", own.id, "--json")
    told, task = json.loads(printed), worth.finished(own)
    assert code == 0 and task is not None
    found = worth.read(task)
    assert len(told["layers"]) == len(found.layers) == len(list(stages(own.config().architecture())))
    assert found.whole == pytest.approx(own.codes()["reconstruction"].mean(), rel=1e-3)
    assert found.asked and all(each.apart.low < each.apart.value < each.apart.high for each in found.asked)
    shown = call("worth", own.id)[1]
    assert found.sentences(told["unit"])[0] in shown and found.layers[0].name in shown
    assert worth.begin(own) == task


def test_it_is_stopped_and_begun_again(own: Run):
    task, told = worth.begin(own), []

    def stop_late(phase: str, done: float, total: float) -> None:
        told.append(done / total)
        if phase == work.TESTING:
            raise jobs.Stopped("enough")

    with pytest.raises(jobs.Stopped):
        worth.measure(task, stop_late)
    assert told == sorted(told) and worth.finished(own) is None
    worker.work(task)
    assert worth.finished(own) == task


# A layer left out.


def test_only_what_keeps_its_shape_can_be_left_out():
    plan = architecture.plan(
        (8, 8, 1),
        "conv4 res(conv4) flatten dense32 dense32 bn",
        "dense64:linear res(dense64) reshape8x8x1 conv1:relu conv1:sigmoid",
        kind="ae",
    )
    kept = [stage.text for stage, reason in zip(stages(plan), without.reasons(plan), strict=True) if not reason]
    assert kept == ["res(conv4)", "dense32 bn", "res(dense64)", "conv1"]
    assert without.reasons(plan)[-1] == without.DRAWS and without.trainings(plan) == 6
    lines = [f"{each.encoder_line} | {each.decoder_line}" for each in (shorter(plan, s) for s in stages(plan))]
    assert "conv4 flatten dense32 dense32 bn code2 |" in lines[1]


def test_what_is_left_computes_as_before_where_the_layer_did_nothing(tmp_path):
    from packed_networks import spread

    from vae_core.learn import models, saved

    plan = architecture.plan(
        (8, 8, 1), "conv4 conv4k1 bn res(conv4) flatten dense16", "dense16 dense64 reshape8x8x1 conv1:sigmoid"
    )
    networks = spread(models.build(plan))
    (same,) = (layer for layer in networks.encoder.layers if getattr(layer, "kernel_size", None) == (1, 1))
    same.set_weights([np.eye(4)[None, None], np.zeros(4)])
    norm = networks.encoder.layers[networks.encoder.layers.index(same) + 1]
    norm.set_weights([np.full(4, math.sqrt(1 + norm.epsilon)), np.zeros(4), np.zeros(4), np.ones(4)])
    networks.whole().save(tmp_path / "model.keras")
    graphs = keras_file.read(tmp_path / "model.keras")
    chain = Chain.of(graphs, plan)
    left_out = next(stage for stage in chain.stages if stage.text == "conv4k1 bn")
    left, rest = models.build(shorter(plan, left_out)), chain.rest(graphs, left_out)
    saved.fill(left.encoder, rest["encoder"])
    saved.fill(left.decoder, rest["decoder"])
    pixels = RANDOM.random((9, 8, 8, 1)).astype(np.float32)
    both = (np.asarray(each.whole()(pixels)) for each in (networks, left))
    assert next(both) == pytest.approx(next(both), abs=1e-5)
    assert len(left.get_weights()) == len(networks.get_weights()) - 6


@pytest.fixture(scope="module")
def blocks(tmp_path_factory) -> Run:
    """A run whose network has blocks that add to what passes them."""
    from support import settings_in, train

    config = replace(
        recipes.default("digits", (8, 8, 1)),
        kind="ae",
        beta=None,
        encoder="flatten dense48 res(dense48 dense48:linear)",
        decoder="dense48 res(dense48 dense48:linear) dense64:sigmoid reshape8x8x1",
        epochs=3,
    )
    return train(settings_in(tmp_path_factory.mktemp("blocks")), config)


def test_the_rest_is_refitted_and_so_is_the_whole_network_twice(blocks: Run, monkeypatch):
    monkeypatch.setattr(without, "SPEC", {**without.SPEC, "seconds": 1.0})
    task = without.begin(blocks)
    worker.work(task)
    found = without.read(task)
    assert found.chance > 0 and [each.name for each in found.asked] == ["encoder block", "decoder block"]
    assert all(each.apart.low < each.apart.value < each.apart.high for each in found.asked)
    assert task.result()["steps"] >= 10 and found.whole < blocks.codes()["reconstruction"].mean()
    assert "differs from itself" in found.sentences("nats per image")[-1]


def test_the_block_that_is_missed_and_the_one_that_is_not_are_named(blocks: Run):
    arrays = {"whole": np.full(200, 10.0), "again": np.full(200, 10.1)}
    noise = np.resize([0.5, -0.5], 200)
    replaced = np.stack([10.02 + noise, 14 + noise], axis=1)
    plan = blocks.config().architecture()
    found = Found.by(LEFT_OUT, plan, without.reasons(plan), {**arrays, "replaced": replaced}, 0.1)
    first, *others = found.sentences("nats per image")
    assert "misses the decoder's block most" in first and "the encoder's block" in others[0]


def test_where_every_layer_changes_the_shape_nothing_is_trained(own: Run, call):
    assert not without.trainings(own.config().architecture())
    code, _, told = call("worth", own.id, "--left-out")
    assert code == 1 and "can simply be left out" in told


@pytest.fixture(scope="module")
def bent(tmp_path_factory) -> Run:
    """A run whose decoder has one layer that bends, without which no training makes up for it; the one after it only
    hands its numbers on. Its weights were put there, not trained."""
    from support import settings_in

    from vae_core.learn import models

    settings = settings_in(tmp_path_factory.mktemp("bent"))
    np.savez(settings.cache.parent / "bent.npz", x_train=images(TRAIN), x_test=images(TEST))
    catalog.add(settings.cache.parent / "bent.npz", "bent", settings)
    config = replace(
        recipes.default("bent", IMAGE),
        kind="ae",
        beta=None,
        loss="mse",
        learning_rate=0.001,
        encoder=f"flatten code{HALF}",
        decoder=f"dense{3 * HALF}:linear dense{3 * HALF} dense{3 * HALF}:linear "
        f"dense{2 * HALF}:linear reshape{SIDE}x{SIDE}x1",
    )
    run = store.create(settings, config, {})
    networks, one, none = models.build(config.architecture()), np.eye(HALF), np.zeros((HALF, HALF))
    parts = np.hstack([one, 2 * one, -2 * one]), np.repeat([0, -1, 1], HALF)
    same = np.eye(3 * HALF), np.zeros(3 * HALF)
    both = np.block([[one, none], [none, one], [none, one]]), np.zeros(2 * HALF)
    networks.set_weights([np.concatenate([one, none]), np.zeros(HALF), *parts, *same, *same, *both])
    networks.whole().save(run.model)
    run.set_status(state="done")
    return run


def test_what_no_refit_makes_up_for_is_missed_and_what_hands_on_is_not(bent: Run, monkeypatch):
    monkeypatch.setattr(without, "SPEC", {**without.SPEC, "seconds": 1.0})
    task = without.begin(bent)
    worker.work(task)
    found = without.read(task)
    vital, redundant = found.asked
    assert vital.apart is not None and vital.apart.low > found.whole and vital.apart.low > found.matters
    assert redundant.apart is not None and redundant.apart.low < found.matters
    assert vital.called in found.sentences("squared error per image")[0]
