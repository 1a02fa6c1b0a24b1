// The decoded picture, and a slider for each number of the code, in step with the cursor.

import { paint } from "../shared/canvas.js";
import { capital, make, number } from "../shared/tools.js";

/** @import { Code, Fact, Picture, PlaneHeader, Shape } from "../shared/types" */
/** @import { Plane } from "./plane.js" */
/** @typedef {{ slider: HTMLInputElement, value: HTMLInputElement, line: HTMLLabelElement }} Row */

const FEW = 8; // sliders that are always there

export class Panel {
  /** @param {Plane} plane */
  constructor(plane) {
    this.plane = plane;
    /** @type {Shape} */
    this.shape = null;
    /** @type {Row[]} */
    this.rows = [];
    /** @type {Fact | null} */
    this.fact = null; // of the test image that is shown
    /** @type {HTMLDetailsElement | null} */
    this.more = null; // sliders that are not always there
    this.picture = make("canvas", { class: "now", role: "img", "aria-label": "What the decoder draws at the cursor" });
    this.trouble = make("p", { class: "trouble", role: "alert", hidden: true });
    this.original = make("canvas", { role: "img", "aria-label": "The chosen test image" });
    this.caption = make("figcaption");
    this.chosen = make("figure", { class: "chosen", hidden: true }, this.original, this.caption);
    this.sliders = make("div", { class: "sliders", role: "group", "aria-label": "The code" });
    this.box = make("div", { class: "panel" }, make("figure", {}, this.picture, this.trouble), this.sliders, this.chosen);
  }

  /** @param {PlaneHeader} header */
  fill({ ranges, image }) {
    this.shape = image;
    this.picture.style.aspectRatio = this.original.style.aspectRatio = `${image[1]} / ${image[0]}`;
    this.rows = ranges.map((range, i) => this.row(range, i));
    const lines = this.rows.map((row) => row.line);
    const rest = lines.slice(FEW);
    this.box.parentElement.classList.toggle("many", lines.length > FEW / 2); // the tools find room below the map
    this.more = rest.length ? make("details", {}, make("summary", {}, `${rest.length} more`), ...rest) : null;
    this.more?.addEventListener("toggle", () => this.follow(this.plane.codes.code));
    this.sliders.replaceChildren(...lines.slice(0, FEW), ...(this.more ? [this.more] : []));
  }

  /**
   * @param {[number, number]} range
   * @param {number} i
   * @returns {Row}
   */
  row([low, high], i) {
    const name = `z${i + 1}`;
    const step = (high - low) / 1000;
    const slider = make("input", { type: "range", min: low, max: high, step, "aria-label": name });
    const value = make("input", { type: "number", step: "any", "aria-label": `${name} as a number` });
    slider.addEventListener("input", (event) => this.plane.cursor.setOne(i, Number(slider.value), event));
    value.addEventListener("input", (event) => value.value !== "" && this.plane.cursor.setOne(i, Number(value.value), event));
    for (const input of [slider, value]) input.addEventListener("change", () => this.plane.cursor.rest());
    return { slider, value, line: make("label", { class: "slider" }, make("span", {}, name), slider, value) };
  }

  /**
   * A field that somebody types into is left alone.
   * @param {Code} code
   */
  follow(code) {
    this.leave(code);
    const shown = this.more && !this.more.open ? FEW : code.length;
    const typing = /** @type {Document | ShadowRoot} */ (this.box.getRootNode()).activeElement;
    for (let i = 0; i < shown; i++) {
      const { slider, value } = this.rows[i];
      slider.value = `${code[i]}`;
      if (value !== typing) value.value = code[i].toFixed(3);
    }
  }

  /**
   * The chosen image is faint where the cursor has left its code.
   * @param {Code} code
   */
  leave(code) {
    this.chosen.classList.toggle("away", Boolean(this.fact?.code.some((value, i) => Math.abs(value - code[i]) > 1e-6)));
  }

  /** @param {Picture} picture */
  draw(picture) {
    paint(this.picture, picture, this.shape);
  }

  /** @param {string} words */
  fail(words) {
    this.trouble.textContent = words;
    this.trouble.hidden = false;
    this.picture.hidden = true;
  }

  /**
   * The test image whose code the cursor was sent to.
   * @param {Fact | null} fact
   */
  show(fact) {
    this.fact = fact;
    this.chosen.hidden = !fact;
    if (!fact) return;
    this.leave(this.plane.codes.code);
    this.original.hidden = !fact.original;
    if (fact.original) paint(this.original, fact.original, this.shape);
    const loss = fact.loss === null ? "" : `loss ${number(fact.loss)} ${this.plane.header.unit}`;
    this.caption.textContent = [capital(this.plane.named(fact.image)), fact.label, loss].filter(Boolean).join(" · ");
  }
}
