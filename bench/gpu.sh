#!/usr/bin/env bash
# What a graphics card makes of the reports' networks, in less than ten minutes: bench/gpu.py tells what is measured.
#
#     LOUPE_DATA=... bash bench/gpu.sh [FILE]     rows go to FILE, .measured/gpu.jsonl where none is named
#
# PYTHON is one whose TensorFlow finds the card, as after `pip install 'tensorflow[and-cuda]'`. MINUTES (9) is all that it
# takes; MORE is handed on to bench/gpu.py, as MORE="--lite --only mnist-baseline".
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-.venv/bin/python}
out=${1:-.measured/gpu.jsonl}
seconds=$((${MINUTES:-9} * 60))
read -ra more <<<"${MORE:-}"
export TF_CPP_MIN_LOG_LEVEL=${TF_CPP_MIN_LOG_LEVEL:-2}

# A program that is being compiled by XLA does not look at the clock: it is ended then, and its rows stay.
measure() { # what, seconds, XLA's flags
    TF_XLA_FLAGS=$3 timeout "$(($2 + 30))" "$python" -m bench.gpu "$1" --seconds "$2" --out "$out" "${more[@]}" ||
        echo "$1 was not finished (flags: ${3:-none})" >&2
}

few=$((seconds / 8)) many=$((seconds / 3)) # XLA compiles each network for a while
measure step "$few" ''
measure step "$many" '--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit'
measure goal $((seconds - few - many - 90)) ''
