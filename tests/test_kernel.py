"""The browser's kernel computes what Keras computes: in Node and in Chromium, compiled and in plain JavaScript."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import packed_networks
import pytest
from browser import beside_scripts, take
from packed_networks import Case
from support import eventually

from vae_core.design import recipes
from vae_core.design.config import Config
from vae_core.look.portable import Portable
from vae_core.look.program import packed, packing
from vae_core.runs.store import Run

ROOT = Path(__file__).resolve().parents[1]
COMMITTED = ROOT / "ui" / "components" / "shared"  # the folder of network.js and its kernel.js
TOLERANCE = 1e-5  # of the largest output, or of 1 where that is smaller
SCRIPTS = (
    "ui/components/shared/network.js",
    "ui/components/shared/decoder.js",
    "ui/components/twin/company.js",
    "tests/network_rows.js",
)
COMPILERS = ("clang", "wasm-ld", "make")
needs_node = pytest.mark.skipif(not shutil.which("node"), reason="there is no Node here")


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    """Every small recipe, and lines for what they leave out."""
    keras.utils.set_random_seed(0)
    small = {recipe.config.recipe: recipe.config for recipe in recipes.all_recipes() if recipe.variant == "lite"}
    lines = {
        name: Config("digits", packed_networks.IMAGE, encoder, decoder, kind="ae", latent=3, loss="mse")
        for name, (encoder, decoder) in packed_networks.LINES.items()
    }
    return _all_cases({**small, **lines}, tmp_path_factory.mktemp("cases"))


@pytest.fixture(scope="module")
def large_cases(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    """The recipes as printed, of which the browser does not take all, and colour images of 96x96."""
    keras.utils.set_random_seed(0)
    chosen = {key: recipes.find(key).config for key in ("mnist-deeper", "fashion-cae", "cifar-vae")}
    chosen["auto"] = recipes.auto((96, 96, 3), "digits")
    chosen["default-mnist"] = recipes.default("mnist", (28, 28, 1))
    return _all_cases(chosen, tmp_path_factory.mktemp("large"))


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    missing = [name for name in COMPILERS if not shutil.which(name)]
    if missing:
        pytest.skip(f"the kernel cannot be built without {', '.join(missing)}")
    folder = tmp_path_factory.mktemp("kernel")
    build = ["make", "wasm", f"KERNEL={folder / 'kernel.js'}", f"PYTHON={sys.executable}"]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    for path in (ROOT / "package.json", COMMITTED / "network.js"):
        shutil.copy(path, folder)
    return folder


def test_every_network_that_is_made_stays_in_its_memory(cases: list[Case], large_cases: list[Case]) -> None:
    assert all(packing.read(case.data, case.name) for case in (*cases, *large_cases))


@needs_node
def test_the_committed_kernel_computes_what_keras_does(cases: list[Case], tmp_path: Path) -> None:
    assert not too_different(cases, in_node(cases, tmp_path, COMMITTED, "wasm"))


@needs_node
def test_the_rebuilt_kernel_computes_what_keras_does(cases: list[Case], tmp_path: Path, rebuilt: Path) -> None:
    assert not too_different(cases, in_node(cases, tmp_path, rebuilt, "wasm"))


@needs_node
def test_plain_javascript_computes_what_keras_does(cases: list[Case], tmp_path: Path) -> None:
    assert not too_different(cases, in_node(cases, tmp_path, COMMITTED, "js"))


@needs_node
def test_large_networks_compute_what_keras_does(large_cases: list[Case], tmp_path: Path) -> None:
    assert not too_different(large_cases, in_node(large_cases, tmp_path, COMMITTED, "wasm"))


@needs_node
def test_a_trained_run_computes_what_its_portable_form_does(trained: Run, tmp_path: Path) -> None:
    both, portable = packed.read(packed.make(trained), "it"), Portable.of(trained)
    images = packed_networks.pictures(trained.config().image)
    mean, log_variance = portable.encode(images)
    found = [
        Case("encoder", both.parts["encoder"], images, np.concatenate([mean, log_variance], axis=1)),
        Case("decoder", both.parts["decoder"], mean, portable.output(mean)),
    ]
    assert not too_different(found, in_node(found, tmp_path, COMMITTED, "wasm"))


@pytest.mark.parametrize("rung", ["wasm", "js"])
def test_chromium_computes_what_keras_does(cases: list[Case], page: Any, rung: str) -> None:
    assert not too_different(cases, {case.name: in_browser(page, case, rung) for case in cases})


REFUSED = """async (text) => {
  Decoder.SLOW = 0; // so that it tries a worker
  const decoder = await Decoder.open(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)));
  const picture = await new Promise((done) => decoder.decode([0, 0], done));
  return { rung: decoder.rung, where: decoder.where, length: picture.length };
}"""


def test_a_page_that_refuses_webassembly_and_workers_decodes_all_the_same(cases: list[Case], chromium: Any) -> None:
    page = chromium.new_page()
    open_page(page, headers={"Content-Security-Policy": "script-src 'self'; worker-src 'none'"})
    told = page.evaluate(REFUSED, text(case_named(cases, "mnist-baseline-lite decoder").data))
    page.close()
    assert told == {"rung": "js", "where": "here", "length": 784}


@needs_node
def test_half_precision_draws_the_same_pictures(cases: list[Case], tmp_path: Path) -> None:
    whole = case_named(cases, "mnist-baseline-lite decoder")
    half = Case(whole.name, packing.halved(whole.data), whole.rows, whole.expected)
    assert len(half.data) < 0.75 * len(whole.data)
    found = in_node([half], tmp_path, COMMITTED, "wasm")
    assert 0 < half.difference(found[half.name]) < 5e-3


@needs_node
def test_a_code_that_is_no_number_does_no_harm(cases: list[Case], tmp_path: Path) -> None:
    """Its picture is none either, and the next one is as it should be."""
    case = case_named(cases, "mnist-baseline-lite decoder")
    rows = case.rows.copy()
    rows[3] = np.nan
    for rung in ("wasm", "js"):
        spoiled = Case(case.name, case.data, rows, case.expected)
        found = in_node([spoiled], tmp_path, COMMITTED, rung)[case.name].reshape(case.expected.shape)
        assert np.isnan(found[3]).any()
        assert np.allclose(np.delete(found, 3, 0), np.delete(case.expected, 3, 0), atol=1e-5)


@needs_node
def test_what_is_no_network_is_refused(tmp_path: Path, cases: list[Case]) -> None:
    whole = case_named(cases, "mnist-baseline-lite decoder").data
    newer = whole[:4] + b"\x03" + whole[5:]
    for data in (b"", b"anything at all, and more", newer, whole[: len(whole) // 2]):
        said = tried(data, tmp_path, "return Network.load(bytes).then(() => 'loaded', (error) => error.message);")
        assert said != "loaded"


@needs_node
def test_a_code_of_another_length_is_refused(tmp_path: Path, cases: list[Case]) -> None:
    script = """
const decoder = await Decoder.open(bytes);
try { decoder.decode([1, 2, 3], () => {}); } catch (error) { return error.message; }
"""
    said = tried(case_named(cases, "mnist-baseline-lite decoder").data, tmp_path, script)
    assert said == "3 numbers instead of 2"


@needs_node
def test_a_quick_decoder_answers_at_once_and_many_in_between(tmp_path: Path, cases: list[Case]) -> None:
    case = case_named(cases, "mnist-baseline-lite decoder")
    script = """
Decoder.measure = async () => 1; // ms: quick, whatever else this machine is doing
const decoder = await Decoder.open(bytes);
const log = [];
decoder.many([], () => log.push("none"));
const stop = decoder.many([[0, 0], [1, 1], [2, 2]], (index) => { log.push(index); if (index === 1) stop(); });
decoder.decode([0, 1], (picture) => log.push(picture.length));
await new Promise((done) => decoder.many([[3, 3]], (index, picture) => done(log.push("last"))));
decoder.close();
decoder.decode([0, 1], () => log.push("after the end"));
decoder.many([[0, 0]], () => log.push("after the end"));
await new Promise((done) => setTimeout(done, 50));
return { where: decoder.where, rung: decoder.rung, output: decoder.output, log };
"""
    assert tried(case.data, tmp_path, script) == {
        "where": "here",
        "rung": "wasm",
        "output": [28, 28, 1],
        "log": [784, 0, 1, "last"],
    }


WORKER = """async (text) => {
  Decoder.SLOW = 0; // whatever it takes is too slow
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const decoder = await Decoder.open(bytes);
  const log = [];
  let finished;
  const ended = new Promise((done) => (finished = done));
  decoder.many([[0, 0], [1, 1], [2, 2]], (index) => { log.push(index); if (index === 2) finished(); });
  for (let i = 0; i < 9; i++) decoder.decode([i / 9, 0], (picture) => log.push(`code ${i}`));
  decoder.decode([0.5, -0.5], (picture) => log.push([...picture]));
  await ended;
  const here = await Network.load(bytes);
  window.decoder = decoder;
  return { where: decoder.where, log, fresh: [...here.run([0.5, -0.5])] };
}"""


def test_a_slow_decoder_moves_to_a_worker_and_leaves_none_behind(page: Any, cases: list[Case]) -> None:
    case = case_named(cases, "mnist-baseline-lite decoder")
    told = page.evaluate(WORKER, text(case.data))
    assert told["where"] == "worker" and len(page.workers) == 1
    # One of `many` was on its way; of the codes that then came, only the newest was decoded, before the rest of `many`.
    assert told["log"] == [0, told["fresh"], 1, 2]
    with page.workers[0].expect_event("close"):
        page.evaluate("decoder.close()")
    assert page.workers == []


HURRY = """async (text) => {
  const [bytes, took] = [Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)), [20, 20, 1]];
  [Decoder.AGAIN, Decoder.measure] = [[1, 1, 1], async () => took.shift()];
  window.decoder = await Decoder.open(bytes);
  return decoder.where;
}"""


def test_one_that_only_seemed_slow_comes_back(page: Any, cases: list[Case]) -> None:
    assert page.evaluate(HURRY, text(case_named(cases, "mnist-baseline-lite decoder").data)) == "worker"
    page.wait_for_function("decoder.where === 'here'")
    assert page.evaluate("new Promise((done) => decoder.decode([0, 0], (picture) => done(picture.length)))") == 784


COMPANY_AWAY = """async (texts) => {
  Decoder.SLOW = Company.QUICK = 0; // whatever they take together is too slow
  const bytes = texts.map((text) => text && Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)));
  window.company = await Company.open(bytes);
  const [log, places] = [[], bytes.map((one, i) => i).filter((i) => bytes[i])];
  const pictures = (code) => new Promise((finished) => {
    const found = {};
    company.decode(bytes.map(() => code), (i, picture) => {
      log.push(`${code}`);
      found[i] = [...picture];
      if (Object.keys(found).length === places.length) finished(found);
    });
  });
  pictures([0, 0]);
  await new Promise((done) => setTimeout(done)); // the first goes out, and of the later ones only the newest
  for (let i = 1; i < 9; i++) pictures([i / 9, 0]);
  const found = await pictures([0.5, -0.5]);
  const fresh = {};
  for (const i of places) fresh[i] = [...(await Network.load(bytes[i])).run([0.5, -0.5])];
  return { where: company.present.map((decoder) => decoder.where), codes: [...new Set(log)], found, fresh };
}"""


def test_a_slow_company_decodes_in_workers_and_each_model_draws_the_newest_code(page: Any, cases: list[Case]) -> None:
    """The second model has no decoder for the browser."""
    names = ("mnist-baseline-lite decoder", None, "mnist-deeper-lite decoder", "mnist-baseline-lite decoder")
    told = page.evaluate(COMPANY_AWAY, [name and text(case_named(cases, name).data) for name in names])
    assert told["where"] == ["worker"] * 3 and len(page.workers) == 3
    assert told["codes"] == ["0,0", "0.5,-0.5"]
    assert told["found"] == told["fresh"] and sorted(told["found"]) == ["0", "2", "3"]
    page.evaluate("company.close()")
    eventually(lambda: page.evaluate("performance.now()") and not page.workers)  # they end one after the other


COMPANY_FELT = """async (text) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  Decoder.measure = async () => 1; // at rest each seems quick
  const company = await Company.open([bytes, bytes]);
  const [before, run] = [company.present.map((decoder) => decoder.where), Network.prototype.run];
  Network.prototype.run = function (code) {
    const began = performance.now();
    while (performance.now() - began < 20); // but not while one walks
    return run.call(this, code);
  };
  const walk = () => new Promise((done) => {
    let left = 2;
    company.decode([[0, 0], [0, 0]], () => (left -= 1) || done());
  });
  for (let i = 0; i < Company.LATELY && company.present.some((decoder) => !decoder.worker); i++) await walk();
  const after = company.present.map((decoder) => decoder.where);
  company.close();
  return [before, after];
}"""


def test_a_company_that_is_slow_only_while_one_walks_moves_too(page: Any, cases: list[Case]) -> None:
    told = page.evaluate(COMPANY_FELT, text(case_named(cases, "mnist-baseline-lite decoder").data))
    assert told == [["here", "here"], ["worker", "worker"]]


# In Node and in the browser.


def _all_cases(configs: dict[str, Config], folder: Path) -> list[Case]:
    return [case for name, config in configs.items() for case in packed_networks.cases(config, folder, name)]


def case_named(cases: list[Case], name: str) -> Case:
    return next(case for case in cases if case.name == name)


def too_different(cases: list[Case], found: dict[str, np.ndarray]) -> dict[str, float]:
    worst = {case.name: case.difference(found[case.name]) for case in cases}
    return {name: difference for name, difference in worst.items() if not difference <= TOLERANCE}


def in_node(cases: list[Case], folder: Path, scripts: Path, rung: str) -> dict[str, np.ndarray]:
    for number, case in enumerate(cases):
        (folder / f"{number}.bin").write_bytes(case.data)
        (folder / f"{number}.in").write_bytes(case.rows.astype("<f4").tobytes())
    told = json.loads(driver("rows", str(folder), str(scripts / "network.js"), rung))
    assert {each["rung"] for each in told.values()} == {rung}
    return {case.name: np.fromfile(folder / f"{number}.out", "<f4") for number, case in enumerate(cases)}


def tried(data: bytes, folder: Path, script: str) -> Any:
    (folder / "network.bin").write_bytes(data)
    return json.loads(driver("try", str(folder / "network.bin"), script))


def driver(*words: str) -> str:
    command = ["node", str(ROOT / "tests" / "network_driver.mjs"), *words]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=250)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    page = chromium.new_page()
    open_page(page)
    yield page
    page.close()


def open_page(page: Any, headers: dict[str, str] | None = None) -> None:
    """An empty page that has what the scripts export."""
    beside_scripts(page, headers)
    take(page, *SCRIPTS)


IN_BROWSER = """async ([network, values, wasm]) => {
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const { rung, found } = await networkRows(Network, bytes(network), new Float32Array(bytes(values).buffer), { wasm });
  let text = "";
  for (const byte of new Uint8Array(found.buffer)) text += String.fromCharCode(byte);
  return { rung, found: btoa(text) };
}"""


def in_browser(page: Any, case: Case, rung: str) -> np.ndarray:
    told = page.evaluate(IN_BROWSER, [text(case.data), text(case.rows.astype("<f4").tobytes()), rung == "wasm"])
    assert told["rung"] == rung
    return np.frombuffer(base64.b64decode(told["found"]), "<f4")


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_the_kernel_is_small() -> None:
    assert (COMMITTED / "kernel.js").stat().st_size < 5_000
