"""What `model.summary()` prints, as nodes: the tables of Keras 2 and of Keras 3, with lines or without."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from vae_core.design.layers import Activation, Convolution, Dense, Shape
from vae_core.design.pasted import graphs, kinds
from vae_core.design.pasted.chains import Chain, Layers, Tracer, merged, with_activation
from vae_core.design.pasted.split import Halves, Image, Part
from vae_core.design.pasted.values import Budget, Node
from vae_core.errors import LoupeError

HEAD = "Layer (type)"
RULE = re.compile(r"[\s\-=_+|─-╿]+")  # a line of nothing but lines
BAR = re.compile("[│┃║|]")
SHAPE = r"\(\s*(?:None|\d+)\s*(?:,\s*(?:None|\d+)?\s*){0,4}\)"
ROW = re.compile(rf"(?P<name>.*?)\s*\[?(?P<shape>{SHAPE})[\])(,\sNone\d]*?\s+(?P<count>\d[\d,]*)(?:\s|$)(?P<more>.*)")
TITLE = re.compile(r'Model: "([^"]{1,100})"')
SOURCE = re.compile(r"([\w./-]{1,100})(?:…|\[\d)")
TYPE = re.compile(r"(?P<name>[^()]{1,100}?)\s*\((?P<type>\w{1,60})(?P<end>\)?)")
MOST_ROWS = 400
MOST_WIDE = 400  # characters of a row
ASSUMED = "A summary tells no activations: relu was taken, none for the code, and a sigmoid at the end."
RATE = "A summary tells no rate of a dropout: 0.5 was taken."


Named = tuple[str, Node]


@dataclass(frozen=True)
class Line:
    """A layer of a table."""

    number: int
    name: str
    kind: str
    shape: Shape | None
    parameters: int
    sources: tuple[str, ...]


@dataclass
class Table:
    name: str
    lines: list[Line] = field(default_factory=list)
    text: list[tuple[int, str]] = field(default_factory=list)  # not yet read


def is_summary(text: str) -> bool:
    return HEAD in text


def parts(text: str, budget: Budget, given: Image | None) -> list[Part]:
    tables = list(_tables(text))
    ends = [table.lines[-1].shape for table in tables if table.lines]
    starts = [shape for shape in (*ends, given) if shape and len(shape) == 3]
    found = ((table.name, _nodes(table.lines, budget, starts)) for table in tables)
    tracer = Tracer(budget)
    return [Part((name,), _functions(tracer.longest(_ends(nodes)))) for name, nodes in found if nodes]


def assumed(halves: Halves) -> tuple[str, ...]:
    both = (*halves.encoder.layers, *halves.decoder.layers)
    return (ASSUMED, RATE) if any(layer.text.startswith("drop") for layer in both) else (ASSUMED,)


# The text.


def _tables(text: str) -> Iterator[Table]:
    table, name = Table(""), ""
    for number, line in enumerate(text.splitlines(), 1):
        title = TITLE.search(line)
        name = title[1] if title else name
        if HEAD in line:
            yield _read(table)
            table = Table(name)
        elif not title and not line.strip().lower().startswith("total params"):
            table.text.append((number, line))
    yield _read(table)


def _read(table: Table) -> Table:
    for number, text in _rows(table.text):
        found = ROW.match(text)
        line = _line(number, found) if found else None
        if line:
            table.lines.append(line)
        if len(table.lines) > MOST_ROWS:
            raise LoupeError(f"The summary has more than {MOST_ROWS} layers", "One network of usual size was expected")
    return table


def _rows(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """A row may go over several lines: between two rules, or with the rest of its name on the next line."""
    cells: list[str] = []
    start = 0
    for number, line in lines:
        parts = [_even(part) for part in BAR.split(line)[1:-1]]
        if RULE.fullmatch(line) or not line.strip():
            yield start, _even(" ".join(cells))
            cells = []
        elif parts:
            start = start if cells else number
            cells = [a + b for a, b in zip(cells or [""] * len(parts), parts, strict=False)]
        elif ROW.match(_even(line)):
            yield start, _even(" ".join(cells))
            start, cells = number, [_even(line)]
        elif cells:
            cells = [_continued(cells[0], line)]
    yield start, _even(" ".join(cells))


def _even(text: str) -> str:
    """With single spaces, and of bounded length."""
    return " ".join(text[: 2 * MOST_WIDE].split())[:MOST_WIDE]


def _continued(row: str, line: str) -> str:
    """What begins at the left is the rest of the name, anything else tells where the row comes from."""
    rest, opened = _even(line), ROW.match(row)
    name = opened["name"] if opened else ""
    if name.count("(") > name.count(")") and line[:3].strip():
        word, _, more = rest.partition(" ")
        return f"{name}{word}{row[len(name) :]} {more}"
    return f"{row} {rest}"


def _line(number: int, found: re.Match[str]) -> Line | None:
    named = TYPE.match(found["name"].strip())
    if named is None:
        return None
    sizes = [None if part == "None" else int(part[:12]) for part in re.findall(r"None|\d+", found["shape"])]
    kind = named["type"] if named["end"] else _whole(named["type"])
    count = int(found["count"].replace(",", "")[:15])
    return Line(number, named["name"].strip(), kind, graphs.as_shape(tuple(sizes)), count, _sources(found["more"]))


def _sources(text: str) -> tuple[str, ...]:
    return tuple(SOURCE.findall(text[:2000]))


def _whole(beginning: str) -> str:
    """Keras cuts off long names."""
    return min((name for name in kinds.NAMES if name.startswith(beginning)), key=len, default=beginning)


# The nodes.


def _nodes(lines: Sequence[Line], budget: Budget, starts: Sequence[Shape]) -> list[Node]:
    named: list[Named] = []
    for line in lines:
        inputs = tuple(dict.fromkeys(node for source in line.sources if (node := _called(named, source))))
        if line.kind == "InputLayer":
            node = graphs.source(budget, line.number, line.shape)
        else:
            node = _node(line, inputs or _before(named, line, budget, starts), budget)
        named.append((line.name.rstrip("…"), node))
    return [node for _, node in named]


def _called(named: Sequence[Named], source: str) -> Node | None:
    """Keras shows of a long name only the beginning: of several, the last is meant."""
    exact = (node for name, node in reversed(named) if name == source)
    like = (node for name, node in reversed(named) if name.startswith(source) or source.startswith(name))
    return next(exact, None) or next(like, None)


def _before(named: Sequence[Named], line: Line, budget: Budget, starts: Sequence[Shape]) -> tuple[Node, ...]:
    """The row above, or the one above that where a head stands beside it; or the beginning, which is not shown."""
    last = named[-1][1] if named else None
    tried = [each for each in (last, *(last.inputs[:1] if last else ())) if each]
    if tried:
        return (next((each for each in tried if each.shape and _fits(line, each.shape)), tried[0]),)
    shapes = [shape for shape in (*_rows_of_numbers(line), *starts) if _fits(line, shape)]
    return (graphs.source(budget, line.number, shapes[0] if shapes else None),)


def _rows_of_numbers(line: Line) -> list[Shape]:
    """What goes into a dense layer follows from the count of its weights."""
    if line.kind != "Dense" or not line.shape:
        return []
    return [(max(1, line.parameters // line.shape[-1] - 1),)]


def _fits(line: Line, shape: Shape) -> bool:
    try:
        return bool(line.shape) and not kinds.guessed(line.kind, shape, line.shape or (), line.parameters)[1]
    except LoupeError:
        return line.kind not in kinds.NAMES


def _node(line: Line, inputs: tuple[Node, ...], budget: Budget) -> Node:
    shape = inputs[0].shape
    if line.kind in graphs.PASSED:
        return inputs[0]
    if len(inputs) > 1 or line.kind not in kinds.NAMES or not shape or not line.shape:
        return replace(graphs.operation(budget, line.number, line.kind, inputs), shape=line.shape)
    try:
        layer, told = kinds.guessed(line.kind, shape, line.shape, line.parameters)
    except LoupeError as error:
        return graphs.operation(budget, line.number, line.kind, inputs, error.happened)
    return Node(budget.node(), line.number, line.kind, inputs, layer, line.shape, told)


def _ends(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """What nothing else is made of; of a VAE's encoder the mean, the variance and the code."""
    used = {each for node in nodes for each in node.inputs}
    return tuple(node for node in nodes if node not in used) or tuple(nodes[-1:])


# What a summary does not tell.


def _functions(chain: Chain) -> Chain:
    """Where a function follows, the layer before it has none."""
    layers = list(chain.layers)
    for place, layer in enumerate(layers):
        after = next((each for each in layers[place + 1 :] if not each.follows or isinstance(each, Activation)), None)
        if isinstance(layer, Dense | Convolution) and isinstance(after, Activation):
            layers[place] = with_activation(layer, "linear")
    return replace(chain, layers=merged(layers))


def usual(halves: Halves) -> Halves:
    """The code has no function, and the last layer ends in pixels."""
    encoder = _last(halves.encoder.layers, Dense, "linear")
    decoder = _last(halves.decoder.layers, Dense | Convolution, "sigmoid")
    return Halves(replace(halves.encoder, layers=encoder), replace(halves.decoder, layers=decoder))


def _last(layers: Layers, kind: object, function: str) -> Layers:
    places = [place for place, layer in enumerate(layers) if not layer.follows]
    place = places[-1] if places else None
    if place is None or not isinstance(layers[place], kind) or any(isinstance(x, Activation) for x in layers[place:]):  # type: ignore[arg-type]
        return layers
    return (*layers[:place], with_activation(layers[place], function), *layers[place + 1 :])
