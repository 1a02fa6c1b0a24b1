// The classes with their colours. What is switched off is greyed on the map, not hidden.

import { make } from "./tools.js";

/** @import { Classed } from "./types" */
/** @import { Points } from "./points.js" */
/** What shows the classes: a plane, or several maps.
 * @typedef {object} Host
 * @property {Points} points
 * @property {(number: number) => string} counted
 * @property {(kind: number, color: string) => Node} emblem
 * @property {() => void} greyed
 */

export class Legend {
  /** @param {Host} plane */
  constructor(plane) {
    this.plane = plane;
    this.box = make("div", { class: "legend", role: "group", "aria-label": "Classes" });
  }

  /**
   * `counts` say how many points there are of each class.
   * @param {Pick<Classed, "classes" | "counts" | "colors">} header
   */
  fill({ classes, counts, colors }) {
    this.box.hidden = !classes.length;
    this.box.replaceChildren(...classes.map((name, kind) => this.key(name, kind, counts[kind], colors[kind % colors.length])));
  }

  /**
   * @param {string} name
   * @param {number} kind
   * @param {number} count
   * @param {string} color
   */
  key(name, kind, count, color) {
    const title = `${name}: ${this.plane.counted(count)}. Click to grey them, double-click or Alt-click to see them alone.`;
    return make("button", {
      class: "quiet", title, "aria-pressed": "true", hidden: !count,
      onclick: (event) => (event.altKey ? this.isolate(kind) : this.toggle(kind)),
      ondblclick: () => this.isolate(kind),
    }, this.plane.emblem(kind, color), name);
  }

  /** @param {number} kind */
  toggle(kind) {
    this.plane.points.shown[kind] ^= 1;
    this.mark();
  }

  /**
   * Alone, or all again where it was alone already.
   * @param {number} kind
   */
  isolate(kind) {
    const { shown } = this.plane.points;
    const alone = shown[kind] && !shown.some((on, other) => on && other !== kind);
    shown.fill(alone ? 1 : 0);
    shown[kind] = 1;
    this.mark();
  }

  mark() {
    this.press();
    this.plane.greyed();
  }

  press() {
    const { shown } = this.plane.points;
    [...this.box.children].forEach((key, kind) => key.setAttribute("aria-pressed", `${shown[kind] === 1}`));
  }
}
