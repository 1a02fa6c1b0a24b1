// Small tools shared by the components.

/** @import { Attributes, Look, Made } from "./types" */

/**
 * An element. What is named "on..." listens, what is null, undefined or false is left out.
 * @template {string} Name
 * @param {Name} name
 * @param {Attributes} attributes
 * @param {(Node | string | null | undefined)[]} children
 * @returns {Made<Name>}
 */
export function make(name, attributes = {}, ...children) {
  const isSvg = ["svg", "g", "path", "line", "circle", "rect", "text", "image", "title"].includes(name);
  const node = isSvg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : `${value}`);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return /** @type {Made<Name>} */ (node);
}

export const capital = (/** @type {string} */ text) => text[0].toUpperCase() + text.slice(1);

// Whether somebody wants things to move little.
export const calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

/** @param {number | null | undefined} value */
export function number(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value !== 0 && Math.abs(value) < 1e-4) return value.toExponential(1);
  return Number(value.toPrecision(4)).toLocaleString("en", { maximumSignificantDigits: 4 });
}

/**
 * The page's colours, as the theme has them now.
 * @param {Element} element
 * @returns {Look}
 */
export function theme(element) {
  const style = getComputedStyle(element);
  const read = (/** @type {string} */ name, /** @type {string} */ otherwise) => style.getPropertyValue(name).trim() || otherwise;
  return {
    text: read("--st-text-color", "#31333f"),
    background: read("--st-background-color", "#ffffff"),
    border: read("--st-border-color", "#d0d0d8"),
    primary: read("--st-primary-color", "#4e79a7"),
    font: read("--st-font", "sans-serif"),
  };
}

/**
 * @param {string} color
 * @param {number} alpha
 */
export function withAlpha(color, alpha) {
  const hex = /^#([0-9a-f]{6})$/i.exec(color);
  if (!hex) return color;
  const value = parseInt(hex[1], 16);
  return `rgba(${value >> 16}, ${(value >> 8) & 255}, ${value & 255}, ${alpha})`;
}

/**
 * Round numbers from `low` to `high`, about so many; none where there is no room between the two.
 * @param {number} low
 * @param {number} high
 * @param {number} count
 */
export function steps(low, high, count) {
  const rough = (high - low) / Math.max(count, 1);
  if (!(rough > 0 && rough < Infinity)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999);
  const [first, last] = [Math.ceil(low / step), Math.floor(high / step + 1e-6)];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}
