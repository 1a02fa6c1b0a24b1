// A canvas to draw on, and what of it a model sees: as many pixels as its images have.

import { paint } from "../shared/canvas.js";
import { make } from "../shared/tools.js";

/** @import { Picture, Place, Shape } from "../shared/types" */

const FINE = 320; // pixels that the paper is wide or high at least

export class Paper {
  /**
   * @param {Shape} image
   * @param {boolean} dark
   * @param {(lifted: boolean) => void} changed
   */
  constructor([height, width, channels], dark, changed) {
    this.height = height;
    this.width = width;
    this.channels = channels;
    this.changed = changed;
    this.inverted = false;
    /** @type {Float32Array | null} */
    this.exact = null; // an image that was not drawn, to the last bit
    /** @type {Place | null} */
    this.last = null; // where the stroke under way has come to
    const scale = Math.ceil(FINE / Math.max(height, width));
    this.canvas = make("canvas", { class: "paper", width: width * scale, height: height * scale, tabindex: 0, role: "img", "aria-label": "Paper to draw on" });
    this.context = this.canvas.getContext("2d");
    this.small = make("canvas", { width, height }).getContext("2d", { willReadFrequently: true });
    this.ground = dark ? "#000000" : "#ffffff";
    this.ink = dark ? "#ffffff" : "#000000";
    this.brush = 0.08; // of the paper's height
    this.clear();
    this.canvas.addEventListener("pointerdown", (event) => this.start(event));
    this.canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) this.canvas.addEventListener(name, () => this.lift());
  }

  clear() {
    this.exact = null;
    this.context.fillStyle = this.ground;
    this.context.fillRect(0, 0, this.canvas.width, this.canvas.height);
  }

  /**
   * @param {PointerEvent} event
   * @returns {Place}
   */
  at(event) {
    const box = this.canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width * this.canvas.width, (event.clientY - box.top) / box.height * this.canvas.height];
  }

  /** @param {PointerEvent} event */
  start(event) {
    if (event.button) return;
    event.preventDefault();
    this.canvas.setPointerCapture(event.pointerId);
    this.exact = null;
    this.last = this.at(event);
    this.stroke(this.last);
    this.changed(false);
  }

  /**
   * All the places since the last event, so that quick strokes stay round.
   * @param {PointerEvent} event
   */
  move(event) {
    if (!this.last) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) this.stroke(this.at(each));
    this.changed(false);
  }

  lift() {
    if (!this.last) return;
    this.last = null;
    this.changed(true);
  }

  /** @param {Place} to */
  stroke(to) {
    const { context } = this;
    Object.assign(context, { strokeStyle: this.ink, lineCap: "round", lineJoin: "round", lineWidth: this.brush * this.canvas.height });
    context.beginPath();
    context.moveTo(...this.last);
    context.lineTo(...to);
    context.stroke();
    this.last = to;
  }

  /**
   * A picture of any size: all of it, its proportions kept, in the middle.
   * @param {ImageBitmap} picture
   */
  put(picture) {
    this.clear();
    const { canvas, context } = this;
    const scale = Math.min(canvas.width / picture.width, canvas.height / picture.height);
    const [wide, high] = [picture.width * scale, picture.height * scale];
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, (canvas.width - wide) / 2, (canvas.height - high) / 2, wide, high);
    this.changed(true);
  }

  /**
   * One of the model's own images, to the last bit.
   * @param {Uint8Array} bytes
   */
  example(bytes) {
    this.clear();
    const picture = make("canvas");
    paint(picture, bytes, [this.height, this.width, this.channels]);
    this.context.imageSmoothingEnabled = false;
    this.context.drawImage(picture, 0, 0, this.canvas.width, this.canvas.height);
    this.context.imageSmoothingEnabled = true;
    this.exact = Float32Array.from(bytes, (value) => value / 255);
    this.changed(true);
  }

  // Numbers of 0 to 1, as the model takes them.
  pixels() {
    const values = this.exact?.slice() ?? this.shrunk();
    return this.inverted ? values.map((value) => 1 - value) : values;
  }

  shrunk() {
    const { small, width, height, channels } = this;
    small.imageSmoothingQuality = "high";
    small.drawImage(this.canvas, 0, 0, width, height);
    const { data } = small.getImageData(0, 0, width, height);
    const values = new Float32Array(width * height * channels);
    for (let i = 0, from = 0; from < data.length; from += 4, i += channels) {
      if (channels === 1) values[i] = (0.299 * data[from] + 0.587 * data[from + 1] + 0.114 * data[from + 2]) / 255;
      else for (let channel = 0; channel < 3; channel++) values[i + channel] = data[from + channel] / 255;
    }
    return values;
  }
}
