// What the model believes of an image, as a small drawing: its mean code, the spread around it, and the code that is decoded.

import { sharp } from "../shared/canvas.js";
import { make, number, steps, withAlpha } from "../shared/tools.js";

/** @import { Code, Fact } from "../shared/types" */
/** @import { Plane } from "./plane.js" */

const SIDE = 112; // CSS pixels
const EDGE = 16; // of them for the numbers of the axes
const WIDEST = 3.2; // spreads that are seen at least
const MOST = 32; // numbers that are drawn as bars

export class Belief {
  /** @param {Plane} plane */
  constructor(plane) {
    this.plane = plane;
    this.canvas = make("canvas", { role: "img", class: "belief" });
  }

  /**
   * @param {Fact | null} fact
   * @param {Code} code
   */
  draw(fact, code) {
    const context = sharp(this.canvas, SIDE);
    context.font = `9px ${this.plane.look.font}`;
    const says = this.says(fact, code);
    if (this.canvas.getAttribute("aria-label") !== says) this.canvas.setAttribute("aria-label", says);
    if (code.length === 2) this.place(context, fact, code);
    else this.bars(context, fact, code);
  }

  /**
   * @param {Fact | null} fact
   * @param {Code} code
   */
  says(fact, code) {
    const shown = code.length > MOST ? `, the first ${MOST} of ${code.length} numbers` : "";
    return (fact?.sigma ? "Dot: the mean. Around it: the spread, once and twice. Ring: the code" : "Dot: the picture's code. Ring: the cursor's") + shown;
  }

  /**
   * Two numbers are a place. The axes reach as far as the spread and the code do.
   * @param {CanvasRenderingContext2D} context
   * @param {Fact | null} fact
   * @param {Code} code
   */
  place(context, fact, code) {
    const { look } = this.plane;
    const middle = fact?.code ?? code;
    const half = reach(fact, code, this.plane.codes.stride());
    const inner = SIDE - EDGE;
    const across = (/** @type {number} */ value) => EDGE + inner * ((value - middle[0]) / half / 2 + 0.5);
    const up = (/** @type {number} */ value) => inner * (0.5 - (value - middle[1]) / half / 2);
    this.axes(context, middle, half, across, up);
    context.strokeStyle = context.fillStyle = look.primary;
    for (const spreads of fact?.sigma ? [1, 2] : []) {
      context.globalAlpha = spreads === 1 ? 1 : 0.5;
      context.beginPath();
      const [wide, high] = fact.sigma.map((sigma) => Math.max(0.5, spreads * sigma / half / 2 * inner));
      context.ellipse(across(middle[0]), up(middle[1]), wide, high, 0, 0, 2 * Math.PI);
      context.stroke();
    }
    context.globalAlpha = 1;
    if (fact) dot(context, across(middle[0]), up(middle[1]), 3).fill();
    context.strokeStyle = look.text;
    context.lineWidth = 2;
    dot(context, across(code[0]), up(code[1]), 5).stroke();
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Code} middle
   * @param {number} half
   * @param {(value: number) => number} across
   * @param {(value: number) => number} up
   */
  axes(context, middle, half, across, up) {
    const { look } = this.plane;
    context.fillStyle = withAlpha(look.text, 0.05);
    context.fillRect(EDGE, 0, SIDE - EDGE, SIDE - EDGE);
    context.fillStyle = withAlpha(look.text, 0.75);
    for (const tick of steps(middle[0] - half, middle[0] + half, 3)) write(context, number(tick), across(tick), SIDE - 4, 0);
    for (const tick of steps(middle[1] - half, middle[1] + half, 3)) write(context, number(tick), 10, up(tick), -Math.PI / 2);
  }

  /**
   * Many numbers, or one, are bars that begin at 0; the mean is a dot on each, the spread a line through it.
   * @param {CanvasRenderingContext2D} context
   * @param {Fact | null} fact
   * @param {Code} code
   */
  bars(context, fact, code) {
    const { look } = this.plane;
    const count = Math.min(MOST, code.length);
    const furthest = (/** @type {number} */ i) => Math.max(Math.abs(code[i]), Math.abs(fact?.code[i] ?? 0) + 2 * (fact?.sigma?.[i] ?? 0));
    const half = Math.max(1e-9, ...Array.from({ length: count }, (_, i) => furthest(i))) * 1.05;
    const up = (/** @type {number} */ value) => SIDE / 2 * (1 - value / half);
    const step = (SIDE - EDGE) / count;
    context.fillStyle = withAlpha(look.text, 0.75);
    for (const tick of steps(-half, half, 3)) write(context, number(tick), 10, up(tick), -Math.PI / 2);
    context.fillRect(EDGE, SIDE / 2, SIDE - EDGE, 0.5);
    for (let i = 0; i < count; i++) {
      const x = EDGE + (i + 0.5) * step;
      context.fillStyle = withAlpha(look.text, 0.3);
      context.fillRect(x - 0.4 * step, up(Math.max(0, code[i])), 0.8 * step, Math.abs(up(0) - up(code[i])));
      context.fillStyle = look.primary;
      const spread = fact?.sigma?.[i] ?? 0;
      if (spread) context.fillRect(x - 0.5, up(fact.code[i] + spread), 1, up(fact.code[i] - spread) - up(fact.code[i] + spread));
      if (fact) dot(context, x, up(fact.code[i]), Math.min(3, 0.45 * step)).fill();
    }
  }
}

/**
 * How far the axes go from the mean.
 * @param {Fact | null} fact
 * @param {Code} code
 * @param {number} stride
 */
export function reach(fact, code, stride) {
  const away = Array.from(code, (value, i) => Math.abs(value - (fact?.code[i] ?? value)));
  const least = fact?.sigma ? WIDEST * Math.max(...fact.sigma) : stride / 4;
  return Math.max(1e-9, least, 1.2 * Math.max(...away));
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 */
function dot(context, x, y, radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  return context;
}

/**
 * A number at an axis, where all of it fits.
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {number} x
 * @param {number} y
 * @param {number} turn
 */
function write(context, text, x, y, turn) {
  const half = context.measureText(text).width / 2;
  const [at, from, to] = turn ? [y, 0, SIDE - EDGE] : [x, EDGE, SIDE];
  if (at - half < from || at + half > to) return;
  context.save();
  context.textAlign = "center";
  context.translate(x, y);
  context.rotate(turn);
  context.fillText(text, 0, 0);
  context.restore();
}
