"""The settings of a training that a program states: in compile, in fit, and in what it calls its constants."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeAlias

from vae_core.design.declared import SETTINGS
from vae_core.design.layers.tokens import short
from vae_core.design.pasted import graphs
from vae_core.design.pasted.chains import Told
from vae_core.design.pasted.library import Asked, World
from vae_core.design.pasted.values import Dotted, Made, Scope

Settings: TypeAlias = dict[str, object]
OPTIMISERS = {"adam": "adam", "adamw": "adamw", "sgd": "sgd"}
LOSSES = {
    "binarycrossentropy": "bce",
    "bce": "bce",
    "bceloss": "bce",
    "meansquarederror": "mse",
    "mse": "mse",
    "mseloss": "mse",
}
OTHERS = ("rmsprop", "nadam", "adagrad", "adadelta", "adamax", "lion")
RATES = ("learning_rate", "lr")
# What Keras and our own trainer take where nothing else is said.
USUAL = {"momentum": 0.9, "beta_1": 0.9, "beta_2": 0.999, "name": None, "params": None, "epsilon": 1e-7}
# What constants are called, as our own programs write them and as others do.
OWN = {name.upper(): name for name, setting in SETTINGS.items() if setting.constant and name not in ("image", "seed")}
CONSTANTS = {
    **{name: name for name in ("epochs", "batch", "learning_rate", "beta")},
    **{"batch_size": "batch", "lr": "learning_rate", "num_epochs": "epochs", "n_epochs": "epochs"},
}
NOISES = ("noise", "noise_factor", "noise_level", "noise_std", "sigma_noise")
DATA = {"mnist": "mnist", "fashion_mnist": "fashion-mnist", "cifar10": "cifar10"}
LOGITS = ("from_logits", "sigmoid_cross_entropy_with_logits", "BCEWithLogitsLoss")


def read(world: World, tree: ast.Module, scope: Scope) -> tuple[Settings, list[Told]]:
    """What is said in a call counts more than what a constant is called."""
    settings, told = _constants(scope), list[Told]()
    mentioned = _loss_in(tree)
    settings |= {"loss": mentioned} if mentioned else {}
    for made in world.made:
        settings |= _made(made)
        told += _unread(made)
    for asked in world.asked:
        found, more = (_compiled if asked.name == "compile" else _fitted)(asked, scope)
        settings |= found
        told += more
    if settings.get("patience") == settings.get("epochs"):
        settings.pop("patience", None)  # it never stops early
    return {name: value for name, value in settings.items() if _allowed(name, value)}, told


def _allowed(name: str, value: object) -> bool:
    setting = SETTINGS[name]
    if setting.choices:
        return value in setting.choices
    low, high = setting.bounds
    kinds = (int, float) if setting.kind is float else (setting.kind,)
    return type(value) in kinds and low <= value <= high  # type: ignore[operator]  # a number or a bool


def _constants(scope: Scope) -> Settings:
    called = {name: OWN.get(name) or CONSTANTS.get(name.lower()) for name in scope.values}
    found = {ours: _number(ours, scope.values[name]) for name, ours in called.items() if ours}
    return found | ({"loss": "mse"} if "sigma" in found else {})


def _number(name: str, value: object) -> object:
    return float(value) if SETTINGS[name].kind is float and type(value) is int else value


def _names_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        found = (getattr(node, name, None) for name in ("id", "attr", "arg"))
        yield from (name for name in found if isinstance(name, str))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 40:
            yield node.value


def _word(name: str) -> str:
    return name.lower().replace("_", "")


def _loss_in(tree: ast.Module) -> str | None:
    """Somewhere in the program it is computed."""
    names = {_word(name) for name in _names_in(tree)}
    if "sigmoidcrossentropywithlogits" in names or "bcewithlogitsloss" in names:
        return "bce"
    return next((loss for word, loss in LOSSES.items() if word in names and word not in ("mse", "bce")), None)


def from_logits(tree: ast.Module) -> bool:
    return any(name in LOGITS for name in _names_in(tree))


def data_set(tree: ast.Module) -> str:
    """The one of Keras' that it loads."""
    names = set(_names_in(tree))
    return next((ours for theirs, ours in DATA.items() if theirs in names), "")


def has_kl(tree: ast.Module) -> bool:
    return any("kl" in name.lower().split("_") or "kl" in name.lower()[:3] for name in _names_in(tree))


def _made(made: Made) -> Settings:
    if made.name == "EarlyStopping" and type(made.options.get("patience")) is int:
        return {"patience": made.options["patience"]}
    if made.name == graphs.NOISE:
        level = made.options.get("stddev", made.arguments[0] if made.arguments else None)
        return {"noise": _number("noise", level)}
    return _optimiser(made) if made.name.lower() in OPTIMISERS else {}


def _unread(made: Made) -> Iterator[Told]:
    """What an optimiser is made with."""
    if made.name.lower() in OTHERS:
        yield made.line, f"the optimiser {made.name} is not known here; it was left out"
    elif made.name.lower() in OPTIMISERS:
        for name, value in made.options.items():
            usual = USUAL.get(name, ...)
            if name not in RATES and usual is not None and value != usual:
                yield made.line, f"{short(name)} of {made.name} is not understood; it was left out"


def _optimiser(made: Made) -> Settings:
    found: Settings = {"optimizer": OPTIMISERS[made.name.lower()]}
    given = [made.options.get(name) for name in RATES] + list(made.arguments[:1])
    rates = [rate for rate in given if isinstance(rate, float | int) and not isinstance(rate, bool)]
    return found | ({"learning_rate": float(rates[0])} if rates else {})


def _compiled(asked: Asked, scope: Scope) -> tuple[Settings, list[Told]]:
    given = dict(zip(("optimizer", "loss"), asked.arguments, strict=False)) | dict(asked.options)
    found, told = Settings(), list[Told]()
    optimiser = _plain(given.get("optimizer"))
    if optimiser.lower() in OPTIMISERS:
        found["optimizer"] = OPTIMISERS[optimiser.lower()]
    elif optimiser and ("optimizer" in asked.options or len(asked.arguments) > 1):
        told.append((asked.node.lineno, f"the optimiser {short(optimiser)} is not known here; it was left out"))
    loss = LOSSES.get(_word(_plain(given.get("loss"))))
    said = given.get("loss")
    if isinstance(said, str) and not loss:
        told.append((asked.node.lineno, f"the loss {short(said)} is not known here; it was left out"))
    return found | ({"loss": loss} if loss else {}), told


def _plain(value: object) -> str:
    if isinstance(value, Dotted):
        return value.last
    found = value.name if isinstance(value, Made) else value
    return found if isinstance(found, str) else ""


def _fitted(asked: Asked, scope: Scope) -> tuple[Settings, list[Told]]:
    """Validation images in file order, or the test set where they are called so."""
    given = asked.options
    found: Settings = {CONSTANTS[name]: given[name] for name in ("batch_size", "epochs") if name in given}
    share = given.get("validation_split")
    told = list[Told]()
    if isinstance(share, float):
        found["split"] = "tail"
        if share != 0.2:
            told.append((asked.node.lineno, f"validation_split={share:g} is a fifth here"))
    tests = next((each.value for each in asked.node.keywords if each.arg == "validation_data"), None)
    if tests is not None and any("test" in name.lower() for name in _names_in(tests)):
        found["split"] = "test"
    return found | _first(asked) | _noisy(asked, scope), told


def _first(asked: Asked) -> Settings:
    """Of how many images it trains, where that is said in the call."""
    images = asked.node.args[0] if asked.node.args else None
    cut = images.slice if isinstance(images, ast.Subscript) else None
    most = cut.upper if isinstance(cut, ast.Slice) and cut.lower is None else None
    return {"train_size": most.value} if isinstance(most, ast.Constant) else {}


def _noisy(asked: Asked, scope: Scope) -> Settings:
    """Noisy images go in and clean ones are asked for."""
    images = asked.node.args[0] if asked.node.args else None
    if images is None or not any("nois" in name.lower() for name in _names_in(images)):
        return {}
    level = next((scope.values[name] for name in NOISES if isinstance(scope.values.get(name), float | int)), 0.3)
    return {"noise": _number("noise", level), "noise_once": True}


def without_kl(world: World, tree: ast.Module) -> bool:
    """A program that states its whole loss, and has no KL term in it."""
    losses = [asked.options.get("loss") for asked in world.asked if asked.name == "compile"]
    return any(_word(_plain(loss)) in LOSSES for loss in losses) and not has_kl(tree)
