"""What is made ready before anybody asks, so that the first visit is as quick as the next."""

from __future__ import annotations

import logging
import subprocess
import sys
from importlib import import_module
from threading import Thread

from vae_core import settings as settings_file
from vae_core.errors import LoupeError
from vae_core.settings import PROJECT

OTHERS = ("explore", "project", "train.live", "train.new", "judge", "data.browse", "compare", "tune")
READ = (
    "import sys; from vae_core import settings; from vae_core.data import catalog; "
    "catalog.load(sys.argv[1], settings.load())"
)
log = logging.getLogger(__name__)


def for_the_first_page() -> None:
    """While the browser still loads it: the map on Home, and the models that come along."""
    Thread(target=_first, daemon=True).start()


def _first() -> None:
    from vae_core.runs import shipped

    try:
        shipped.ready(settings_file.load())
    except (LoupeError, OSError) as error:  # said where they are asked for
        log.info("Not ready ahead: %s", error)
    import_module("ui.explore")


def for_the_others() -> None:
    """When the first page stands: the other pages, and the letters while nobody has trained anything."""
    from vae_core.data import catalog
    from vae_core.design import recipes
    from vae_core.runs import store

    for name in OTHERS:
        import_module(f"ui.{name}")
    try:
        settings = settings_file.load()
        letters = recipes.first().dataset
        if not (store.list_runs(settings) or catalog.is_kept(letters, settings)):
            _read_aside(letters)
    except (LoupeError, OSError) as error:
        log.info("Not ready ahead: %s", error)


def _read_aside(dataset: str) -> None:
    """In a process of its own: what it takes to draw and check the images would stay with this server."""
    subprocess.run([sys.executable, "-c", READ, dataset], cwd=PROJECT, stdin=subprocess.DEVNULL, capture_output=True)
