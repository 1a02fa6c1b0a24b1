"""Values that people write: notation, settings of a training and of the program, addresses.

Hypothesis makes them out of the bytes that a fuzzer gives.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from fuzz.place import Place
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as some

from vae_core.design import draft
from vae_core.design.config import VERSION, Config, from_json
from vae_core.design.declared import SETTINGS
from vae_core.design.draft import Draft
from vae_core.settings import Settings, load

Take = Callable[[bytes, Place], bool]
DIGITS = "9" * 5000


def tried(values: some.SearchStrategy[Any], check: Callable[[Any, Place], object]) -> Take:
    """What takes bytes, reads them as one of these values and checks that. False where they are too few for one."""
    ran: list[Any] = []

    @hypothesis(database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(values)
    def each(value: Any) -> None:
        ran.append(value)

    def take(data: bytes, place: Place) -> bool:
        ran.clear()
        each.hypothesis.fuzz_one_input(data)  # type: ignore[attr-defined]  # Hypothesis adds it
        for value in ran:
            check(value, place)
        return bool(ran)

    return take


# Notation.

TOKENS = [
    "conv8",
    "conv16/2",
    "conv4k5v",
    "conv3x3",
    "deconv4/2",
    "deconv1:sigmoid",
    "dense10",
    "dense784",
    "code2",
    "bn",
    "relu",
    "drop.5",
    "pool2",
    "avgpool3",
    "up2",
    "flatten",
    "reshape28x28x1",
    "reshape7x7x16",
    "crop1",
    "pad3x0",
    "res(",
    ")",
    "(",
    "res",
    "conv8:",
    "9",
    "up16",
    "pool16",
    "dense9999999",
    "mirror",
    "layernorm",
    "conv65536k31/16v:relu6",
    "fourier4",
    "pca8",
    "conv99999999999999999999",
    "dense0",
    "code-1",
    "up0",
    "pad999999",
    "drop1",
    "res(res(res(",
    ")))",
    "::",
    "/",
    "code2:relu",
]
FITTING = some.sampled_from(
    ["conv4", "conv8/2", "conv4k5/2", "pool2", "bn", "relu", "drop0.1", "up2", "pad1", "crop1", "deconv4/2", "avgpool2"]
)
LINES = some.one_of(
    some.lists(FITTING, max_size=5).map(lambda tokens: " ".join([*tokens, "flatten dense8"])),
    some.lists(some.sampled_from(TOKENS), max_size=14).map(" ".join),
    some.text(alphabet="convdeslkxv/:.()0123456789 pubnr\n", max_size=80),
    some.text(max_size=40),
    some.integers(1, 5000).map("res(".__mul__),
)
IMAGES = some.sampled_from([(28, 28, 1), (8, 8, 1), (32, 48, 3)]) | some.tuples(
    some.integers(-1, 300), some.integers(-1, 300), some.sampled_from([0, 1, 3, 4])
)
KINDS = some.sampled_from(["ae", "vae", "vae", "x"])
DRAFTS = some.builds(
    Draft, IMAGES, LINES, some.just("mirror") | LINES, kind=KINDS, latent=some.integers(1, 4) | some.integers(-1, 600)
)


def notation(value: Draft, place: Place) -> None:
    """The table tells what is wrong, and each repair that it offers can be made."""
    lines, problem = draft.table(value)
    assert lines or problem
    for repair in draft.repairs(value, problem) if problem else ():
        draft.table(value.repaired(repair))
    value.architecture().counts  # noqa: B018  LoupeError where there is none


# The settings of a training.

NUMBERS = some.integers() | some.floats() | some.sampled_from([0, -1, 10**400, 2**53, 1e308, float("nan")])
SCALARS = some.none() | some.booleans() | NUMBERS | some.text(max_size=9) | some.sampled_from([DIGITS, "x" * 9000])
ANY = some.recursive(
    SCALARS, lambda each: some.lists(each, max_size=3) | some.dictionaries(some.text(), each, max_size=2)
)
NAMED = some.sampled_from([*(field.name for field in fields(Config)), "version", "other"])
CHOSEN = some.sampled_from([word for setting in SETTINGS.values() for word in setting.choices])
CONFIGS = some.dictionaries(NAMED, ANY | CHOSEN | LINES, max_size=4)
USUAL = Config(dataset="digits", image=(8, 8, 1), encoder="flatten dense8").to_json()


def config(changes: dict[str, Any], place: Place) -> None:
    """Whatever is a config is the same when it is read again."""
    found = from_json({"version": VERSION, **USUAL, **changes})
    assert from_json(json.loads(json.dumps(found.to_json()))).digest == found.digest
    found.architecture().multiply_adds  # noqa: B018


# The settings of the program.

OF_PROGRAM = [field.name for field in fields(Settings)]
TEXTS = some.one_of(
    some.text(),
    some.sampled_from(["~", "~x", "~root/y", "/", "", "\0", "1e9", DIGITS, "-1", "inf", "/etc/passwd/x", ".."]),
    some.text(alphabet="~/.:0123456789x\\ \0\ud800"),
)
TOML = some.recursive(
    TEXTS.filter(str.isprintable).map(json.dumps)
    | some.sampled_from(["true", "inf", "-nan", "1979-05-27T07:32:00Z", "07:32:00", DIGITS, f"0x{DIGITS}", "''"])
    | some.integers().map(str)
    | some.floats(allow_nan=False, allow_infinity=False).map(repr),
    lambda inside: (
        some.lists(inside, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | inside.map(lambda item: f"{{ a = {item} }}")
        | some.dictionaries(some.sampled_from(["name", "kind", "partition", "other"]), inside, max_size=3).map(
            lambda held: f"[{{ {', '.join(f'{key} = {item}' for key, item in held.items())} }}]"
        )
    ),
    max_leaves=4,
)
ROWS = some.tuples(some.sampled_from([*OF_PROGRAM, "other", '"\\u0000"']), TOML).map(" = ".join)
FILES = some.lists(ROWS, max_size=3).map("\n".join).map(str.encode) | some.binary(max_size=60)
ENVIRONMENTS = some.dictionaries(some.sampled_from([f"LOUPE_{name.upper()}" for name in OF_PROGRAM]), TEXTS)


def program(value: tuple[bytes, dict[str, str]], place: Place) -> None:
    """Taken, or told of."""
    content, environ = value
    toml = place.folder / "loupe.toml"
    toml.write_bytes(content)
    found = load(environ, toml)
    assert all(path.is_absolute() for path in (found.cache, found.checkpoints, *found.readable))
    assert all(type(value) is int and value > 0 for value in (found.train_slots, found.look_slots, found.max_files))
