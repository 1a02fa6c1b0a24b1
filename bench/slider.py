"""What others have: two sliders of Streamlit, a decode on the server, a picture. `bench/plane.py` measures it."""

import sys

import numpy as np
import streamlit as st

from vae_core import settings
from vae_core.look.portable import Portable
from vae_core.runs import store


@st.cache_resource
def portable(run_id: str) -> Portable:
    return Portable.of(store.open_run(settings.load(), run_id))


code = np.array([[st.slider(name, -4.0, 4.0, 0.0, 0.05) for name in ("z1", "z2")]], np.float32)
st.image(portable(sys.argv[1]).decode(code)[0], width=300)
