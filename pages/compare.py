"""Compare: models beside each other, and what may be claimed of a difference between them."""

from ui import compare, frame
from ui.compare import reports
from ui.errors import shown

frame.ensure()
VIEWS = ("Runs", "The five reports")

view, between = frame.head("Compare", VIEWS, "compare_view")
with shown():
    if view == VIEWS[0]:
        compare.show(between)
    else:
        reports.show()
