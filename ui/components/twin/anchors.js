// Test images that every model has a code of. Between them the walk goes: near an image in one map is near it in all.

import { rows } from "../shared/parcel.js";

/** @import { Coded, Code, Part, Place, Shares, TwinHeader } from "../shared/types" */
/** @import { ModelMap } from "./map.js" */

export class Anchors {
  static FEW = 4; // images that a place lies between

  /**
   * @param {TwinHeader} header
   * @param {Part} part
   * @param {ModelMap[]} maps
   */
  constructor(header, part, maps) {
    this.images = header.anchors;
    this.labels = header.labels;
    this.size = header.image.reduce((product, side) => product * side, 1);
    this.pictures = header.originals && part(header.originals);
    this.codes = header.models.map((model, i) => Anchors.read(model, part, maps[i].codes.size));
    this.places = maps.map((map, i) => this.codes[i].map((code) => map.codes.place(code)));
  }

  /**
   * @param {Coded} model
   * @param {Part} part
   * @param {number} size
   */
  static read({ low, step, codes }, part, size) {
    const steps = new Uint16Array(part(codes).buffer);
    return rows(steps, size).map((row) => Float32Array.from(row, (value, i) => low[i] + step[i] * value));
  }

  get count() {
    return this.images.length;
  }

  /**
   * The nearest anchors of a place in one model's map, with shares that sum to 1 and change without a jump: an anchor that
   * is about to leave has no share left.
   * @param {number} lead
   * @param {Place} place
   * @returns {Shares}
   */
  around(lead, [x, y]) {
    /** @type {[number, number][]} */
    const near = [];
    this.places[lead].forEach(([u, v], i) => {
      const away = Math.hypot(u - x, v - y);
      if (near.length <= Anchors.FEW || away < near.at(-1)[0]) {
        near.push([away, i]);
        near.sort((a, b) => a[0] - b[0]);
        near.length = Math.min(near.length, Anchors.FEW + 1);
      }
    });
    if (!near.length) return [];
    if (near[0][0] < 1e-9 || near.length === 1) return [[near[0][1], 1]];
    const edge = near.length > Anchors.FEW ? 1 / near.pop()[0] : 0;
    const shares = near.map(([away]) => (1 / away - edge) ** 2);
    const sum = shares.reduce((total, share) => total + share, 0);
    return sum > 0 ? near.map(([, i], k) => [i, shares[k] / sum]) : [[near[0][1], 1]];
  }

  /**
   * One model's own code of what lies there.
   * @param {number} model
   * @param {Shares} shares
   */
  mixed(model, shares) {
    const code = new Float32Array(this.codes[model][0].length);
    for (const [i, share] of shares) this.codes[model][i].forEach((value, k) => { code[k] += share * value; });
    return code;
  }

  /** @param {number} i */
  picture(i) {
    return this.pictures?.subarray(i * this.size, (i + 1) * this.size);
  }
}
