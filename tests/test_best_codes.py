"""The best code that can be found: against least squares and SciPy, with a planted bad encoder, and as a task."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from vae_core.cli import worker as worker
from vae_core.data import catalog
from vae_core.design import naming
from vae_core.look import best, evaluation
from vae_core.look.best.loss import Loss
from vae_core.look.best.plan import COUNTS, Plan
from vae_core.look.best.work import Work
from vae_core.look.forms import Ends, Outputs
from vae_core.look.portable import Network, Portable
from vae_core.runs import jobs
from vae_core.runs.store import Run

IMAGE, PIXELS, COUNT = (6, 6, 1), 36, 40
RANDOM = np.random.default_rng(3)
MSE = Loss(squared=True, weight=0.5)
BCE = Loss(squared=False)


@dataclass(frozen=True)
class Layer:
    """A network of one layer."""

    ends: Ends
    weights: np.ndarray
    bias: np.ndarray
    lit: bool = False

    def __call__(self, rows: np.ndarray) -> Outputs:
        ((name, shape),) = self.ends.outputs.items()
        made = rows.reshape(len(rows), -1) @ self.weights + self.bias
        return {name: np.float32(expit(made) if self.lit else made).reshape(-1, *shape)}


def model(size: int, lit: bool = False) -> tuple[Portable, Layer]:
    """A decoder of one layer, and an encoder that knows nothing of it."""
    decoder = Layer(Ends((size,), {"image": IMAGE}), RANDOM.normal(0, 1, (size, PIXELS)), RANDOM.random(PIXELS), lit)
    wild = 0.2 if lit else 1.0  # where pixels are all black or white for a processor, nothing leads anywhere
    encoder = Layer(Ends(IMAGE, {"mean": (size,)}), RANDOM.normal(0, wild, (PIXELS, size)), np.zeros(size))
    return Portable(Network("encode", lambda: encoder), Network("decode", lambda: decoder)), decoder


def images(decoder: Layer) -> np.ndarray:
    codes = RANDOM.normal(0, 1, (COUNT, *decoder.ends.row))
    drawn = decoder(codes)["image"] + RANDOM.normal(0, 0.1, (COUNT, *IMAGE))
    return np.uint8(255 * np.clip(drawn, 0, 1))


def found_by(portable: Portable, loss: Loss, pixels: np.ndarray, plan: Plan) -> best.Arrays:
    return best.search(Work(portable, loss, lambda *told: None), pixels, plan)


@pytest.mark.parametrize("size", [1, 2, 7])
def test_a_bad_encoder_loses_all_that_least_squares_would_have_won(size):
    portable, decoder = model(size)
    pixels = images(decoder)
    found = found_by(portable, MSE, pixels, Plan(64 if size <= 2 else 0, 20, COUNT))
    target = MSE.targets(pixels).T - decoder.bias[:, None]
    truth, *_ = np.linalg.lstsq(decoder.weights.T, target)
    least = 0.5 * np.square(target - decoder.weights.T @ truth).sum(axis=0)
    assert found["best"] == pytest.approx(least, rel=2e-3)
    assert (found["best"] >= least * (1 - 1e-5)).all()
    assert found["own"].mean() > 5 * least.mean()
    assert np.abs(found["best_codes"] - truth.T).max() < 0.2
    own, kept, lost = best.metrics(found, "nats per image")
    assert lost["value"] == pytest.approx(own["value"] - kept["value"])
    assert [each["name"] for each in (own, kept, lost)] == ["reconstruction", "best_code", "encoder_loses"]


@pytest.mark.parametrize("size", [2, 5])
def test_with_cross_entropy_it_is_what_scipy_finds(size):
    portable, decoder = model(size, lit=True)
    pixels = images(decoder)
    found = found_by(portable, BCE, pixels, Plan(64 if size <= 2 else 0, 20, COUNT))

    def loss(code: np.ndarray, target: np.ndarray) -> float:
        made = code @ decoder.weights + decoder.bias
        return float((np.logaddexp(0, made) - target * made).sum())

    least = [minimize(loss, np.zeros(size), target).fun for target in BCE.targets(pixels)]
    assert found["best"] == pytest.approx(np.array(least), rel=2e-3)


def test_all_pairs_are_what_each_pair_is():
    target, output = np.float32(RANDOM.random((2, 9, PIXELS)))
    for loss in (MSE, BCE, replace(MSE, weight=3.0)):
        pairs = [[float(loss.each(one[None], other[None])[0]) for other in output] for one in target]
        assert np.diff(loss.of_all(target, output)) == pytest.approx(np.diff(pairs), abs=1e-3)


def test_an_encoder_that_cannot_be_beaten_keeps_its_codes():
    portable, decoder = model(2)
    pixels = images(decoder)
    blind = replace(decoder, weights=np.zeros((2, PIXELS)))
    found = found_by(Portable(portable.encoder, Network("decode", lambda: blind)), MSE, pixels, Plan(64, 20, COUNT))
    assert (found["best"] == found["own"]).all() and (found["best_codes"] == found["own_codes"]).all()
    assert "no image" in best.told(best.metrics(found, "nats per image"))


def test_fewer_images_are_among_the_more():
    portable, decoder = model(3)
    pixels = images(decoder)
    few, more = (found_by(portable, MSE, pixels, Plan(0, 20, count)) for count in (10, 30))
    both = np.isin(more["places"], few["places"])
    assert len(few["places"]) == 10 and both.sum() == 10 and (np.diff(more["places"]) > 0).all()
    assert more["own"][both] == pytest.approx(few["own"], rel=1e-5)


def test_a_slow_decoder_is_asked_less():
    plans = [Plan.within(decodes, 2, 784) for decodes in (1e9, 1e5, 1e4, 10)]
    assert plans[0].images == COUNTS[0] and plans[-1].images == COUNTS[-1]
    for quick, slow in zip(plans, plans[1:]):
        assert quick.images >= slow.images and quick.nodes >= slow.nodes and quick.known >= slow.known
    assert Plan.within(1e9, 3, 784).nodes == 0
    large = Plan.within(1e9, 2, 256 * 256 * 3)
    assert large.nodes < plans[0].nodes and large.known < plans[0].known


def test_a_run_is_asked_for_all_its_images_once(own: Run, call):
    code, printed, _ = call("evaluate", own.id, "--best-codes", "--json")
    told, task = json.loads(printed), best.finished(own)
    assert code == 0 and task is not None
    found, config = best.arrays(task), own.config()
    pixels = catalog.load(config.dataset, own.settings).test.pixels
    truth = evaluation.per_image(Portable.of(own), pixels, config).reconstruction(config, "mean_code")
    assert found["own"] == pytest.approx(truth, rel=1e-4)
    assert (found["best"] <= found["own"]).all() and found["best"].mean() < 0.99 * found["own"].mean()
    remade = Portable.of(own).output(found["best_codes"]).reshape(len(pixels), -1)
    assert Loss.of(config).each(Loss.of(config).targets(pixels), remade) == pytest.approx(found["best"], rel=1e-4)
    assert told["images"] == told["of"] == len(pixels)
    assert {each["unit"] for each in told["metrics"]} == {naming.unit(config, naming.IMAGE)}
    shown = call("evaluate", own.id, "--best-codes")[1]
    assert "The encoder loses" in shown and "Reconstruction, best code" in shown
    assert best.begin(own) == task


def test_it_is_stopped_and_begun_again(own: Run):
    task, told = best.begin(own), []

    def stop_half_way(phase: str, done: float, total: float) -> None:
        told.append(done / total)
        if done > 0.5:
            raise jobs.Stopped("enough")

    with pytest.raises(jobs.Stopped):
        best.measure(task, stop_half_way)
    assert told == sorted(told) and best.finished(own) is None
    worker.work(task)
    assert best.finished(own) == task
