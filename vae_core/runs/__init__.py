"""Runs: the folders below checkpoints/, and the processes that train in them."""
