"""Written reports: their sentences follow the numbers, their files stand alone, and the drawings hold what they say."""

from __future__ import annotations

import base64
import json
import re
import shutil
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from support import answer, run_here

from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.look import drawing
from vae_core.look.doctor.finding import HINT, Finding, Repair
from vae_core.look.evidence import Bars, Curves, Dots, Line
from vae_core.runs import store
from vae_core.runs.store import Run
from vae_core.settings import Settings
from vae_core.share import report
from vae_core.share.report import conclusion
from vae_core.share.report.parts import Figure, Grid, Heading, Question, Report, Text

CONFIG = Config("digits", (8, 8, 1), "flatten dense32")
FINDING = Finding("no-kl", "The KL term is missing", "It is.", "So.", Bars("a", "b", ("c",), (1.0,)), Repair("Do."))


@pytest.fixture
def pair(trained: Run, settings: Settings) -> list[Run]:
    """The same run twice under two names, the second one with another name on its card."""
    runs = []
    for name in (trained.id, f"{trained.id}-2"):
        shutil.copytree(trained.path, settings.checkpoints / name)
        runs.append(store.open_run(settings, name))
    runs[1].set_card(name="Second | <b>bold</b> *star*", note="What I *wanted* to see.")
    return runs


@pytest.fixture(scope="module")
def made(trained: Run) -> Report:
    return report.build([trained])


def numbers(bce: float, **changes: Any) -> dict[str, Any]:
    def loss(value: float) -> dict[str, Any]:
        return {"bce": {"nats_per_pixel": value}, "mse": {"nats_per_pixel": value}}

    strip = {"floor": loss(0.2), "mean_image": loss(0.42), "class_mean": None, "pca": loss(0.375)}
    return {
        "images": 180,
        "bce": {"mean_code": {"nats_per_pixel": bce}},
        "baselines": strip,
        "knn_accuracy": 0.8,
        "balanced_accuracy": 0.7,
        "kl": 3.0,
        "active_dimensions": 2,
        "observation": {"normalised": False},
        **changes,
    }


def said(metrics: dict[str, Any] | None, findings: list[Finding] | None = None, epochs: int = 3, **changes: Any) -> str:
    return " ".join(conclusion.of_one("It", replace(CONFIG, **changes), metrics, findings or [], epochs))


@pytest.mark.parametrize(
    ("bce", "sentence"),
    [
        (0.30, "It beats principal component analysis with 2 numbers (0.3750) by 20%"),
        (0.375, "no better"),
        (0.40, "It is worse than principal component analysis"),
        (0.43, "it has learned nothing"),
    ],
)
def test_the_conclusion_follows_the_loss(bce: float, sentence: str) -> None:
    assert sentence in said(numbers(bce))
    assert f"{bce:.4f}" in said(numbers(bce))


def test_the_conclusion_changes_with_every_other_number() -> None:
    plain = said(numbers(0.3))
    assert "80% of the test images (70% with all classes" in plain and "found nothing wrong" in plain
    assert "55% of the way" in plain and "no likelihood" in plain and "3.0 nats" in plain
    assert "30% of the test images" in said(numbers(0.3, knn_accuracy=0.3))
    assert "nearest codes" not in said(numbers(0.3, knn_accuracy=None))
    assert "the code has collapsed" in said(numbers(0.3, active_dimensions=0))
    assert "no likelihood" not in said(numbers(0.3, observation={"normalised": True}))
    assert "follow no prior" in said(numbers(0.3), beta=0.0)
    assert "chose its epoch" in said(numbers(0.3), split="test")
    assert "has not been tested" in said(None)
    assert "No epoch of It is finished" in said(None, epochs=0) and "nothing wrong" not in said(None, epochs=0)


def test_the_conclusion_names_what_the_check_up_found() -> None:
    told = said(numbers(0.3), [FINDING, replace(FINDING, severity=HINT, title="It was short")])
    assert "1 problem (the KL term is missing) and 1 hint (it was short)" in told and "Until the problems" in told
    assert "Until" not in said(numbers(0.3), [replace(FINDING, severity=HINT)])


def test_a_report_of_one_run_has_all_its_sections(made: Report) -> None:
    headings = [block.text for block in made.blocks if isinstance(block, Heading) and block.level == 2]
    assert headings == [
        "The question",
        "Setup",
        "Layers",
        "What was added, and why",
        "How the training went",
        "What it draws, and its map of codes",
        "Numbers on the test images",
        "Check-up",
        "Conclusion",
    ]
    assert any(isinstance(block, Text) and block.generated for block in made.blocks)
    assert isinstance(made.blocks[-1], Text)
    assert not any(isinstance(block, Question) for block in made.blocks)
    tables = [block for block in made.blocks if isinstance(block, Grid)]
    assert all(len(row) == len(table.header) for table in tables for row in table.rows)


@pytest.mark.parametrize("beta", [0.0, 1.0])
def test_the_setup_holds_every_setting_that_takes_part(settings: Settings, beta: float) -> None:
    run = store.create(settings, replace(CONFIG, dataset="lost", beta=beta, noise=0.0, patience=0), {})
    run.set_status(state="stopped")
    blocks = report.build([run]).blocks
    setup = next(block for block in blocks if isinstance(block, Grid))
    told = dict(setup.rows)
    assert told["beta"] == ("1" if beta else "0 (no KL term)")
    assert told["kind"] == ("VAE" if beta else "VAE without its KL term (beta is 0)")
    assert (told["noise on the input"], told["patience"], told["seed"]) == ("none", "unlimited", "0")
    assert "sigma" not in told and ("without its KL term" in blocks[1].text) == (not beta)


def test_a_report_draws_how_its_model_works(made: Report) -> None:
    (figure,) = [block for block in made.blocks if isinstance(block, Figure) and "works" in block.caption]
    assert len(places(figure.svg, "image")) == 2 and "Mean, spread" in figure.svg


def test_for_classes_the_judgement_is_left_as_questions(trained: Run) -> None:
    blocks = report.build([trained], ask=True).blocks
    asked = [block.text for block in blocks if isinstance(block, Question)]
    assert len(asked) == 3 and "Why these layers" in asked[0]
    end = next(place for place, block in enumerate(blocks) if isinstance(block, Heading) and block.text == "Conclusion")
    assert all(isinstance(block, Question) for block in blocks[end + 1 :])


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.found += [value or "" for name, value in attrs if name in ("src", "href")]


def test_the_html_stands_alone_and_shows_names_as_they_are(pair: list[Run]) -> None:
    text = report.write(pair, "html").decode()
    reader = Links()
    reader.feed(text)
    assert reader.found and all(link.startswith("data:") for link in reader.found)
    assert not {"script", "link", "iframe", "b"} & set(reader.tags)
    assert "&lt;b&gt;bold" in text and text.count("<svg") >= 6


def test_the_markdown_keeps_its_tables_whole(pair: list[Run]) -> None:
    text = report.write(pair, "md").decode()
    assert r"Second \| \<b\>bold\</b\> \*star\*" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    header = next(line for line in rows if "path" in line)
    assert all(len(re.findall(r"(?<!\\)\|", line)) == 7 for line in rows[rows.index(header) : rows.index(header) + 4])
    for kind, data in re.findall(r"\(data:image/([a-z+]+);base64,([^)]+)\)", text):
        begin = base64.b64decode(data)[:8]
        assert begin.startswith(b"<svg" if kind == "svg+xml" else b"\x89PNG")


def test_the_pdf_is_written_with_letters_that_it_does_not_have(pair: list[Run]) -> None:
    pair[1].set_card(name="日本 β")
    data = report.write(pair, "pdf", ask=True)
    assert data.startswith(b"%PDF-") and data.rstrip().endswith(b"%%EOF")
    assert len(re.findall(rb"/Type /Page\b", data)) > 3


def test_two_runs_are_compared_and_credit_is_refused_for_one_seed(pair: list[Run]) -> None:
    told = [block for block in report.build(pair).blocks if isinstance(block, Text)]
    assert any("cannot be told apart" in block.text for block in told if block.generated)
    assert any("What I *wanted* to see." in block.text for block in told)


def test_a_run_without_model_codes_or_data_is_still_written_up(settings: Settings) -> None:
    run = store.create(settings, replace(CONFIG, dataset="lost"), {})
    run.set_status(state="failed", error="The loss stopped being a number in epoch 1. A finite loss was expected.")
    for form in report.WRITERS:
        assert report.write([run], form)
    text = report.write([run], "html").decode()
    assert "has not been tested" in text and "learning rate is too high" in text


def test_what_cannot_be_written_is_refused(trained: Run) -> None:
    with pytest.raises(LoupeError, match="named twice"):
        report.build([trained, trained])
    with pytest.raises(LoupeError, match="no form"):
        report.write([trained], "docx")
    with pytest.raises(LoupeError, match="0 runs"):
        report.build([])


def places(svg: str, tag: str) -> list[dict[str, str]]:
    return [dict(node.attrib) for node in ET.fromstring(svg).iter() if node.tag.endswith(tag)]


def test_a_curve_breaks_where_there_is_no_number_and_higher_stands_higher() -> None:
    lines = (Line("a", (1, 2, 3, 4, 5), (1.0, 3.0, None, 2.0, 2.0)),)
    drawn = places(drawing.svg(Curves("A <title>", "nats", lines, ((2, "top"),))), "polyline")
    first, second = ([tuple(map(float, p.split(","))) for p in line["points"].split()] for line in drawn)
    assert len(first) == len(second) == 2
    assert first[1][1] < second[0][1] < first[0][1]  # y grows downwards


def test_bars_are_as_long_as_their_values() -> None:
    drawn = places(drawing.svg(Bars("B", "nats", ("x", "y"), (1.0, 4.0), (2.0, "limit"))), "rect")
    assert float(drawn[1]["width"]) == pytest.approx(4 * float(drawn[0]["width"]), rel=0.01)


def test_a_map_of_codes_has_one_scale() -> None:
    drawn = places(drawing.svg(Dots("D", (-1.0, 1.0, 0.0), (0.0, 0.0, 0.5), (0, 1, 2))), "circle")
    x = [float(dot["cx"]) for dot in drawn]
    y = [float(dot["cy"]) for dot in drawn]
    assert x[1] - x[0] == pytest.approx(4 * (y[0] - y[2]), abs=0.5)
    assert len({dot["fill"] for dot in drawn}) == 3


def test_a_map_of_codes_says_what_its_colours_mean() -> None:
    classes = tuple(f"class {number}" for number in range(drawing.MOST_CLASSES + 3))
    svg = drawing.svg(Dots("D", (0.0, 1.0), (0.0, 1.0), (0, 1), classes=classes))
    assert len(places(svg, "circle")) == 2 + drawing.MOST_CLASSES
    assert "class 0" in svg and "and 3 more" in svg and classes[-1] not in svg


def test_the_command_line_judges_and_writes(own: Run, here: Settings, capsys: Any, tmp_path: Path) -> None:
    found = json.loads(answer(capsys, "doctor", own.id, "--json"))
    assert len(found["rules"]) == 20 and {each["rule"] for each in found["findings"]} >= {"undertrained"}
    out = tmp_path / "r.pdf"
    assert json.loads(answer(capsys, "report", own.id, "--out", str(out), "--json"))["bytes"] == out.stat().st_size
    assert run_here(capsys, "report", own.id, "--out", str(tmp_path / "r.doc"))[0] == 2
    told = answer(capsys, "separate", own.id, "--odd", "4")
    assert "raw pixels" in told and "balanced" in told and "Figure" not in told
    assert "set the line" in told and "5.0% of usual images" in told
    found = json.loads(answer(capsys, "separate", own.id, "--odd", "4", "--false-alarms", "0.001", "--json"))
    assert {row["confusion"]["false"] for row in found["rows"]} == {0}
    assert run_here(capsys, "separate", own.id, "--odd", "4", "--false-alarms", "1.5")[0] == 2
    assert "all classes" in run_here(capsys, "separate", own.id)[2]
    assert "Trustworthiness" in answer(capsys, "evaluate", own.id, "--all")


def test_figures_are_one_kind_or_the_other(made: Report) -> None:
    figures = [block for block in made.blocks if isinstance(block, Figure)]
    assert figures and all(bool(figure.svg) != bool(figure.png) for figure in figures)
