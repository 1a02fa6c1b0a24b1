"""What others wrote, in tables and terminals: no cell is calculated, and nothing commands the terminal."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from support import Run

from ui.home import table
from vae_core.runs.store import Summary
from vae_core.share import projector, tables

Call = Callable[..., tuple[int, str, str]]
FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1"]


@pytest.mark.parametrize("text", FORMULAS)
def test_form_csv_no_cell_is_a_formula(text: str) -> None:
    header, row = csv.reader(io.StringIO(tables.written([text], [[text]]), newline=""))
    assert header == row == [f"'{text}".replace("\r", "\n")]


@pytest.mark.parametrize("value", [-1.5, "-1.5", "+3", "-1e-7", "-inf", "a=b", "a-b", "", None, 7])
def test_numbers_and_words_stay_what_they_are(value: Any) -> None:
    (row,) = csv.reader(io.StringIO(tables.written([value], [])))
    assert row == ["" if value is None else str(value)]


def test_form_csv_the_table_of_runs() -> None:
    run = Summary("a", "2026-01-01T00:00:00+00:00", "done", name="=1+1", note="@note", best_nats_per_pixel=0.5)
    rows = table.frame([run])
    (row,) = csv.DictReader(io.StringIO(table.as_csv(rows)))
    assert (row["name"], row["note"]) == ("'=1+1", "'@note")
    as_ever = next(csv.DictReader(io.StringIO(rows.to_csv(index=False))))
    assert {name for name in row if row[name] != as_ever[name]} == {"name", "note"}


def test_form_csv_what_tensorboard_is_given() -> None:
    columns = {"=1+1": np.array(["-2+3", "-", ""]), "loss": np.array([-1.5, 2.0, np.nan])}
    lines = projector.metadata(columns).decode().splitlines()
    assert lines == ["'=1+1\tloss", "'-2+3\t-1.5", "'-\t2", "-\t-"]


HOSTILE = "\x1b]0;title\x07\x1b[31mred\x9b2J\u202egnp\r\nrun  state"
TAMED = "\\u001b]0;title\\u0007\\u001b[31mred\\u009b2Jgnp\\u000d\\nrun  state"


@pytest.mark.parametrize("command", ["list", "show"])
def test_form_terminal_a_name_from_elsewhere(call: Call, own: Run, command: str) -> None:
    own.set_card(note=HOSTILE)
    words = [command, own.id][: 1 + (command == "show")]
    code, printed, complained = call(*words)
    assert code == 0 and TAMED in printed, printed
    assert not {"\x1b", "\x07", "\x9b", "\u202e", "\r"} & set(printed + complained)
    code, printed, _ = call(*words, "--json")
    assert code == 0 and not {"\x1b", "\x9b", "\u202e"} & set(printed)
    document = json.loads(printed)
    note = document["card"]["note"] if command == "show" else document[0]["note"]
    assert note == HOSTILE.replace("\u202e", ""), "a mark that turns text round is taken out where the card is read"


def test_form_terminal_an_error(call: Call) -> None:
    code, printed, complained = call("show", "\x1b[2Jno-such-run", "--json")
    assert code == 1 and "\x1b" not in printed + complained and "\ufffd[2Jno-such-run" in complained


def test_form_terminal_half_a_character(call: Call, own: Run) -> None:
    own.set_card(note="half NOTHING")
    (card,) = (path for path in own.path.glob("*.json") if "half NOTHING" in path.read_text())
    card.write_text(card.read_text().replace("NOTHING", "\\ud800"))
    code, printed, complained = call("show", own.id)
    assert (code, printed) == (1, "") and "cannot be read" in complained
