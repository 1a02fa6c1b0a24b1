// The code that the cursor stands for, and how the code space lies on the map: place = axes . (code - centre).

/** @import { Code, Flat, Place, Placed } from "./types" */
/** @import { Points } from "./points.js" */

export class Codes {
  /**
   * @param {Flat & Placed} header
   * @param {Code} code
   */
  constructor(header, code = header.home) {
    this.size = header.size;
    this.axes = header.axes;
    this.centre = header.centre;
    this.rings = header.rings;
    this.home = header.home;
    this.view = header.view;
    this.code = Float32Array.from(code);
  }

  /**
   * Where the cursor goes. Maps whose places do not follow from the codes are told the place as well.
   * @param {Code} code
   * @param {Place} [_place]
   */
  set(code, _place) {
    this.code = Float32Array.from(code);
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  moveTo(x, y) {
    this.code = this.at(x, y);
  }

  /** @param {Code | null | undefined} code */
  fits(code) {
    return code?.length === this.size && Array.from(code).every(Number.isFinite);
  }

  /**
   * @param {Code} code
   * @returns {Place}
   */
  place(code = this.code) {
    const along = (/** @type {number[]} */ axis) => axis.reduce((sum, value, i) => sum + value * (code[i] - this.centre[i]), 0);
    return [along(this.axes[0]), along(this.axes[1])];
  }

  /**
   * The code at a place: the present one, moved along the axes.
   * @param {number} x
   * @param {number} y
   */
  at(x, y) {
    const [u, v] = this.place();
    const [across, up] = this.axes;
    return this.code.map((value, i) => value + across[i] * (x - u) + up[i] * (y - v));
  }

  // Where all numbers are 0.
  origin() {
    return this.place(new Float32Array(this.size));
  }

  // What of the code its place on the map does not tell.
  offPlane() {
    return this.size <= 2 ? "" : Array.from(this.at(0, 0), (value) => value.toFixed(3)).join();
  }

  /**
   * The code at a place, if there is only one.
   * @param {Place} place
   */
  exact(place) {
    return this.size <= 2 ? Array.from(this.at(...place)) : null;
  }

  // One standard deviation of the prior, or about as much of what is seen first.
  stride() {
    return this.rings ? 1 : this.view[2] / 3;
  }

  /** @param {Points} points */
  random(points) {
    if (this.rings || !points.count) return Float32Array.from(this.code, () => this.stride() * normal());
    return this.at(...points.place(Math.floor(Math.random() * points.count)));
  }
}

// A draw from the normal distribution.
export function normal(random = Math.random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/**
 * Numbers from 0 to 1, for the same seed the same ones (mulberry32).
 * @param {number} seed
 */
export function chance(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
