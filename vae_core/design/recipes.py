"""Ready configs: the reports' systems by name, and sensible ones for any other images."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from vae_core.design.architecture import is_mirror
from vae_core.design.config import Config
from vae_core.design.declared import SETTINGS
from vae_core.design.layers import Code, Convolution, Flatten, Layer, Reshape, Residual, show
from vae_core.design.notation import parse, write
from vae_core.design.reports import Recipe as Recipe
from vae_core.design.reports import systems
from vae_core.errors import LoupeError

FORMS = (Flatten, Reshape)  # layers that compute nothing
LAST, PICTURE, BLOCK = "last", "picture", "block"  # where a layer is added, or as what
ENDS: Mapping[str, tuple[type[Layer], ...]] = {LAST: (Code,), PICTURE: (Flatten, Code), BLOCK: (Code,)}
VARIANTS = ("faithful", "lite")


def all_recipes() -> tuple[Recipe, ...]:
    return tuple(recipe for pair in systems().values() for recipe in pair)


def find(key: str, variant: str = "faithful", latent: int | None = None, noise: float | None = None) -> Recipe:
    """A recipe; `latent` and `noise` choose among the values that its report leaves open."""
    known = systems()
    if key not in known:
        raise LoupeError(f"There is no recipe '{key}'", f"The recipes are {', '.join(known)}")
    if variant not in VARIANTS:
        raise LoupeError(f"There is no variant '{variant}'", f"One of {', '.join(VARIANTS)} was expected")
    recipe = known[key][VARIANTS.index(variant)]
    changes: dict[str, object] = {}
    for name, value in (("latent", latent), ("noise", noise)):
        if value is not None:
            _check_choice(recipe, name, value)
            changes[name] = value
    return replace(recipe, config=recipe.config.changed(changes))


def is_still(recipe: Config, config: Config, choices: Mapping[str, tuple[float, ...]]) -> bool:
    """Whether a report's numbers may stand beside it: only what the report leaves open differs from its recipe."""
    different = [
        name
        for name, setting in SETTINGS.items()
        if not setting.free and getattr(config, name) != getattr(recipe, name)
    ]
    return all(getattr(config, name) in choices.get(name, ()) for name in different)


def _check_choice(recipe: Recipe, name: str, value: float) -> None:
    choices = recipe.choices.get(name, ())
    if value not in choices:
        known = ", ".join(f"{choice:g}" for choice in choices)
        expected = f"Its {name} is one of {known}" if choices else f"Its report leaves no choice of {name}"
        raise LoupeError(f"{recipe.key} has no {name} of {value}", expected, "Write your own encoder for anything else")


PARTS = 256  # principal components that the automatic network works with ...
PARTS_LEAST = 48
IN_BROWSER = 1_500_000  # ... as long as so many weights hold them: a browser takes a decoder of 8 MB
WEIGHTS_MOST = 20_000_000  # of them all the same
HIDDEN = 512


def auto(image: tuple[int, int, int], dataset: str, kind: str = "ae", latent: int = 32) -> Config:
    """For images of any size and any number: it begins as PCA, and blocks learn what to add to that.

    It works on principal components, so its steps cost little; what it trains is the same for images of any size. Its
    steps are as many for few images as for many. Few are learned by heart soon, against which stand dropout and that
    the best epoch is kept."""
    pixels = math.prod(image)
    parts = min(PARTS, max(PARTS_LEAST, IN_BROWSER // pixels), WEIGHTS_MOST // pixels, pixels)
    layer = f"dense{HIDDEN}:linear layernorm gelu drop0.3"
    block = f"res({layer} {layer} dense{parts}:linear)"
    return Config(
        dataset,
        image,
        f"flatten pca{parts} {block}",
        f"{block} pca{pixels} reshape{show(image)}",
        kind=kind,
        latent=latent,
        loss="mse",
        learning_rate=1e-3,
        schedule="cosine",
        warmup=1.0,
        ema=0.99,
        batch=64,
        epochs=20,
        steps=150,
    )


SMALLEST_SIDE = 7  # pixels of the shorter side at which halving stops
MOST_FILTERS = 128


def convolutions(image: tuple[int, int, int], dataset: str, kind: str = "vae", latent: int = 32) -> Config:
    """For images of any size: halve them down to 4 to 7 pixels, doubling the filters on the way.

    It looks at neighbours first, which pays where there are many images and time."""
    side = min(image[:2])
    filters = 32 if max(image[:2]) <= 64 else 16
    tokens = [f"conv{filters} bn"] if side <= SMALLEST_SIDE else []
    while side > SMALLEST_SIDE:
        tokens.append(f"conv{filters}/2 bn")
        side, filters = -(-side // 2), min(2 * filters, MOST_FILTERS)
    return Config(
        dataset,
        image,
        " ".join(tokens),
        kind=kind,
        latent=latent,
        learning_rate=1e-3,
        schedule="cosine",
        warmup=1.0,
        batch=64,
        epochs=30,
    )


def flat(config: Config) -> Config | None:
    """The same as a map: a VAE whose code is two numbers. None where it is one already, or its layers are no VAE's."""
    if config.architecture().code.size == 2:
        return None
    line = re.sub(r"\bcode\d+", "code2", config.encoder)
    latent = None if line != config.encoder else 2
    try:
        return replace(config, encoder=line, latent=latent, kind="vae", beta=1.0, recipe="")
    except LoupeError:
        return None


DENSE = {"encoder": "flatten dense512:gelu dense256:gelu", "batch": 128, "learning_rate": 1e-3, "epochs": 20}
# The house's own line: waves over the plane of codes, then blocks that add to what passes them. A twentieth validates,
# as every image that trains counts, and dropout keeps the encoder from learning images by heart (docs/measured.md).
WAVES = {
    "encoder": "flatten drop0.1 dense512:gelu drop0.1 dense256:gelu",
    "decoder": "fourier64 dense384:linear" + 3 * " res(layernorm dense384:gelu dense384:linear)",
    "batch": 128,
    "learning_rate": 2e-3,
    "split": "twentieth",
    "epochs": 12,
}
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "type": {**DENSE, "encoder": f"{DENSE['encoder']} dense128:gelu", "learning_rate": 2e-3, "epochs": 12},
    "digits": {"encoder": "flatten dense256:gelu dense128:gelu", "batch": 32, "learning_rate": 5e-3, "epochs": 60},
    "mnist": WAVES,
    "fashion-mnist": WAVES,
    "shapes": DENSE,
    "cifar10": {"encoder": "conv32/2 bn conv64/2 bn conv64/2 bn", "batch": 128, "learning_rate": 1e-3, "epochs": 10},
}


def default(dataset: str, image: tuple[int, int, int]) -> Config:
    """For a data set alone: a quick map of two dimensions for those that are known, `auto` for all others."""
    if dataset not in DEFAULTS:
        return auto(image, dataset)
    known = DEFAULTS[dataset]
    if "decoder" in known:
        known = {**known, "decoder": f"{known['decoder']} dense{math.prod(image)}:sigmoid reshape{show(image)}"}
    return Config(dataset, image, latent=2, schedule="cosine", warmup=1.0, **known)


def deeper(config: Config, where: str = LAST) -> Config:
    """The same with one layer once more: at the end of the encoder or of its picture, and likewise in the decoder.

    It is the last one there that computes something: what only lays the numbers out in another way comes after it."""
    layers = parse(config.encoder)
    stop = next((place for place, layer in enumerate(layers) if isinstance(layer, ENDS[where])), len(layers))
    computing = [p for p, layer in enumerate(layers[:stop]) if not layer.follows and not isinstance(layer, FORMS)]
    if not computing:
        raise LoupeError(f"'{config.encoder}' has no layer that could be there twice", fix="Add one, as dense32")
    last = computing[-1]
    end = next((place for place in range(last + 1, stop) if not layers[place].follows), stop)
    more = (_again(layers[last]), *layers[last + 1 : end])
    more = (_block(more),) if where == BLOCK else more
    encoder = write((*layers[:end], *more, *layers[end:]))
    flat = end == len(layers) or isinstance(layers[end], Code)
    decoder = config.decoder if is_mirror(config.decoder) else _begun_with(more, config.decoder, flat)
    return replace(config, encoder=encoder, decoder=decoder, recipe="")


def _block(layers: tuple[Layer, ...]) -> Layer:
    """Added to what passes it. Of a block the whole block is the last layer, and stays one."""
    return layers[0] if isinstance(layers[0], Residual) else Residual.of(layers)


def _begun_with(more: tuple[Layer, ...], line: str, flat: bool) -> str:
    """A decoder's line with these layers at its beginning: of the flat numbers, or of the picture that they become."""
    decoder = parse(line, "decoder")
    shaped = next((place + 1 for place, layer in enumerate(decoder) if isinstance(layer, Reshape)), 0)
    start = 0 if flat else shaped
    return write((*decoder[:start], *more, *decoder[start:]))


def ladder(config: Config, most: int = 4, where: str = LAST) -> tuple[Config, ...]:
    """The config, and the same with one to so many pairs of layers more, as long as they fit."""
    rungs = [config]
    with suppress(LoupeError):
        while len(rungs) <= most:
            rungs.append(deeper(rungs[-1], where))
    return tuple(rungs)


def _again(layer: Layer) -> Layer:
    """A picture that was halved down to a few pixels is not halved once more."""
    return replace(layer, stride=1) if isinstance(layer, Convolution) else layer


def first() -> Config:
    """What a first visit trains, in half a minute: eight characters that turn into each other, and so do their faces.

    With beta = 0.6 the letters are sharper than with 1, and there is still a letter everywhere on the map."""
    config = default("type", (28, 28, 1))
    return replace(config, classes=tuple("38ABCEOS"), batch=64, epochs=16, beta=0.6)
