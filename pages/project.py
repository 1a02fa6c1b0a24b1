"""Project: codes, pixels and layers laid out flat, on maps that can be walked."""

from ui import explore, frame, project
from ui.errors import shown

frame.ensure()
run = explore.head("Project")
with shown():
    project.show(run)
