"""The command `latent-loupe`: alone it opens the page, with words it is the command line of `python -m vae_core`,
and has one more command."""

from __future__ import annotations

import os
import sys

MORE = {"publish": ("latent_loupe.publishing", "a web site of models that others walk on: plain files, for any server")}


def main() -> int:
    try:
        os.getcwd()  # the place of the runs
    except OSError:
        sys.exit("The folder that this was started in is gone.")
    os.environ["PYTHONSAFEPATH"] = "1"  # what is started from here finds our code, whatever lies in that folder
    return _answer(sys.argv[1:]) if len(sys.argv) > 1 else _open()


def _answer(words: list[str]) -> int:
    from vae_core.cli.main import COMMANDS, main

    return main(words, {**COMMANDS, **MORE}, "latent-loupe")


def _open() -> int:
    """As `streamlit run app.py` does: .streamlit/config.toml beside app.py counts before any other of its kind."""
    from streamlit.web import cli

    from vae_core.settings import PAGE

    cli.main(["run", str(PAGE / "app.py")], standalone_mode=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
