"""What is seen of a page: its picture and words on the first screen, where its parts lie, its light, what sticks out.

The head and the list of pages at the side count as screen, and their words do not. A picture is a canvas, an image or a
drawing of at least 16 pixels each way. Real pages of the models that come along, and of no other.
"""

from __future__ import annotations

import io
from typing import Literal

from PIL import Image
from playwright.sync_api import Page

from bench.browsing import SECONDS
from bench.pictures import IDLE, MAP, OTHER, STILL
from bench.rows import Row

PAGES = {
    "Home": "",
    "Data": "data",
    "Set up": "train",
    "Watch": f"train?run={MAP}",
    "Explore": f"explore?run={MAP}",
    "Explore, 16 numbers": f"explore?run={OTHER}",
    "Project": f"project?run={MAP}",
    "Compare": "compare",
    "Tune": "tune",
}
SIZES = {"wide": (1440, 900), "phone": (390, 844)}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PARTS = {
    "map": ".over",
    "picture": ".now",
    "curves": ".chart",
    "grid": ".grid",
    "redrawn": ".pairs",
    "network": ".fills",
    "gallery": ".tiles",
    "same images": ".same",
    "image": "img",
}
FEW = 3  # of a kind are measured
ACROSS, DOWN = 12, 8  # fields of the screen
FIND = """const inside = (root) => [...root.querySelectorAll('*')].flatMap((each) =>
    [each, ...(each.shadowRoot ? inside(each.shadowRoot) : [])]);
  const main = document.querySelector('[data-testid=stMain]');
  const visible = (each) => each.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const seen = inside(main).filter(visible);"""
# Squares of 8 pixels that a picture covers, and words of which the beginning can be seen.
COUNT = f"""() => {{
  {FIND}
  const cell = 8, covered = new Set();
  const cover = ({{ left, right, top, bottom }}) => {{
    for (let x = Math.max(0, Math.ceil(left / cell)); x < Math.min(innerWidth, right) / cell; x++)
      for (let y = Math.max(0, Math.ceil(top / cell)); y < Math.min(innerHeight, bottom) / cell; y++)
        covered.add(`${{x}} ${{y}}`);
  }};
  const read = (node) => {{
    const range = document.createRange();
    range.selectNodeContents(node);
    const {{ top, left, width }} = range.getBoundingClientRect();
    const begins = width && top >= 0 && top < innerHeight && left < innerWidth;
    return begins ? node.textContent.split(/\\s+/).filter(Boolean).length : 0;
  }};
  let words = 0;
  for (const each of seen) {{
    const box = each.getBoundingClientRect();
    if (['CANVAS', 'IMG', 'svg'].includes(each.tagName) && box.width >= 16 && box.height >= 16) cover(box);
    if (['STYLE', 'SCRIPT', 'OPTION'].includes(each.tagName)) continue;
    for (const node of each.childNodes) if (node.nodeType === Node.TEXT_NODE) words += read(node);
  }}
  return [covered.size * cell * cell / innerWidth / innerHeight, words];
}}"""
# Whether there is a picture, and the decoders have drawn: a picture of a place is nothing wide before.
DRAWN = f"""() => {{
  {FIND}
  const shows = seen.some((each) => each.matches('canvas, img, svg[role=img]') && each.clientWidth > 16);
  return shows && seen.filter((each) => each.matches('.now')).every((each) => each.width);
}}"""
# Where the first parts of each kind lie: left, top, width, height.
LIE = f"""([parts, few]) => {{
  {FIND}
  const lies = (each) => {{
    const {{ left, top, width, height }} = each.getBoundingClientRect();
    return [left, top, width, height].map(Math.round).join(' ');
  }};
  return Object.fromEntries(Object.entries(parts).flatMap(([name, kind]) =>
    seen.filter((each) => each.matches(kind)).slice(0, few).map((each, i) => [`${{name}} ${{i + 1}}`, lies(each)])));
}}"""
# What can be seen, or scrolled to by scrolling the page, beyond its right edge. What lies in a box that scrolls or cuts
# ends with the box, and what lies in a drawing with the drawing.
BEYOND = f"""() => {{
  {FIND}
  const parent = (node) => node.parentElement ?? node.getRootNode().host ?? null;
  const edge = (each) => {{
    let right = each.getBoundingClientRect().right;
    for (let node = parent(each); node && node !== main; node = parent(node))
      if (getComputedStyle(node).overflowX !== 'visible') right = Math.min(right, node.getBoundingClientRect().right);
    return right;
  }};
  const told = (each) => `${{each.localName}} ${{each.className}} ends at ${{Math.round(edge(each))}}`;
  const page = document.scrollingElement;
  const wide = [page, main].filter((each) => each.scrollWidth > each.clientWidth)
    .map((each) => `${{each.localName}} scrolls sideways to ${{each.scrollWidth}}`);
  const out = seen.filter((each) => !each.ownerSVGElement && each.getBoundingClientRect().right > innerWidth + 1
    && each.getBoundingClientRect().width > 1 && edge(each) > innerWidth + 1);
  return [...wide, ...out.slice(0, 3).map(told)];
}}"""

# What is to be clicked on and lies under something else, as a bar that cannot be seen.
COVERED = f"""() => {{
  {FIND}
  const parent = (node) => node.parentElement ?? node.getRootNode().host ?? null;
  const within = (node, other) => node === other || (node !== null && within(parent(node), other));
  const middle = (each) => {{
    const {{ left, top, width, height }} = each.getBoundingClientRect();
    return [left + width / 2, top + height / 2];
  }};
  const shown = ([x, y]) => x >= 0 && y >= 0 && x < innerWidth && y < innerHeight;
  return seen.filter((each) => each.matches('button:enabled, a[href]') && shown(middle(each))).flatMap((each) => {{
    const hit = document.elementFromPoint(...middle(each));
    const told = `${{each.textContent}} lies under ${{hit?.dataset.testid ?? hit?.localName}}`;
    return !hit || within(hit, each) || within(each, hit) ? [] : [told];
  }});
}}"""


def visit(page: Page, address: str, name: str, size: str) -> None:
    """Opens the page of that name in a window of that size, in light colours."""
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=SCHEMES[0])
    page.goto(f"{address}/{PAGES[name]}")
    page.wait_for_function(IDLE, timeout=1000 * SECONDS)


def still(page: Page) -> None:
    """Wait until nothing more happens, and every decoder has drawn."""
    page.evaluate(STILL)
    page.wait_for_function(DRAWN, timeout=1000 * SECONDS)


def seen(page: Page) -> Row:
    """All that is held of the page as it is now; `beyond` is empty where nothing sticks out or lies under something."""
    share, words = page.evaluate(COUNT)
    return {
        "picture": round(share, 2),
        "words": words,
        "places": page.evaluate(LIE, [PARTS, FEW]),
        "fields": fields(page),
        "beyond": [*page.evaluate(BEYOND), *page.evaluate(COVERED)],
    }


def fields(page: Page) -> list[str]:
    """How light each field of the screen is, from 00 to ff, a line a row of fields."""
    with Image.open(io.BytesIO(page.screenshot(animations="disabled"))) as image:
        levels = image.convert("L").resize((ACROSS, DOWN), Image.Resampling.BOX).tobytes()
    return [levels[start : start + ACROSS].hex() for start in range(0, len(levels), ACROSS)]
