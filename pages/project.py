"""Project: codes of many dimensions on a flat map. Not built yet."""

from ui import choice, explore_parts, frame, placeholder
from ui.errors import shown

frame.ensure()
placeholder.show(
    "Project",
    "Codes of many dimensions will be laid out flat here, so that neighbours stay neighbours.",
    {"explore": "The map beside what the decoder draws is on Explore", "home": "All runs are on Home"},
)
run = choice.chosen_run()
if run:
    with shown():
        explore_parts.main_axes(run)
