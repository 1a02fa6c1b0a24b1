"""The layer buttons without their widgets: a draft of an architecture, its table, its edits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import takewhile

from vae_core.errors import LoupeError
from vae_core.spec.architecture import Architecture, Row, plan
from vae_core.spec.layers import (
    BatchNorm,
    Code,
    Convolution,
    Dense,
    Flatten,
    Layer,
    Reshape,
    Residual,
    Shape,
    show,
)
from vae_core.spec.mirror import mirror
from vae_core.spec.notation import parse, write

MIRROR = "mirror"
ADDITIONS = {
    "encoder": ("Convolution", "Halving convolution", "Pool", "Batch norm", "Dropout", "Residual block", "Dense"),
    "decoder": ("Convolution", "Doubling convolution", "Enlarge", "Batch norm", "Dropout", "Dense"),
}
MOST_FILTERS = 256
Layers = tuple[Layer, ...]


@dataclass(frozen=True)
class Draft:
    """What the two boxes hold; it may not make sense yet."""

    image: tuple[int, int, int]
    encoder: str
    decoder: str = MIRROR
    kind: str = "vae"
    latent: int = 2

    def architecture(self) -> Architecture:
        return plan(self.image, self.encoder, self.decoder, self.kind, self.latent)

    @property
    def mirrored(self) -> bool:
        """Whether the decoder is the encoder's mirror, in one word or written out."""
        if self.decoder.strip().lower() == MIRROR:
            return True
        try:
            before = takewhile(lambda layer: not isinstance(layer, Code), with_code(parse(self.encoder), self.image, 1))
            return parse(self.decoder) == mirror(self.image, tuple(before))
        except LoupeError:
            return False

    def line(self, part: str) -> str:
        return self.encoder if part == "encoder" else self.decoder

    def with_line(self, part: str, line: str) -> Draft:
        """A changed encoder takes its mirror along, where the decoder was the mirror."""
        if part == "decoder":
            return replace(self, decoder=line)
        return replace(self, encoder=line, decoder=MIRROR if self.mirrored else self.decoder)


@dataclass(frozen=True)
class Problem:
    """What is wrong, and at which layer of which part where that is known."""

    error: LoupeError
    part: str = ""
    place: int | None = None


@dataclass(frozen=True)
class Line:
    """One line of the layer table."""

    part: str
    layer: str
    output: str
    parameters: int | None
    trained: int | None
    multiply_adds: int | None
    words: str


def table(draft: Draft) -> tuple[list[Line], Problem | None]:
    """The lines of the layers that fit, and the problem that ends them if there is one."""
    try:
        architecture = draft.architecture()
    except LoupeError as error:
        return _walk(draft, error)
    return [*_lines("encoder", architecture.encoder_rows), *_lines("decoder", architecture.decoder_rows)], None


def _lines(part: str, rows: Iterable[Row]) -> Iterator[Line]:
    last = None
    for row in rows:
        counts = row.parameters, row.trainable, row.multiply_adds
        yield Line(part, row.layer.text, show(row.output), *counts, row.layer.explain(row.before, last))
        last = row.layer


def _walk(draft: Draft, error: LoupeError) -> tuple[list[Line], Problem]:
    """As far as the layers fit; the last line is the one that does not."""
    lines: list[Line] = []
    try:
        encoder = with_code(parse(draft.encoder), draft.image, draft.latent)
    except LoupeError as first:
        return lines, Problem(first, "encoder")
    shape, found = _fill(lines, "encoder", encoder, draft.image)
    if found or draft.mirrored:
        return lines, found or Problem(error, "encoder")
    try:
        decoder = parse(draft.decoder)
    except LoupeError as first:
        return lines, Problem(first, "decoder")
    shape, found = _fill(lines, "decoder", decoder, (_code_size(encoder),))
    ends_wrong = shape != draft.image and len(decoder) > 0
    return lines, found or Problem(error, "decoder", len(decoder) - 1 if ends_wrong else None)


def with_code(layers: Layers, image: Shape, latent: int) -> Layers:
    """The encoder with the flatten and the code that are added to a line without a code."""
    if any(isinstance(layer, Code) for layer in layers):
        return layers
    shape: Shape = image
    for layer in layers:
        try:
            shape = layer.output(shape)
        except LoupeError:
            return layers
    return (*layers, *(() if len(shape) == 1 else (Flatten(),)), Code(latent))


def _fill(lines: list[Line], part: str, layers: Layers, shape: Shape) -> tuple[Shape, Problem | None]:
    """Add the lines of these layers; the shape that comes out, and the first layer that does not fit."""
    for place, layer in enumerate(layers):
        try:
            after = layer.output(shape)
        except LoupeError as error:
            lines.append(Line(part, layer.text, "does not fit", None, None, None, str(error)))
            return shape, Problem(error, part, place)
        counts = layer.parameters(shape), layer.trainable(shape), layer.multiply_adds(shape)
        last = layers[place - 1] if place else None
        lines.append(Line(part, layer.text, show(after), *counts, layer.explain(shape, last)))
        shape = after
    return shape, None


def _code_size(layers: Layers) -> int:
    return next((layer.size for layer in layers if isinstance(layer, Code)), 2)


def texts(line: str) -> list[str]:
    """The line's layers, a residual block being one."""
    return [layer.text for layer in parse(line)]


def remove(line: str, place: int) -> str:
    layers = texts(line)
    return " ".join(layers[:place] + layers[place + 1 :])


def move(line: str, place: int, by: int) -> str:
    layers = texts(line)
    target = min(max(place + by, 0), len(layers) - 1)
    layers.insert(target, layers.pop(place))
    return " ".join(layers)


def add(line: str, part: str, what: str, after: int | None = None) -> tuple[str, int]:
    """The line with one more layer: after the given place, else where it does most good. And where it went."""
    layers = parse(line) if line.strip() else ()
    place = _place_for(layers, part, what) if after is None else after + 1
    new = parse(_new(layers, part, what, place))
    return write((*layers[:place], *new, *layers[place:])), place + len(new) - 1


def _place_for(layers: Layers, part: str, what: str) -> int:
    """Pictures before the flatten of an encoder, dense layers before its code; before a decoder's last layer."""
    if part == "decoder":
        if what == "Dense":
            return next((i for i, layer in enumerate(layers) if isinstance(layer, Reshape)), len(layers))
        return max(0, len(layers) - 1)
    enders: tuple[type[Layer], ...] = (Code,) if what == "Dense" else (Flatten, Dense, Code)
    return next((i for i, layer in enumerate(layers) if isinstance(layer, enders)), len(layers))


def _new(layers: Layers, part: str, what: str, place: int) -> str:
    norm = " bn" if any(isinstance(layer, BatchNorm) for layer in layers) else ""
    if what == "Dense":
        is_flat = part == "decoder" or any(isinstance(layer, Flatten) for layer in layers[:place])
        return f"{'' if is_flat else 'flatten '}dense{_units(layers)}{norm}"
    filters, same = _filters(layers[:place], part), _last_filters(layers[:place]) or 16
    return {
        "Convolution": f"{'conv' if part == 'encoder' else 'deconv'}{filters}{norm}",
        "Halving convolution": f"conv{filters}/2{norm}",
        "Doubling convolution": f"deconv{filters}/2{norm}",
        "Pool": "pool2",
        "Enlarge": "up2",
        "Batch norm": "bn",
        "Dropout": "drop0.2",
        "Residual block": f"res( conv{same}{norm} conv{same} )",
    }[what]


def _units(layers: Layers) -> int:
    found = [layer.units for layer in layers if isinstance(layer, Dense)]
    return found[-1] if found else 64


def _filters(before: Layers, part: str) -> int:
    """Twice as many as before on the way in, half as many on the way out."""
    last = _last_filters(before)
    if part == "encoder":
        return min(2 * last, MOST_FILTERS) if last else 16
    return max(last // 2, 8) if last else 16


def _last_filters(before: Layers) -> int:
    for layer in reversed(before):
        if isinstance(layer, Convolution):
            return layer.filters
        if isinstance(layer, Residual) and _last_filters(layer.body):
            return _last_filters(layer.body)
    return 0
