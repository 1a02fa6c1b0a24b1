// The epochs' snapshots as they arrive, and the turns that keep the map still from one to the next.
// A turn is [a, b, c, d]: the point (x, y) goes to (x a + y c, x b + y d).

/** @import { FilmHeader, Frame, FrameHeader, Part, Place, Turn } from "../shared/types" */

/** @type {Turn} */
const STILL = [1, 0, 0, 1];
const NOWHERE = 65535; // stands for a code that is no number
const DECODED = 24; // pictures kept unpacked; the others wait as files

/** @type {(first: Turn, then: Turn) => Turn} */
const after = (s, t) => [
  s[0] * t[0] + s[1] * t[2], s[0] * t[1] + s[1] * t[3], s[2] * t[0] + s[3] * t[2], s[2] * t[1] + s[3] * t[3],
];
/** @type {(t: Turn) => Turn} */
const back = (t) => [t[0], t[2], t[1], t[3]]; // a turn's inverse is its transpose
/** @type {(t: Turn, x: number, y: number) => Place} */
export const turned = (t, x, y) => [x * t[0] + y * t[2], x * t[1] + y * t[3]];

/**
 * The quarter turn or mirroring nearest to a turn: what can be done to a grid of pictures without tilting them.
 * @param {Turn} turn
 */
export function quarter(turn) {
  const signs = [[1, 1], [1, -1], [-1, 1], [-1, -1]];
  /** @type {Turn[]} */
  const all = signs.flatMap(([p, q]) => [[p, 0, 0, q], [0, p, q, 0]]);
  const agreement = (/** @type {Turn} */ each) => each.reduce((sum, value, i) => sum + value * turn[i], 0);
  return all.reduce((best, each) => (agreement(each) > agreement(best) + 1e-9 ? each : best), STILL);
}

export class Frames {
  constructor() {
    /** @type {Map<number, Frame>} */
    this.frames = new Map();
    /** @type {number | null} */
    this.anchor = null; // the epoch that the others are turned to
    /** @type {Map<number, Turn>} */
    this.turns = new Map();
    /** @type {Map<string, Promise<ImageBitmap>>} */
    this.decoded = new Map();
  }

  /**
   * @param {FilmHeader} header
   * @param {Part} part
   */
  add(header, part) {
    for (const each of header.frames) {
      if (this.frames.get(each.epoch)?.written === each.written) continue;
      this.frames.set(each.epoch, { ...each, points: this.points(each, part), files: this.files(each, part) });
      for (const name of ["grid", "pictures"]) this.decoded.delete(`${each.epoch} ${name}`);
    }
    const known = new Set(header.epochs);
    for (const epoch of this.frames.keys()) if (!known.has(epoch)) this.frames.delete(epoch);
    this.anchor ??= header.epochs.at(-1) ?? null;
    this.turns = new Map();
  }

  /**
   * @param {FrameHeader} frame
   * @param {Part} part
   */
  points(frame, part) {
    const raw = new Uint16Array(part(frame.points).buffer);
    const scale = [0, 1].map((axis) => (frame.high[axis] - frame.low[axis]) / (NOWHERE - 1));
    return Float32Array.from(raw, (value, i) => (value === NOWHERE ? NaN : frame.low[i % 2] + value * scale[i % 2]));
  }

  /**
   * @param {FrameHeader} frame
   * @param {Part} part
   */
  files(frame, part) {
    return { grid: new Blob([part(frame.grid)]), pictures: new Blob([part(frame.pictures)]) };
  }

  /** @param {number} epoch */
  get(epoch) {
    return this.frames.get(epoch);
  }

  /** @param {number} epoch */
  nearest(epoch) {
    const found = [...this.frames.keys()];
    return found.length ? found.reduce((a, b) => (Math.abs(b - epoch) < Math.abs(a - epoch) ? b : a)) : null;
  }

  /**
   * How an epoch's codes are turned so that they lie over those of the anchor.
   * @param {number} epoch
   */
  turn(epoch) {
    if (!this.turns.has(epoch)) {
      const early = epoch < this.anchor;
      const path = this.chain(early ? this.anchor : epoch, early ? epoch : this.anchor);
      this.turns.set(epoch, early ? back(path) : path);
    }
    return this.turns.get(epoch);
  }

  /**
   * @param {number} from
   * @param {number} to
   * @returns {Turn}
   */
  chain(from, to) {
    let [turn, frame] = [STILL, this.frames.get(from)];
    while (frame && frame.epoch > to && frame.previous !== null) {
      turn = after(turn, frame.turn);
      frame = this.frames.get(frame.previous);
    }
    return turn;
  }

  /**
   * All points of an epoch where the map shows them: x0, y0, x1, y1, ...
   * @param {number} epoch
   */
  placed(epoch) {
    const { points } = this.frames.get(epoch);
    const turn = this.turn(epoch);
    const result = new Float32Array(points.length);
    for (let i = 0; i < points.length; i += 2) [result[i], result[i + 1]] = turned(turn, points[i], points[i + 1]);
    return result;
  }

  /**
   * The square that shows 98 % of every epoch's codes along each side: one scale for the whole film.
   * @param {number} least
   */
  view(least) {
    const sides = [[-least, least], [-least, least]];
    if (!least) for (const side of sides) side.splice(0, 2, Infinity, -Infinity);
    for (const epoch of this.frames.keys()) {
      const placed = this.placed(epoch);
      for (const axis of [0, 1]) {
        const values = placed.filter((value, i) => i % 2 === axis && Number.isFinite(value)).sort();
        if (!values.length) continue;
        const cut = Math.floor(values.length / 100);
        sides[axis][0] = Math.min(sides[axis][0], values[cut]);
        sides[axis][1] = Math.max(sides[axis][1], values[values.length - 1 - cut]);
      }
    }
    if (sides.some(([low, high]) => low > high)) return [0, 0, 1];
    const middle = sides.map(([low, high]) => (low + high) / 2);
    const room = Math.max(1e-6, 1e-4 * Math.hypot(...middle)); // codes that are all the same need some around them
    const half = Math.max(room, ...sides.map(([low, high]) => (high - low) / 2));
    return [...middle, half * 1.12];
  }

  /**
   * A picture of an epoch, unpacked; the most recently seen are kept.
   * @param {number} epoch
   * @param {"grid" | "pictures"} name
   */
  async picture(epoch, name) {
    const key = `${epoch} ${name}`;
    const kept = this.decoded.get(key) ?? createImageBitmap(this.frames.get(epoch).files[name]);
    this.decoded.delete(key);
    this.decoded.set(key, kept);
    if (this.decoded.size > DECODED) this.decoded.delete(this.decoded.keys().next().value);
    return kept;
  }
}
