"""Search over settings: many trainings that are started, watched and pruned from outside. No TensorFlow in it."""
