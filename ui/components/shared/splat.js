// All points at once: each writes its colour into the pixels of one picture. A million of them take a few milliseconds.

import { pixel } from "./canvas.js";

/** @import { Look } from "./types" */
/** @import { Points } from "./points.js" */
/** @import { View } from "./view.js" */
/** @typedef {(point: number) => boolean} Test */
/** @typedef {{ steps: number[], covers: number[], reach: number }} Dot */

const ENOUGH = 250_000; // points that are drawn while the map moves
export const DIM = 34; // how much of a greyed point is seen, of 255

export class Splat {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {View} view
   * @param {Points} points
   * @param {string[]} colors
   * @param {Look} look
   * @param {boolean} hasty
   */
  draw(canvas, view, points, colors, look, hasty) {
    const dense = window.devicePixelRatio || 1;
    this.wide = Math.round(view.side * dense);
    if (canvas.width !== this.wide || !this.image) {
      canvas.width = canvas.height = this.wide;
      if (!this.wide) return;
      this.image = canvas.getContext("2d").createImageData(this.wide, this.wide);
      this.pixels = new Int32Array(this.image.data.buffer);
    }
    this.pixels.fill(0);
    this.every = hasty ? Math.ceil(points.count / ENOUGH) : 1;
    this.dot = this.makeDot(this.radius(view, points.count) * dense);
    const table = this.colors(points, colors, look);
    table[points.none + 1] = pixel(look.text, DIM);
    if (points.someGreyed) this.paint(points, view, dense, table, (i) => !points.bright(i), false);
    this.paint(points, view, dense, table, points.someGreyed ? (i) => points.bright(i) : null, true);
    canvas.getContext("2d").putImageData(this.image, 0, 0);
  }

  /**
   * Fewer points are drawn larger, and all of them a little larger when one looks closer.
   * @param {View} view
   * @param {number} count
   */
  radius(view, count) {
    const far = Math.max(0.5, Math.min(3.2, 4.6 - 0.72 * Math.log10(Math.max(count, 1))));
    return Math.min(4.5, far * Math.max(1, view.closeness) ** 0.35);
  }

  /**
   * A disc with a soft edge, as steps from its middle pixel and how much of each pixel it covers.
   * @param {number} radius
   */
  makeDot(radius) {
    /** @type {Dot} */
    const dot = { steps: [], covers: [], reach: Math.ceil(radius) };
    for (let y = -dot.reach; y <= dot.reach; y++) {
      for (let x = -dot.reach; x <= dot.reach; x++) {
        const cover = Math.round(255 * Math.min(1, radius + 0.5 - Math.hypot(x, y)));
        if (cover <= 0) continue;
        dot.steps.push(y * this.wide + x);
        dot.covers.push(cover);
      }
    }
    return dot;
  }

  /**
   * @param {Points} points
   * @param {string[]} colors
   * @param {Look} look
   * @returns {Int32Array}
   */
  colors(points, colors, look) {
    const kinds = points.none + 1;
    const table = new Int32Array(kinds + 1).fill(pixel(look.primary));
    const known = colors.map((color) => pixel(color));
    for (let kind = 0; kind < points.none; kind++) table[kind] = known[kind % known.length];
    return table;
  }

  /**
   * The last colour of the table is that of greyed points. Written for speed: this runs for every point.
   * @param {Points} points
   * @param {View} view
   * @param {number} dense
   * @param {Int32Array} table
   * @param {Test | null} wanted
   * @param {boolean} bright
   */
  paint(points, view, dense, table, wanted, bright) {
    const { pixels, wide, dot: { steps, covers, reach } } = this;
    const { x, y, low, step, tints, none, count } = points;
    const last = wide - reach;
    const solid = steps.length === 1;
    const scale = view.scale * dense;
    const [left, top] = view.toScreen(...low).map((value) => value * dense);
    const [right, down] = [step[0] * scale, -step[1] * scale];
    for (let i = 0; i < count; i += this.every) {
      const across = left + right * x[i];
      const below = top + down * y[i];
      if (across < reach || below < reach || across >= last || below >= last || (wanted && !wanted(i))) continue;
      const color = table[bright ? tints[i] : none + 1];
      const at = (below | 0) * wide + (across | 0);
      if (solid) {
        pixels[at] = color;
        continue;
      }
      for (let k = 0; k < steps.length; k++) {
        const cover = covers[k];
        if (cover === 255) pixels[at + steps[k]] = color;
        else if (bright && pixels[at + steps[k]] >>> 24 < cover) pixels[at + steps[k]] = (color & 0xffffff) | (cover << 24);
      }
    }
  }
}
