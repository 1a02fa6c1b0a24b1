"""Which kind of layer a call of Keras or PyTorch is: the kinds say it themselves, by their forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from vae_core.design.layers import KINDS, Layer, Shape, show
from vae_core.design.layers.activations import called
from vae_core.design.layers.tokens import Form, short
from vae_core.design.notation import parse
from vae_core.errors import LoupeError

Kind = tuple[type[Layer], Form]
FORMS: tuple[Kind, ...] = tuple((kind, form) for kind in KINDS for form in kind.forms)
NAMES = frozenset(form.name for _, form in FORMS)
JOINS = {kind.joins: kind for kind in KINDS if kind.joins}
# What changes nothing of what is computed, and what Keras and PyTorch take where nothing else is said.
SILENT = frozenset(
    ("name", "input_shape", "input_dim", "batch_input_shape", "kernel_initializer", "bias_initializer", "dtype", "seed")
)
USUAL = (None, True, 1, (1, 1), 0.2, "channels_last", "zeros", "nearest")


def read(name: str, arguments: Sequence[object], options: Mapping[str, object]) -> tuple[Layer, tuple[str, ...]]:
    """The layer, and what of it is not understood; a LoupeError says why it is none."""
    if name not in NAMES:
        raise LoupeError("")
    kind, form = _form(name, options)
    if len(arguments) > len(form.parameters):
        options = {**options, "an argument more": arguments[len(form.parameters)]}
    given = {**dict(zip(form.parameters, arguments, strict=False)), **options}
    told = list(_unread(form, given))
    values = {form.parameters[key]: _plain(value) for key, value in given.items() if form.parameters.get(key)}
    if "activation" in values:
        values["activation"], unknown = _activation(values["activation"])
        told += unknown
    if name == "LeakyReLU" and 0.2 not in given.values():
        told.append("LeakyReLU keeps a fifth of what is negative here")
    layer = kind.made(name, values)
    (checked,) = parse(layer.text)
    return checked, tuple(told)


def guessed(name: str, before: Shape, after: Shape, parameters: int) -> tuple[Layer, tuple[str, ...]]:
    """The layer that a summary means, by its shapes and the count of its weights."""
    kind = next((kind for kind, form in FORMS if form.name == name and not form.needs), None)
    guesses = kind.guesses(name, before, after, parameters) if kind else ()
    fitting = [guess for guess in guesses if _gives(guess, before, after)]
    exact = next((guess for guess in fitting if guess.parameters(before) == parameters), None)
    layer = exact or next(iter(fitting), None)
    if layer is None:
        raise LoupeError(f"from {show(before)} to {show(after)}")
    told = f"{name} has {parameters:,} parameters there and {layer.parameters(before):,} here"
    return layer, () if exact else (told,)


def _gives(layer: Layer, before: Shape, after: Shape) -> bool:
    try:
        return parse(layer.text)[0].output(before) == after
    except LoupeError:
        return False


def _form(name: str, options: Mapping[str, object]) -> Kind:
    """The one that needs most of what is there."""
    found = [(kind, form) for kind, form in FORMS if form.name == name and form.needs.items() <= _hashable(options)]
    return max(found, key=lambda each: len(each[1].needs))


def _hashable(options: Mapping[str, object]) -> set[tuple[str, object]]:
    return {(key, value) for key, value in options.items() if isinstance(value, bool | int | float | str)}


def _unread(form: Form, given: Mapping[str, object]) -> Iterator[str]:
    for key, value in given.items():
        known = key in form.parameters or key in SILENT
        if not known and not (isinstance(value, bool | int | float | str | tuple | None) and value in USUAL):
            yield f"{short(key)} of {form.name} is not understood; it was left out"


def _plain(value: object) -> object:
    """Lists are tuples here, and a function of a library, or a layer that is one, is its name."""
    if isinstance(value, list | tuple):
        return tuple(_plain(part) for part in value)
    return getattr(value, "last", getattr(value, "name", value))


def _activation(value: object) -> tuple[str, list[str]]:
    if value is None:
        return "linear", []
    found = called(value) if isinstance(value, str) else None
    if found and found != "sin":
        return found, []
    what = f"the activation {short(value)}" if isinstance(value, str) else "an activation"
    return "relu", [f"{what} is not understood; relu was taken"]
