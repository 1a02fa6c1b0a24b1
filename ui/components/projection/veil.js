// The veil over places of a map where no image is near, so that what the decoder draws there is a guess.

import { sharp } from "../shared/canvas.js";
import { make, withAlpha } from "../shared/tools.js";
import { Nearby } from "./near.js";

/** @import { Codes } from "../shared/codes.js" */
/** @import { Points } from "../shared/points.js" */
/** @import { Projection } from "./projection.js" */

const FINE = 240; // cells of the map along its longer side
const LOOKED_AT = 400; // images whose distance to their neighbours says what is near
const USUAL = 0.95; // of these distances count as near

export class Veil {
  /** @param {Projection} plane */
  constructor(plane) {
    this.plane = plane;
    this.near = 0; // how far away an image may be
    /** @type {HTMLCanvasElement | null} */
    this.cover = null; // what cuts the veil out
    this.cell = this.left = this.bottom = this.columns = this.rows = 0; // cells of the map, and where they begin
    /** @type {Float32Array} */
    this.away = new Float32Array(0); // squared distances to the nearest image, in cells
    this.canvas = make("canvas", { class: "map", "aria-hidden": "true" });
  }

  /**
   * For a map that has just come.
   * @param {Codes} codes
   * @param {Points} points
   */
  weave(codes, points) {
    this.cover = null;
    if (!(codes instanceof Nearby) || !points.count) return;
    const [wide, high] = points.step.map((step) => 65535 * step);
    const cell = Math.max(wide, high) / FINE;
    this.near = Math.max(1.5 * usual(codes, points), 1.5 * cell);
    const margin = Math.ceil(3 * this.near / cell);
    this.cell = cell;
    this.left = points.low[0] - margin * cell;
    this.bottom = points.low[1] - margin * cell;
    this.columns = Math.ceil(wide / cell) + 2 * margin + 1;
    this.rows = Math.ceil(high / cell) + 2 * margin + 1;
    this.away = distances(this.occupied(points), this.columns, this.rows);
    this.cover = this.sheet();
  }

  /** @param {Points} points */
  occupied(points) {
    const cells = new Float32Array(this.columns * this.rows).fill(1e12);
    for (let i = 0; i < points.count; i++) {
      const [x, y] = points.place(i);
      cells[Math.floor((y - this.bottom) / this.cell) * this.columns + Math.floor((x - this.left) / this.cell)] = 0;
    }
    return cells;
  }

  /**
   * How much of the veil there is at a distance: none where an image is near, all at twice that.
   * @param {number} away
   */
  strength(away) {
    return Math.max(0, Math.min(1, away / this.near - 1));
  }

  // Opaque where there is no veil; the first row on top.
  sheet() {
    const { columns, rows, away, cell } = this;
    const canvas = make("canvas", { width: columns, height: rows });
    const image = canvas.getContext("2d").createImageData(columns, rows);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const strength = this.strength(Math.sqrt(away[row * columns + column]) * cell);
        image.data[((rows - 1 - row) * columns + column) * 4 + 3] = 255 * (1 - strength);
      }
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
    return canvas;
  }

  /**
   * Whether a place is under it.
   * @param {number} x
   * @param {number} y
   */
  over(x, y) {
    if (!this.cover) return false;
    const [column, row] = [Math.floor((x - this.left) / this.cell), Math.floor((y - this.bottom) / this.cell)];
    const inside = column >= 0 && row >= 0 && column < this.columns && row < this.rows;
    return !inside || Math.sqrt(this.away[row * this.columns + column]) * this.cell > 1.5 * this.near;
  }

  draw() {
    const { view, look } = this.plane;
    const context = sharp(this.canvas, view.side);
    if (!this.cover) return;
    context.globalCompositeOperation = "source-over";
    context.fillStyle = withAlpha(look.text, 0.07);
    context.fillRect(0, 0, view.side, view.side);
    context.strokeStyle = withAlpha(look.text, 0.16);
    context.lineWidth = 1;
    context.beginPath();
    for (let x = -view.side; x < view.side; x += 9) {
      context.moveTo(x, view.side);
      context.lineTo(x + view.side, 0);
    }
    context.stroke();
    context.globalCompositeOperation = "destination-out";
    const [left, top] = view.toScreen(this.left, this.bottom + this.rows * this.cell);
    context.imageSmoothingEnabled = true;
    context.drawImage(this.cover, left, top, this.columns * this.cell * view.scale, this.rows * this.cell * view.scale);
    context.globalCompositeOperation = "source-over";
  }
}

/**
 * How far away most images have their fifth neighbour.
 * @param {Nearby} codes
 * @param {Points} points
 */
function usual(codes, points) {
  const every = Math.max(1, Math.floor(points.count / LOOKED_AT));
  const found = [];
  for (let i = 0; i < points.count; i += every) found.push(Math.sqrt(codes.around(...points.place(i), 5).last));
  return found.sort((a, b) => a - b)[Math.floor(USUAL * (found.length - 1))];
}

/**
 * The squared distance of every cell to the nearest one that is 0, first along rows, then along columns.
 * @param {Float32Array} cells
 * @param {number} columns
 * @param {number} rows
 */
function distances(cells, columns, rows) {
  for (let row = 0; row < rows; row++) nearestInLine(cells, row * columns, 1, columns);
  for (let column = 0; column < columns; column++) nearestInLine(cells, column, columns, rows);
  return cells;
}

/**
 * The lower envelope of parabolas that stand on a line of cells.
 * @param {Float32Array} cells
 * @param {number} start
 * @param {number} step
 * @param {number} count
 */
function nearestInLine(cells, start, step, count) {
  const height = Float64Array.from({ length: count }, (_, i) => cells[start + i * step]);
  const [feet, bounds] = [[0], [-Infinity]];
  for (let i = 1; i < count; i++) {
    let from;
    for (;;) {
      const foot = feet.at(-1);
      from = (height[i] + i * i - height[foot] - foot * foot) / (2 * (i - foot));
      if (from > bounds.at(-1)) break;
      feet.pop();
      bounds.pop();
    }
    feet.push(i);
    bounds.push(from);
  }
  for (let i = 0, k = 0; i < count; i++) {
    while (bounds[k + 1] < i) k += 1;
    cells[start + i * step] = (i - feet[k]) ** 2 + height[feet[k]];
  }
}
