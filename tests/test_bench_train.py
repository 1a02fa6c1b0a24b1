"""Trainers that are compared train the same network on the same images, and the quicker one is told rightly."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import numpy as np
import pytest

from bench import in_torch, likeness, speedrun, train, turns
from vae_core.design.layers import KINDS, Code
from vae_core.design.reports import systems
from vae_core.settings import PROJECT

TWINS = """
import json, torch
from bench.in_torch import Twin
from bench.train import NETWORKS
found = {}
for name, config in NETWORKS.items():
    twin = Twin(torch, config.architecture(), logits=True)
    height, width, channels = config.image
    with torch.no_grad():
        made, _ = twin(torch.rand(2, channels, height, width))
    found[name] = [twin.weights, list(made.shape)]
print(json.dumps(found))
"""


@pytest.mark.skipif(not turns.pythons(), reason="bench/torch.sh has not been run")
def test_a_network_in_pytorch_has_as_many_weights_and_makes_images_as_large():
    *_, python = turns.pythons().values()
    done = subprocess.run([python, "-c", TWINS], cwd=PROJECT, capture_output=True, text=True, check=True)
    for name, (weights, shape) in json.loads(done.stdout).items():
        config = train.NETWORKS[name]
        height, width, channels = config.image
        assert weights == config.architecture().counts["total"], name
        assert shape == [2, channels, height, width], name


def test_every_kind_of_layer_has_a_like_in_pytorch():
    known = {f"_of_{kind.__name__.lower()}" for kind in KINDS if kind is not Code}
    assert known <= set(dir(in_torch.Twin))


def test_a_kernel_without_a_middle_is_refused():
    with pytest.raises(ValueError, match="4 pixels has no middle"):
        in_torch._half(4)


def test_networks_train_on_whole_batches_and_never_end_early():
    for name, network in train.NETWORKS.items():
        config = train.shortened(network)
        held_back = config.train_size // 5
        assert config.train_size - held_back == train.steps_of(config) * config.batch, name
        assert not (config.steps or config.ema or config.patience or config.warmup), name
        assert config.architecture() == network.architecture()
    assert set(train.REPORTS) <= set(systems())


def test_ours_is_told_beside_the_best_of_each_rival():
    seconds = {
        "loupe": [1.0, 2.0, 1.0],
        "fit-auto": [3.0, 3.0, 3.0],
        "fit-false": [1.5, 4.0, 2.0],
        "torch-2.12-float32": [2.0, 2.0, 2.0],
        "torch-newest-bfloat16": [0.9, 1.0, 0.8],
    }
    found = train.judged(seconds, images=100)
    assert found["best"] == {"fit": "fit-false", "torch": "torch-newest-bfloat16"}
    assert found["ratios"] == {"fit": 2.0, "torch": 0.8}
    assert found["images_per_second"]["loupe"] == 100


def test_where_there_is_no_pytorch_the_others_are_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(turns, "TORCH", tmp_path)
    assert train.trainers() == ["loupe", "fit-auto", "fit-false"]
    seconds = {"loupe": [1.0], "fit-auto": [2.0], "fit-false": [3.0]}
    assert train.judged(seconds, images=1)["ratios"] == {"fit": 2.0}
    assert speedrun._measured({"entry": "torch"}) == {"open": "torch is not installed"}


def test_a_worker_trains_an_epoch_a_line(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n\n"))
    turns.serve(lambda: {"seconds": 1.5})
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["seconds"] for each in found] == [1.5, 1.5]
    assert all(each["processor"] >= 0 for each in found)


def test_a_worker_that_ends_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(turns, "PROJECT", tmp_path)
    (tmp_path / "talks.py").write_text("import sys\nprint('hello')\nsys.stdin.readline()\nprint('{\"seconds\": 2}')\n")
    worker = turns.Worker("talks", [])
    assert worker.epoch() == {"seconds": 2}
    with pytest.raises((RuntimeError, BrokenPipeError)):
        worker.epoch()
    worker.process.wait(10)


def test_components_look_the_more_like_the_images_the_more_there_are():
    random = np.random.default_rng(0)
    images = random.random((60, 8, 8, 1), np.float32)
    few, many = (likeness.alike(likeness.by_pca(images, images, size), images) for size in (2, 40))
    assert few < many < 1
    assert likeness.alike(images, images) == 1


def test_shares_are_told_by_kind_and_the_rest_is_neither():
    from bench import shares

    one = [("while/model/dense/MatMul:_MklMatMul", 0.2), ("ExecutorState::Process", 9.0), ("Mul_1:Mul", 0.1)]
    other = [("ResourceApplyAdam_3:ResourceApplyAdam", 0.3), ("FunctionRun", 5.0)]
    found = shares.shares([one, other], seconds=1.0)
    assert found["products"] == 0.2 and found["adam"] == 0.3 and found["single numbers"] == 0.1
    assert found["rest"] == pytest.approx(0.4)


@pytest.mark.parametrize("script", ["gpu.sh", "torch.sh"])
def test_scripts_are_read_by_bash(script):
    subprocess.run(["bash", "-n", PROJECT / "bench" / script], check=True)
