// Mouse, pen and fingers on the map. One finger or the left button walks; two fingers or the right button move the map.

/** @import { Code, Place } from "../shared/types" */
/** @import { Plane } from "./plane.js" */

export const NEAR = 14; // CSS pixels within which a point counts as meant
const CLICK = 4; // CSS pixels that a press may move and still be a click
const FOREIGN = 350; // ms that a scroll which began elsewhere on the page keeps the wheel
/** @type {(one: Place, other: Place) => Place} */
const between = ([x, y], [u, v]) => [(x + u) / 2, (y + v) / 2];
/** @type {(one: Place, other: Place) => number} */
const apart = ([x, y], [u, v]) => Math.hypot(x - u, y - v);

export class Hand {
  /**
   * @param {Plane} plane
   * @param {HTMLCanvasElement} canvas
   * @param {AbortSignal} signal
   */
  constructor(plane, canvas, signal) {
    this.plane = plane;
    this.canvas = canvas;
    /** @type {Map<number, Place>} */
    this.down = new Map(); // pointers that touch: id -> place in CSS pixels
    /** @type {Place} */
    this.from = [0, 0]; // where the drag under way began ...
    this.moved = false; // ... and whether it is more than a click
    /** @type {[Code, Place]} */
    this.before = null; // code and place of the cursor before it
    this.scrolled = -FOREIGN; // when a page was that scrolls elsewhere
    this.mode = "walk"; // what a plain drag does: walk, pan, box or lasso
    /** @type {string | null} */
    this.doing = null; // what the drag under way does
    /** @type {Place[] | null} */
    this.shape = null; // corners of the box or lasso that is being drawn
    /** @type {<Name extends keyof HTMLElementEventMap>(name: Name, act: (event: HTMLElementEventMap[Name]) => void) => void} */
    const on = (name, act) => canvas.addEventListener(name, act, { signal, passive: false });
    on("pointerdown", (event) => this.press(event));
    on("pointermove", (event) => this.move(event));
    on("pointerup", (event) => this.release(event));
    on("pointercancel", (event) => this.release(event));
    on("pointerleave", () => plane.hover(null));
    on("contextmenu", (event) => event.preventDefault());
    on("dblclick", () => plane.moveView((view) => view.reset()));
    on("wheel", (event) => this.wheel(event));
    document.addEventListener("wheel", (event) => this.elsewhere(event), { signal, passive: true });
  }

  /**
   * @param {MouseEvent} event
   * @returns {Place}
   */
  at(event) {
    const box = this.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  /** @param {PointerEvent} event */
  wish(event) {
    if (event.shiftKey) return event.ctrlKey || event.metaKey ? "lasso" : "box";
    return event.button > 0 || this.plane.keys.space ? "pan" : this.mode;
  }

  /** @param {PointerEvent} event */
  press(event) {
    const at = this.at(event);
    this.canvas.setPointerCapture(event.pointerId);
    this.down.set(event.pointerId, at);
    this.plane.card.hide();
    if (this.down.size > 1) return this.pinch();
    Object.assign(this, { from: at, moved: false, before: [this.plane.codes.code, this.plane.codes.place()], doing: this.wish(event) });
    this.plane.keys.used = this.plane.keys.space;
    this.meant = this.doing === "walk" ? this.plane.nearest(at) : null;
    if (this.doing === "walk") this.plane.cursor.walkTo(at, event);
  }

  // A second finger: where the first one walked meanwhile is taken back.
  pinch() {
    if (this.doing === "walk") this.plane.cursor.setCode(...this.before);
    this.shape = null;
    this.doing = "pinch";
  }

  /** @param {PointerEvent} event */
  move(event) {
    const at = this.at(event);
    const last = this.down.get(event.pointerId);
    if (!last) return this.plane.hover(at);
    this.moved ||= apart(at, this.from) > CLICK;
    if (this.moved) this.plane.hover(null);
    if (this.doing === "walk" && this.moved) this.plane.cursor.walkTo(at, event);
    if (this.doing === "pan") this.plane.moveView((view) => view.pan(at[0] - last[0], at[1] - last[1]));
    if (this.doing === "pinch") this.spread(event.pointerId, at);
    if (this.doing === "box") this.draw([this.from, [at[0], this.from[1]], at, [this.from[0], at[1]]]);
    if (this.doing === "lasso" && apart(at, this.shape?.at(-1) ?? [-9, -9]) > 3) this.draw([...(this.shape ?? []), at]);
    this.down.set(event.pointerId, at);
  }

  /** @param {Place[]} shape */
  draw(shape) {
    this.shape = shape;
    this.plane.request("over");
  }

  /**
   * @param {number} id
   * @param {Place} at
   */
  spread(id, at) {
    const [one, other] = [...this.down.values()];
    this.down.set(id, at);
    const [a, b] = [...this.down.values()];
    const [from, to] = [between(one, other), between(a, b)];
    this.plane.moveView((view) => {
      view.pan(to[0] - from[0], to[1] - from[1]);
      view.zoom(apart(a, b) / Math.max(1, apart(one, other)), ...to);
    });
  }

  /** @param {PointerEvent} event */
  release(event) {
    if (!this.down.delete(event.pointerId) || this.down.size) return;
    const { doing, shape } = this;
    this.stop();
    if (doing === "walk" && !this.moved && this.meant !== null) this.plane.cursor.visit(this.meant);
    else if (doing === "walk") this.plane.cursor.release();
    else if (shape) this.plane.choose(shape.map((corner) => this.plane.view.toPlane(...corner)));
  }

  stop() {
    this.doing = this.shape = null;
    this.plane.request("over");
  }

  /** @param {Event} event */
  elsewhere(event) {
    if (!event.composedPath().includes(this.canvas)) this.scrolled = event.timeStamp;
  }

  /**
   * A page that is being scrolled goes on when the map comes under the pointer, and when there is no more to zoom.
   * Where a page says that the wheel is its own, only a pinch zooms, or the wheel with Ctrl.
   * @param {WheelEvent} event
   */
  wheel(event) {
    if (!event.ctrlKey && getComputedStyle(this.canvas).getPropertyValue("--wheel").trim() === "page") return;
    if (event.timeStamp - this.scrolled < FOREIGN) {
      this.scrolled = event.timeStamp;
      return;
    }
    const lines = event.deltaMode ? 18 : 1;
    const factor = Math.exp(-Math.max(-120, Math.min(120, event.deltaY * lines)) * (event.ctrlKey ? 0.01 : 0.002));
    let zoomed = false;
    this.plane.moveView((view) => { zoomed = view.zoom(factor, ...this.at(event)); });
    if (zoomed) event.preventDefault();
  }
}
