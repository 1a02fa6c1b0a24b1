#!/usr/bin/env bash
# Two environments with PyTorch, for the benches that compare with it: .torch/2.12 and .torch/newest.
#
#     bash bench/torch.sh
#
# Whatever else they need they take from .venv, which has to be there. On Linux PyPI's PyTorch brings CUDA, about 5 GB an
# environment; who can reach PyTorch's own index gets a tenth of that with
# PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu. Where pip is told of a bound, the newest is the newest below it.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')

made() { # the name of an environment, and what pip is asked for
    local environment=.torch/$1
    [ -e "$environment/.made" ] && return
    .venv/bin/python -m venv --clear "$environment"
    "$environment/bin/python" -m pip install --disable-pip-version-check --quiet "$2"
    # Only now, so that pip does not count on what stands there. What the environment has itself comes first.
    echo "$packages" >"$("$environment/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/loupe.pth"
    "$environment/bin/python" -c 'import torch; print("PyTorch", torch.__version__)'
    touch "$environment/.made"
}

made 2.12 'torch==2.12.*'
made newest torch
