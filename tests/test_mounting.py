"""Streamlit may end a component and begin it anew in the same place of the page: then it must stand there once."""

from __future__ import annotations

import pytest

from ui.components import curves, film, gallery

MOUNT_TWICE = """async ([code, data]) => {
  const { default: mount } = await import(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
  const parentElement = document.body.appendChild(document.createElement("div"));
  const begin = () => mount({ parentElement, data, setStateValue: () => {} });
  const end = begin();
  const once = parentElement.childElementCount;
  end();
  begin();
  return [once, parentElement.childElementCount];
}"""
SCRIPTS = {
    "film": ([film.HERE / name for name in film.SCRIPTS], None),
    "gallery": ([gallery.HERE / "gallery.js"], None),
    "curves": (curves.SCRIPTS, {"charts": []}),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_is_begun_anew_stands_once(tab, name):
    paths, data = SCRIPTS[name]
    page = tab()
    code = "\n".join(path.read_text("utf-8") for path in paths)
    assert page.evaluate(MOUNT_TWICE, [code, data]) == [1, 1]
