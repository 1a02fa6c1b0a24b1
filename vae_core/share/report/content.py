"""The sections of a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vae_core.design import difference, naming, recipes
from vae_core.design.architecture import Row, counted
from vae_core.design.config import Config
from vae_core.design.declared import GROUPS
from vae_core.design.layers import show
from vae_core.look import doctor
from vae_core.runs.store import Run
from vae_core.share.report import added, compared, conclusion, depth, numbers, pictures
from vae_core.share.report.parts import Block, Grid, Heading, Question, Report, Text, told
from vae_core.share.report.side import Side
from vae_core.share.report.side import of as side_of
from vae_core.words import plural

GENERATED = "Sentences in italics were generated from the numbers of this report."
WHY = Question(
    "Why these layers? Say for each layer that you added what you expected of it, and why its mirror stands where it "
    "stands. The layer tables above and the curves below are your evidence."
)
WHAT_FOLLOWS = (
    Question(
        "What do the numbers show? Say what you may conclude from the tables and curves above, and what you may not."
    ),
    Question("How sure are you? Say what another seed, more epochs or another split could change."),
)


def make(runs: Sequence[Run], ask: bool) -> Report:
    sides = [side_of(run, runs[0] if run is not runs[0] else None) for run in runs]
    title = _title(sides)
    sections = (
        _question(sides),
        _setup(sides),
        _layers(sides),
        _changes(sides, ask),
        _curves(sides),
        _pictures(sides),
        numbers.of(sides),
        depth.of(sides),
        _findings(sides),
        _conclusion(sides, ask),
    )
    return Report(title, tuple(block for section in sections for block in section))


def _title(sides: Sequence[Side]) -> str:
    return sides[0].name if len(sides) == 1 else f"{difference.listed([side.name for side in sides])}, compared"


def _question(sides: Sequence[Side]) -> Iterator[Block]:
    yield Heading("The question")
    config = sides[0].config
    if len(sides) == 1:
        kind = f"{'an' if config.kind == 'ae' else 'a'} {naming.kind(config)}"
        size = plural(config.architecture().code.size, "number")
        yield told(f"What does {kind} with a code of {size} learn from the images of {config.dataset}?")
    else:
        names = difference.listed([side.name for side in sides])
        asked = f"How do {names} differ, on the images of {config.dataset}"
        yield told(f"{asked}, and may the difference be credited to what was changed?")
    for side in sides:
        if note := str(side.run.card()["note"]):
            yield Text(f"{side.name}: {note}")
    yield Text(GENERATED)


def _setup(sides: Sequence[Side]) -> Iterator[Block]:
    yield Heading("Setup")
    rows = [
        (setting.called, *(_setting(side.config, setting.name) for side in sides))
        for group in GROUPS
        for setting in difference.grouped(group)
        if any(difference.applies(side.config, setting.name) for side in sides)
    ]
    rows.append(("seed", *(str(side.config.seed) for side in sides)))
    rows.append(("images that train", *(_counted(side) for side in sides)))
    yield Grid(("", *(side.name for side in sides)), tuple(rows))
    for side in sides:
        recipe = next((each for each in recipes.all_recipes() if each.config.recipe == side.config.recipe), None)
        if side.config.recipe and recipe:
            yield Text(f"{side.name} is a recipe from report {recipe.report}. {recipe.note}")


def _setting(config: Config, name: str) -> str:
    return naming.kind(config) if name == "kind" else difference.words_of(config, name)


def _counted(side: Side) -> str:
    return "unknown" if side.case.facts is None else f"{len(side.case.facts.train):,}"


def _layers(sides: Sequence[Side]) -> Iterator[Block]:
    yield Heading("Layers")
    for side in sides:
        plan = side.config.architecture()
        counts = plan.counts
        yield Heading(side.name, 3)
        yield from pictures.way(side.name, side.run)
        rows = (*_rows("encoder", plan.encoder_rows), *_rows("decoder", plan.decoder_rows))
        yield Grid(("path", "layer", "shape after it", "trained", "not trained", "what it does"), rows)
        words = {**plan.networks, "both": counted(counts["total"], counts["trainable"])}
        yield told(" ".join(f"{name.capitalize()}: {each}." for name, each in words.items()))


def _rows(path: str, rows: Sequence[Row]) -> Iterator[tuple[str, ...]]:
    last = None
    for row in rows:
        counts = f"{row.trainable:,}", f"{row.parameters - row.trainable:,}"
        yield path, row.layer.text, show(row.output), *counts, row.layer.explain(row.before, last)
        last = row.layer


def _changes(sides: Sequence[Side], ask: bool) -> Iterator[Block]:
    yield Heading("What was added, and why")
    for side in sides[1:]:
        yield from added.of(side, sides[0])
    if len(sides) == 1 and not ask:
        rival = sides[0].case.rival
        if rival is None:
            yield told("This report is of one model. The table above says what each of its layers does.")
        else:
            sentences = difference.between(rival.config, sides[0].config).sentences()
            yield told(f"Against {rival.name}: {' '.join(sentences)}")
    if ask:
        yield WHY


def _curves(sides: Sequence[Side]) -> Iterator[Block]:
    yield Heading("How the training went")
    for side in sides:
        yield from pictures.losses(side.name, side.case)
        total = side.case.total
        if len(total) and side.best:
            seconds = side.run.status()["seconds"]
            took = f", which took {seconds:,.0f} seconds" if seconds else ""
            best = f"Its validation loss was best in epoch {side.best}, and that epoch's model is kept."
            yield told(f"{side.name} trained {plural(len(total), 'epoch')}{took}. {best}")


def _pictures(sides: Sequence[Side]) -> Iterator[Block]:
    yield Heading("What it draws, and its map of codes")
    for side in sides:
        yield from pictures.drawn(side.name, side.run, side.best)
        yield from pictures.code_map(side.name, side.case)


def _findings(sides: Sequence[Side]) -> Iterator[Block]:
    yield Heading("Check-up")
    for side in sides:
        if not side.findings:
            yield told(doctor.nothing(side.name, len(side.case.history)))
        for finding in side.findings:
            yield Heading(f"{side.name}: {finding.title}", 3)
            yield told(finding.words)
            yield Text(finding.meaning)
            yield from pictures.evidence(finding.evidence, side.run)
            yield told(f"What to do: {finding.repair.words}")


def _conclusion(sides: Sequence[Side], ask: bool) -> Iterator[Block]:
    yield Heading("Conclusion")
    if ask:
        yield from WHAT_FOLLOWS
        return
    first, *others = sides
    for side in others:
        yield from map(told, compared.of(side, first, len(others)))
    yield from map(told, depth.concluded(sides))
    for side in sides:
        if others:
            yield Heading(side.name, 3)
        paragraphs = conclusion.of_one(side.name, side.config, side.metrics, side.findings, len(side.case.history))
        yield from (told(paragraph) for paragraph in paragraphs if paragraph)
