// What is known of single test images, and the card beside the one under the pointer.

import { paint } from "../shared/canvas.js";
import { capital, make, number } from "../shared/tools.js";

/** @import { Code, Fact } from "../shared/types" */
/** @import { Questions } from "./questions.js" */
/** @import { Plane } from "./plane.js" */

const KEPT = 600; // test images of which the facts are remembered
const DWELL = 125; // ms that the pointer rests before the card opens
const GRACE = 260; // ms that it stays when the pointer has left
const ANSWER_BYTES = 60_000; // of pictures that one question should bring

export class Facts {
  /** @param {Questions} questions */
  constructor(questions) {
    this.questions = questions;
    /** @type {Map<number, Fact>} */
    this.known = new Map();
  }

  /** @param {number} image */
  get(image) {
    return this.known.get(image);
  }

  /**
   * The newest stay, the oldest go.
   * @param {Fact} fact
   */
  add(fact) {
    this.known.delete(fact.image);
    this.known.set(fact.image, fact);
    if (this.known.size > KEPT) this.known.delete(this.known.keys().next().value);
  }

  /**
   * Of those that are known, the one whose code lies nearest.
   * @param {Code} code
   */
  nearest(code) {
    let [found, least] = [/** @type {Fact | null} */ (null), Infinity];
    for (const fact of this.known.values()) {
      const away = Math.hypot(...fact.code.map((value, i) => value - code[i]));
      if (away < least) [found, least] = [fact, away];
    }
    return found;
  }

  /**
   * Asks for the first of these and as many others as one answer should hold.
   * @param {number[]} images
   * @param {number} bytesEach
   */
  want(images, bytesEach) {
    if (this.known.has(images[0])) return;
    const most = Math.max(4, Math.min(32, Math.floor(ANSWER_BYTES / bytesEach)));
    this.questions.ask({ images: images.filter((image) => !this.known.has(image)).slice(0, most) });
  }
}

export class Card {
  /** @param {Plane} plane */
  constructor(plane) {
    this.plane = plane;
    /** @type {number | null} */
    this.point = null; // the one it shows
    /** @type {number | null} */
    this.wanted = null; // the one under the pointer
    /** @type {number | null} */
    this.made = null; // the one whose reconstruction it shows
    /** @type {(() => void) | null} */
    this.cancel = null;
    this.pictures = ["original", "reconstruction"].map((name) => make("canvas", { role: "img", "aria-label": name }));
    this.title = make("strong");
    this.lines = make("div", { class: "lines" });
    const named = (/** @type {HTMLCanvasElement} */ canvas) => make("figure", {}, canvas, make("figcaption", {}, canvas.getAttribute("aria-label")));
    const pairs = this.pictures.map(named);
    this.box = make("div", { class: "card", role: "status", hidden: true }, this.title, make("div", { class: "pair" }, ...pairs), this.lines);
  }

  /**
   * `point` is the one under the pointer, or null. A card that is open follows at once.
   * @param {number | null} point
   */
  follow(point) {
    if (point === this.wanted) return;
    this.wanted = point;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.show(point), point === null ? GRACE : this.box.hidden ? DWELL : 40);
  }

  hide() {
    clearTimeout(this.timer);
    this.wanted = null;
    this.show(null);
  }

  /** @param {number | null} point */
  show(point) {
    this.cancel?.();
    this.point = point;
    this.made = null;
    this.box.hidden = point === null;
    if (point !== null) {
      this.plane.askAbout(point);
      this.fill();
    }
  }

  fill() {
    if (this.point === null) return;
    const { header, points, facts } = this.plane;
    const image = points.image(this.point);
    const fact = facts.get(image);
    const label = fact?.label || header.classes[points.labels[this.point]];
    this.title.textContent = label ?? capital(this.plane.named(image));
    const unit = fact && fact.loss !== null ? `loss ${number(fact.loss)} ${header.unit}` : "";
    const rows = [label === undefined ? "" : this.plane.named(image), unit, ...this.plane.known(this.point), ...this.numbers(fact)];
    this.lines.replaceChildren(...rows.filter(Boolean).map((row) => make("div", {}, row)));
    this.paint(fact);
    this.put();
  }

  /** @param {Fact | undefined} fact */
  numbers(fact) {
    const code = fact?.code ?? this.plane.codes.exact(this.plane.points.place(this.point));
    if (!code) return [];
    const told = code.slice(0, 4).map((value, i) => `z${i + 1} ${number(value)}${fact?.sigma ? ` ± ${number(fact.sigma[i])}` : ""}`);
    return code.length > 4 ? [...told, `and ${code.length - 4} more`] : told;
  }

  /** @param {Fact | undefined} fact */
  paint(fact) {
    const [original, made] = this.pictures;
    const { header, decoder } = this.plane;
    original.classList.toggle("empty", !fact?.original);
    if (fact?.original) paint(original, fact.original, header.image);
    if (fact?.made) return paint(made, fact.made, header.image);
    const code = fact?.code ?? this.plane.codes.exact(this.plane.points.place(this.point));
    made.classList.toggle("empty", !this.made);
    if (this.made === this.point || !code || !decoder) return;
    this.made = this.point;
    this.cancel = decoder.many([Float32Array.from(code)], (_, picture) => {
      made.classList.remove("empty");
      paint(made, picture, header.image);
    });
  }

  // Above the point where there is room, and never outside the map.
  put() {
    const { view, points } = this.plane;
    const [x, y] = view.toScreen(...points.place(this.point));
    const { offsetWidth: width, offsetHeight: height } = this.box;
    const top = y - height - 14 >= 0 ? y - height - 14 : Math.min(y + 18, view.side - height);
    this.box.style.left = `${Math.max(0, Math.min(view.side - width, x - width / 2))}px`;
    this.box.style.top = `${Math.max(0, top)}px`;
  }

  destroy() {
    this.cancel?.();
    clearTimeout(this.timer);
  }
}
