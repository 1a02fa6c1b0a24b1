"""The sections of a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vae_core.design import difference, naming, recipes
from vae_core.design.architecture import Row, counted
from vae_core.design.config import Config
from vae_core.design.declared import GROUPS
from vae_core.design.layers import show
from vae_core.look import comparison, doctor
from vae_core.runs.store import Run
from vae_core.share.report import conclusion, numbers, pictures
from vae_core.share.report.parts import Block, Grid, Heading, Question, Report, Text
from vae_core.share.report.side import Side
from vae_core.share.report.side import of as side_of
from vae_core.words import plural

GENERATED = "Sentences in italics were generated from the numbers of this report."


def make(runs: Sequence[Run], ask: bool) -> Report:
    sides = [side_of(run, runs[0] if run is not runs[0] else None) for run in runs]
    title = _title(sides)
    sections = (_question(sides), _setup(sides), _layers(sides), _changes(sides, ask), _curves(sides),
                _pictures(sides), numbers.of(sides), _findings(sides), _conclusion(sides, ask))  # fmt: skip
    return Report(title, tuple(block for section in sections for block in section))


def _title(sides: Sequence[Side]) -> str:
    return sides[0].name if len(sides) == 1 else f"{difference.listed([side.name for side in sides])}, compared"


def _question(sides: Sequence[Side]) -> Iterator[Block]:
    yield Heading("The question")
    config = sides[0].config
    size = config.architecture().code.size
    if len(sides) == 1:
        kind = f"{'an' if config.kind == 'ae' else 'a'} {naming.kind(config)}"
        yield Text(f"What does {kind} with a code of {plural(size, 'number')} learn from the images of "
                   f"{config.dataset}?", generated=True)  # fmt: skip
    else:
        names = difference.listed([side.name for side in sides])
        yield Text(f"How do {names} differ, on the images of {config.dataset}, and may the difference be credited to "
                   "what was changed?", generated=True)  # fmt: skip
    for side in sides:
        if note := str(side.run.card()["note"]):
            yield Text(f"{side.name}: {note}")
    yield Text(GENERATED)


def _setup(sides: Sequence[Side]) -> Iterator[Block]:
    yield Heading("Setup")
    rows = [(setting.called, *(_setting(side.config, setting.name) for side in sides))
            for group in GROUPS for setting in difference.grouped(group)
            if any(difference.applies(side.config, setting.name) for side in sides)]  # fmt: skip
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
        rows = (*_rows("encoder", plan.encoder_rows), *_rows("decoder", plan.decoder_rows))
        yield Grid(("path", "layer", "shape after it", "parameters", "what it does"), rows)
        told = {**plan.networks, "both": counted(counts["total"], counts["trainable"])}
        yield Text(" ".join(f"{name.capitalize()}: {words}." for name, words in told.items()), generated=True)


def _rows(path: str, rows: Sequence[Row]) -> Iterator[tuple[str, ...]]:
    last = None
    for row in rows:
        yield path, row.layer.text, show(row.output), f"{row.parameters:,}", row.layer.explain(row.before, last)
        last = row.layer


def _changes(sides: Sequence[Side], ask: bool) -> Iterator[Block]:
    yield Heading("What was added, and why")
    first = sides[0]
    for side in sides[1:]:
        found = difference.between(first.config, side.config)
        yield Text(f"{side.name} against {first.name}: {' '.join(found.sentences())}", generated=True)
        for unit in (*found.added, *found.removed):
            word = "Added" if unit in found.added else "Taken out"
            told = f"{word}: {unit.text} ({unit.parameters:,} parameters). {' '.join(unit.words)}"
            yield Text(told, generated=True)
    if len(sides) == 1 and not ask:
        rival = first.case.rival
        told = "This report is of one model. The table above says what each of its layers does."
        if rival is not None:
            told = f"Against {rival.name}: {' '.join(difference.between(rival.config, first.config).sentences())}"
        yield Text(told, generated=True)
    if ask:
        yield Question("Why these layers? Say for each layer that you added what you expected of it, and why its "
                       "mirror stands where it stands. The layer tables above and the curves below are your "
                       "evidence.")  # fmt: skip


def _curves(sides: Sequence[Side]) -> Iterator[Block]:
    yield Heading("How the training went")
    for side in sides:
        yield from pictures.losses(side.name, side.case)
        total = side.case.total
        if len(total) and side.best:
            seconds = side.run.status()["seconds"]
            took = f", which took {seconds:,.0f} seconds" if seconds else ""
            epochs = plural(len(total), "epoch")
            yield Text(f"{side.name} trained {epochs}{took}. Its validation loss was best in epoch "
                       f"{side.best}, and that epoch's model is kept.", generated=True)  # fmt: skip


def _pictures(sides: Sequence[Side]) -> Iterator[Block]:
    yield Heading("What it draws, and its map of codes")
    for side in sides:
        yield from pictures.drawn(side.name, side.run, side.best)
        yield from pictures.code_map(side.name, side.case)


def _findings(sides: Sequence[Side]) -> Iterator[Block]:
    yield Heading("Check-up")
    for side in sides:
        if not side.findings:
            yield Text(doctor.nothing(side.name, len(side.case.history)), generated=True)
        for finding in side.findings:
            yield Heading(f"{side.name}: {finding.title}", 3)
            yield Text(finding.words, generated=True)
            yield Text(finding.meaning)
            yield from pictures.evidence(finding.evidence, side.run)
            yield Text(f"What to do: {finding.repair.words}", generated=True)


def _conclusion(sides: Sequence[Side], ask: bool) -> Iterator[Block]:
    yield Heading("Conclusion")
    if ask:
        yield Question("What do the numbers show? Say what you may conclude from the tables and curves above, and what "
                       "you may not.")  # fmt: skip
        yield Question("How sure are you? Say what another seed, more epochs or another split could change.")
        return
    for side in sides[1:]:
        done = sides[0].run.state() == side.run.state() == "done"
        sentences = comparison.compare(sides[0].run, side.run, comparisons=len(sides) - 1).sentences() if done else (
            f"{side.name} or {sides[0].name} was not trained to its end, so they are not compared.",)  # fmt: skip
        yield from (Text(sentence, generated=True) for sentence in sentences)
    for side in sides:
        if len(sides) > 1:
            yield Heading(side.name, 3)
        told = conclusion.of_one(side.name, side.config, side.metrics, side.findings, len(side.case.history))
        yield from (Text(paragraph, generated=True) for paragraph in told if paragraph)
