"""Tune: many trainings that look for good settings. Not built yet."""

from ui import frame, placeholder

frame.ensure()
placeholder.show(
    "Tune",
    "A search over settings will run here: many short trainings, and what each setting is worth.",
    {"train": "One training at a time is on Train", "home": "All runs, sorted by their loss, are on Home"},
)
