// Which square of the plane the map shows. Equal aspect: one scale for both axes.

/** @import { Place } from "./types" */

export class View {
  constructor() {
    this.side = 0; // of the canvas, in CSS pixels
    /** @type {[number, number, number]} */
    this.start = [0, 0, 1];
    this.x = this.y = 0;
    this.half = 1; // of a side, from the middle
  }

  reset() {
    [this.x, this.y, this.half] = this.start;
  }

  get scale() {
    return this.side / 2 / this.half;
  }

  // How far it is zoomed in, from the first view.
  get closeness() {
    return this.start[2] / this.half;
  }

  /**
   * @param {number} x
   * @param {number} y
   * @returns {Place}
   */
  toScreen(x, y) {
    return [(x - this.x) * this.scale + this.side / 2, this.side / 2 - (y - this.y) * this.scale];
  }

  /**
   * @param {number} left
   * @param {number} top
   * @returns {Place}
   */
  toPlane(left, top) {
    return [this.x + (left - this.side / 2) / this.scale, this.y - (top - this.side / 2) / this.scale];
  }

  /**
   * @param {number} right
   * @param {number} down
   */
  pan(right, down) {
    this.x -= right / this.scale;
    this.y += down / this.scale;
  }

  /**
   * The place under the pointer stays where it is. Returns whether there was room to zoom.
   * @param {number} factor
   */
  zoom(factor, left = this.side / 2, top = this.side / 2) {
    const before = this.toPlane(left, top);
    const closest = Math.max(0.2, Math.min(2000, this.closeness * factor));
    const changed = Math.abs(closest / this.closeness - 1) > 1e-9;
    this.half = this.start[2] / closest;
    const after = this.toPlane(left, top);
    this.x += before[0] - after[0];
    this.y += before[1] - after[1];
    return changed;
  }
}
