"""One line of text <-> layers. Whatever the text, the answer is layers or one LoupeError."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from vae_core.design.layers import ACTIVATIONS, KINDS, Layer, Residual
from vae_core.design.layers.tokens import TOKEN, instead, short
from vae_core.errors import LoupeError, Repair

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


def parse(line: str, part: str = "encoder") -> tuple[Layer, ...]:
    """The layers of a line; a LoupeError that names the token otherwise. `part` is the setting that the line is of."""
    reader = _Reader(_tokens(line), part)
    layers, end = reader.sequence(0, 0)
    if end < len(reader.tokens):
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


@dataclass(frozen=True)
class _Reader:
    tokens: list[str]
    part: str

    def sequence(self, place: int, depth: int) -> tuple[tuple[Layer, ...], int]:
        """The layers from `place` up to a closing bracket or the end, and where that is."""
        layers: list[Layer] = []
        while place < len(self.tokens) and self.tokens[place] != ")":
            if self.tokens[place] == BLOCK.word:
                layer, place = self._block(place + 1, depth + 1)
            else:
                layer, place = self._layer(place), place + 1
            layers.append(layer)
        return tuple(layers), place

    def _block(self, place: int, depth: int) -> tuple[Layer, int]:
        if depth > MAX_NESTING:
            raise LoupeError(f"Blocks stand {depth} deep inside each other", f"At most {MAX_NESTING} are allowed")
        if self.tokens[place : place + 1] != ["("]:
            raise LoupeError("'res' is not followed by '('", fix=f"Write a block as {BLOCK.told}")
        body, end = self.sequence(place + 1, depth)
        if end == len(self.tokens):
            raise LoupeError("A 'res(' is never closed", fix="Write ')' where the block ends")
        return Residual.of(body), end + 1

    def _layer(self, place: int) -> Layer:
        """Where the token is none, the error offers the line with another in its place, and without it."""
        token = self.tokens[place]
        try:
            layer = _match(token)
            if layer is None:
                raise _unknown(token)
            return layer
        except LoupeError as error:
            found = [Repair(each.label, self._with(place, each.settings[TOKEN])) for each in error.repairs]
            found.append(Repair(f"Take {short(token)} out", self._with(place, "")))
            raise LoupeError(error.happened, error.expected, error.fix, found) from None

    def _with(self, place: int, text: str) -> dict[str, str]:
        line = " ".join([*self.tokens[:place], *[text] * bool(text), *self.tokens[place + 1 :]])
        return {self.part: line.replace("res ( ", "res(").replace(" )", ")")}


def _match(token: str) -> Layer | None:
    for word, form in FORMS.items():
        match = form.fullmatch(token)
        if match:
            return WORDS[word][0].read(token, [group or "" for group in match.groups()])
    return None


def _unknown(token: str) -> LoupeError:
    """What to say of a token, with the nearest one that would be understood."""
    kernel = re.fullmatch(r"(de)?conv([0-9]+)x\2(.*)", short(token))
    if kernel:
        name, size = f"{kernel[1] or ''}conv", kernel[2]
        filters, window = f"{name}{size}", f"{name}16k{size}"
        fix = f"Did you mean {size} filters ({filters}) or a {size}x{size} kernel ({window})?"
        return LoupeError(f"{short(token)} can be read in two ways", fix=fix, repairs=instead(token, filters, window))
    fix, meant = _suggestion(short(token))
    return LoupeError(f"'{short(token)}' is not part of the notation", fix=fix, repairs=instead(token, *meant))


def _suggestion(token: str) -> tuple[str, tuple[str, ...]]:
    """What may have been meant: in a sentence, and as texts that are understood."""
    if token[:1] == ":" and token[1:] in ACTIVATIONS:
        return f"Write {token[1:]} as a token of its own", (token[1:],)
    word, rest = re.fullmatch(r"([a-z]*)(.*)", token).groups()  # type: ignore[union-attr]  # matches any token
    if word in WORDS and word not in ACTIVATIONS:
        sorted_token = _in_order(word, rest)
        if _is_known(sorted_token):
            return f"Did you mean {sorted_token}?", (sorted_token,)
        return f"Write it as {WORDS[word][1].told}", _examples(word)
    known = [*WORDS, *ALSO_CALLED]
    near = [ALSO_CALLED[word]] if word in ALSO_CALLED else difflib.get_close_matches(word, known, 1, cutoff=0.5)
    if not near:
        tokens = (name for name in WORDS if name not in ACTIVATIONS)
        return f"The tokens are {', '.join(tokens)} and the activations {', '.join(ACTIVATIONS)}", ()
    name = near[0] if near[0] in WORDS else ALSO_CALLED[near[0]]
    if _is_known(name + rest):
        return f"Did you mean {name + rest}?", (name + rest,)
    return f"Did you mean {WORDS[name][1].told}?", _examples(name)


def _examples(word: str) -> tuple[str, ...]:
    """What may stand in a token's place; the brackets of a block are tokens of their own."""
    return (word,) if word == BLOCK.word else WORDS[word][1].examples


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
