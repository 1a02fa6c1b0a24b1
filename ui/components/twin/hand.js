// Mouse, pen, finger and keys on one of the maps: it walks, or draws a lasso; every other map follows.

/** @import { Place } from "../shared/types" */
/** @import { ModelMap } from "./map.js" */
/** @import { Twin } from "./twin.js" */

const NEAR = 12; // CSS pixels within which a point counts as meant

export class MapHand {
  /**
   * @param {Twin} twin
   * @param {ModelMap} map
   * @param {AbortSignal} signal
   */
  constructor(twin, map, signal) {
    this.twin = twin;
    this.map = map;
    this.held = false;
    /** @type {<Name extends keyof HTMLElementEventMap>(name: Name, act: (event: HTMLElementEventMap[Name]) => void) => void} */
    const on = (name, act) => map.canvas.addEventListener(name, act, { signal, passive: false });
    on("pointerdown", (event) => this.press(event));
    on("pointermove", (event) => this.move(event));
    on("pointerup", () => this.release());
    on("pointercancel", () => this.release());
    on("pointerleave", () => twin.hover(null));
    on("dblclick", () => twin.zoom(map, null));
    on("wheel", (event) => this.wheel(event));
    on("keydown", (event) => this.key(event));
  }

  /** @param {MouseEvent} event */
  at(event) {
    const box = this.map.canvas.getBoundingClientRect();
    return this.map.view.toPlane(event.clientX - box.left, event.clientY - box.top);
  }

  /** @param {PointerEvent} event */
  press(event) {
    this.map.canvas.setPointerCapture(event.pointerId);
    this.held = true;
    if (this.twin.mode === "lasso") this.map.lasso = [this.at(event)];
    else this.twin.walk(this.map, this.at(event), event);
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (this.held && this.map.lasso) {
      this.map.lasso.push(this.at(event));
      this.twin.request("over");
    } else if (this.held) this.twin.walk(this.map, this.at(event), event);
    else this.twin.hover(this.map.points.nearest(...this.at(event), NEAR / this.map.view.scale), this.map);
  }

  release() {
    this.held = false;
    if (!this.map.lasso) return;
    const corners = this.map.lasso;
    this.map.lasso = null;
    this.twin.choose(this.map, corners);
  }

  /**
   * Only where the map was clicked before, so that the page can be scrolled over it.
   * @param {WheelEvent} event
   */
  wheel(event) {
    if (/** @type {Document | ShadowRoot} */ (this.map.canvas.getRootNode()).activeElement !== this.map.canvas) return;
    event.preventDefault();
    this.twin.zoom(this.map, 1.002 ** -event.deltaY, this.at(event));
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    /** @type {{ [key: string]: Place }} */
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    if (event.key === "Escape") return this.twin.choose(this.map, null);
    const way = ways[event.key];
    if (!way) return;
    event.preventDefault();
    const size = (event.shiftKey ? 0.1 : 0.01) * this.map.view.half;
    const [x, y] = this.twin.placeOf(this.map);
    this.twin.walk(this.map, [x + size * way[0], y + size * way[1]], event);
  }
}
