// What lies under the points: the chosen layer, the prior's rings, the axes with their numbers.

import { sharp } from "../shared/canvas.js";
import { make, number, steps, withAlpha } from "../shared/tools.js";

/** @import { Look } from "../shared/types" */
/** @import { View } from "../shared/view.js" */

/** @import { Plane } from "./plane.js" */

export class Ground {
  /** @param {Plane} plane */
  constructor(plane) {
    this.plane = plane;
    this.canvas = make("canvas", { "aria-hidden": "true" });
  }

  draw() {
    const { view, header, look, layers } = this.plane;
    const context = sharp(this.canvas, view.side);
    layers.draw(context, view);
    context.lineWidth = 1;
    context.font = `11px ${look.font}`;
    if (header.rings) this.rings(context, view, look);
    for (const axis of /** @type {const} */ ([0, 1])) if (header.names[axis]) this.axis(context, axis);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {View} view
   * @param {Look} look
   */
  rings(context, view, look) {
    const [x, y] = view.toScreen(...this.plane.codes.origin());
    context.strokeStyle = withAlpha(look.text, 0.3);
    for (const sigma of [1, 2, 3]) {
      context.beginPath();
      context.arc(x, y, sigma * view.scale, 0, 2 * Math.PI);
      context.stroke();
    }
  }

  /**
   * A line through zero, and numbers along the edge of the map.
   * @param {CanvasRenderingContext2D} context
   * @param {0 | 1} axis
   */
  axis(context, axis) {
    const { view, look, header } = this.plane;
    const side = view.side;
    const middle = [view.x, view.y][axis];
    const zero = axis ? view.toScreen(0, 0)[1] : view.toScreen(0, 0)[0];
    context.strokeStyle = withAlpha(look.text, 0.16);
    context.beginPath();
    if (axis) { context.moveTo(0, zero); context.lineTo(side, zero); } else { context.moveTo(zero, 0); context.lineTo(zero, side); }
    context.stroke();
    context.fillStyle = withAlpha(look.text, 0.75);
    context.textAlign = axis ? "left" : "center";
    for (const tick of steps(middle - view.half, middle + view.half, 6)) {
      const at = axis ? view.toScreen(0, tick)[1] : view.toScreen(tick, 0)[0];
      if (at < 24 || at > side - 24) continue;
      this.write(context, number(tick), axis ? 5 : at, axis ? at + 4 : side - 6);
    }
    context.font = `600 11px ${look.font}`;
    context.textAlign = axis ? "left" : "right";
    this.write(context, header.names[axis], axis ? 5 : side - 6, axis ? 15 : side - 6);
    context.font = `11px ${look.font}`;
  }

  /**
   * Readable on tiles, too.
   * @param {CanvasRenderingContext2D} context
   * @param {string} text
   * @param {number} x
   * @param {number} y
   */
  write(context, text, x, y) {
    context.strokeStyle = withAlpha(this.plane.look.background, 0.7);
    context.lineWidth = 3;
    context.strokeText(text, x, y);
    context.lineWidth = 1;
    context.fillText(text, x, y);
  }
}
