"""The layer buttons without their widgets: what they add to a line of notation, move in it and take out."""

from __future__ import annotations

from vae_core.design.architecture import Layers
from vae_core.design.layers import Code, Convolution, Dense, Flatten, Layer, Reshape, Residual
from vae_core.design.notation import parse, write

ADDITIONS = {
    "encoder": ("Convolution", "Halving convolution", "Pool", "Batch norm", "Dropout", "Residual block", "Dense"),
    "decoder": ("Convolution", "Doubling convolution", "Enlarge", "Batch norm", "Dropout", "Dense"),
}
MOST_FILTERS = 256


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
    norm = next((f" {layer.text}" for layer in layers if layer.normalises), "")
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
