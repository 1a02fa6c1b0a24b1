// A ladder: its models are seen one at a time, and a slider climbs from one to the next. The curve of their losses stands
// above it, a point over each of its places.

import { make } from "../shared/tools.js";

/** @import { Rung } from "../shared/types" */
/** @import { Twin } from "./twin.js" */

const [WIDE, HIGH, EDGE] = [400, 90, 8]; // of the curve, in its own units

export class Climb {
  /**
   * @param {Twin} twin
   * @param {Rung[]} rungs
   */
  constructor(twin, rungs) {
    this.twin = twin;
    this.rungs = rungs;
    this.at = 0;
    const stops = { type: "range", min: 0, max: rungs.length - 1, step: 1, value: 0 };
    this.slider = make("input", { ...stops, "aria-label": "Pairs of layers more", oninput: () => this.to(Number(this.slider.value)) });
    this.told = make("p", { class: "told", role: "status" });
    this.box = make("div", { class: "climb" }, this.curve(), this.slider, this.told);
  }

  /** The loss of each, and how sure it is. */
  curve() {
    const [low, high] = [Math.min(...this.rungs.map((rung) => rung.low)), Math.max(...this.rungs.map((rung) => rung.high))];
    const x = (/** @type {number} */ place) => EDGE + (place * (WIDE - 2 * EDGE)) / Math.max(1, this.rungs.length - 1);
    const y = (/** @type {number} */ loss) => HIGH - EDGE - ((loss - low) / (high - low || 1)) * (HIGH - 2 * EDGE);
    const way = (/** @type {"loss" | "low" | "high"} */ name) => this.rungs.map((rung, place) => `${x(place)},${y(rung[name])}`);
    const band = make("path", { class: "band", d: `M${[...way("low"), ...way("high").reverse()].join("L")}Z` });
    const line = make("path", { class: "line", d: `M${way("loss").join("L")}` });
    this.dots = this.rungs.map((rung, place) => make("circle", { cx: x(place), cy: y(rung.loss), r: 4, onclick: () => this.to(place) }));
    const name = "The loss of each, and its band";
    return make("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": name }, band, line, ...this.dots);
  }

  /** @param {number} place */
  to(place) {
    this.at = place;
    this.slider.value = `${place}`;
    const { told, sees } = this.rungs[place];
    const name = this.twin.maps[place].header.name;
    this.told.textContent = `${name}: ${told}`;
    this.slider.setAttribute("aria-valuetext", this.told.textContent);
    this.dots.forEach((dot, other) => dot.classList.toggle("now", other === place));
    this.twin.only(place, sees);
  }
}
