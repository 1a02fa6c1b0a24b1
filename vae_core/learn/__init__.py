"""Building, training and exporting networks: the only home of TensorFlow and Keras."""

import os

# TensorFlow tells of every graph that it reads; a person's log should hold what a person can use.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
