"""After training, without TensorFlow: decode, encode, walk the codes, evaluate, draw contact sheets."""
