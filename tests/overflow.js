// The texts of a page, in components too, that are wider than their box and that nobody can scroll to or sees cut on purpose.

// eslint-disable-next-line no-unused-vars -- the test that takes this in calls it
function overflowing(root = document.body, found = []) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  for (let node = walker.currentNode; node; node = walker.nextNode()) {
    if (node.shadowRoot) overflowing(node.shadowRoot, found);
    if (node.nodeType === Node.TEXT_NODE && node.data.trim() && wider(node)) found.push(node.data.trim().slice(0, 60));
  }
  return found;
}

const parent = (node) => node.parentElement ?? node.getRootNode().host ?? null;

function wider(text) {
  const own = text.parentElement;
  if (!own || ["STYLE", "SCRIPT", "TITLE", "OPTION", "TEXTAREA"].includes(own.tagName) || !own.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return false;
  if (own.closest("[data-testid=stSidebar], .js-plotly-plot")) return false; // they move for a while when the width changes
  if (own.closest("[data-testid=stIconMaterial], [aria-hidden=true], canvas, .katex")) return false;
  const range = document.createRange();
  range.selectNodeContents(text);
  const { left, right, width, height } = range.getBoundingClientRect();
  if (width < 2 || height < 2) return false;
  let isBox = false; // whether the nearest box was looked at
  for (let node = own; node && node !== document.documentElement; node = parent(node)) {
    const style = getComputedStyle(node);
    const inline = ["inline", "contents"].includes(style.display) || (node instanceof SVGElement && node.tagName !== "svg");
    if (inline) continue;
    const box = node.getBoundingClientRect();
    const cuts = style.overflowX !== "visible";
    if (box.width <= 2) return false; // for screen readers alone
    if ((!isBox || cuts) && (right > box.right + 1 || left < box.left - 1)) return !["auto", "scroll"].includes(style.overflowX) && style.textOverflow !== "ellipsis";
    if (["auto", "scroll"].includes(style.overflowX) && node.scrollWidth > node.clientWidth + 1) return false;
    isBox = true;
  }
  return left < -1 || right > innerWidth + 1;
}
