"""Tune: searches for good settings, one optimiser against another, and how large a step may be."""

from ui import choice, frame
from ui.errors import shown
from ui.tune import new, optimizers, picked, rates, watch

frame.ensure()
run = choice.chosen_run()
picked.turn()
view = frame.title("Tune", picked.VIEWS, picked.VIEW, wrap=True)
with shown():
    if view == picked.SET_UP:
        new.show(run)
    elif view == picked.WATCH:
        watch.show()
    elif view == picked.OPTIMISERS:
        optimizers.show(run)
    else:
        rates.show(run)
