// What may lie under the points. Each layer is a small picture of a piece of the plane, made once for a view.

import { paint, pixel } from "../shared/canvas.js";
import { make } from "../shared/tools.js";

/** @import { Code, PlaneHeader, Place } from "../shared/types" */
/** @import { View } from "../shared/view.js" */
/** @import { Plane } from "./plane.js" */
/** @typedef {"none" | "tiles" | "density" | "holes" | "stretch"} Name */
/** @typedef {{ x: number, y: number, side: number }} Rect   its upper left corner on the map, and its side */

const BLUR = 3; // cells to each side over which codes are counted, three times over
const HOLE = 0.1; // a place with fewer codes than this share of what the prior promises is in a hole
export const SETTLES = 180; // ms after the last change of the view
/** @type {{ [name: string]: [label: string, note: string] }} */
const LAYERS = {
  none: ["None", ""],
  tiles: ["Decoded tiles", "Each tile is what the decoder draws at its middle."],
  density: ["Density of codes", "The stronger the shade, the more test images have their code there."],
  holes: ["Holes", ""],
  stretch: ["Magnification", "The stronger the shade, the faster the picture changes around that place."],
};

export class Layers {
  /** @param {Plane} plane */
  constructor(plane) {
    this.plane = plane;
    /** @type {Name} */
    this.name = "none";
    this.note = "";
    /** @type {HTMLCanvasElement | null} */
    this.sheet = null; // the layer's picture ...
    /** @type {Rect} */
    this.rect = null; // ... and where it lies
    this.smooth = false;
    /** @type {(() => void) | null} */
    this.cancel = null;
    /** @type {string | null} */
    this.made = null; // for which view
    const options = Object.entries(LAYERS).map(([name, [label]]) => make("option", { value: name }, label));
    this.select = make("select", { onchange: () => this.choose(/** @type {Name} */ (this.select.value)) }, ...options);
    this.box = make("label", { title: "What lies behind the dots" }, "Background ", this.select);
  }

  /**
   * Only what this run can show.
   * @param {PlaneHeader} header
   */
  offer({ rings, size, decoder, count }) {
    /** @type {{ [name: string]: unknown }} */
    const possible = { none: true, tiles: decoder, density: count, holes: count && rings && size > 1, stretch: decoder };
    for (const option of this.select.options) option.hidden = option.disabled = !possible[option.value];
    if (!possible[this.name]) this.choose(this.select.value = "none");
  }

  /** @param {Name} name */
  choose(name) {
    this.name = name;
    this.drop();
    this.refresh();
    this.plane.describe();
    this.plane.request("map");
  }

  drop() {
    this.cancel?.();
    this.sheet = this.made = null;
    this.note = LAYERS[this.name][1];
  }

  // Called at each change of the view; makes the layer anew when it has settled.
  refresh() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.make(), this.sheet ? SETTLES : 0);
  }

  make() {
    const { view, codes, header } = this.plane;
    if (!header || !view.side) return;
    const wanted = [this.name, view.x, view.y, view.half, view.side, codes.offPlane()].join();
    if (wanted === this.made) return;
    this.cancel?.();
    this.cancel = null;
    this.made = wanted;
    const rect = { x: view.x - view.half, y: view.y + view.half, side: 2 * view.half };
    if (this.name !== "none") this[this.name](rect);
    this.plane.request("map");
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {View} view
   */
  draw(context, view) {
    if (!this.sheet) return;
    const [left, top] = view.toScreen(this.rect.x, this.rect.y);
    const side = this.rect.side * view.scale;
    context.imageSmoothingEnabled = this.smooth;
    context.drawImage(this.sheet, left, top, side, side);
  }

  /**
   * @param {HTMLCanvasElement} sheet
   * @param {Rect} rect
   * @param {boolean} smooth
   */
  put(sheet, rect, smooth) {
    Object.assign(this, { sheet, rect, smooth });
    this.plane.request("map");
  }

  /**
   * The middles of n x n cells.
   * @param {Rect} rect
   * @param {number} n
   * @returns {Place[]}
   */
  cells({ x, y, side }, n) {
    /** @type {(i: number) => Place} */
    const middle = (i) => [x + ((i % n) + 0.5) * side / n, y - (Math.floor(i / n) + 0.5) * side / n];
    return Array.from({ length: n * n }, (_, i) => middle(i));
  }

  /** @param {Rect} rect */
  tiles(rect) {
    const { header, view, decoder } = this.plane;
    if (!decoder) return;
    const [high, wide] = header.image;
    const size = Math.max(high, wide);
    const n = Math.max(4, Math.min(40, Math.round(view.side / Math.max(24, Math.min(40, size)))));
    const middles = this.cells(rect, n);
    const here = this.plane.codes.place();
    const away = middles.map(([x, y]) => (x - here[0]) ** 2 + (y - here[1]) ** 2);
    const order = [...middles.keys()].sort((a, b) => away[a] - away[b]);
    const sheet = make("canvas", { width: n * size, height: n * size });
    const tile = make("canvas");
    this.cancel = decoder.many(order.map((i) => this.plane.codes.at(...middles[i])), (k, picture) => {
      const i = order[k];
      paint(tile, picture, header.image);
      sheet.getContext("2d").drawImage(tile, (i % n) * size + (size - wide) / 2, Math.floor(i / n) * size + (size - high) / 2);
      this.put(sheet, rect, false);
    });
  }

  /**
   * How many points lie in each of n x n cells, smoothed: a share of all points.
   * @param {Rect} rect
   * @param {number} n
   */
  counts(rect, n) {
    const { points } = this.plane;
    let counts = new Float32Array(n * n);
    const scale = n / rect.side;
    for (let i = 0; i < points.count; i++) {
      const [x, y] = points.place(i);
      const [column, row] = [Math.floor((x - rect.x) * scale), Math.floor((rect.y - y) * scale)];
      if (column >= 0 && row >= 0 && column < n && row < n) counts[row * n + column] += 1 / points.count;
    }
    for (let turn = 0; turn < 3; turn++) counts = blurred(blurred(counts, n, 1), n, n);
    return counts;
  }

  /** @param {Rect} rect */
  density(rect) {
    const counts = this.counts(rect, 140);
    const most = Math.max(...counts) || 1;
    this.put(shaded(counts.map((value) => Math.sqrt(value / most) * 0.6), this.plane.look.text), rect, true);
  }

  // Always over the prior's 3.5 standard deviations, whatever is in view, so that the share in words stays true.
  holes() {
    const [cx, cy] = this.plane.codes.origin();
    const [n, reach] = [120, 3.5];
    const rect = { x: cx - reach, y: cy + reach, side: 2 * reach };
    const counts = this.counts(rect, n);
    const cell = rect.side / n;
    const mass = (/** @type {Place} */ [x, y]) => Math.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 2) / (2 * Math.PI) * cell * cell;
    const prior = this.cells(rect, n).map(mass);
    const empty = prior.map((promised, i) => (counts[i] < HOLE * promised ? promised : 0));
    const share = empty.reduce((sum, each) => sum + each, 0);
    this.note = `${(100 * share).toPrecision(2)} % of the prior lies where there is hardly a code. `
      + "The stronger the shade, the likelier a sample falls there.";
    this.plane.describe();
    const most = Math.max(...prior);
    this.put(shaded(empty.map((each) => 0.75 * Math.sqrt(each / most)), "#c0392b"), rect, true);
  }

  /**
   * The area that a small square of the plane takes in the space of pictures, by differences between neighbours.
   * @param {Rect} rect
   */
  stretch(rect) {
    const { decoder } = this.plane;
    if (!decoder) return;
    const n = 30;
    const values = new Float32Array(n * n);
    /** @type {Float32Array[]} */
    const row = []; // the last n pictures: the one to the left, and the one above
    const done = (/** @type {number} */ i, /** @type {Float32Array} */ picture) => {
      const now = picture.slice();
      if (i % n && i >= n) values[i] = area(row[(i - 1) % n], row[i % n], now);
      row[i % n] = now;
      if (i % n === n - 1) this.put(shaded(ranked(values, n), "#b9770e"), rect, true);
    };
    this.cancel = decoder.many(this.cells(rect, n).map((place) => this.plane.codes.at(...place)), done);
  }

  destroy() {
    clearTimeout(this.timer);
    this.cancel?.();
  }
}

/**
 * The mean over a few neighbours along one axis.
 * @param {Float32Array} values
 * @param {number} n
 * @param {number} step   from one number to the next along the axis
 */
function blurred(values, n, step) {
  const result = new Float32Array(values.length);
  const across = step === 1 ? n : 1;
  for (let line = 0; line < n; line++) {
    let sum = 0;
    for (let k = -BLUR; k < n; k++) {
      if (k + BLUR < n) sum += values[line * across + (k + BLUR) * step];
      if (k - BLUR - 1 >= 0) sum -= values[line * across + (k - BLUR - 1) * step];
      if (k >= 0) result[line * across + k * step] = sum / (2 * BLUR + 1);
    }
  }
  return result;
}

/**
 * One colour, the more opaque the larger the value (0 to 1). `values` fill a square.
 * @param {ArrayLike<number> & { forEach(each: (value: number, i: number) => void): void }} values
 * @param {string} color
 */
function shaded(values, color) {
  const n = Math.sqrt(values.length);
  const canvas = make("canvas", { width: n, height: n });
  const context = canvas.getContext("2d");
  const image = context.createImageData(n, n);
  const pixels = new Uint32Array(image.data.buffer);
  const clear = pixel(color, 0);
  values.forEach((value, i) => { pixels[i] = (clear | (Math.round(255 * Math.max(0, Math.min(1, value))) << 24)) >>> 0; });
  context.putImageData(image, 0, 0);
  return canvas;
}

/**
 * With `left` and `above` the neighbours of `here`: the root of the Gram determinant of the two differences.
 * @param {Float32Array} left
 * @param {Float32Array} above
 * @param {Float32Array} here
 */
function area(left, above, here) {
  let [a, b, c] = [0, 0, 0];
  for (let i = 0; i < here.length; i++) {
    const [across, up] = [here[i] - left[i], above[i] - here[i]];
    a += across * across;
    b += across * up;
    c += up * up;
  }
  return Math.sqrt(Math.max(0, a * c - b * b)) || Math.max(a, c);
}

/**
 * Rank instead of size: magnification varies over orders of magnitude.
 * @param {Float32Array} values
 * @param {number} n
 */
function ranked(values, n) {
  const filled = values.map((value, i) => (i % n && i >= n ? value : i >= n ? values[i + 1] : values[i + n + (i % n ? 0 : 1)]));
  const sorted = filled.slice().sort();
  const rank = (/** @type {number} */ value) => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle] < value) low = middle + 1; else high = middle;
    }
    return low / sorted.length;
  };
  return filled.map((value) => 0.7 * rank(value) ** 2);
}
