"""Where a stand-alone program's networks begin that hold principal components: at PCA of the images that train."""

from __future__ import annotations

from collections.abc import Iterator

from vae_core.design.config import Config
from vae_core.design.layers import Principal

TEXT = (
    "The layers that are not trained get the principal components of the images. Where the others are blocks that add "
    "to what passes them, the blocks begin as nothing, so that the first pictures are those of a PCA."
)


def sections(config: Config) -> Iterator[tuple[str, str, str]]:
    """Title, text and code; nothing where a config has no such layers."""
    architecture = config.architecture()
    if any(isinstance(layer, Principal) for layer in (*architecture.encoder, *architecture.decoder)):
        noise = "SIGMA**2 * BETA" if config.kind == "vae" else "0"
        yield "Where it begins", TEXT, BEGIN.replace("NOISE", noise)


BEGIN = """\
def way(network):
    \"\"\"The dense layers that lie round the blocks, and the layers that end the blocks.\"\"\"
    dense, ends, value = [], [], network.outputs[0]
    while not isinstance(layer := value._keras_history.operation, layers.InputLayer):
        if isinstance(layer, layers.Add):
            body, value = layer.input
            ends.append(body._keras_history.operation)
        else:
            dense = [layer, *dense] if isinstance(layer, layers.Dense) else dense
            value = layer.input
    return dense, ends


def wide(values, count):
    \"\"\"With so many columns, zeros where there are fewer.\"\"\"
    more = [*[(0, 0)] * (values.ndim - 1), (0, max(0, count - values.shape[-1]))]
    return np.pad(values[..., :count], more)


def first(layer, factors):
    \"\"\"Let it multiply each of the first numbers with its factor, and nothing else.\"\"\"
    kernel, count = np.zeros(layer.kernel.shape), min(*layer.kernel.shape, len(factors))
    kernel[range(count), range(count)] = factors[:count]
    layer.set_weights([kernel, np.zeros(kernel.shape[1])])


(into, into_ends), (back, back_ends) = way(encoder), way(decoder)
shown = train[:: -(-len(train) // 20_000)]
flat = shown.reshape(len(shown), -1) / np.float32(255)
mean = flat.mean(axis=0)
values, axes = np.linalg.svd(flat - mean, full_matrices=False)[1:]
deviations = values / math.sqrt(len(flat))
found = deviations > 1e-4 * deviations[0]
axes, deviations = axes[found], deviations[found]
axes *= np.sign(axes[range(len(axes)), np.abs(axes).argmax(axis=1)])[:, None]
scale = np.sqrt(deviations * deviations[0])
for layer in (each for each in into if not each.trainable):
    kernel = wide(axes.T / scale, layer.units)
    layer.set_weights([kernel, -mean @ kernel])
for layer in (each for each in back if not each.trainable):
    layer.set_weights([wide(axes.T * scale, layer.input.shape[-1]).T, mean])
if len(into) == len(back) == 2 and not into[0].trainable and not back[1].trainable:
    for layer in (*into_ends, *back_ends):
        layer.set_weights([np.zeros(part.shape) for part in layer.get_weights()])
    kept = np.maximum(0, 1 - (NOISE) / deviations**2)
    first(into[1], np.sqrt(kept) * scale / deviations)
    first(back[0], np.sqrt(kept) * deviations / scale)
    for head in encoder.outputs[1:]:  # how surely a VAE knows each number of the code
        layer = head._keras_history.operation
        surely = wide(np.log(np.maximum(1 - kept, math.exp(-10))), layer.units)
        layer.set_weights([np.zeros(layer.kernel.shape), surely])"""
