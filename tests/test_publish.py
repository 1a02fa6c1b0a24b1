"""Models as a site of plain files: it walks from a disk, what people wrote does nothing there, and no file is lost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from shlex import split
from typing import Any

import pytest
from browser import drag_until_changed, offline
from support import HOSTILE, made_run

from latent_loupe.__main__ import MORE
from vae_core.cli.main import COMMANDS, _parser, main
from vae_core.errors import LoupeError
from vae_core.runs.store import Run
from vae_core.settings import Settings
from vae_core.share import outgoing

Publish = Callable[..., tuple[int, str, str]]


@pytest.fixture
def publish(here: Settings, capsys: pytest.CaptureFixture[str]) -> Publish:
    def told(*words: str) -> tuple[int, str, str]:
        return main(("publish", *words), {**COMMANDS, **MORE}, "latent-loupe"), *capsys.readouterr()

    return told


def twins(own: Run, names: tuple[str, str]) -> list[str]:
    """The run and a copy of it, under names that somebody gave them."""
    other = own.path.with_name(f"{own.id}-again")
    shutil.copytree(own.path, other)
    for run, name in zip((own, Run(other.name, own.settings)), names):
        run.set_card(name=name, note=name)
    return [own.id, other.name]


def test_its_help_has_an_example_that_parses(publish, capsys):
    with pytest.raises(SystemExit):
        publish("--help")
    example = split(capsys.readouterr().out.rpartition("for example: latent-loupe ")[2])
    assert _parser(example, {**COMMANDS, **MORE}).parse_args(example).command


def test_one_model_is_one_page_that_walks(publish, own, tab, tmp_path):
    code, told, _ = publish(own.id, "--out", str(tmp_path / "site"), "--json")
    assert code == 0 and json.loads(told)["runs"] == [own.id]
    page = offline(tab, tmp_path / "site" / "index.html")
    drag_until_changed(page)
    assert page.get_by_role("link").count() == 0


def test_several_have_a_card_each_and_one_cursor_and_their_names_do_nothing(publish, own, tab, tmp_path):
    names = (HOSTILE[1], "\"onerror=alert(1) ']]>*b*")
    assert publish(*twins(own, names), "--out", str(tmp_path / "site"))[0] == 0
    page = offline(tab, tmp_path / "site" / "index.html", first="h1")
    page.on("dialog", lambda dialog: page.errors.append(dialog.message))
    cards = page.locator(".cards a")
    assert [card.locator("b").inner_text() for card in cards.all()] == list(names)
    assert all("nats per pixel" in card.inner_text() for card in cards.all())
    assert page.locator(".cards img").evaluate_all("all => all.every((one) => one.naturalWidth > 0)")
    cards.nth(1).click()
    page.get_by_role("heading", name=names[1]).wait_for()
    drag_until_changed(page)
    page.get_by_role("link", name="All models").click()
    page.get_by_role("link", name="Walk on all of them at once").click()
    drag_until_changed(page)
    assert page.locator(".models .title").count() == 2
    page.get_by_role("link", name="All models").click()
    cards.first.wait_for()


def test_what_cannot_be_walked_on_is_refused_and_nothing_is_written(publish, here, tmp_path):
    waiting = made_run(here, "queued", epochs=0)
    code, _, complained = publish(waiting.id, "--out", str(tmp_path / "site"))
    assert code == 1 and f"{waiting.id} is queued" in complained and not (tmp_path / "site").exists()


# The folder.


def write(folder: Path, **contents: bytes) -> Any:
    return outgoing.write_folder(folder, lambda: {name.replace("_", "/"): data for name, data in contents.items()})


def test_an_earlier_site_is_replaced_and_what_others_put_there_stays(tmp_path):
    write(tmp_path, a=b"1", deep_b=b"1")
    (tmp_path / "CNAME").write_text("loupe.example")
    write(tmp_path, a=b"2", deep_c=b"2")
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {"a", "deep/c", "CNAME", outgoing.LIST} and (tmp_path / "a").read_bytes() == b"2"
    with pytest.raises(LoupeError, match="CNAME was not made here"):
        write(tmp_path, CNAME=b"3")
    assert (tmp_path / "CNAME").read_text() == "loupe.example"


def test_a_folder_of_somebody_else_is_refused_before_anything_is_made(tmp_path):
    (tmp_path / "thesis.tex").write_text("years")

    def never() -> dict[str, bytes]:
        raise AssertionError("it was made")

    with pytest.raises(LoupeError, match="is not empty, and was not made here"):
        outgoing.write_folder(tmp_path, never)
    with pytest.raises(LoupeError, match="cannot be read"):
        outgoing.write_folder(tmp_path / "thesis.tex", never)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("name", ["../thesis.tex", "/etc/passwd", "..\\thesis.tex", ".", "", outgoing.LIST])
def test_a_list_that_names_what_lies_elsewhere_removes_nothing(tmp_path, name):
    (tmp_path / "thesis.tex").write_text("years")
    site = tmp_path / "site"
    site.mkdir()
    (site / outgoing.LIST).write_text(json.dumps({"files": [name]}))
    with pytest.raises(LoupeError, match="name of a file in that folder"):
        write(site, a=b"1")
    assert (tmp_path / "thesis.tex").exists()


def test_what_was_broken_off_is_taken_up_again(tmp_path, monkeypatch):
    def broken(path: Path, content: bytes) -> None:
        if path.name == "b":
            raise LoupeError("The power is gone")
        whole(path, content)

    whole = outgoing.write
    write(tmp_path, a=b"1")
    monkeypatch.setattr(outgoing, "write", broken)
    with pytest.raises(LoupeError, match="power"):
        write(tmp_path, c=b"2", b=b"2")
    monkeypatch.undo()
    write(tmp_path, d=b"3")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d", outgoing.LIST]
