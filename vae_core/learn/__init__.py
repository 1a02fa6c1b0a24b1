"""Building, training and exporting networks: the only home of TensorFlow and Keras."""

import os
import sys

from vae_core import extras

# TensorFlow tells of every graph that it reads; a person's log should hold what a person can use.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# A person's own settings of Keras may name another engine; the steps are TensorFlow's.
os.environ["KERAS_BACKEND"] = "tensorflow"
# Keras imports them where they are, for what nobody needs here; without them a training begins sooner.
UNUSED = ("matplotlib", "pandas", "sklearn")


def _import_keras() -> None:
    hidden = [name for name in UNUSED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # as if they were not installed
    try:
        import keras  # noqa: F401
    finally:
        for name in hidden:
            del sys.modules[name]


extras.need("train", "This")
_import_keras()
