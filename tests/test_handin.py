"""What is handed in: every file opens, the words follow the evidence, and what is stopped leaves nothing behind."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import compared
import nbformat
import pytest
from browser import choose, idle, press
from PIL import Image
from support import Run, fine, labels, run_here, settings_in, texts

from ui import choice, judge
from vae_core import extras
from vae_core.cli import worker
from vae_core.design import keras_code, recipes
from vae_core.errors import LoupeError
from vae_core.runs import store, tasks
from vae_core.search import ladder
from vae_core.settings import Settings
from vae_core.share import film, handin, report
from vae_core.share.film import canvas, route, webm
from vae_core.share.report.parts import Grid, Heading, Text

FILES = {"README.txt", "model.py", "notebook.ipynb", "report.html", "report.pdf", "walk.webm"}
HOSTILE = "../../out | <b>bold</b>\n\\..\\name"
LARGEST = 3_000_000  # bytes of a film
CONTAINERS = {0x18538067, 0x1F43B675, 0x1549A966, 0x1654AE6B, 0xAE, 0xE0}


@pytest.fixture(scope="module")
def models(once: Any) -> dict[str, Run]:
    return compared.models(once)


@pytest.fixture
def own(models: dict[str, Run], settings: Settings) -> dict[str, Run]:
    return compared.copied(models, settings)


@pytest.fixture(scope="module")
def made(models: dict[str, Run], tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Of one run and of the same with more layers, the notebook run; its name is an attack."""
    copies = compared.copied(models, settings_in(tmp_path_factory.mktemp("handed")))
    copies["layers0"].set_card(name=HOSTILE)
    return handed([copies["base0"], copies["layers0"]], notebook=True)


def handed(runs: list[Run], notebook: bool = False) -> zipfile.ZipFile:
    task = handin.begin(runs, notebook)
    worker.work(task)
    assert task.state() == "done", task.status()
    return zipfile.ZipFile(io.BytesIO(task.made()))


def read(file: zipfile.ZipFile, name: str) -> bytes:
    return file.read(f"{file.namelist()[0].partition('/')[0]}/{name}")


def elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Every element of a WebM that holds no others, read by the rules of EBML."""
    place = 0
    while place < len(data):
        name, place = _vint(data, place, keep=True)
        size, place = _vint(data, place, keep=False)
        content, place = data[place : place + size], place + size
        yield from elements(content) if name in CONTAINERS else [(name, content)]


def _vint(data: bytes, place: int, *, keep: bool) -> tuple[int, int]:
    length = 9 - data[place].bit_length()
    value = int.from_bytes(data[place : place + length], "big")
    return value if keep else value & ~(1 << 7 * length), place + length


def test_the_zip_has_every_file_in_a_folder_of_its_own(made: zipfile.ZipFile, models: dict[str, Run]) -> None:
    folder = models["layers0"].id
    assert {Path(name).name for name in made.namelist()} == FILES
    assert {Path(name).parent.as_posix() for name in made.namelist()} == {folder}
    assert all(".." not in name for name in made.namelist()) and made.testzip() is None


def test_the_note_says_in_five_lines_what_is_what(made: zipfile.ZipFile, models: dict[str, Run]) -> None:
    lines = read(made, "README.txt").decode().splitlines()
    assert len(lines) == 5 and "report.pdf" in lines[0] and "printed and drew" in lines[1]
    assert models["base0"].id in lines[3] and models["layers0"].id in lines[3] and "seed 0" in lines[3]
    assert "python model.py" in lines[4] and "scikit-learn" in lines[4]


def test_the_report_opens_as_pdf_and_html(made: zipfile.ZipFile) -> None:
    pdf = read(made, "report.pdf")
    assert pdf.startswith(b"%PDF-") and pdf.rstrip().endswith(b"%%EOF")
    assert len(re.findall(rb"/Type /Page\b", pdf)) > 3
    html = read(made, "report.html").decode()
    assert "&lt;b&gt;bold" in html and "Why one adds conv4: it finds patterns" in html


def test_the_notebook_is_valid_and_has_run_to_its_end(made: zipfile.ZipFile) -> None:
    notebook = json.loads(read(made, "notebook.ipynb"))
    nbformat.validate(nbformat.from_dict(notebook))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    outputs = [output for cell in code for output in cell["outputs"]]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert {output["output_type"] for output in outputs} == {"stream", "display_data"}


def test_the_script_is_that_of_the_changed_model(made: zipfile.ZipFile, models: dict[str, Run]) -> None:
    script = read(made, "model.py").decode()
    compile(script, "model.py", "exec")
    assert script == keras_code.script(models["layers0"].config())


def test_the_film_is_a_webm_of_whole_pictures(made: zipfile.ZipFile) -> None:
    data = read(made, "walk.webm")
    assert data.startswith(bytes.fromhex("1A45DFA3")) and b"webm" in data[:38] and len(data) < LARGEST
    found = list(elements(data))
    sizes = [int.from_bytes(content, "big") for name, content in found if name in (0xB0, 0xBA)]
    frames = [content[4:] for name, content in found if name == 0xA3]
    assert tuple(sizes) == canvas.SIZE and len(frames) > 50
    assert all(frame[3:6] == b"\x9d\x01\x2a" for frame in frames), "each begins as a key frame of VP8 does"
    picture = Image.open(io.BytesIO(as_webp(frames[len(frames) // 2])))
    assert picture.size == canvas.SIZE and len(picture.getcolors(1_000_000) or []) > 50


def as_webp(frame: bytes) -> bytes:
    padded = frame + b"\0" * (len(frame) % 2)
    chunk = b"VP8 " + len(frame).to_bytes(4, "little") + padded
    return b"RIFF" + (4 + len(chunk)).to_bytes(4, "little") + b"WEBP" + chunk


def test_a_browser_plays_the_film(made: zipfile.ZipFile, tab: Any) -> None:
    page = tab()
    film = base64.b64encode(read(made, "walk.webm")).decode()
    seen = page.evaluate(
        """async (film) => {
          const video = document.createElement("video");
          video.muted = true;
          video.src = `data:video/webm;base64,${film}`;
          await new Promise((done, failed) => { video.oncanplaythrough = done; video.onerror = failed; });
          video.currentTime = video.duration / 2;
          await new Promise((done) => { video.onseeked = done; });
          const drawn = new OffscreenCanvas(video.videoWidth, video.videoHeight).getContext("2d");
          drawn.drawImage(video, 0, 0);
          const { data } = drawn.getImageData(0, 0, video.videoWidth, video.videoHeight);
          const colours = new Set(new Uint32Array(data.buffer)).size;
          return { wide: video.videoWidth, high: video.videoHeight, seconds: video.duration, colours };
        }""",
        film,
    )
    assert (seen["wide"], seen["high"]) == canvas.SIZE
    assert 5 < seen["seconds"] <= 60 and seen["colours"] > 50


def told(runs: list[Run]) -> str:
    blocks = report.build(runs).blocks
    start = next(
        place for place, block in enumerate(blocks) if isinstance(block, Heading) and block.text == "Conclusion"
    )
    return " ".join(block.text for block in blocks[start:] if isinstance(block, Text))


def test_one_training_of_each_may_be_luck(models: dict[str, Run], settings: Settings) -> None:
    for name in ("base0", "layers0"):
        shutil.copytree(models[name].path, settings.checkpoints / models[name].id)
    said = told([store.open_run(settings, models[name].id) for name in ("base0", "layers0")])
    assert "each was trained once, and one more training could turn it around" in said
    assert "beyond chance" not in said


def test_pairs_of_seeds_are_told_with_their_interval(own: dict[str, Run]) -> None:
    said = told([own["base0"], own["layers0"]])
    assert "over 3 pairs of trainings" in said and "95% sure" in said
    assert "Several things were changed" not in said


def test_no_cause_is_named_where_several_things_were_changed(own: dict[str, Run]) -> None:
    base = own["base0"]
    both = [compared.ended_like(own["layers0"], 9.0, seed=seed, batch=32) for seed in range(3)]
    said = told([base, both[0]])
    assert "Several things were changed at once: added or removed layers and the optimiser." in said
    assert "credited to all that differs together" in said and "not to the layers alone" in said
    assert "is credited to them" not in said
    assert re.search(f"One training changes nothing but added or removed layers: .*{own['layers0'].id}", said)
    assert "No training changes the optimiser alone, so nothing is credited to it." in said


@pytest.fixture
def climbed(own: dict[str, Run]) -> Run:
    """A ladder whose every rung makes the loss smaller, for three seeds; they draw as the lowest one does."""
    base = own["base0"]
    for place, config in enumerate(recipes.ladder(base.config(), 2)):
        for seed in range(3):
            changes = {"encoder": config.encoder, "decoder": config.decoder, "seed": seed}
            if replace(base.config(), **changes) not in compared.MODELS.values():
                run = compared.ended_like(base, 2.0 * place, **changes)
                shutil.copytree(base.path / "epochs", run.path / "epochs")
                for row in base.history():
                    run.add_history(row)
    task = ladder.begin(base, 1.0, 2)
    task.save({"ended": "most", "seeds": 3})
    task.set_status(state="done")
    return base


def test_a_ladder_gives_the_report_its_sentence_and_the_film_its_rungs(climbed: Run) -> None:
    sentence = ladder.read(climbed, 2).sentences()[0]
    blocks = report.build([climbed]).blocks
    assert Heading("How deep should it be?") in blocks
    assert any(isinstance(block, Grid) and block.header[0] == "more pairs" and len(block.rows) == 3 for block in blocks)
    assert f"should be: {sentence}" in told([climbed])
    others = film.make([climbed], lambda done: None)
    tasks.remove(next(iter(tasks.of(climbed, ladder.KIND))))
    alone = film.make([climbed], lambda done: None)
    counts = [sum(name == 0xA3 for name, _ in elements(each)) for each in (others, alone)]
    assert counts[0] - counts[1] == 3 * 2, "each rung stands for two seconds"


def test_one_run_is_handed_in_without_a_rival(own: dict[str, Run]) -> None:
    file = handed([own["ae0"]])
    assert {Path(name).name for name in file.namelist()} == FILES
    assert "have not been run" in read(file, "README.txt").decode()


def test_what_is_missing_here_is_told(own: dict[str, Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda module: None)
    file = handed([own["base0"]], notebook=True)
    assert {Path(name).name for name in file.namelist()} == FILES - {"report.pdf"}
    note = read(file, "README.txt").decode()
    assert "A PDF needs fpdf2" in note and "have not been run" in note


def test_a_stop_leaves_nothing_half_written(own: dict[str, Run], monkeypatch: pytest.MonkeyPatch) -> None:
    task = handin.begin([own["base0"]])

    def stop(phase: str, done: float, total: float) -> None:
        if phase == "Filming the walk":
            task.request_stop()

    worker.work(task, stop)
    assert task.state() == "stopped"
    assert {path.name for path in task.path.iterdir()} & {tasks.MADE_FILE, tasks.RESULT_FILE} == set()
    assert not tasks.of(own["base0"], "notebook")


def test_what_is_not_finished_is_refused(settings: Settings, own: dict[str, Run]) -> None:
    run = store.create(settings, replace(compared.BASE, seed=77), {})
    with pytest.raises(LoupeError, match="Only finished runs"):
        handin.begin([own["base0"], run])
    with pytest.raises(LoupeError, match="named twice"):
        handin.begin([own["base0"], own["base0"]])


def test_more_that_is_known_makes_another_hand_in_and_the_older_goes(own: dict[str, Run]) -> None:
    run = own["ae0"]
    handed([run])
    assert handin.spec([run], False) == handin.begin([run], False).spec
    run.set_card(note="I wanted to see it.")
    handed([run])
    assert len(tasks.of(run, handin.KIND)) == 1


def test_the_command_writes_the_zip_into_a_folder(
    own: dict[str, Run], here: Settings, capsys: Any, tmp_path: Path
) -> None:
    out = tmp_path / "home" / "work"
    names = own["base0"].id, own["layers0"].id
    code, said, complained = run_here(capsys, "hand-in", *names, "--not-run", "--out", str(out))
    assert code == 0, complained
    (found,) = out.iterdir()
    assert found.name == f"{names[1]}-hand-in.zip" and zipfile.is_zipfile(found) and str(found) in said
    code, _, complained = run_here(capsys, "hand-in", names[0], "--not-run", "--out", str(found))
    assert code == 1 and "could not be made" in complained


@pytest.mark.parametrize("labelled", [True, False])
def test_the_walk_goes_from_each_stop_to_the_nearest(own: dict[str, Run], labelled: bool) -> None:
    on = route.land(own["three0"])
    walk = route.stops(on if labelled else replace(on, labels=None))
    assert len({stop.name for stop in walk}) == len(walk) == (10 if labelled else route.UNNAMED)
    way = route.between(walk[0], walk[1], 6)
    assert way.shape == (6, 3) and way[-1] == pytest.approx(walk[1].code)


def test_a_busy_picture_is_told_with_fewer_bytes() -> None:
    calm, busy = Image.new("RGB", canvas.SIZE), Image.effect_noise(canvas.SIZE, 100)
    assert webm.quality(calm, 10_000) == webm.QUALITIES[0]
    assert webm.quality(busy, 10_000) == webm.QUALITIES[-1]


def test_judge_offers_it_for_one_run(visit: Any, own: dict[str, Run]) -> None:
    run = own["base0"]
    app = fine(visit(run.settings, "train", {choice.TRAIN_VIEW: judge.VIEW, judge.KEY: "Report"}, run=run.id))
    assert "Hand it in" in labels(app) and "in one zip" in texts(app)


def test_compare_makes_the_zip_and_hands_it_over(tab: Any, server: Any, models: dict[str, Run]) -> None:
    own = compared.copied(models, server.settings)
    page = tab(f"{server.address}/compare?runs={own['base0'].id},{own['layers0'].id}")
    choose(page, page.get_by_role("radio", name="Report", exact=True))
    page.get_by_text("Run the notebook").click()
    idle(page)
    press(page, "Hand it in")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the zip").click()
    assert download.value.suggested_filename == f"{own['layers0'].id}-hand-in.zip"
    with zipfile.ZipFile(download.value.path()) as file:
        assert {Path(name).name for name in file.namelist()} == FILES
