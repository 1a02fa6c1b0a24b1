// The test set's codes on the map: two bytes for each number of a place, and a class for each point.

const CELLS = 128; // of the index along each axis
const SHIFT = 9; // from one of 65536 steps to its cell

/** @import { Classed, Part, Place, Placed } from "./types" */

export class Points {
  /**
   * @param {Placed & Classed} header
   * @param {Part} part
   */
  constructor(header, part) {
    const { count, low, step, points, wide, kinds, images } = header;
    this.count = count;
    this.low = low;
    this.step = step;
    this.x = new Uint16Array(part(points[0]).buffer);
    this.y = new Uint16Array(part(points[1]).buffer);
    this.none = wide ? 65535 : 255; // the class of points without one
    const Kind = wide ? Uint16Array : Uint8Array;
    /** @type {Uint8Array | Uint16Array} */
    this.kinds = kinds ? new Kind(part(kinds).buffer) : new Kind(count).fill(this.none);
    this.images = images && new Uint32Array(part(images).buffer);
    /** @type {Map<number, number> | null} */
    this.inverse = null; // from an image to its point, once it was asked for
    this.labels = this.kinds;
    /** @type {Uint8Array | Uint16Array} */
    this.tints = this.kinds; // the class itself, and what colours them
    this.shown = new Uint8Array(this.none + 1).fill(1); // classes that are not greyed
    /** @type {Uint8Array | null} */
    this.chosen = null; // 1 for each point inside the last box or lasso
  }

  /**
   * @param {number} i
   * @returns {Place}
   */
  place(i) {
    return [this.low[0] + this.step[0] * this.x[i], this.low[1] + this.step[1] * this.y[i]];
  }

  /**
   * Its place in the test set; points whose code is not a number were left out.
   * @param {number} i
   */
  image(i) {
    return this.images ? this.images[i] : i;
  }

  /**
   * The point of an image; null where the image is not on this map.
   * @param {number} image
   */
  point(image) {
    if (!this.images) return image < this.count ? image : null;
    this.inverse ??= new Map(Array.from(this.images, (each, i) => [each, i]));
    return this.inverse.get(image) ?? null;
  }

  /** @param {number} i */
  bright(i) {
    return this.shown[this.kinds[i]] === 1 && (!this.chosen || this.chosen[i] === 1);
  }

  get someGreyed() {
    return Boolean(this.chosen) || this.shown.includes(0);
  }

  // Points sorted by cell, and where each cell starts among them.
  sort() {
    const cell = (/** @type {number} */ i) => (this.y[i] >> SHIFT) * CELLS + (this.x[i] >> SHIFT);
    this.starts = new Uint32Array(CELLS * CELLS + 1);
    for (let i = 0; i < this.count; i++) this.starts[cell(i) + 1]++;
    for (let c = 0; c < CELLS * CELLS; c++) this.starts[c + 1] += this.starts[c];
    const free = this.starts.slice();
    this.order = new Uint32Array(this.count);
    for (let i = 0; i < this.count; i++) this.order[free[cell(i)]++] = i;
  }

  /**
   * Calls `each(point, squared distance)` for all points within `reach` of a place.
   * @param {number} x
   * @param {number} y
   * @param {number} reach
   * @param {(point: number, away: number) => void} each
   */
  within(x, y, reach, each) {
    if (!this.starts) this.sort();
    const span = [x, y].map((middle, axis) => [-reach, reach].map((by) => {
      const cell = Math.floor((middle + by - this.low[axis]) / this.step[axis]) >> SHIFT;
      return Math.max(0, Math.min(CELLS - 1, cell));
    }));
    for (let row = span[1][0]; row <= span[1][1]; row++) {
      const last = this.starts[row * CELLS + span[0][1] + 1];
      for (let at = this.starts[row * CELLS + span[0][0]]; at < last; at++) {
        const i = this.order[at];
        const dx = this.low[0] + this.step[0] * this.x[i] - x;
        const dy = this.low[1] + this.step[1] * this.y[i] - y;
        const away = dx * dx + dy * dy;
        if (away <= reach * reach) each(i, away);
      }
    }
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} reach
   * @returns {number | null}
   */
  nearest(x, y, reach) {
    let [best, least] = [/** @type {number | null} */ (null), Infinity];
    this.within(x, y, reach, (i, away) => {
      if (away < least && this.bright(i)) [best, least] = [i, away];
    });
    return best;
  }

  /**
   * The nearest of any distance.
   * @param {number} x
   * @param {number} y
   * @param {number} reach
   */
  nearestAtAll(x, y, reach) {
    const far = 65536 * Math.hypot(...this.step) + Math.hypot(x - this.low[0], y - this.low[1]);
    for (let wider = reach; ; wider *= 4) {
      const found = this.nearest(x, y, wider);
      if (found !== null || wider > far) return found;
    }
  }

  /**
   * The points within `reach` of a place, the nearest first.
   * @param {number} x
   * @param {number} y
   * @param {number} reach
   * @param {number} most
   */
  around(x, y, reach, most) {
    /** @type {[number, number][]} */
    const found = [];
    this.within(x, y, reach, (i, away) => { if (found.length < 4096) found.push([away, i]); });
    return found.sort((a, b) => a[0] - b[0]).slice(0, most).map(([, i]) => i);
  }

  /**
   * Marks the points within a closed line, but not those of greyed classes. Returns how many there are.
   * @param {Place[]} corners
   */
  choose(corners) {
    const within = inside(corners);
    return this.chooseWhere((i) => this.shown[this.kinds[i]] === 1 && within(...this.place(i)));
  }

  /** @param {(point: number) => unknown} fits */
  chooseWhere(fits) {
    const chosen = new Uint8Array(this.count);
    let number = 0;
    for (let i = 0; i < this.count; i++) if (fits(i)) number += chosen[i] = 1;
    this.chosen = number ? chosen : null;
    return number;
  }

  /**
   * The chosen ones as one bit for each test image.
   * @param {number} total
   */
  bits(total) {
    const bytes = new Uint8Array(Math.ceil(total / 8));
    for (let i = 0; i < this.count; i++) if (this.chosen[i]) bytes[this.image(i) >> 3] |= 1 << (this.image(i) & 7);
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    return btoa(text);
  }
}

/**
 * Whether a place lies within a closed line.
 * @param {Place[]} corners
 */
function inside(corners) {
  const [xs, ys] = [0, 1].map((axis) => corners.map((corner) => corner[axis]));
  const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  return (/** @type {number} */ x, /** @type {number} */ y) => {
    if (x < left || x > right || y < low || y > high) return false;
    let within = false;
    for (let i = 0, j = xs.length - 1; i < xs.length; j = i++) {
      if (ys[i] > y !== ys[j] > y && x < xs[i] + (xs[j] - xs[i]) * (y - ys[i]) / (ys[j] - ys[i])) within = !within;
    }
    return within;
  };
}
