// A figure that can be saved: its heading with two buttons, and the files that they make.

import { make } from "./tools.js";

/**
 * A stand-alone SVG: the page's colours are written into it, since another program does not know them.
 * @param {SVGSVGElement} svg
 * @param {Element} element
 */
export function standalone(svg, element) {
  const copy = /** @type {SVGSVGElement} */ (svg.cloneNode(true));
  for (const node of copy.querySelectorAll("[data-screen]")) node.remove();
  const box = svg.viewBox.baseVal;
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", `${box.width}`);
  copy.setAttribute("height", `${box.height}`);
  copy.prepend(make("rect", { x: 0, y: 0, width: box.width, height: box.height, fill: "var(--st-background-color)" }));
  const style = getComputedStyle(element);
  const text = new XMLSerializer().serializeToString(copy);
  return text.replace(/var\((--[a-z-]+)\)/g, (_, name) => style.getPropertyValue(name).trim().replaceAll('"', "'"));
}

/**
 * @param {Blob} blob
 * @param {string} name
 */
export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/**
 * @param {string} text
 * @param {string} name
 */
function saveSvg(text, name) {
  save(new Blob([text], { type: "image/svg+xml" }), `${name}.svg`);
}

/**
 * Twice the size on the screen, for slides and reports.
 * @param {string} text
 * @param {string} name
 */
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

/**
 * The heading of a figure, with its two downloads. `svg` returns the figure as stand-alone text.
 * @param {string} title
 * @param {string} help
 * @param {() => string} name
 * @param {() => string} svg
 */
export function heading(title, help, name, svg) {
  const button = (/** @type {string} */ label, /** @type {(text: string, name: string) => void} */ action) =>
    make("button", { class: "quiet", title: `Save this figure as ${label}`, onclick: async () => action(await svg(), name()) }, label);
  return make(
    "figcaption", {}, make("span", { class: "title", title: help }, title),
    make("span", { class: "saves" }, button("PNG", savePng), button("SVG", saveSvg)),
  );
}
