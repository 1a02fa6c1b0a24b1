"""Explore: walk over a model's map of codes, and look closer at what it learned."""

from ui import explore, frame
from ui.errors import shown

frame.ensure()
run = explore.head("Explore")
with shown():
    explore.show(run)
