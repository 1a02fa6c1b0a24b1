"""Project: codes of many dimensions on a flat map. Not built yet."""

from ui import placeholder

placeholder.show(
    "Project",
    "Codes of many dimensions will be laid out flat here, so that neighbours stay neighbours.",
    {"explore": "Codes along their main axes are on Explore", "train": "How the map takes shape is on Train"},
)
