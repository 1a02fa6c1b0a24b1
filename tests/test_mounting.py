"""Streamlit may end a component and begin it anew in the same place of the page: then it must stand there once."""

from __future__ import annotations

import pytest

from ui.components import bundles

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


@pytest.mark.parametrize(
    ("name", "data"), [("film", None), ("gallery", None), ("curves", {"charts": []}), ("drawn", "<svg></svg>")]
)
def test_what_is_begun_anew_stands_once(tab, name, data):
    assert tab().evaluate(MOUNT_TWICE, [bundles.shipped(name), data]) == [1, 1]
