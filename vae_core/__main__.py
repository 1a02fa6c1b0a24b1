"""`python -m vae_core`: the command line. What it can do is in vae_core/cli."""

import sys

from vae_core.cli.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
