// Paper, the encoder that follows the pen on it, and the decoder's picture of the code that it finds.

import { paint } from "../shared/canvas.js";
import { Decoder } from "../shared/decoder.js";
import { mounting } from "../shared/mount.js";
import { unpack } from "../shared/parcel.js";
import { make } from "../shared/tools.js";
import { Voice } from "../shared/voice.js";
import { Paper } from "./paper.js";
import STYLE from "./sketch.css";

/** @import { Code, Mounted, Part, Picture, SketchHeader, Slot } from "../shared/types" */

const APART = 60; // ms

class Sketch {
  /**
   * @param {HTMLElement | ShadowRoot} root
   * @param {Uint8Array} data
   */
  constructor(root, data) {
    /** @type {{ header: SketchHeader, part: Part }} */
    const { header, part } = unpack(data);
    this.data = data;
    this.header = header;
    this.part = part;
    /** @type {Decoder | null} */
    this.encoder = null;
    /** @type {Decoder | null} */
    this.decoder = null;
    this.seq = Date.now() % 1e9; // greater than those of an earlier visit
    this.build(root);
    this.open();
  }

  /** @param {HTMLElement | ShadowRoot} root */
  build(root) {
    const { image, dark } = this.header;
    this.paper = new Paper(image, dark, (lifted) => this.changed(lifted));
    this.seen = make("canvas", { role: "img", "aria-label": "What the model sees" });
    this.made = make("canvas", { role: "img", "aria-label": "What the model makes of it" });
    this.word = make("p", { class: "word", role: "status" });
    const figure = (/** @type {HTMLCanvasElement} */ canvas, /** @type {string} */ words) => make("figure", {}, canvas, make("figcaption", {}, words));
    const pair = make("div", { class: "pair" }, figure(this.seen, "The model sees"), figure(this.made, "It makes of it"));
    this.box = make("div", { class: "sketch" }, make("style", {}, STYLE), make("div", { class: "desk" }, this.paper.canvas, make("div", { class: "side" }, pair, this.tools(), this.examples(), this.word)));
    this.voice = new Voice(this.box);
    this.acceptDrops();
    root.append(this.box);
    [this.made.height, this.made.width] = image;
    this.show(this.paper.pixels());
  }

  tools() {
    const { paper } = this;
    const brush = make("input", { type: "range", min: 0.02, max: 0.2, step: 0.01, value: paper.brush, "aria-label": "Brush" });
    brush.addEventListener("input", () => { paper.brush = Number(brush.value); });
    const invert = make("button", { title: "Swap light and dark in what the model sees, as for dark ink on white paper", "aria-pressed": "false", onclick: () => this.invert(invert) }, "Invert");
    const clear = make("button", { title: "A clean sheet", onclick: () => this.clear() }, "Clear");
    const file = make("input", { type: "file", accept: "image/*", hidden: true });
    file.addEventListener("change", () => { this.load(file.files[0]); file.value = ""; });
    const open = make("button", { title: "A picture file; you may also drop one on the paper", onclick: () => file.click() }, "Picture file");
    return make("div", { class: "tools" }, make("label", {}, "Brush", brush), this.colour(), clear, invert, open, file);
  }

  colour() {
    if (this.header.image[2] === 1) return null;
    const colour = make("input", { type: "color", value: this.paper.ink, "aria-label": "Colour" });
    colour.addEventListener("input", () => { this.paper.ink = colour.value; });
    return make("label", {}, "Colour", colour);
  }

  examples() {
    const { examples, image } = this.header;
    if (!examples) return null;
    const buttons = examples.map((place, i) => {
      const canvas = make("canvas");
      const bytes = this.part(place);
      paint(canvas, bytes, image);
      return make("button", { class: "example", title: "Begin with this test image", "aria-label": `Example ${i + 1}`, onclick: () => this.paper.example(bytes) }, canvas);
    });
    return make("div", { class: "examples", role: "group", "aria-label": "Examples" }, ...buttons);
  }

  acceptDrops() {
    const { canvas } = this.paper;
    canvas.addEventListener("dragover", (event) => event.preventDefault());
    canvas.addEventListener("drop", (event) => {
      event.preventDefault();
      this.load(event.dataTransfer.files[0]);
    });
  }

  /** @param {Blob | undefined} file */
  async load(file) {
    if (!file) return;
    try {
      this.paper.put(await createImageBitmap(file));
      this.say("");
    } catch {
      this.say("This file is no picture that the browser can read.");
    }
  }

  /** @param {string} words */
  say(words) {
    this.word.textContent = words;
  }

  /** @param {HTMLButtonElement} button */
  invert(button) {
    this.paper.inverted = !this.paper.inverted;
    button.setAttribute("aria-pressed", `${this.paper.inverted}`);
    this.changed(true);
  }

  clear() {
    this.paper.clear();
    this.show(this.paper.pixels());
    this.made.getContext("2d").clearRect(0, 0, this.made.width, this.made.height);
  }

  // The networks.

  async open() {
    const { encoder, decoder } = this.header;
    const load = (/** @type {Slot | null} */ place) => place && Decoder.open(this.part(place));
    try {
      [this.encoder, this.decoder] = await Promise.all([load(encoder), load(decoder)]);
    } catch (error) {
      this.say(`This model could not be read in the browser. ${error.message}`);
    }
    if (this.gone) this.destroy();
    else if (!encoder) this.say("This model's encoder is too large for the browser: its code comes from the server when you lift the pen.");
    if (this.waiting) this.request();
  }

  /** @param {boolean} lifted */
  changed(lifted) {
    this.waiting = true;
    this.lifted = lifted;
    this.request();
  }

  request() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.waiting = false;
      this.encode(this.paper.pixels(), this.lifted);
    });
  }

  /**
   * @param {Float32Array} pixels
   * @param {boolean} lifted
   */
  encode(pixels, lifted) {
    this.show(pixels);
    if (!this.encoder) {
      this.waiting = Boolean(this.header.encoder); // until it has been read
      if (lifted && !this.header.encoder) this.tell(pixels, null);
      return;
    }
    this.encoder.decode(pixels, (found) => {
      const code = Array.from(found.subarray(0, this.header.size));
      this.send(code, !lifted);
      this.decoder?.decode(Float32Array.from(code), (picture) => this.draw(picture));
      if (lifted) this.tell(pixels, code);
    });
  }

  /** @param {Picture} pixels */
  show(pixels) {
    paint(this.seen, pixels, this.header.image);
  }

  /** @param {Picture} picture */
  draw(picture) {
    paint(this.made, picture, this.header.image);
  }

  /**
   * @param {Code} code
   * @param {boolean} live
   */
  send(code, live) {
    document.dispatchEvent(new CustomEvent("loupe-go", { detail: { plane: this.header.plane, code, live } }));
  }

  /**
   * A little later than the plane tells where its cursor came to rest: Streamlit runs one fragment for all that it is
   * told at once, and these two stand in different ones.
   * @param {Float32Array} pixels
   * @param {number[] | null} code
   */
  tell(pixels, code) {
    const bytes = Uint8Array.from(pixels, (value) => Math.round(value * 255));
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    clearTimeout(this.telling);
    this.telling = setTimeout(() => this.voice.say("drawn", { seq: ++this.seq, pixels: btoa(text), code }), APART);
  }

  destroy() {
    this.gone = true;
    cancelAnimationFrame(this.frame);
    clearTimeout(this.telling);
    this.voice.destroy();
    this.encoder?.close();
    this.decoder?.close();
    this.box.remove();
  }
}

export default mounting({
  make: (place, /** @type {Uint8Array} */ data) => new Sketch(place, data),
  update: (sketch, { setStateValue }) => { sketch.voice.setState = setStateValue; },
  end: (sketch) => sketch.destroy(),
  stays: (sketch, data) => !data || data === sketch.data,
});
