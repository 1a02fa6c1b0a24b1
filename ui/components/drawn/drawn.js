// A drawing in the colours of the page.

import { make } from "../shared/tools.js";
import STYLE from "./drawn.css";

/** @import { Mounted } from "../shared/types" */

/** @type {WeakMap<HTMLElement | ShadowRoot, { box: HTMLElement, svg: string }>} */
const drawings = new WeakMap();

/** @param {Mounted<string>} mounted */
export default function ({ parentElement, data }) {
  if (!drawings.has(parentElement)) {
    const box = make("div", { class: "drawn" });
    parentElement.append(make("div", {}, make("style", {}, STYLE), box));
    drawings.set(parentElement, { box, svg: "" });
  }
  const drawing = drawings.get(parentElement);
  if (drawing.svg !== data) drawing.box.innerHTML = drawing.svg = data;
  return () => { drawing.box.parentElement.remove(); drawings.delete(parentElement); };
}
