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
# What is done in a process of its own: what it takes to unpack, check and draw would stay with this server.
UNPACK = """
from vae_core import settings
from vae_core.look.program import packed
from vae_core.runs import shipped, store
where = settings.load()
shipped.ready(where)
for summary in store.list_shipped(where)[:1]:
    packed.of(store.Run(summary.id, where))
"""
READ = """
import sys
from vae_core import settings
from vae_core.data import catalog
catalog.load(sys.argv[1], settings.load())
"""
log = logging.getLogger(__name__)


def for_the_first_page() -> None:
    """While the browser still loads it: the map on Home, and the models that come along."""
    Thread(target=_aside, args=(UNPACK,), daemon=True).start()
    Thread(target=import_module, args=("ui.explore",), daemon=True).start()


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
            read(letters)
    except (LoupeError, OSError) as error:
        log.info("Not ready ahead: %s", error)


def read(name: str) -> None:
    """Make a data set, for whoever asks for it next: what that takes would stay with this server."""
    _aside(READ, name)


def _aside(program: str, *arguments: str) -> None:
    """What goes wrong there is said where it is asked for."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        log.info("Not ready ahead: %s", done.stderr.strip().rpartition("\n")[2])
