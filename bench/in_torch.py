"""The network of a line of notation in PyTorch, and an epoch of it: what bench/train.py compares with.

    .torch/newest/bin/python -m bench.in_torch ASKED

As PyTorch is told to be quickest on a processor: images in channels_last, fused Adam, a loss of logits, all images in
memory. `torch.compile` is not used. PyTorch is a guest: only this file's `main` needs it.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from bench import turns
from vae_core.design import config as configs
from vae_core.design import layers as spec
from vae_core.design.architecture import Architecture, without_sigmoid
from vae_core.design.config import Config
from vae_core.design.layers import Layer, Shape
from vae_core.design.layers.dense import Fourier
from vae_core.design.layers.norm import LayerNorm

Apply = Callable[[Any], Any]
SLOPE = 0.2  # of leaky


def main() -> None:
    torch: Any = importlib.import_module("torch")
    asked = json.loads(sys.argv[1])
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    trainer = Trainer(torch, configs.from_json(asked["config"]), asked["precision"])
    images = torch.from_numpy(np.load(asked["images"]).astype(np.float32) / 255)
    turns.serve(lambda: {"seconds": trainer.epoch(images), "version": torch.__version__})


class Trainer:
    def __init__(self, torch: Any, config: Config, precision: str) -> None:
        torch.manual_seed(config.seed)
        architecture = config.architecture()
        self.torch, self.config = torch, config
        self.logits = config.loss != "mse" and architecture.ends_in_sigmoid
        self.twin = Twin(torch, architecture, self.logits)
        self.half = torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bfloat16")
        weights = [each for each in self.twin.parts.parameters() if each.requires_grad]
        self.optimizer = torch.optim.Adam(weights, lr=config.learning_rate, fused=True)

    def epoch(self, images: Any) -> float:
        """Seconds of as many whole batches as there are."""
        began, batch = time.perf_counter(), self.config.batch
        order = self.torch.randperm(len(images))
        for start in range(0, len(images) - batch + 1, batch):
            self._step(images[order[start : start + batch]].permute(0, 3, 1, 2))
        return time.perf_counter() - began

    def _step(self, images: Any) -> None:
        with self.half:
            made, kl = self.twin(images)
        loss = self._lost(made.float(), images) + (self.config.beta or 0.0) * kl
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()

    def _lost(self, made: Any, images: Any) -> Any:
        functions = self.torch.nn.functional
        if self.config.loss == "mse":
            return functions.mse_loss(made, images)
        if self.logits:
            return functions.binary_cross_entropy_with_logits(made, images)
        return functions.binary_cross_entropy(made, images)


class Twin:
    """Images come and go as PyTorch has them, (b, c, h, w); flat numbers are in Keras' order, which costs no copy."""

    def __init__(self, torch: Any, architecture: Architecture, logits: bool) -> None:
        self.torch, self.parts, self.image = torch, torch.nn.ModuleList(), architecture.image
        self.encoder, shape = self._chain(architecture.encoder, architecture.image)
        code = architecture.code
        heads = [self._ended(self._linear(shape[0], code.size), code.activation)]
        if architecture.kind == "vae":
            heads.append(self._linear(shape[0], code.size))
        self.heads = heads
        as_logits = logits and architecture.ends_in_sigmoid
        layers = without_sigmoid(architecture.decoder) if as_logits else architecture.decoder
        self.decoder, _ = self._chain((*architecture.tail, *layers), (code.size,))
        self.parts.to(memory_format=torch.channels_last)

    def __call__(self, images: Any) -> tuple[Any, Any]:
        """The reconstructions, and the KL term in nats a pixel."""
        hidden = _through(self.encoder, images)
        mean, *spread = (head(hidden) for head in self.heads)
        if not spread:
            return _through(self.decoder, mean), 0.0
        kl = 0.5 * (mean.square() + spread[0].exp() - 1 - spread[0]).sum(1).mean() / images[0].numel()
        code = mean + (0.5 * spread[0]).exp() * self.torch.randn_like(mean)
        return _through(self.decoder, code), kl

    @property
    def weights(self) -> int:
        """As Keras counts them: a batch norm's means and variances are some, its count of batches is none."""
        state = self.parts.state_dict().items()
        return sum(value.numel() for name, value in state if not name.endswith("num_batches_tracked"))

    def _chain(self, layers: Sequence[Layer], shape: Shape) -> tuple[list[Apply], Shape]:
        steps = []
        for layer in layers:
            steps.append(self._made(layer, shape))
            shape = layer.output(shape)
        return steps, shape

    def _made(self, layer: Layer, shape: Shape) -> Apply:
        make = getattr(self, f"_of_{type(layer).__name__.lower()}")
        return make(layer, shape)

    def _part(self, name: str, *arguments: Any, **options: Any) -> Any:
        made = getattr(self.torch.nn, name)(*arguments, **options)
        self.parts.append(made)
        return made

    def _linear(self, before: int, after: int) -> Any:
        return self._part("Linear", before, after)

    def _ended(self, apply: Apply, activation: str) -> Apply:
        if activation == "linear":
            return apply
        function = self._function(activation)
        return lambda value: function(apply(value))

    def _function(self, activation: str) -> Apply:
        functions = self.torch.nn.functional
        if activation == "leaky":
            return lambda value: functions.leaky_relu(value, SLOPE)
        return getattr(self.torch, activation, None) or getattr(functions, activation)

    def _of_activation(self, layer: Any, shape: Shape) -> Apply:
        return self._function(layer.name)

    def _of_dense(self, layer: Any, shape: Shape) -> Apply:
        return self._ended(self._linear(shape[0], layer.units), layer.activation)

    def _of_principal(self, layer: Any, shape: Shape) -> Apply:
        return self._linear(shape[0], layer.size).requires_grad_(False)

    def _of_fourier(self, layer: Fourier, shape: Shape) -> Apply:
        waves = self._linear(shape[0], layer.waves)
        return lambda value: self.torch.cat([value, waves(value).sin()], 1)

    def _of_conv(self, layer: spec.Conv, shape: Shape) -> Apply:
        padding = 0 if layer.valid else _half(layer.kernel)
        options = {"stride": layer.stride, "padding": padding}
        return self._ended(self._part("Conv2d", shape[-1], layer.filters, layer.kernel, **options), layer.activation)

    def _of_deconv(self, layer: spec.Deconv, shape: Shape) -> Apply:
        padding = 0 if layer.valid else _half(layer.kernel)
        more = max(layer.stride - layer.kernel, 0) if layer.valid else layer.stride - layer.kernel + 2 * padding
        options = {"stride": layer.stride, "padding": padding, "output_padding": more}
        made = self._part("ConvTranspose2d", shape[-1], layer.filters, layer.kernel, **options)
        return self._ended(made, layer.activation)

    def _of_batchnorm(self, layer: Layer, shape: Shape) -> Apply:
        return self._part("BatchNorm2d" if len(shape) == 3 else "BatchNorm1d", shape[-1])

    def _of_layernorm(self, layer: LayerNorm, shape: Shape) -> Apply:
        norm: Apply = self._part("LayerNorm", shape[-1])
        if len(shape) == 1:
            return norm
        return lambda value: norm(value.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)

    def _of_dropout(self, layer: spec.Dropout, shape: Shape) -> Apply:
        return self._part("Dropout", layer.rate)

    def _of_pool(self, layer: spec.Pool, shape: Shape) -> Apply:
        return self._part("AvgPool2d" if layer.average else "MaxPool2d", layer.size)

    def _of_up(self, layer: spec.Up, shape: Shape) -> Apply:
        return self._part("Upsample", scale_factor=layer.size)

    def _of_crop(self, layer: spec.Crop, shape: Shape) -> Apply:
        (top, _), (left, _) = layer.sides
        height, width, _ = layer.output(shape)
        return lambda value: value[:, :, top : top + height, left : left + width]

    def _of_pad(self, layer: spec.Pad, shape: Shape) -> Apply:
        rows, columns = layer.sides
        return self._part("ZeroPad2d", (*columns, *rows))

    def _of_flatten(self, layer: Layer, shape: Shape) -> Apply:
        return lambda value: value.permute(0, 2, 3, 1).flatten(1)

    def _of_reshape(self, layer: spec.Reshape, shape: Shape) -> Apply:
        return lambda value: value.reshape(-1, *layer.shape).permute(0, 3, 1, 2)

    def _of_residual(self, layer: spec.Residual, shape: Shape) -> Apply:
        body, after = self._chain(layer.body, shape)
        same = after[-1] == shape[-1]
        short: Apply = (lambda value: value) if same else self._shortcut(shape, after[-1])
        return lambda value: _through(body, value) + short(value)

    def _shortcut(self, shape: Shape, channels: int) -> Apply:
        return self._part("Conv2d", shape[-1], channels, 1) if len(shape) == 3 else self._linear(shape[0], channels)


def _through(steps: Iterable[Apply], value: Any) -> Any:
    for step in steps:
        value = step(value)
    return value


def _half(kernel: int) -> int:
    """The border that keeps an image's size. Keras puts it on other sides where there is a stride, which takes as
    long."""
    if kernel % 2 == 0:
        raise ValueError(f"A kernel of {kernel} pixels has no middle")
    return kernel // 2


if __name__ == "__main__":
    main()
