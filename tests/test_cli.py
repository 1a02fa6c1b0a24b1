"""The command line: what it prints, its exit codes, and what it starts with."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from support import answer, loaded_by, made_run, places

from vae_core.cli import progress, training
from vae_core.cli.answer import table
from vae_core.cli.main import COMMANDS, main
from vae_core.design import cost
from vae_core.design.duration import Fixed
from vae_core.runs import calibration, store
from vae_core.runs.calibration import Measured
from vae_core.runs.store import Run
from vae_core.settings import Settings

MOST_MODULES = 141  # Python's own among them, and a dozen for the kinds of layers
Call = Callable[..., Any]


@pytest.fixture
def on(trained: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """A command on the trained run, in this process, which has to succeed: its JSON document."""
    for name, value in places(trained.settings).items():
        monkeypatch.setenv(name, value)

    def run(command: str, *words: str) -> Any:
        return json.loads(answer(capsys, command, trained.id, *words, "--json"))

    return run


@pytest.mark.parametrize("words", [*((name,) for name in COMMANDS), ("data", "list"), ("data", "add")])
def test_help_has_an_example_that_parses(words, capsys):
    from shlex import split

    from vae_core.cli.main import _parser

    with pytest.raises(SystemExit) as ended:
        main((*words, "--help"))
    assert ended.value.code == 0
    example = capsys.readouterr().out.rpartition("for example: python -m vae_core ")[2]
    parsed = _parser(split(example)).parse_args(split(example))
    assert split(example)[0] == words[0] and parsed.command


@pytest.mark.parametrize("words", [("recipes",), ("list",), ("data", "list"), ("describe", "mnist-baseline")])
def test_json_is_all_there_is(call, words):
    code, out, err = call(*words, "--json")
    assert code == 0 and json.loads(out) is not None and not err


def test_describe_counts_as_the_report_does(call):
    _, out, _ = call("describe", "mnist-baseline", "--json")
    found = json.loads(out)
    assert found["parameters"] == {"encoder": 17208, "decoder": 9137, "total": 26345, "trainable": 24641}
    first = {"layer": "conv8/2", "output": [14, 14, 8], "parameters": 80, "multiply_adds": 14112}
    assert found["encoder"][0].items() >= first.items()
    assert sum(row["parameters"] for row in found["decoder"]) == 9137


def test_describe_tells_trained_from_untrained_parameters_of_each_network(call):
    out = call("describe", "mnist-wide")[1]
    assert "encoder        7,207,608 parameters, 7,203,728 of them trained and 3,880 not" in out
    assert "both           23,199,929 parameters" in out


def test_a_time_is_given_in_place_of_epochs(call, settings):
    for words, told in (
        (("--seconds", "0"), "whole number from 1"),
        (("--seconds", "soon"), "whole number from 1"),
        (("--seconds", "5", "--epochs", "3"), "Leave --epochs and --steps out"),
        (("--seconds", "5", "--steps", "3"), "Leave --epochs and --steps out"),
    ):
        code, _, said = call("train", "--dataset", "digits", *words)
        assert code == 2 and told in said


def test_describe_foretells_a_range_and_once_the_machine_is_measured_a_number(call, settings):
    def found(*words: str) -> dict[str, Any]:
        return json.loads(call("describe", *words, "--json")[1])

    guess = found("mnist-baseline")
    assert guess["seconds_per_epoch"] is None and guess["seconds"]["most"] > 4 * guess["seconds"]["least"] > 0
    assert re.search(r" [\d.]+ (s |min )?to [\d.]+ (s|min) in all.*calibrate", call("describe", "mnist-baseline")[1])
    rates = cost.Calibration(0, 0, 0, 0, 0, 0, 0, parameter=1e-6)
    nothing = Fixed(*[0.0] * 7)
    calibration.save(settings, Measured({"float32": rates, "mixed_bfloat16": rates}, nothing))
    step, looked_at = 24_641e-6, 2000 + 2266 / 2  # an image that is only looked at takes a forward pass
    epoch = found("mnist-baseline")["seconds_per_epoch"]
    assert epoch == pytest.approx(step * (63 + looked_at / 3 / 128))
    assert re.search(
        r"about [\d.]+ min in all, about [\d.]+ s an epoch$", call("describe", "mnist-baseline")[1].strip()
    )
    own = ("--dataset", "digits", "--encoder", "flatten", "--batch", "10", "--split")
    shuffled, test = (found(*own, split)["seconds_per_epoch"] for split in ("shuffled", "test"))
    assert shuffled == pytest.approx(test)  # as many images validate
    assert found(*own, "shuffled", "--classes", "1", "2")["seconds_per_epoch"] < shuffled / 3


def test_describe_counts_the_start_and_the_end_of_a_training(call, settings):
    rates = cost.Calibration(*[0.0] * 8)
    calibration.save(settings, Measured({"float32": rates}, Fixed(7.0, 1.0, 0.0, 1.0, 0.5, 4.0, 0.0)))
    seconds = json.loads(call("describe", "--dataset", "digits", "--encoder", "flatten", "--epochs", "4", "--json")[1])
    assert seconds["seconds"]["least"] < 7 + 1 + 1 + 4 * 0.5 + 4 < seconds["seconds"]["most"]


def test_describe_your_own(call):
    own = ("--encoder", "flatten dense16", "--kind", "ae", "--latent", "3")
    found = json.loads(call("describe", "--dataset", "digits", *own, "--json")[1])
    assert [row["layer"] for row in found["encoder"]] == ["flatten", "dense16", "code3"]
    assert found["config"]["beta"] == 0 and found["parameters"]["encoder"] == 64 * 16 + 16 + 16 * 3 + 3


def test_code_is_a_program(call, tmp_path):
    script = call("code", "mnist-baseline")[1]
    compile(script, "script", "exec")
    assert json.loads(call("code", "mnist-baseline", "--json")[1])["script"].strip() == script.strip()
    out = tmp_path / "baseline.ipynb"
    assert call("code", "mnist-baseline", "--notebook", "--out", str(out))[0] == 0
    assert any(cell["cell_type"] == "code" for cell in json.loads(out.read_text())["cells"])


def test_a_changed_recipe_is_no_longer_the_recipe(call):
    def name(*words: str) -> str:
        return json.loads(call("describe", "fashion-dropout-ae", *words, "--json")[1])["config"]["recipe"]

    assert name() == name("--seed", "7") == name("--latent", "8") == "fashion-dropout-ae"
    assert name("--lite") == "fashion-dropout-ae-lite"
    assert name("--epochs", "3") == name("--latent", "3") == ""


def test_recipes_stand_beside_what_was_reported(call):
    rows = json.loads(call("recipes", "--json")[1])
    assert {row["variant"] for row in rows} == {"faithful", "lite"}
    baseline = next(row for row in rows if (row["key"], row["variant"]) == ("mnist-baseline", "faithful"))
    assert (baseline["dataset"], baseline["parameters"]["total"]) == ("mnist", 26345)
    assert "0.1951" in json.dumps(baseline["reported"]) and "0.1951" in call("recipes")[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "COMMAND"),
        ("trian", "Did you mean train?"),
        ("show", "RUN"),
        ("list --jso", "--jso"),
        ("train", "Neither a recipe nor a data set"),
        ("train mnist-basline", "There is no recipe 'mnist-basline'"),
        ("train --lite --dataset digits", "small form of a recipe"),
        ("train --dataset digits --epochs some", "invalid int value"),
        ("train --dataset digits --epochs 0", "epochs is 0"),
        ("train --dataset digits --kind gan", "invalid choice"),
        ("train --dataset digits --kind ae --beta 1", "no KL term"),
        ("train --dataset digits --train-size 99999", "99999 training images"),
        ("train --dataset digits --classes 1 x", "no class 'x'"),
        ("describe --dataset digits --encoder conv3x3", "Did you mean 3 filters"),
        ("describe nothing", "There is no recipe 'nothing'"),
        ("data add x.npz", "--name"),
        ("data add x.npz --name ../x", "cannot be the name"),
        ("data add x.npz --name x --size big", "not a size such as 64x48"),
    ],
)
def test_wrong_use(call, settings, words, said):
    code, out, err = call(*words.split())
    assert code == 2 and said in err and not out and not store.list_runs(settings)
    code, out, err = call(*words.split(), "--json")
    assert code == 2 and said in " ".join(json.loads(out)["error"].values()) and said in err


@pytest.mark.parametrize("command", ["describe", "train"])
def test_a_wrong_line_comes_with_lines_that_work(call, command, settings):
    words = (command, "--dataset", "digits", "--kind", "ae")
    code, out, err = call(*words, "--encoder", "covn4/2 bn", "--json")
    told = json.loads(out)["repairs"]
    assert code == 2 and told[0] == {"label": "Write conv4/2 for covn4/2", "settings": {"encoder": "conv4/2 bn"}}
    assert "fix: Write conv4/2 for covn4/2: --encoder 'conv4/2 bn'" in err and not store.list_runs(settings)
    assert call("describe", *words[1:], "--encoder", told[0]["settings"]["encoder"])[0] == 0


@pytest.mark.parametrize("command", ["show", "stop", "resume", "fork", "evaluate", "grid", "decode", "remove"])
def test_no_such_run(call, command):
    code, out, err = call(command, "x", "--json")
    assert code == 1 and json.loads(out)["error"]["happened"] == "There is no run 'x'" and "There is no run 'x'" in err


def test_no_such_data(call):
    code, _, err = call("train", "--dataset", "nowhere")
    assert code == 1 and "digits" in err


def test_a_bug_is_logged_with_its_number(call, settings, monkeypatch):
    def broken(settings: Settings) -> None:
        raise ZeroDivisionError("in the test")

    monkeypatch.setattr(store, "list_runs", broken)
    code, out, err = call("list", "--json")
    (log,) = settings.cache.glob("*.log")
    assert code == 1 and str(log) in err and "Traceback" not in err and str(log) in json.loads(out)["error"]["fix"]
    number = err.split("(error ")[1].split(")")[0]
    assert number in log.read_text() and "ZeroDivisionError: in the test" in log.read_text()


def test_list_starts_quickly(settings, own):
    """It loads nothing but Python's own modules and a few of ours: that is what starting takes its time for."""
    listed = "from vae_core.cli.main import main\nassert main(('list',)) == 0"
    loaded = loaded_by(listed, settings) - loaded_by("", settings)
    assert {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names == {"vae_core"}
    assert len(loaded) < MOST_MODULES


def test_your_own_data_comes_and_goes(call, tmp_path):
    for number in range(40):
        path = tmp_path / "own" / ("dot" if number % 2 else "line") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.effect_noise((9, 9), 50 + number).save(path)
    code, out, _ = call("data", "add", str(tmp_path / "own"), "--name", "mine", "--json")
    added = json.loads(out)
    assert code == 0 and added["image"] == [9, 9, 1] and added["classes"] == ["dot", "line"]
    assert "mine" in call("data", "list")[1] and call("describe", "--dataset", "mine")[0] == 0
    assert call("data", "remove", "mine")[0] == 0 and "mine" not in call("data", "list")[1]
    assert call("data", "remove", "digits")[0] == 1


def test_the_same_again_is_a_new_run_unless_asked_otherwise(call, own):
    same = ("train", "--dataset", "digits", "--epochs", "4")
    answer = json.loads(call(*same, "--reuse", "--json")[1])
    assert (answer["run"], answer["state"], answer["epochs"]) == (own.id, "done", 4) and answer["seconds"] > 0
    best = answer["best"]["validation"]
    assert best["nats_per_pixel"] == pytest.approx(best["nats_per_image"] / 64)

    code, out, err = call(*same)
    again, *_, foretold = err.splitlines()
    assert code == 0 and again == f"{own.id} has the same settings and is done; training them again."
    span = r"[\d.]+ (s |min )?to [\d.]+ (s|min)"
    assert re.fullmatch(rf"{own.id}-2: {span} in all, .* an epoch \(a guess until this machine .*\)\.", foretold)
    lines = out.splitlines()
    assert [line.split()[:2] for line in lines[:4]] == [["epoch", f"{epoch}/4"] for epoch in (1, 2, 3, 4)]
    assert lines[4].startswith(f"{own.id}-2 is done: 4 epochs") and "nats per image" in lines[5]


def test_evaluate(on, trained):
    found = on("evaluate")
    assert found["run"] == trained.id and set(found["baselines"]) == {"floor", "mean_image", "class_mean", "pca"}
    for loss in (found["bce"]["mean_code"], found["bce"]["sampled"], found["baselines"]["pca"]["bce"]):
        assert loss["nats_per_pixel"] == pytest.approx(loss["nats_per_image"] / 64)
    assert 0 < found["gap_closed"] < 1 and 0 < found["knn_accuracy"] <= 1 and found["kl"] > 0 > found["elbo"]


def test_show_and_list(on, trained, monkeypatch, capsys):
    found = on("show")
    assert [row["epoch"] for row in found["history"]] == [1, 2, 3, 4] and found["config"]["dataset"] == "digits"
    main(("list",))
    assert trained.id in capsys.readouterr().out
    main(("show", trained.id))
    told = capsys.readouterr().out
    assert "nats per image" in told and "beta           1" in told and "noise          none" in told


def test_grid_and_decode_draw(on, tmp_path):
    found = on("grid", "--size", "5", "--out", str(tmp_path / "plane.png"))
    assert len(found["across"]) == 5 and found["up"][0] == 3
    sizes = [Image.open(tmp_path / "plane.png").size]
    found = on("decode", "-0.5", "1", "2", "-0.01", "--out", str(tmp_path / "codes.png"))
    assert found["codes"] == [[-0.5, 1.0], [2.0, pytest.approx(-0.01)]]
    found = on("decode", "--random", "7", "--seed", "1", "--out", str(tmp_path / "random.png"))
    assert len(found["codes"]) == 7
    sizes += [Image.open(tmp_path / name).size for name in ("codes.png", "random.png")]
    assert all(width > 250 and height > 100 for width, height in sizes)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("decode RUN 1 2 3", 2, "3 numbers were given"),
        ("decode RUN nan 1", 2, "cannot hold nan"),
        ("decode RUN 1 1e99", 2, "cannot hold 1e+99"),
        ("decode RUN --random 3 --seed -1", 2, "'-1' is not a whole number from 0"),
        ("data add x.zip --name x --seed -1", 2, "'-1' is not a whole number from 0"),
        ("decode RUN 1 2 --random 3", 2, "Either"),
        ("decode RUN 1 2 --out x.jpg", 2, "no name of a .png"),
        ("decode RUN 1 2 --out /nowhere/x.png", 1, "could not be written"),
        ("grid RUN --size 0", 2, "1 to"),
        ("remove RUN", 2, "--yes"),
        ("remove digits --yes", 2, "beginning of a name"),
        ("resume RUN", 1, "is done"),
        ("fork RUN", 2, "changed setting"),
        ("fork RUN --lr 99", 2, "learning_rate is 99"),
        ("fork RUN --epochs 2", 1, "has trained 4"),
        ("describe RUN --epochs 2", 2, "is a run"),
    ],
)
def test_wrong_use_of_a_run(on, trained, capsys, words, code, said):
    assert main(words.replace("RUN", trained.id).split()) == code
    assert said in capsys.readouterr().err


def test_one_epoch_is_not_told_as_many(settings):
    run = made_run(settings, "done", epochs=1)
    assert ": 1 epoch in" in next(training._told(run, "done", run.status()))


def test_tables_line_up():
    text = table(("name", "n", "loss"), [("a", 1200, 0.5), ("longer", 3, None)])
    assert text.splitlines() == ["name        n    loss", "a       1,200  0.5000", "longer      3       -"]


def test_long_work_says_where_it_is_where_no_bar_can_grow(capsys, monkeypatch):
    with progress.bar() as tell:
        tell("Copies", 0, 0)  # all that is over in a moment says nothing
        monkeypatch.setattr(progress, "QUIET_SECONDS", 0)
        tell("Loading", 0, 0)
        tell("Steps", 2, 9)
        tell("Steps", 3, 9)
    assert capsys.readouterr().err.splitlines() == ["Loading ...", "Steps: 2 of 9"]
