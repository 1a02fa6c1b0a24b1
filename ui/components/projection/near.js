// Walking on a map whose places do not follow from the codes, as that of t-SNE: the code of a place is the mean of the
// codes of the images around it, the nearer the heavier. At an image's own place it is that image's code, and it changes
// smoothly on the way from one image to the next.

import { Codes } from "../shared/codes.js";
import { Points } from "../shared/points.js";

/** @import { Code, Part, Place, ProjectionHeader } from "../shared/types" */

const AROUND = 10; // images on the map that a place's code is made of
const ALIKE = 3; // images with the most similar codes that a code's place is made of

// The smallest few of many distances.
class Closest {
  /** @param {number} most */
  constructor(most) {
    this.most = most;
    /** @type {number[]} */
    this.rows = [];
    /** @type {number[]} */
    this.away = []; // squared
  }

  get full() {
    return this.away.length === this.most;
  }

  get last() {
    return this.away.at(-1);
  }

  /**
   * @param {number} row
   * @param {number} away
   */
  add(row, away) {
    const { rows, away: all } = this;
    let at = all.length;
    if (at === this.most) {
      if (away >= all[at - 1]) return;
      at -= 1;
    }
    for (; at > 0 && all[at - 1] > away; at--) [all[at], rows[at]] = [all[at - 1], rows[at - 1]];
    [all[at], rows[at]] = [away, row];
  }

  // The farthest has none, so that nothing jumps where another takes its place.
  weights() {
    const { away } = this;
    if (!(this.last > 0)) return away.map(() => 1);
    if (away[0] === 0) return away.map((each) => Number(each === 0));
    const reach = Math.sqrt(this.last) * (this.full ? 1 : 2);
    const few = away.length < 2;
    return away.map((each) => (few ? 1 : ((reach - Math.sqrt(each)) / (reach * Math.sqrt(each))) ** 2));
  }
}

/**
 * `add(result, row, weight)` for each of them, the weights adding up to 1.
 * @param {Closest} closest
 * @param {(row: number, share: number) => void} add
 */
function mean(closest, add) {
  const weights = closest.weights();
  const sum = weights.reduce((total, weight) => total + weight, 0) || 1;
  weights.forEach((weight, i) => { if (weight) add(closest.rows[i], weight / sum); });
}

/**
 * Every so many of them, as points of their own.
 * @param {Points} points
 * @param {number} every
 * @returns {Points}
 */
function thinned(points, every) {
  const some = (/** @type {Uint16Array} */ values) => values.filter((_, i) => i % every === 0);
  const { low, step } = points;
  return Object.assign(Object.create(Points.prototype), { low, step, x: some(points.x), y: some(points.y), count: Math.ceil(points.count / every) });
}

export class Nearby extends Codes {
  /**
   * @param {ProjectionHeader} header
   * @param {Points} points
   * @param {Part} part
   * @param {Code} code
   */
  constructor(header, points, part, code) {
    super(header, code);
    const { codes, low, step, every } = header.near;
    this.rows = Float32Array.from(new Uint16Array(part(codes).buffer), (value, i) => low[i % header.size] + step[i % header.size] * value);
    this.points = every > 1 ? thinned(points, every) : points;
    this.reach = 65536 * Math.hypot(...points.step) * Math.sqrt(AROUND / Math.max(this.points.count, 1)) / 3;
    /** @type {WeakMap<Code, Place>} */
    this.found = new WeakMap(); // places of codes
    this.set(this.code);
  }

  /**
   * @param {Code} code
   * @param {Place} [place]
   */
  set(code, place) {
    super.set(code);
    /** @type {Place} */
    this.spot = place ?? this.find(code);
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  moveTo(x, y) {
    super.moveTo(x, y);
    this.spot = [x, y];
  }

  /** @param {Code} [code] */
  place(code) {
    return code ? this.find(code) : this.spot;
  }

  /**
   * The images of the map around a place, the nearest first.
   * @param {number} x
   * @param {number} y
   * @param {number} most
   */
  around(x, y, most = AROUND) {
    const far = 65536 * Math.hypot(...this.points.step) + Math.hypot(x - this.points.low[0], y - this.points.low[1]);
    for (let reach = this.reach; ; reach *= 2) {
      const closest = new Closest(most);
      this.points.within(x, y, reach, (row, away) => closest.add(row, away));
      if (!closest.full && reach < far) continue;
      if (closest.full) this.reach = 1.2 * Math.sqrt(closest.last) || this.reach; // the next place is mostly near
      return closest;
    }
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  at(x, y) {
    const { size, rows } = this;
    const closest = this.around(x, y);
    if (!closest.rows.length) return this.code.slice();
    const code = new Float32Array(size);
    mean(closest, (row, share) => { for (let i = 0; i < size; i++) code[i] += share * rows[row * size + i]; });
    return code;
  }

  /**
   * Where the images with the most similar codes lie.
   * @param {Code} code
   */
  find(code) {
    const known = this.found.get(code);
    if (known) return known;
    const { size, rows } = this;
    const closest = new Closest(ALIKE);
    for (let row = 0, at = 0; row < this.points.count; row++, at += size) {
      const worst = closest.full ? closest.last : Infinity;
      let away = 0;
      for (let i = 0; i < size && away < worst; i++) away += (rows[at + i] - code[i]) ** 2;
      closest.add(row, away);
    }
    /** @type {Place} */
    const place = closest.rows.length ? [0, 0] : [this.view[0], this.view[1]];
    mean(closest, (row, share) => this.points.place(row).forEach((value, axis) => { place[axis] += share * value; }));
    this.found.set(code, place);
    return place;
  }

  offPlane() {
    return "";
  }

  /** @returns {null} */
  exact() {
    return null;
  }

  stride() {
    return this.view[2] / 3;
  }

  /** @param {Points} points */
  random(points) {
    return points.count ? this.at(...points.place(Math.floor(Math.random() * points.count))) : this.code;
  }
}
