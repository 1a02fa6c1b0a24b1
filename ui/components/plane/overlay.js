// What lies over the points and changes with every frame: cursor, ring, ellipse, bookmarks, pins, box and lasso.

import { sharp } from "../shared/canvas.js";
import { make, withAlpha } from "../shared/tools.js";

/** @import { Code, Place } from "../shared/types" */
/** @import { Plane } from "./plane.js" */

const FLAG = 20; // CSS pixels from a place to the middle of its flag

export class Overlay {
  /** @param {Plane} plane */
  constructor(plane) {
    this.plane = plane;
    this.canvas = make("canvas", { class: "over", tabindex: 0, role: "application" });
  }

  draw() {
    const { view, look, hand } = this.plane;
    const context = this.context = sharp(this.canvas, view.side);
    this.spread();
    this.line();
    this.plane.walk.marks.forEach((code, i) => this.flag(code, `${i + 1}`));
    this.plane.walk.pins.forEach((fact, i) => this.flag(fact.code, `P${i + 1}`));
    if (this.plane.hovered !== null) this.ring(this.plane.points.place(this.plane.hovered));
    if (hand.shape) this.shape(hand.shape);
    const [x, y] = view.toScreen(...this.plane.codes.place());
    this.circle(x, y, 8, look.background, 5);
    this.circle(x, y, 8, look.text, 2);
    context.fillStyle = look.text;
    context.fillRect(x - 1, y - 1, 2, 2);
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} radius
   * @param {string} color
   * @param {number} width
   */
  circle(x, y, radius, color, width) {
    const { context } = this;
    context.strokeStyle = color;
    context.lineWidth = width;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.stroke();
  }

  /** @param {Place} place */
  ring(place) {
    const [x, y] = this.plane.view.toScreen(...place);
    this.circle(x, y, 7, this.plane.look.background, 4);
    this.circle(x, y, 7, this.plane.look.primary, 2);
  }

  // Where the model believes the chosen image's code to be: 1 and 2 standard deviations, and what was drawn from it.
  spread() {
    const { cursor: { image, drawn }, view, header, look } = this.plane;
    if (!image?.sigma || !header.axes) return;
    const { context } = this;
    const [a, b, c] = [[0, 0], [0, 1], [1, 1]].map(([p, q]) =>
      image.sigma.reduce((sum, sigma, i) => sum + header.axes[p][i] * header.axes[q][i] * sigma * sigma, 0));
    const middle = view.toScreen(...this.plane.codes.place(image.code));
    const angle = 0.5 * Math.atan2(2 * b, a - c);
    const spread = Math.hypot((a - c) / 2, b);
    const arms = [1, -1].map((sign) => Math.sqrt(Math.max(0, (a + c) / 2 + sign * spread)) * view.scale);
    context.strokeStyle = look.text;
    context.lineWidth = 1.5;
    for (const sigma of [1, 2]) {
      context.beginPath();
      context.ellipse(...middle, sigma * arms[0], sigma * arms[1], -angle, 0, 2 * Math.PI);
      context.stroke();
    }
    context.fillStyle = look.text;
    for (const code of drawn) {
      const [x, y] = view.toScreen(...this.plane.codes.place(code));
      context.fillRect(x - 2, y - 2, 4, 4);
    }
  }

  // The straight line between two pinned images.
  line() {
    const { pins } = this.plane.walk;
    if (pins.length < 2) return;
    const { context } = this;
    context.strokeStyle = this.plane.look.text;
    context.lineWidth = 1;
    context.setLineDash([5, 4]);
    context.beginPath();
    for (const fact of pins) context.lineTo(...this.plane.view.toScreen(...this.plane.codes.place(fact.code)));
    context.stroke();
    context.setLineDash([]);
  }

  /**
   * Above its place, which the cursor's ring may cover.
   * @param {Code} code
   * @param {string} name
   */
  flag(code, name) {
    const { context, plane: { look, view } } = this;
    const [x, at] = view.toScreen(...this.plane.codes.place(code));
    const y = Math.max(10, at - FLAG);
    context.fillStyle = look.background;
    context.beginPath();
    context.roundRect(x - 9, y - 9, 18, 18, 4);
    context.fill();
    context.strokeStyle = look.text;
    context.lineWidth = 1;
    context.stroke();
    context.fillStyle = look.text;
    context.font = `600 11px ${look.font}`;
    context.textAlign = "center";
    context.fillText(name, x, y + 4);
  }

  /**
   * The box or lasso that is being drawn, as corners in CSS pixels.
   * @param {Place[]} corners
   */
  shape(corners) {
    const { context, plane: { look } } = this;
    context.beginPath();
    for (const corner of corners) context.lineTo(...corner);
    context.closePath();
    context.fillStyle = withAlpha(look.primary, 0.12);
    context.fill();
    context.strokeStyle = look.primary;
    context.lineWidth = 1.5;
    context.stroke();
  }
}
