"""What was added to a network, and why one adds it: every word follows from the two networks that are compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vae_core.design import difference
from vae_core.design.alignment import LAYERS, Step, Unit
from vae_core.design.architecture import Architecture
from vae_core.design.difference import Difference
from vae_core.design.layers import Convolution, Deconv, Dense, show
from vae_core.share.report.parts import Block, Grid, told
from vae_core.share.report.side import Side

HOPES = {  # of a layer that is added, by its kind
    Deconv: "paints in one step more, so that a large shape can be refined before it becomes pixels",
    Convolution: "finds patterns in what reaches it, so that the layers behind it can build larger shapes of them",
    Dense: "bends the way from numbers to numbers once more, which one layer alone cannot",
}
OTHER = "does one step of the way more"


def of(side: Side, first: Side) -> Iterator[Block]:
    found = difference.between(first.config, side.config)
    yield told(f"{side.name} against {first.name}: {' '.join(found.sentences())}")
    if found.added or found.removed:
        yield Grid(("path", "change", "layers", "stands after", "trained", "not trained"), tuple(_rows(found)))
    if found.added:
        yield from map(told, _each_once(found.added))
        yield told(" ".join(_why(found)))


def _rows(found: Difference) -> Iterator[tuple[str, ...]]:
    for path, steps in (("encoder", found.encoder), ("decoder", found.decoder)):
        for place, step in enumerate(steps):
            unit = step.b if step.a is None else step.a if step.b is None else None
            if unit:
                change = "added" if step.a is None else "taken out"
                trained = sum(unit.trained)
                yield path, change, unit.text, _before(steps[:place]), f"{trained:,}", f"{unit.parameters - trained:,}"


def _before(steps: Sequence[Step]) -> str:
    units = [unit for step in steps if (unit := step.b or step.a)]
    return units[-1].text if units else "the input"


def _each_once(units: Sequence[Unit]) -> Iterator[str]:
    """What each layer does: batch norm does the same after every one."""
    does = {layer.text: words for unit in units for layer, words in zip(unit.layers, unit.words)}
    yield from (f"{text}: {words}" for text, words in does.items())


def _why(found: Difference) -> Iterator[str]:
    hopes: dict[str, list[str]] = {}
    for unit in found.added:
        hopes.setdefault(_hope(unit), []).append(unit.main.text)
    for hope, names in hopes.items():
        each = "each of them " if len(names) > 1 else "it "
        yield f"Why one adds {difference.listed(names)}: {each}{hope}."
    yield from _mirrored(found)
    yield from _with_them(found)


def _hope(unit: Unit) -> str:
    return next((words for kind, words in HOPES.items() if isinstance(unit.main, kind)), OTHER)


def _mirrored(found: Difference) -> Iterator[str]:
    """Whether the decoder can undo in as many steps what the encoder does in more."""
    counts = [sum(step.a is None for step in steps) for steps in (found.encoder, found.decoder)]
    if counts[0] == counts[1]:
        yield f"The decoder got as many, {counts[1]}, so that each step in has its mirror on the way out."
    else:
        words = " and ".join(f"the {path} got {count}" for path, count in zip(("encoder", "decoder"), counts))
        yield f"They are no mirror of each other: {words}."


def _with_them(found: Difference) -> Iterator[str]:
    """What changes in numbers: by the added layers alone, where the program knows the network that has only these."""
    alone = next((each.config for each in found.separating() if each.group == LAYERS), found.b)
    if alone is not None:
        told = list(_numbers(found.a.architecture(), alone.architecture()))
        yield f"{'With them' if alone is found.b else 'With them alone'}, {difference.listed(told)}."


def _numbers(before: Architecture, after: Architecture) -> Iterator[str]:
    yield f"{before.counts['total']:,} parameters become {after.counts['total']:,}"
    yield f"an image takes {after.multiply_adds / max(1, before.multiply_adds):.1f} times the multiplications"
    last = [show(each.encoder_rows[_last_picture(each)].output) for each in (before, after)]
    if last[0] != last[1]:
        yield f"the encoder's last picture is {last[1]} instead of {last[0]}"
    if before.sees != after.sees:
        yield f"one number of it is made of {after.sees}x{after.sees} pixels of the image instead of {_square(before)}"


def _square(of: Architecture) -> str:
    return f"{of.sees}x{of.sees}"


def _last_picture(of: Architecture) -> int:
    pictures = [place for place, row in enumerate(of.encoder_rows) if len(row.output) > 1]
    return pictures[-1] if pictures else 0
