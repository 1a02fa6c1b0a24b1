"""What may be said of two models, and what not: a cause only where nothing else was changed, or was told apart."""

from __future__ import annotations

from collections.abc import Iterator

from vae_core.design import difference
from vae_core.design.difference import Separation
from vae_core.look import comparison
from vae_core.look.comparison import Comparison
from vae_core.runs import arms
from vae_core.runs.store import Run
from vae_core.share.report.side import Side


def of(side: Side, first: Side, comparisons: int) -> Iterator[str]:
    if not first.run.state() == side.run.state() == "done":
        yield f"{side.name} or {first.name} was not trained to its end, so they are not compared."
        return
    found = comparison.compare(first.run, side.run, comparisons=comparisons)
    yield found.headline
    yield from found.sentences()
    if not found.problem:
        yield " ".join(_together(found, first.run))


def _together(found: Comparison, first: Run) -> Iterator[str]:
    """Which changes stand apart, by a training that makes one of them alone, and which do not."""
    alone = found.difference.separating()
    if not alone:
        return
    labels = difference.listed([each.label for each in alone])
    yield f"Several things were changed at once: {labels}. These two models cannot tell which of them did it."
    trained = {each.label: run for each in alone if (run := _trained(each, first))}
    yield from (_told(label, first, run) for label, run in trained.items())
    rest = [each.label for each in alone if each.label not in trained]
    if rest:
        which = difference.listed(rest) if trained else "any of them"
        yield f"No training changes {which} alone, so nothing is credited to {'it' if len(rest) == 1 else 'them'}."


def _trained(each: Separation, first: Run) -> Run | None:
    done = arms.find(first.settings, each.config).done if each.config else ()
    return done[0] if done else None


def _told(label: str, first: Run, run: Run) -> str:
    return f"One training changes nothing but {label}: {comparison.compare(first, run).headline}"
