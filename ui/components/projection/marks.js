// Points as dots, or as letters or shapes, so that classes can be told apart without colours.

import { DIM, Splat } from "../shared/splat.js";
import { make } from "../shared/tools.js";

/** @import { Points } from "../shared/points.js" */
/** @import { Dot, Test } from "../shared/splat.js" */
/** @import { View } from "../shared/view.js" */
/** @import { Projection } from "./projection.js" */
/** @typedef {Pick<Dot, "steps" | "covers">} Mask */

const SHAPES = ["●", "■", "▲", "◆", "✚", "★", "▼", "✖", "◗", "▮"];
const LEAST = 5; // CSS pixels that a letter or a shape is high, halved

export class Marks extends Splat {
  /** @param {Projection} plane */
  constructor(plane) {
    super();
    this.plane = plane;
    this.size = 1; // as the person wants it
    this.cue = "dots";
    this.high = this.drawnWide = 0; // for which the symbols were drawn
    /** @type {Map<string, Mask>} */
    this.drawn = new Map();
  }

  get plain() {
    return this.cue !== "letters" && this.cue !== "shapes";
  }

  /**
   * What a class is drawn as: its first letter where no other class has it, else the alphabet.
   * @param {number} kind
   */
  symbol(kind) {
    if (this.cue === "shapes") return SHAPES[kind % SHAPES.length];
    const words = this.plane.columns.kinds?.words ?? [];
    const first = words.map((word) => word[0]?.toUpperCase());
    return new Set(first).size === first.length ? first[kind] : String.fromCharCode(65 + (kind % 26));
  }

  /**
   * @param {View} view
   * @param {number} count
   */
  radius(view, count) {
    const radius = super.radius(view, count) * this.size;
    return this.plain ? radius : Math.max(LEAST, radius * 1.6);
  }

  /**
   * A picture in black of each symbol, as steps and covers like those of a dot.
   * @param {number} radius
   */
  makeDot(radius) {
    const dot = super.makeDot(radius);
    if (this.plain) return dot;
    if (this.high !== radius || this.drawnWide !== this.wide) this.drawn = new Map();
    Object.assign(this, { high: radius, drawnWide: this.wide });
    dot.reach = Math.ceil(radius) + 1;
    return dot;
  }

  /** @param {number} kind */
  mask(kind) {
    const symbol = this.symbol(kind);
    if (!this.drawn.has(symbol)) this.drawn.set(symbol, this.rasterised(symbol));
    return this.drawn.get(symbol);
  }

  /** @param {string} symbol */
  rasterised(symbol) {
    const { reach } = this.dot;
    const side = 2 * reach + 1;
    const context = make("canvas", { width: side, height: side }).getContext("2d", { willReadFrequently: true });
    context.font = `700 ${2.1 * this.high}px ${this.plane.look.font}`;
    Object.assign(context, { textAlign: "center", textBaseline: "middle" });
    context.fillText(symbol, side / 2, side / 2 + 0.08 * this.high);
    const { data } = context.getImageData(0, 0, side, side);
    /** @type {Mask} */
    const mask = { steps: [], covers: [] };
    for (let i = 0; i < side * side; i++) {
      if (data[4 * i + 3] < 40) continue;
      mask.steps.push((Math.floor(i / side) - reach) * this.wide + (i % side) - reach);
      mask.covers.push(data[4 * i + 3]);
    }
    return mask;
  }

  /**
   * @param {Points} points
   * @param {string[]} colors
   */
  colors(points, colors) {
    return this.plane.columns.table(points.none + 1, colors, this.plane.columns.shown ? this.plane.header.grey : this.plane.look.primary);
  }

  /**
   * @param {Points} points
   * @param {View} view
   * @param {number} dense
   * @param {Int32Array} table
   * @param {Test | null} wanted
   * @param {boolean} bright
   */
  paint(points, view, dense, table, wanted, bright) {
    if (this.plain) return super.paint(points, view, dense, table, wanted, bright);
    const { pixels, wide, dot: { reach } } = this;
    const last = wide - reach;
    for (let i = 0; i < points.count; i += this.every) {
      const [x, y] = view.toScreen(...points.place(i)).map((value) => value * dense);
      if (x < reach || y < reach || x >= last || y >= last || (wanted && !wanted(i))) continue;
      const { steps, covers } = this.mask(points.kinds[i]);
      const color = table[bright ? points.tints[i] : points.none + 1];
      const at = (y | 0) * wide + (x | 0);
      for (let k = 0; k < steps.length; k++) {
        const cover = bright ? covers[k] : Math.min(covers[k], DIM);
        if (pixels[at + steps[k]] >>> 24 <= cover) pixels[at + steps[k]] = (color & 0xffffff) | (cover << 24);
      }
    }
  }
}
