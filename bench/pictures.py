"""Make the pictures in the docs anew: real pages of the models that come along, in a real browser.

    python -m bench.pictures

The letters are our own. Nothing of MNIST is shown: its licence is another one.
"""

from __future__ import annotations

import argparse
import io
import os
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from bench.browsing import SECONDS, launched, page_server
from bench.first import STANDS
from vae_core.cli import worker
from vae_core.look import projection
from vae_core.look.projection import Projection
from vae_core.runs import shipped
from vae_core.runs.store import Run
from vae_core.settings import PROJECT, Settings

OUT = PROJECT / "docs" / "pictures"
WIDTH, HEIGHT = 1280, 860
MAP, OTHER = "loupe.type-map", "loupe.type-16"
TOUR = {
    "home": "",
    "train": f"train?run={MAP}",
    "project": f"project?run={OTHER}&maps=codes,{{tsne}}",
    "compare": f"compare?run={OTHER}&runs={MAP},{OTHER}",
}
WALKED = ("home",)  # the map has to stand
SAID = {"train": "The doctor found"}  # and this
IDLE = "document.querySelector('[data-testid=stApp]')?.getAttribute('data-test-script-state') === 'notRunning'"
STILL = """() => new Promise((done) => {
  let ended = performance.now();
  new MutationObserver(() => { ended = performance.now(); }).observe(document.body, { childList: true, subtree: true });
  const look = () => (performance.now() - ended > 1500 ? done() : requestAnimationFrame(look));
  look();
})"""


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    os.environ.pop("LOUPE_DATA", None)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        settings = Settings(cache=Path(folder, "cache"), checkpoints=Path(folder, "checkpoints"))
        shipped.ready(settings)
        tsne = projection.begin(Run(OTHER, settings), Projection(method="tsne", of="codes"))
        worker.work(tsne)
        browser = launched(playwright)
        with page_server(settings) as server:
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
            for name, address in TOUR.items():
                page.goto(f"{server.address}/{address.format(tsne=tsne.path.name)}")
                page.wait_for_function(IDLE, timeout=1000 * SECONDS)
                if name in WALKED:
                    page.wait_for_function(STANDS, timeout=1000 * SECONDS)
                if name in SAID:
                    page.get_by_text(SAID[name]).wait_for(timeout=1000 * SECONDS)
                page.evaluate(STILL)
                _keep(page.screenshot(), OUT / f"{name}.webp")
        browser.close()


def _keep(picture: bytes, path: Path) -> None:
    with Image.open(io.BytesIO(picture)) as image:
        image.convert("RGB").save(path, quality=88, method=6)
    print(path.relative_to(PROJECT), f"{path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
