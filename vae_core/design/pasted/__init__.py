"""A model that somebody wrote elsewhere, as text: Keras or PyTorch code, or what `model.summary()` prints.

The text comes from anybody. It is parsed and followed within bounds, and nothing of it is ever run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vae_core.design.declared import SETTINGS
from vae_core.design.draft import MIRROR
from vae_core.design.pasted import code, split, summary, training
from vae_core.design.pasted.split import Image, Lines
from vae_core.design.pasted.training import Settings
from vae_core.design.pasted.values import Budget
from vae_core.errors import LoupeError

MOST_TEXT = 200_000  # characters
MOST_TOLD = 40  # lines on what is not understood
FLAT_BETA = "Its loss has no KL term, so beta is 0."
SQUARED = "It does not end in a sigmoid, so its loss is the squared error."


@dataclass(frozen=True)
class Pasted:
    """The settings that the text states, and in sentences what of it is not understood or was added."""

    encoder: str
    decoder: str
    kind: str
    latent: int
    image: Image | None = None
    dataset: str = ""
    settings: Mapping[str, object] = field(default_factory=dict)
    told: tuple[str, ...] = ()


def read(text: str, image: Image | None = None) -> Pasted:
    """`image` is the size of the images, where the text does not say it. A LoupeError where it holds no network."""
    if len(text) > MOST_TEXT:
        raise LoupeError(f"The text has {len(text):,} characters", f"At most {MOST_TEXT:,} are read")
    try:
        return _of_summary(text, image) if summary.is_summary(text) else _of_code(text, image)
    except RecursionError:
        raise LoupeError("The text is nested too deeply to be read", "A program of usual form was expected") from None


def _of_summary(text: str, image: Image | None) -> Pasted:
    halves = summary.usual(split.halves(summary.parts(text, Budget(), image)))
    lines = split.lines(halves, False, image)
    told = [*halves.encoder.told, *halves.decoder.told]
    return _pasted(lines, "", {}, [*code.lines_of(told), *lines.told, *summary.assumed(halves)])


def _of_code(text: str, image: Image | None) -> Pasted:
    program = code.Program(text)
    halves = split.halves(program.parts())
    lines = split.lines(halves, training.from_logits(program.tree), image)
    settings, told = program.settings()
    sentences = [*code.lines_of([*halves.encoder.told, *halves.decoder.told, *told]), *lines.told]
    if lines.kind == "vae" and training.without_kl(program.world, program.tree):
        settings["beta"] = 0.0
        sentences.append(FLAT_BETA)
    if "loss" not in settings and lines.decoder != MIRROR and "sigmoid" not in lines.decoder:
        settings["loss"] = "mse"
        sentences.append(SQUARED)
    return _pasted(lines, training.data_set(program.tree), settings, sentences)


def _pasted(lines: Lines, data: str, settings: Settings, told: list[str]) -> Pasted:
    """A setting that has no part in such a training is left out."""
    values = {"kind": lines.kind, "loss": SETTINGS["loss"].default, **settings}
    used = {name: value for name, value in settings.items() if not SETTINGS[name].unmet(values.get)}
    both = lines.encoder, lines.decoder
    return Pasted(*both, lines.kind, lines.latent, lines.image, data, used, tuple(told[:MOST_TOLD]))
