"""Pages beside more runs than a browser is sent: what is shown first is bounded, and the rest can be reached."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest
from support import copies, fine, made_run, shown_before, texts

from ui import frame, paged, sought
from ui.home import cards, table
from vae_core.runs.store import Run
from vae_core.settings import Settings

MANY = 230
OLDEST = f"digits-copy-{MANY - 1:06d}"


@pytest.fixture(autouse=True)
def warm(monkeypatch: pytest.MonkeyPatch) -> None:
    shown_before(monkeypatch)


@pytest.fixture
def many(settings: Settings) -> Run:
    run = made_run(settings, "done", epochs=1)
    copies(run, MANY - 1)
    return run


def picker(app: AppTest) -> list[str]:
    return app.sidebar.selectbox(key=frame.KEY).options


def test_home_shows_a_page_of_them_and_finds_the_others(visit, many):
    app = fine(visit(many.settings, "home"))
    assert len([each for each in app.button if (each.key or "").startswith("star-")]) == cards.PER_PAGE
    assert len(picker(app)) == sought.MOST + 1 and OLDEST not in texts(app)
    app.text_input(key="home_search").set_value(OLDEST).run()
    assert [each.key for each in fine(app).button if (each.key or "").startswith("star-")] == [f"star-{OLDEST}"]
    app.text_input(key="home_search").set_value("").run()
    app.segmented_control(key="home_view").set_value("Table").run()
    assert len(fine(app).dataframe[0].value) == table.PER_PAGE


def test_a_picker_finds_by_search_what_it_does_not_list(visit, many):
    app = fine(visit(many.settings, "train", run=OLDEST))
    assert len(picker(app)) == sought.MOST + 2 and OLDEST in picker(app)[-1], "the chosen one is always there"
    assert app.sidebar.text_input(key="run_sought").placeholder == f"Search {MANY} runs"
    app.sidebar.text_input(key="run_sought").set_value("copy 000222").run()
    assert [line.partition(" ")[0] for line in picker(fine(app))[1:]] == ["digits-copy-000222", OLDEST]
    app.sidebar.selectbox(key=frame.KEY).select("digits-copy-000222").run()
    assert app.query_params["run"] == "digits-copy-000222"


def test_compare_finds_by_search_what_it_does_not_list(visit, many):
    app = visit(many.settings, "compare", runs=f"{many.id},{OLDEST}")
    picked = app.multiselect(key="compare_picked")
    assert not app.exception and picked.value == [many.id, OLDEST] and len(picked.options) == sought.MOST + 1
    app.text_input(key="compare_sought").set_value("nothing like this").run()
    assert app.multiselect(key="compare_picked").value == [many.id, OLDEST]
    assert "No run fits." in [caption.value for caption in app.main.caption]


@pytest.mark.parametrize(
    ("count", "page", "first", "length"), [(0, 1, None, 0), (25, 3, 24, 1), (25, 9, 24, 1), (3, 1, 0, 3)]
)
def test_a_list_is_turned_page_by_page(monkeypatch, count, page, first, length):
    monkeypatch.setattr(paged.st, "session_state", {"here": page})
    found = paged.part(range(count), 12, "here")
    assert (found[0] if found else None, len(found)) == (first, length)
