// Small tools shared by the components.

function make(name, attributes = {}, ...children) {
  const isSvg = ["svg", "g", "path", "line", "circle", "rect", "text", "image", "title"].includes(name);
  const node = isSvg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

function number(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value !== 0 && Math.abs(value) < 1e-4) return value.toExponential(1);
  return Number(value.toPrecision(4)).toLocaleString("en", { maximumSignificantDigits: 4 });
}

// The page's colours, as the theme has them now.
function theme(element) {
  const style = getComputedStyle(element);
  const read = (name, otherwise) => style.getPropertyValue(name).trim() || otherwise;
  return {
    text: read("--st-text-color", "#31333f"),
    background: read("--st-background-color", "#ffffff"),
    border: read("--st-border-color", "#d0d0d8"),
    primary: read("--st-primary-color", "#4e79a7"),
    font: read("--st-font", "sans-serif"),
  };
}

function withAlpha(color, alpha) {
  const hex = /^#([0-9a-f]{6})$/i.exec(color);
  if (!hex) return color;
  const value = parseInt(hex[1], 16);
  return `rgba(${value >> 16}, ${(value >> 8) & 255}, ${value & 255}, ${alpha})`;
}

// A stand-alone SVG: the page's colours are written into it, since another program does not know them.
function standalone(svg, element) {
  const copy = svg.cloneNode(true);
  for (const node of copy.querySelectorAll("[data-screen]")) node.remove();
  const box = svg.viewBox.baseVal;
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", box.width);
  copy.setAttribute("height", box.height);
  copy.prepend(make("rect", { x: 0, y: 0, width: box.width, height: box.height, fill: "var(--st-background-color)" }));
  const style = getComputedStyle(element);
  const text = new XMLSerializer().serializeToString(copy);
  return text.replace(/var\((--[a-z-]+)\)/g, (_, name) => style.getPropertyValue(name).trim().replaceAll('"', "'"));
}

function save(blob, name) {
  const url = URL.createObjectURL(blob);
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

function saveSvg(text, name) {
  save(new Blob([text], { type: "image/svg+xml" }), `${name}.svg`);
}

// Twice the size on the screen, for slides and reports.
async function savePng(text, name) {
  const picture = new Image();
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await picture.decode();
  const canvas = make("canvas", { width: 2 * picture.width, height: 2 * picture.height });
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  canvas.toBlob((blob) => save(blob, `${name}.png`), "image/png");
}

// The heading of a figure, with its two downloads. `svg` returns the figure as stand-alone text.
function heading(title, help, name, svg) {
  const button = (label, action) =>
    make("button", { class: "quiet", title: `Save this figure as ${label}`, onclick: async () => action(await svg(), name()) }, label);
  return make(
    "figcaption", {}, make("span", { class: "title", title: help }, title),
    make("span", { class: "saves" }, button("PNG", savePng), button("SVG", saveSvg)),
  );
}

// Round numbers from `low` to `high`, about so many; none where there is no room between the two.
function steps(low, high, count) {
  const rough = (high - low) / Math.max(count, 1);
  if (!(rough > 0 && rough < Infinity)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999);
  const [first, last] = [Math.ceil(low / step), Math.floor(high / step + 1e-6)];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

const CALM = 1000; // ms after a click elsewhere in which the page may be about to change
const LOOK_AGAIN = 20; // ms

// What a component has to say to Python waits until the page is calm: a message that follows a click on a link to another
// page would leave that page blank.
class Voice {
  constructor(box) {
    this.box = box;
    this.words = new Map(); // the newest of each name
    this.clicked = -Infinity;
    this.clicks = (event) => { if (!event.composedPath().includes(this.box)) this.clicked = performance.now(); };
    document.addEventListener("click", this.clicks, true);
  }

  say(name, value) {
    this.words.set(name, value);
    this.timer ??= setTimeout(() => this.look(), LOOK_AGAIN);
  }

  look() {
    const state = document.querySelector("[data-test-script-state]")?.dataset.testScriptState ?? "notRunning";
    const calm = state === "notRunning" && performance.now() - this.clicked > CALM;
    this.timer = calm ? null : setTimeout(() => this.look(), LOOK_AGAIN);
    if (!calm) return;
    const words = [...this.words];
    this.words.clear();
    for (const [name, value] of words) this.setState(name, value);
  }

  destroy() {
    clearTimeout(this.timer);
    document.removeEventListener("click", this.clicks, true);
  }
}
