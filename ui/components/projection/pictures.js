// Images as their own points: as many as find room beside each other; the closer one looks, the more there are.

import { sharp } from "../shared/canvas.js";
import { make } from "../shared/tools.js";

/** @import { Part, Place, SheetHeader } from "../shared/types" */
/** @import { Points } from "../shared/points.js" */
/** @import { View } from "../shared/view.js" */
/** @import { Projection } from "./projection.js" */

export const SIZES = [16, 96]; // CSS pixels of a picture
const BEYOND = 1.5; // how much more than what is seen is laid out, so that moving the map is quick

export class Pictures {
  /** @param {Projection} plane */
  constructor(plane) {
    this.plane = plane;
    this.side = 28; // CSS pixels
    this.seq = 0; // sheets that came
    /** @type {ImageBitmap | null} */
    this.sheet = null;
    this.cell = this.across = 0; // pixels of a picture on it, pictures in a row of it
    /** @type {Map<number, number>} */
    this.cells = new Map(); // from an image to its place on it
    /** @type {{ x: number, y: number, reach: number, wanted: unknown[], found: number[] } | null} */
    this.laid = null; // which points are shown, and for which view
    this.canvas = make("canvas", { class: "map", "aria-hidden": "true" });
  }

  /**
   * The sheet with all of them, which Python sends once for all maps. Of several, the last one that came counts.
   * @param {SheetHeader} header
   * @param {Part} part
   */
  async open({ sheet, cell, across, ids }, part) {
    const seq = this.seq += 1;
    const drawn = await createImageBitmap(new Blob([part(sheet)]));
    if (seq !== this.seq) return;
    Object.assign(this, { sheet: drawn, cell, across, cells: new Map(), laid: null });
    new Uint32Array(part(ids).buffer).forEach((id, at) => this.cells.set(id, at));
    this.plane.describe();
    this.plane.request("map");
  }

  /**
   * Which points are shown: the first of each square of a lattice that lies still on the map, if it covers no other.
   * @param {View} view
   * @param {Points} points
   */
  layOut(view, points) {
    const square = 2 ** (Math.ceil(Math.log2(this.side / view.scale) * 4) / 4);
    const reach = BEYOND * view.half;
    const wanted = [square, points, points.chosen, points.kinds, this.plane.greys];
    const inside = this.laid && Math.max(Math.abs(view.x - this.laid.x), Math.abs(view.y - this.laid.y)) + view.half <= this.laid.reach;
    if (inside && wanted.every((each, i) => each === this.laid.wanted[i])) return this.laid.found;
    /** @type {Map<string, number>} */
    const first = new Map();
    points.within(view.x, view.y, reach * Math.SQRT2, (point) => {
      const [x, y] = points.place(point);
      const place = `${Math.floor(x / square)},${Math.floor(y / square)}`;
      const other = first.get(place);
      if ((other === undefined || point < other) && points.bright(point) && this.cells.has(points.image(point))) first.set(place, point);
    });
    this.laid = { x: view.x, y: view.y, reach, wanted, found: this.apart(first, square) };
    return this.laid.found;
  }

  /**
   * Those that do not lie over one which was taken before; the order is the points' own, so that it stays.
   * @param {Map<string, number>} first
   * @param {number} square
   */
  apart(first, square) {
    const { points } = this.plane;
    /** @type {Map<string, { at: Place, point: number }>} */
    const taken = new Map();
    for (const [place, point] of [...first].sort((one, other) => one[1] - other[1])) {
      const [x, y] = points.place(point);
      const [column, row] = place.split(",").map(Number);
      const near = [-1, 0, 1].flatMap((down) => [-1, 0, 1].map((right) => taken.get(`${column + right},${row + down}`)));
      const covers = (/** @type {Place} */ [u, v]) => Math.max(Math.abs(x - u), Math.abs(y - v)) < square;
      if (!near.some((other) => other && covers(other.at))) taken.set(place, { at: [x, y], point });
    }
    return [...taken.values()].map(({ point }) => point);
  }

  draw() {
    const { view, points, marks, columns, header } = this.plane;
    const context = sharp(this.canvas, view.side);
    if (marks.cue !== "pictures" || !this.sheet) return;
    const { side, cell, across } = this;
    const colors = columns.table(points.none + 1, header.colors, header.grey);
    context.imageSmoothingEnabled = side < cell;
    context.lineWidth = 2;
    for (const point of this.layOut(view, points)) {
      const [x, y] = view.toScreen(...points.place(point)).map((value) => value - side / 2);
      const at = this.cells.get(points.image(point));
      context.drawImage(this.sheet, (at % across) * cell, Math.floor(at / across) * cell, cell, cell, x, y, side, side);
      context.strokeStyle = hex(colors[points.tints[point]]);
      context.strokeRect(x, y, side, side);
    }
  }
}

/**
 * A pixel as a colour's name.
 * @param {number} color
 */
function hex(color) {
  return `#${[color & 255, (color >> 8) & 255, (color >> 16) & 255].map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}
