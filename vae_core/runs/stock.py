"""What a saved model may be made of: the layers that the notation can make, with the options that it can ask for.

A description is compared with this list before anything is made of it, here or by Keras: whatever is not on it is
refused by name, also a class of Keras' own. Nothing on it can run code, open a file or ask for memory.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TypeGuard

from vae_core.design.layers import ACTIVATIONS, MAX_ACTIVATION
from vae_core.design.layers.activations import keras_name
from vae_core.errors import LoupeError

Allowed = Callable[[object], bool]
Described = dict[str, object]
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")  # never a path
NETWORK = ("keras.src.models.functional", "Functional")
NETWORKS = ("encoder", "decoder")


def _is(*values: object) -> Allowed:
    """Allow these values alone, compared as JSON, where 1 is not true."""
    return lambda found: json.dumps(found) in {json.dumps(value) for value in values}


def _count(found: object) -> TypeGuard[int]:
    return type(found) is int and 0 <= found <= MAX_ACTIVATION


def _size(found: object) -> bool:
    return _count(found) and found > 0


def _number(found: object) -> bool:
    return (type(found) is int or type(found) is float) and 0 <= found <= 1


def _list(each: Allowed, *lengths: int) -> Allowed:
    return lambda found: isinstance(found, list) and len(found) in lengths and all(map(each, found))


def _name(found: object) -> bool:
    return isinstance(found, str) and NAME.fullmatch(found) is not None


def _shape(found: object) -> bool:
    """Any number of rows, each of a fixed size; several of them for a layer with several inputs."""
    one = isinstance(found, list) and found[:1] == [None] and _list(_size, 1, 3)(found[1:])
    return one or _list(_shape, 2)(found)


def _initializer(found: object) -> bool:
    """One that Keras starts its layers with; all of its own options unset."""
    names = ("GlorotUniform", "Zeros", "Ones")
    made = {"module": "keras.initializers", "registered_name": None}
    return (
        isinstance(found, dict)
        and {**found, "class_name": "", "config": {}} == {**made, "class_name": "", "config": {}}
        and found["class_name"] in names
        and isinstance(found["config"], dict)
        and not any(value is not None for value in found["config"].values())
    )


def _pair(found: object) -> bool:
    """Whether it is a pair of equal sizes: windows and steps are square."""
    return isinstance(found, list) and _list(_size, 2)(found) and found[0] == found[1]


def _dtype(found: object) -> bool:
    """By its name, or as the policy of that name, which layers may share."""
    policy: dict[str, object] = {"module": "keras", "class_name": "DTypePolicy", "registered_name": None}
    policy["config"] = {"name": "float32"}
    shared = found.get("shared_object_id") if isinstance(found, dict) else None
    if shared is not None and type(shared) is int:
        policy["shared_object_id"] = shared
    return found in ("float32", policy)


_bool, _last = _is(True, False), _is("channels_last")
_sides = _list(_list(_count, 2), 2)
_activation = _is(*map(keras_name, ACTIVATIONS))
_EVERY: dict[str, Allowed] = {"name": _name, "trainable": _bool, "dtype": _dtype}
_WEIGHTED = {
    "activation": _activation,
    "use_bias": _bool,
    "kernel_initializer": _initializer,
    "bias_initializer": _initializer,
}
_WINDOW = {
    **_WEIGHTED,
    "filters": _size,
    "kernel_size": _pair,
    "strides": _pair,
    "padding": _is("same", "valid"),
    "data_format": _last,
    "dilation_rate": _is([1, 1]),
}
_POOL = {"pool_size": _pair, "strides": _pair, "padding": _is("valid"), "data_format": _last}
_CENTRED = {"epsilon": _number, "center": _is(True), "scale": _is(True)}
_NORM = {
    **_CENTRED,
    "axis": _is(-1),
    "momentum": _number,
    "synchronized": _is(False),
    "renorm": _is(False),
    "renorm_momentum": _number,
    **{f"{part}_initializer": _initializer for part in ("beta", "gamma", "moving_mean", "moving_variance")},
}
_LAYER_NORM = {
    **_CENTRED,
    "axis": _is([-1]),
    "rms_scaling": _is(False),
    **{f"{part}_initializer": _initializer for part in ("beta", "gamma")},
}
OPTIONS: Mapping[str, Mapping[str, Allowed]] = {
    "InputLayer": {"batch_shape": _shape, "sparse": _is(False), "ragged": _is(False), "optional": _is(False)},
    "Dense": {**_WEIGHTED, "units": _size},
    "Conv2D": {**_WINDOW, "groups": _is(1)},
    "Conv2DTranspose": _WINDOW,
    "BatchNormalization": _NORM,
    "LayerNormalization": _LAYER_NORM,
    "Dropout": {"rate": _number},
    "Activation": {"activation": _activation},
    "MaxPooling2D": _POOL,
    "AveragePooling2D": _POOL,
    "UpSampling2D": {"size": _pair, "data_format": _last, "interpolation": _is("nearest")},
    "Cropping2D": {"cropping": _sides, "data_format": _last},
    "ZeroPadding2D": {"padding": _sides, "data_format": _last},
    "Flatten": {"data_format": _last},
    "Reshape": {"target_shape": _list(_size, 1, 3)},
    "Add": {},
    "Concatenate": {"axis": _is(-1)},
    "Sin": {},
}  # every option that is not listed must be unset, and these must be there:
MODULES = {"Sin": "keras.src.ops.numpy"}  # of what is no layer but an operation; Keras registers those
SIZES = {"batch_shape", "units", "filters", "kernel_size", "strides", "pool_size", "size", "cropping", "target_shape"}
ESSENTIAL = {*SIZES, "padding", "use_bias", "activation", "axis", "epsilon", "interpolation"}


def check(model: object) -> None:
    """Of the whole of a model's description; a LoupeError that names what is not on the list."""
    layers = _layers(_object(model, *NETWORK, ()))
    for each in layers:
        if each["class_name"] == "InputLayer":
            _layer(each)
        else:
            _network(each)
    names = [str(each["name"]) for each in layers if each["class_name"] != "InputLayer"]
    if sorted(names) != sorted(NETWORKS):
        raise _refused(f"the networks {names}")


def _network(each: Described) -> None:
    for inner in _layers(_object(each, *NETWORK, ("name", "inbound_nodes"))):
        _layer(inner)


def _layer(each: Described) -> None:
    kind = str(each["class_name"])
    if kind not in OPTIONS:
        raise _refused(f"a layer of the class {kind!r}")
    config = _object(each, MODULES.get(kind, "keras.layers"), kind, ("name", "inbound_nodes"))
    missing = [key for key in OPTIONS[kind] if key in ESSENTIAL and key not in config]
    allowed = {**_EVERY, **OPTIONS[kind]}
    wrong = [key for key, value in config.items() if not allowed.get(key, _is(None))(value)]
    if wrong or missing:
        raise _refused(f"a {kind} with {_told((wrong or missing)[0], config)}")


def _object(each: object, module: str, kind: str, more: Iterable[str]) -> Described:
    """The options in a description as Keras writes it, of this class, with nothing else in it."""
    if not _dict(each) or (each.get("module"), each.get("class_name")) != (module, kind):
        raise _refused(_called(each))
    config = each.get("config", {})
    name = config.get("name") if _dict(config) else None
    registered = _is(None) if module == "keras.layers" else _is(None, kind)
    allowed = {
        "module": _is(module),
        "class_name": _is(kind),
        "config": _dict,
        "registered_name": registered,
        "build_config": _built,
        "compile_config": _is({}),
        "name": _is(name),
        "inbound_nodes": _nodes,
    }
    wrong = [key for key, value in each.items() if not allowed.get(key, lambda _: False)(value)]
    missing = [key for key in ("config", *more) if key not in each]
    if wrong or missing or not _name(name) or not _dict(config):
        raise _refused(f"a {kind} with {_told((wrong or missing or ['name'])[0], each)}")
    return config


def _dict(found: object) -> TypeGuard[Described]:
    return isinstance(found, dict)


def _built(found: object) -> bool:
    shapes = found.values() if _dict(found) and set(found) <= {"input_shape"} else ("",)
    return all(value is None or _shape(value) for value in shapes)


def _nodes(found: object) -> bool:
    """Whether a layer is called at most once, and with tensors alone."""
    return isinstance(found, list) and len(found) <= 1 and all(map(_node, found))


def _node(found: object) -> bool:
    if not _dict(found) or set(found) != {"args", "kwargs"} or not _dict(found["kwargs"]):
        return False
    unset = all(key in ("mask", "training") and value in (None, False) for key, value in found["kwargs"].items())
    return unset and _list(lambda each: _tensor(each) or _list(_tensor, 2)(each), 1)(found["args"])


def _tensor(found: object) -> bool:
    if not _dict(found) or set(found) != {"class_name", "config"} or found["class_name"] != "__keras_tensor__":
        return False
    parts = {"shape": _shape, "dtype": _is("float32"), "keras_history": _end}
    config = found["config"]
    return _dict(config) and set(config) == set(parts) and all(parts[key](value) for key, value in config.items())


def _end(found: object) -> bool:
    return isinstance(found, list) and len(found) == 3 and _name(found[0]) and all(map(_count, found[1:]))


def _one_or_two(found: object) -> bool:
    return _end(found) or _list(_end, 1, 2)(found)


def _ends(network: Described) -> None:
    """Which tensors go in and come out, and nothing else beside the layers."""
    allowed = {
        **_EVERY,
        "layers": lambda found: isinstance(found, list),
        "input_layers": _one_or_two,
        "output_layers": _one_or_two,
    }
    wrong = [key for key, value in network.items() if not allowed.get(key, _is(None))(value)]
    missing = [key for key in ("layers", "input_layers", "output_layers") if key not in network]
    if wrong or missing:
        raise _refused(f"a network with {_told((wrong or missing)[0], network)}")


def _layers(network: Described) -> list[Described]:
    """The layers of a network, each of a name of its own."""
    _ends(network)
    parts = network["layers"] if isinstance(network["layers"], list) else []
    layers = [each for each in parts if _dict(each) and isinstance(each.get("class_name"), str)]
    if len(layers) < len(parts):
        raise _refused("a layer without a class")
    ((name, times),) = Counter(str(each.get("name")) for each in layers).most_common(1) or [("", 0)]
    if times > 1:
        raise _refused(f"two layers of the name {name!r}")
    return layers


def _called(each: object) -> str:
    return f"an object {each.get('module')}.{each.get('class_name')}"[:200] if isinstance(each, dict) else "no object"


def _told(key: str, held: Mapping[str, object]) -> str:
    return f"{key} = {json.dumps(held[key])[:100]}" if key in held else f"no {key}"


def _refused(what: str) -> LoupeError:
    return LoupeError(f"It holds {what}", "A model holds the layers that the notation can make, and nothing else")
