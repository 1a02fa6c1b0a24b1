// One model: its map of codes, its picture at the cursor, and how that differs from the first model's picture.

import { paint, sharp } from "../shared/canvas.js";
import { Codes } from "../shared/codes.js";
import { unpack } from "../shared/parcel.js";
import { Points } from "../shared/points.js";
import { Splat } from "../shared/splat.js";
import { make, withAlpha } from "../shared/tools.js";
import { View } from "../shared/view.js";

/** @import { Look, ModelHeader, Part, Picture, Place, PlaneHeader, Shape } from "../shared/types" */
/** @import { Twin } from "./twin.js" */

const ARROW = 26; // CSS pixels of the arrows that show the code's own axes

export class ModelMap {
  /**
   * @param {Twin} twin
   * @param {ModelHeader} header
   * @param {Uint8Array} data
   */
  constructor(twin, header, data) {
    this.twin = twin;
    this.header = header;
    /** @type {{ header: PlaneHeader, part: Part }} */
    const { header: plane, part } = unpack(data);
    /** @type {Place[] | null} */
    this.lasso = null; // its corners, while it is drawn
    /** @type {Picture | null} */
    this.values = null; // of the picture
    this.swiped = 0; // the share of its width in which the first model's picture is seen
    this.plane = plane;
    this.part = part;
    this.codes = new Codes(plane);
    this.points = new Points(plane, part);
    this.view = new View();
    this.view.start = plane.view;
    this.view.reset();
    this.splat = new Splat();
    this.of = new Int32Array(plane.total).fill(-1); // from a test image to its point
    for (let i = 0; i < this.points.count; i++) this.of[this.points.image(i)] = i;
    this.build(plane.image);
  }

  /** @param {Shape} image */
  build([height, width]) {
    const shape = `aspect-ratio: ${width} / ${height}`;
    this.dots = make("canvas", { class: "map", "aria-hidden": "true" });
    const words = `Map of the codes of ${this.header.name}. Drag, or use the arrow keys, to move the cursor.`;
    this.canvas = make("canvas", { class: "map over", tabindex: 0, role: "application", "aria-label": words });
    this.readout = make("p", { class: "code", title: "The code at the cursor, in this model's own numbers." });
    this.stage = make("div", { class: "stage" }, this.dots, this.canvas, this.readout);
    this.picture = make("canvas", { class: "now", style: shape, role: "img", "aria-label": `What ${this.header.name} draws` });
    this.second = make("canvas", { class: "now", style: shape, role: "img", "aria-label": "What it is compared with" });
    this.about = make("figcaption");
    this.front = make("figure", { class: "front" }, this.picture);
    const pair = make("div", { class: "pair" }, this.front, make("figure", {}, this.second, this.about));
    this.loss = make("small", { title: "Its mean loss over the test images. Lower is better." });
    const dot = make("i", { style: `background:${this.header.color}` });
    const title = make("div", { class: "title", title: this.header.run }, dot, this.header.name, this.loss);
    this.trouble = make("p", { class: "note", hidden: true });
    this.box = make("div", { class: "model", style: `--color: ${this.header.color}` }, title, pair, this.stage, this.trouble);
  }

  // Of every model but the first: left of the pointer stands what the first one draws there.
  swipe() {
    const to = (/** @type {number} */ share) => {
      this.swiped = share;
      this.front.style.setProperty("--swiped", `${share}`);
      this.drawPicture();
    };
    this.front.classList.add("swiped");
    this.front.title = "Move over it: left of the line stands what the first model draws.";
    this.front.onpointermove = ({ offsetX }) => to(offsetX / this.front.clientWidth);
    this.front.onpointerleave = () => to(0);
  }

  get first() {
    return this.twin.maps[0] === this;
  }

  resize() {
    this.view.side = this.stage.clientWidth;
    this.drawDots();
  }

  drawDots() {
    if (this.view.side) this.splat.draw(this.dots, this.view, this.points, this.plane.colors, this.twin.look, false);
  }

  // The cursor, the prior's rings, and the point of the image under the pointer, whichever map that is.
  drawOver() {
    const { view, twin: { look, hovered } } = this;
    if (!view.side) return;
    const context = sharp(this.canvas, view.side);
    this.rings(context, look);
    this.axes(context, look);
    const point = hovered === null ? -1 : this.of[hovered];
    if (point >= 0) {
      this.circle(context, view.toScreen(...this.points.place(point)), 7, look.background, 4);
      this.circle(context, view.toScreen(...this.points.place(point)), 7, look.primary, 2);
    }
    if (this.lasso) this.outline(context, look);
    const at = view.toScreen(...this.codes.place());
    this.circle(context, at, 8, look.background, 5);
    this.circle(context, at, 8, this.twin.lead === this ? look.primary : look.text, 2);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Place} place
   * @param {number} radius
   * @param {string} color
   * @param {number} width
   */
  circle(context, [x, y], radius, color, width) {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.stroke();
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Look} look
   */
  rings(context, look) {
    if (!this.plane.rings || this.codes.size > 2) return;
    const middle = this.view.toScreen(...this.codes.origin());
    for (const sigma of [1, 2, 3]) this.circle(context, middle, sigma * this.view.scale, withAlpha(look.text, 0.25), 1);
  }

  /**
   * Where the code's own numbers grow, since a map may be turned or mirrored.
   * @param {CanvasRenderingContext2D} context
   * @param {Look} look
   */
  axes(context, look) {
    if (this.codes.size !== 2) return;
    const [x, y] = [ARROW + 10, this.view.side - ARROW - 10];
    context.font = `11px ${look.font}`;
    context.fillStyle = context.strokeStyle = look.text;
    context.textAlign = "center";
    context.lineWidth = 1;
    this.codes.axes[0].forEach((_, i) => {
      const [across, up] = [this.codes.axes[0][i], this.codes.axes[1][i]];
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(x + ARROW * across, y - ARROW * up);
      context.stroke();
      context.fillText(`z${i + 1}`, x + (ARROW + 8) * across, y - (ARROW + 8) * up + 4);
    });
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Look} look
   */
  outline(context, look) {
    context.strokeStyle = look.text;
    context.setLineDash([5, 4]);
    context.beginPath();
    for (const corner of this.lasso) context.lineTo(...this.view.toScreen(...corner));
    context.closePath();
    context.stroke();
    context.setLineDash([]);
  }

  // Pictures.

  /** @param {Picture} picture */
  drawn(picture) {
    this.values = picture.slice();
    for (const map of this.first ? this.twin.maps : [this]) {
      map.drawPicture();
      map.drawDifference();
    }
  }

  drawPicture() {
    if (!this.values) return;
    const [, width, channels] = this.plane.image;
    const first = this.twin.maps[0].values;
    const edge = Math.round(this.swiped * width);
    const shown = (/** @type {number} */ value, /** @type {number} */ i) => (((i / channels) | 0) % width < edge ? first[i] : value);
    paint(this.picture, edge && first ? this.values.map(shown) : this.values, this.plane.image);
  }

  // Orange: lighter than the first model's picture there; blue: darker.
  drawDifference() {
    const first = this.twin.maps[0].values;
    if (this.first || !first || !this.values) return;
    const [height, width, channels] = this.plane.image;
    [this.second.width, this.second.height] = [width, height];
    const context = this.second.getContext("2d");
    const image = context.createImageData(width, height);
    for (let i = 0; i < width * height; i++) {
      let away = 0;
      for (let c = 0; c < channels; c++) away += this.values[i * channels + c] - first[i * channels + c];
      const color = away > 0 ? [255, 158, 2] : [65, 105, 176];
      image.data.set([...color, Math.min(255, (510 * Math.abs(away)) / channels)], 4 * i);
    }
    context.putImageData(image, 0, 0);
  }

  /**
   * @param {Picture | null} picture
   * @param {string} caption
   */
  showOriginal(picture, caption) {
    if (picture) paint(this.second, picture, this.plane.image);
    this.second.style.visibility = picture ? "" : "hidden";
    this.about.textContent = caption;
  }

  tell() {
    const shown = Array.from(this.codes.code.slice(0, 4), (value, i) => `z${i + 1}\u00a0${value.toFixed(2)}`);
    if (this.codes.size > 4) shown.push("…");
    this.readout.textContent = shown.join("  ");
  }

  /** @param {string} sentence */
  fail(sentence) {
    this.trouble.textContent = sentence;
    this.trouble.hidden = false;
  }
}
