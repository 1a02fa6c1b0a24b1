"""One line of text <-> layers. Whatever the text, the answer is layers or one LoupeError."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from vae_core.errors import LoupeError
from vae_core.spec.layers import ACTIVATIONS, KINDS, Layer, Residual
from vae_core.spec.layers.tokens import short

MAX_TEXT = 10_000  # characters of a line
MAX_TOKENS = 200
MAX_NESTING = 3  # residual blocks inside residual blocks

WORDS = {word.word: (kind, word) for kind in KINDS for word in kind.words}
FORMS = {name: re.compile(name + word.form) for name, (_, word) in WORDS.items() if word.form is not None}
ALSO_CALLED = {other: name for name, (_, word) in WORDS.items() for other in word.also}
BLOCK = next(iter(Residual.words))


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
        if tokens[place] == BLOCK.word:
            layer, place = _residual(tokens, place + 1, depth + 1)
        else:
            layer, place = _layer(tokens[place]), place + 1
        layers.append(layer)
    return tuple(layers), place


def _residual(tokens: list[str], place: int, depth: int) -> tuple[Layer, int]:
    form = f"Write a block as {BLOCK.example}"
    if depth > MAX_NESTING:
        raise LoupeError(f"Blocks stand {depth} deep inside each other", f"At most {MAX_NESTING} are allowed")
    if tokens[place : place + 1] != ["("]:
        raise LoupeError("'res' is not followed by '('", fix=form)
    body, end = _sequence(tokens, place + 1, depth)
    if end == len(tokens):
        raise LoupeError("A 'res(' is never closed", fix="Write ')' where the block ends")
    return Residual.of(body), end + 1


def _layer(token: str) -> Layer:
    layer = _match(token)
    if layer is None:
        raise _unknown(token)
    return layer


def _match(token: str) -> Layer | None:
    for word, form in FORMS.items():
        match = form.fullmatch(token)
        if match:
            return WORDS[word][0].read(token, [group or "" for group in match.groups()])
    return None


def _unknown(token: str) -> LoupeError:
    """What to say of a token, with the nearest one that would be understood."""
    token = short(token)
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
    if word in WORDS and word not in ACTIVATIONS:
        sorted_token = _in_order(word, rest)
        return f"Did you mean {sorted_token}?" if _is_known(sorted_token) else f"Write it as {WORDS[word][1].example}"
    known = [*WORDS, *ALSO_CALLED]
    near = [ALSO_CALLED[word]] if word in ALSO_CALLED else difflib.get_close_matches(word, known, 1, cutoff=0.5)
    if not near:
        tokens = (name for name in WORDS if name not in ACTIVATIONS)
        return f"The tokens are {', '.join(tokens)} and the activations {', '.join(ACTIVATIONS)}"
    name = ALSO_CALLED.get(near[0], near[0]) if near[0] not in WORDS else near[0]
    return f"Did you mean {name + rest if _is_known(name + rest) else WORDS[name][1].example}?"


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
