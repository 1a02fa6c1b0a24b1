"""One line of text <-> layers. Whatever the text, the answer is layers or one LoupeError."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable

from vae_core.errors import LoupeError
from vae_core.spec.layers import (
    ACTIVATIONS,
    MAX_ACTIVATION,
    MAX_CODE,
    Activation,
    BatchNorm,
    Code,
    Conv,
    Crop,
    Deconv,
    Dense,
    Dropout,
    Flatten,
    Layer,
    Pad,
    Pool,
    Reshape,
    Residual,
    Up,
)  # fmt: skip

MAX_TEXT = 10_000  # characters of a line
MAX_TOKENS = 200
MAX_NESTING = 3  # residual blocks inside residual blocks
MAX_FILTERS = 65_536
MAX_KERNEL = 31
MAX_STRIDE = 16  # of a convolution, a pool or an up-sampling
MAX_BORDER = 512  # rows or columns of a crop or a pad
DROP_RANGE = (0.01, 0.95)

EXAMPLES = {
    "conv": "conv16, conv16k5/2v or conv16:gelu", "deconv": "deconv16, deconv16k5/2v or deconv1:sigmoid",
    "dense": "dense32 or dense32:gelu", "code": "code2 or code2:relu", "drop": "drop0.5", "pool": "pool2",
    "avgpool": "avgpool2", "up": "up2", "reshape": "reshape7x7x16", "crop": "crop1 or crop1x0", "pad": "pad1 or pad1x0",
    "res": "res( conv16 bn conv16 )", "bn": "bn", "flatten": "flatten",
}  # fmt: skip
ALSO_CALLED = {
    "batchnorm": "bn", "batchnormalization": "bn", "norm": "bn", "dropout": "drop",
    "maxpool": "pool", "maxpooling": "pool", "averagepool": "avgpool", "upsample": "up", "upsampling": "up",
    "fc": "dense", "linear": "dense", "latent": "code", "flat": "flatten", "padding": "pad", "cropping": "crop",
    "convolution": "conv", "transpose": "deconv", "convt": "deconv", "convtranspose": "deconv", "residual": "res",
    "swish": "silu", "lrelu": "leaky", "leakyrelu": "leaky",
}  # fmt: skip

NUMBER = "([0-9]+)"
SUFFIX = "(?::([a-z0-9]*))?"  # the activation
CONVOLUTION = f"{NUMBER}(?:k{NUMBER})?(?:/{NUMBER})?(v)?{SUFFIX}"
FORMS = {
    word: re.compile(word + form)
    for word, form in {
        "conv": CONVOLUTION, "deconv": CONVOLUTION, "dense": NUMBER + SUFFIX, "code": NUMBER + SUFFIX,
        "drop": r"([0-9]*\.?[0-9]+)", "pool": NUMBER, "avgpool": NUMBER, "up": NUMBER,
        "reshape": f"{NUMBER}x{NUMBER}x{NUMBER}", "crop": f"{NUMBER}(?:x{NUMBER})?", "pad": f"{NUMBER}(?:x{NUMBER})?",
    }.items()
}  # fmt: skip


def write(layers: Iterable[Layer]) -> str:
    return " ".join(layer.text for layer in layers)


def count_tokens(layers: Iterable[Layer]) -> int:
    return sum(2 + count_tokens(layer.body) if isinstance(layer, Residual) else 1 for layer in layers)


def parse(line: str) -> tuple[Layer, ...]:
    """The layers of a line; a LoupeError that names the token otherwise."""
    tokens = _tokens(line)
    layers, end = _sequence(tokens, 0, 0)
    if end < len(tokens):
        fix = "Take it out, or write 'res(' before the block"
        raise LoupeError("A ')' closes nothing", "Every ')' belongs to a 'res('", fix)
    return layers


def _tokens(line: str) -> list[str]:
    if len(line) > MAX_TEXT:
        raise LoupeError(f"The line has {len(line):,} characters", f"At most {MAX_TEXT:,} are read")
    text = "".join(" " if character.isspace() else character for character in line)
    strange = next((character for character in text if not " " <= character <= "~"), None)
    if strange is not None:
        happened = f"The line has the character U+{ord(strange):04X}, which is not part of the notation"
        raise LoupeError(happened, "Letters a-z, digits and . / : ( ) were expected", "Take it out")
    tokens = text.lower().replace("(", " ( ").replace(")", " ) ").split()
    count = sum(token != "(" for token in tokens)
    if count > MAX_TOKENS:
        raise LoupeError(f"The line has {count} tokens", f"At most {MAX_TOKENS} are allowed")
    return tokens


def _sequence(tokens: list[str], place: int, depth: int) -> tuple[tuple[Layer, ...], int]:
    """The layers from `place` up to a closing bracket or the end, and where that is."""
    layers: list[Layer] = []
    while place < len(tokens) and tokens[place] != ")":
        if tokens[place] == "res":
            layer, place = _residual(tokens, place + 1, depth + 1)
        else:
            layer, place = _layer(tokens[place]), place + 1
        layers.append(layer)
    return tuple(layers), place


def _residual(tokens: list[str], place: int, depth: int) -> tuple[Layer, int]:
    form = "Write a block as res( conv16 bn conv16 )"
    if depth > MAX_NESTING:
        raise LoupeError(f"Blocks stand {depth} deep inside each other", f"At most {MAX_NESTING} are allowed")
    if tokens[place : place + 1] != ["("]:
        raise LoupeError("'res' is not followed by '('", fix=form)
    body, end = _sequence(tokens, place + 1, depth)
    if end == len(tokens):
        raise LoupeError("A 'res(' is never closed", fix="Write ')' where the block ends")
    if not body:
        raise LoupeError("'res( )' has nothing in it", fix=form)
    wrong = next((layer for layer in body if isinstance(layer, Flatten | Reshape | Code)), None)
    if wrong is not None:
        expected, fix = "A block's output has the form of its input", f"Put {wrong.text} outside the block"
        raise LoupeError(f"{wrong.text} stands inside res( )", expected, fix)
    return Residual(body), end + 1


def _layer(token: str) -> Layer:
    layer = _match(token)
    if layer is None:
        raise _unknown(token)
    return layer


def _match(token: str) -> Layer | None:
    if token in ACTIVATIONS:
        return Activation(token)
    if token == "bn":
        return BatchNorm()
    if token == "flatten":
        return Flatten()
    for word, form in FORMS.items():
        match = form.fullmatch(token)
        if match:
            return MAKERS[word](token, [group or "" for group in match.groups()])
    return None


def _number(token: str, digits: str, what: str, most: int, least: int = 1) -> int:
    """A bounded whole number. Long strings of digits are refused unread: turning them into a number takes long."""
    value = int(digits) if len(digits.lstrip("0")) <= 9 else most + 1
    if not least <= value <= most:
        expected = f"A number from {least} to {most:,} was expected"
        raise LoupeError(f"{_short(token)} has a {what} of {_short(digits)}", expected)
    return value


def _convolution(kind: type[Conv | Deconv]) -> Callable[[str, list[str]], Layer]:
    def make(token: str, parts: list[str]) -> Layer:
        filters, kernel, stride, valid, activation = parts
        return kind(
            _number(token, filters, "filter count", MAX_FILTERS),
            _number(token, kernel or "3", "kernel size", MAX_KERNEL),
            _number(token, stride or "1", "stride", MAX_STRIDE),
            bool(valid),
            _activation(token, activation, "relu"),
        )

    return make


def _activation(token: str, name: str, default: str) -> str:
    if ":" not in token:
        return default
    if name not in ACTIVATIONS:
        close = difflib.get_close_matches(_short(name), ACTIVATIONS, 1) or [ALSO_CALLED.get(name, "relu")]
        raise LoupeError(
            f"{_short(token)} has the unknown activation '{_short(name)}'",
            f"One of {', '.join(ACTIVATIONS)} was expected",
            f"Did you mean {_short(token.split(':')[0])}:{close[0]}?",
        )
    return name


def _dense(token: str, parts: list[str]) -> Layer:
    return Dense(_number(token, parts[0], "unit count", MAX_ACTIVATION), _activation(token, parts[1], "relu"))


def _code(token: str, parts: list[str]) -> Layer:
    return Code(_number(token, parts[0], "size", MAX_CODE), _activation(token, parts[1], "linear"))


def _drop(token: str, parts: list[str]) -> Layer:
    low, high = DROP_RANGE
    rate = float(parts[0]) if len(parts[0]) <= 8 else -1.0
    if not low <= rate <= high:
        fix = f"Did you mean drop0.{token[4:]}?" if token[4:] in "123456789" else ""
        happened = f"{_short(token)} has a rate outside {low:g} to {high:g}"
        raise LoupeError(happened, "The rate is the share of numbers set to 0", fix)
    return Dropout(round(rate, 4))


def _pool(token: str, parts: list[str]) -> Layer:
    return Pool(_number(token, parts[0], "window", MAX_STRIDE, least=2), average=token.startswith("avg"))


def _up(token: str, parts: list[str]) -> Layer:
    return Up(_number(token, parts[0], "factor", MAX_STRIDE, least=2))


def _reshape(token: str, parts: list[str]) -> Layer:
    names = ("height", "width", "channel count")
    return Reshape(*(_number(token, part, name, MAX_FILTERS) for part, name in zip(parts, names, strict=True)))


def _border(kind: type[Crop | Pad]) -> Callable[[str, list[str]], Layer]:
    def make(token: str, parts: list[str]) -> Layer:
        height = _number(token, parts[0], "number of rows", MAX_BORDER, least=0)
        width = _number(token, parts[1], "number of columns", MAX_BORDER, least=0) if parts[1] else height
        if not height and not width:
            raise LoupeError(f"{_short(token)} does nothing", "At least one row or column was expected", "Take it out")
        return kind(height, width)

    return make


MAKERS: dict[str, Callable[[str, list[str]], Layer]] = {
    "conv": _convolution(Conv), "deconv": _convolution(Deconv), "dense": _dense, "code": _code, "drop": _drop,
    "pool": _pool, "avgpool": _pool, "up": _up, "reshape": _reshape, "crop": _border(Crop), "pad": _border(Pad),
}  # fmt: skip


def _unknown(token: str) -> LoupeError:
    """What to say of a token, with the nearest one that would be understood."""
    token = _short(token)
    kernel = re.fullmatch(r"(de)?conv([0-9]+)x\2(.*)", token)
    if kernel:
        name, size = f"{kernel[1] or ''}conv", kernel[2]
        fix = f"Did you mean {size} filters ({name}{size}) or a {size}x{size} kernel ({name}16k{size})?"
        return LoupeError(f"{token} can be read in two ways", fix=fix)
    return LoupeError(f"'{token}' is not part of the notation", fix=_suggestion(token))


def _suggestion(token: str) -> str:
    if token[:1] == ":" and token[1:] in ACTIVATIONS:
        return f"Write {token[1:]} as a token of its own"
    word, rest = re.fullmatch(r"([a-z]*)(.*)", token).groups()  # type: ignore[union-attr]  # matches any token
    if word in EXAMPLES:
        sorted_token = _in_order(word, rest)
        return f"Did you mean {sorted_token}?" if _is_known(sorted_token) else f"Write it as {EXAMPLES[word]}"
    known = [*EXAMPLES, *ACTIVATIONS, *ALSO_CALLED]
    near = [ALSO_CALLED[word]] if word in ALSO_CALLED else difflib.get_close_matches(word, known, 1, cutoff=0.5)
    if not near:
        return f"The tokens are {', '.join(EXAMPLES)} and the activations {', '.join(ACTIVATIONS)}"
    name = near[0] if near[0] in EXAMPLES or near[0] in ACTIVATIONS else ALSO_CALLED[near[0]]
    return f"Did you mean {name + rest if _is_known(name + rest) else EXAMPLES.get(name, name)}?"


def _in_order(word: str, rest: str) -> str:
    """conv16v/2 is conv16/2v with its options in another order."""
    number = re.match("[0-9]*", rest)
    options = re.findall(r"k[0-9]+|/[0-9]+|v|:[a-z0-9]+", rest)
    return word + (number[0] if number else "") + "".join(sorted(options, key=lambda option: "k/v:".index(option[0])))


def _is_known(token: str) -> bool:
    try:
        return _match(token) is not None
    except LoupeError:
        return False


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."
