"""The command that makes a site of finished models: the only one that needs what the pages are made of."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from vae_core.cli.answer import Answer, lead_to
from vae_core.runs import store
from vae_core.runs.store import Run
from vae_core.settings import PAGE, Settings
from vae_core.share import outgoing
from vae_core.words import plural


def add_publish(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", nargs="+", metavar="RUN", help="one, or several that get a page with a card each")
    parser.add_argument("--out", type=Path, metavar="FOLDER", required=True, help="empty, or an earlier site")
    lead_to(parser, publish, "publish mnist-baseline mnist-deeper --out site", "latent-loupe")


def publish(args: argparse.Namespace, settings: Settings) -> Answer:
    runs = [store.open_run(settings, name) for name in dict.fromkeys(args.run)]
    files = outgoing.write_folder(args.out, lambda: _pages(runs))
    size = sum(file.stat().st_size for file in files)
    document = {"runs": [run.id for run in runs], "files": [str(file) for file in files], "bytes": size}
    told = f"{args.out}: {plural(len(files), 'page')}, {size / 1e6:.1f} MB. Open {args.out / 'index.html'}"
    return Answer(document, f"{told}, or hand the folder to any server of files.")


def _pages(runs: Sequence[Run]) -> dict[str, bytes]:
    sys.path.insert(0, str(PAGE))  # in a package, ui/ lies there
    logging.disable(logging.WARNING)  # Streamlit would warn that no server is here
    try:
        from ui import site

        return site.pages(runs)
    finally:
        logging.disable(logging.NOTSET)
        sys.path.remove(str(PAGE))
