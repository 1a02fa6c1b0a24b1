"""Whether test images stand in the training set as well: looked up once for each data set."""

from __future__ import annotations

import numpy as np

from vae_core.checked import Numbers
from vae_core.data import checks
from vae_core.data.checks import Leak
from vae_core.data.dataset import Dataset
from vae_core.errors import LoupeError
from vae_core.runs import files
from vae_core.settings import Settings

VERSION = 1
FORM = {"test": Numbers("iu", ("n",)), "train": Numbers("iu", ("n",)), "looked": Numbers("iu", ())}


def leak(dataset: Dataset, settings: Settings) -> Leak:
    cache = settings.cache / "leaks" / f"{dataset.fingerprint}-v{VERSION}.npz"
    try:
        kept = files.read_arrays(cache, FORM)
        if kept is not None:
            return Leak(kept["test"], kept["train"], int(kept["looked"]))
    except LoupeError:
        pass  # a spoiled file is written anew
    found = checks.leak(dataset)
    cache.parent.mkdir(parents=True, exist_ok=True)
    files.write_arrays(cache, {"test": found.test, "train": found.train, "looked": np.array(found.looked)}, packed=True)
    return found
