// The plane: a map of codes, a cursor on it, and the picture that the decoder draws of the cursor's code.

import { paint } from "../shared/canvas.js";
import { Codes } from "../shared/codes.js";
import { Decoder } from "../shared/decoder.js";
import { Legend } from "../shared/legend.js";
import { mounting } from "../shared/mount.js";
import { rows, unpack } from "../shared/parcel.js";
import { Points } from "../shared/points.js";
import { Splat } from "../shared/splat.js";
import { make, theme } from "../shared/tools.js";
import { View } from "../shared/view.js";
import { Voice } from "../shared/voice.js";
import { Buttons, helpText } from "./actions.js";
import { Card, Facts } from "./card.js";
import { Cursor } from "./cursor.js";
import { Diagram } from "./diagram.js";
import { Ground } from "./ground.js";
import { Keys } from "./keys.js";
import { Layers, SETTLES } from "./layers.js";
import { Overlay } from "./overlay.js";
import { Panel } from "./panel.js";
import { Hand, NEAR } from "./pointer.js";
import { FarDecoder, Questions } from "./questions.js";
import { Recorder } from "./record.js";
import { Strip } from "./strip.js";
import { Walk } from "./walk.js";
import STYLE from "./plane.css";

/** @import { Code, Fact, Letter, Look, Mounted, Part, Place, PlaneHeader, ProjectionHeader, Slot, Times, Wish } from "../shared/types" */

export class Plane {
  /** @param {HTMLElement | ShadowRoot} root */
  constructor(root) {
    this.life = new AbortController();
    this.view = new View();
    this.splat = new Splat();
    this.questions = new Questions((question) => this.tell("ask", question));
    this.facts = new Facts(this.questions);
    /** @type {number | null} */
    this.hovered = null; // the point under the pointer
    /** @type {Uint8Array | null} */
    this.data = null; // what it shows, as it came
    /** @type {PlaneHeader & Partial<ProjectionHeader>} */
    this.header = null;
    /** @type {Points} */
    this.points = null;
    /** @type {Codes} */
    this.codes = null;
    /** @type {Code[]} */
    this.means = []; // codes of the classes
    /** @type {Look} */
    this.look = null;
    /** @type {Decoder | FarDecoder | undefined} */
    this.decoder = undefined;
    this.begun = false; // what was kept of an earlier visit has come
    /** @type {string | null} */
    this.wish = null; // where Python wanted the cursor last
    this.chosen = 0; // how many points
    this.moving = false; // the view
    /** @type {number | null} */
    this.frame = null;
    this.cursor = new Cursor(this);
    /** @type {Set<string>} */
    this.dirty = new Set();
    /** @type {WeakSet<Uint8Array>} */
    this.read = new WeakSet(); // letters that were read
    this.build(root);
    this.listen();
  }

  /** @param {HTMLElement | ShadowRoot} root */
  build(root) {
    this.ground = new Ground(this);
    this.dots = make("canvas", { "aria-hidden": "true" });
    this.overlay = new Overlay(this);
    this.card = new Card(this);
    this.legend = new Legend(this);
    this.layers = new Layers(this);
    this.panel = new Panel(this);
    this.diagram = new Diagram(this);
    this.strip = new Strip(this);
    this.walk = new Walk(this);
    this.recorder = new Recorder(this);
    this.buttons = new Buttons(this);
    this.about = make("p"); // what one need not know to walk
    this.help = helpText(this.dot(), this.about);
    this.note = make("p", { class: "note", role: "status" });
    for (const canvas of [this.ground.canvas, this.dots, this.overlay.canvas]) canvas.classList.add("map");
    this.stage = make("div", { class: "stage" }, this.ground.canvas, this.dots, this.overlay.canvas, this.card.box, this.buttons.onMap, this.buttons.menu, this.buttons.told);
    const map = make("div", { class: "left" }, this.stage, this.legend.box);
    const tools = make("div", { class: "about" }, this.buttons.ofImage, this.walk.list, this.strip.box, this.note, this.help);
    this.box = make("div", { class: "plane" }, make("style", {}, this.style()), make("div", { class: "parts" }, this.panel.box, map, this.diagram.box, tools));
    root.append(this.box);
  }

  listen() {
    const { signal } = this.life;
    this.voice = new Voice(this.box);
    this.hand = new Hand(this, this.overlay.canvas, signal);
    this.keys = new Keys(this, this.box, signal);
    this.resized = new ResizeObserver(() => this.resize());
    this.resized.observe(this.stage);
    this.box.addEventListener("transitionend", (event) => { if (event.target === this.box) this.restyle(); }, { signal }); // the theme has changed
    /** @type {<Name extends keyof DocumentEventMap>(name: Name, act: (event: DocumentEventMap[Name]) => void) => void} */
    const on = (name, act) => document.addEventListener(name, act, { signal });
    on("loupe-go", (event) => this.cursor.heed(event.detail));
    on("loupe-decode", (event) => this.lend(event.detail));
    on("loupe-letter", (event) => this.readLetter(event.detail));
  }

  destroy() {
    this.life.abort();
    this.resized.disconnect();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.settling);
    for (const part of [this.card, this.layers, this.questions, this.recorder, this.strip, this.voice, this.walk]) part.destroy();
    this.decoder?.close();
    this.box.remove();
  }

  /** @param {Uint8Array} data */
  shows(data) {
    return !this.header || unpack(data).header.run === this.header.run;
  }

  resize() {
    this.view.side = this.stage.clientWidth;
    this.request("map");
    this.layers.refresh();
  }

  restyle() {
    this.look = theme(this.box);
    this.layers.drop();
    this.layers.refresh();
    this.request("map");
  }

  // What Python sends: the run once, letters later.

  /** @param {Uint8Array} data */
  update(data) {
    /** @type {{ header: PlaneHeader, part: Part }} */
    const { header, part } = unpack(data);
    const first = !this.header; // later ones bring the same run on other axes
    this.header = header;
    this.points = this.readPoints(header, part);
    this.codes = this.readCodes(header, part, first ? header.home : this.codes.code);
    this.means = header.means ? rows(new Float32Array(part(header.means).buffer), header.size) : [];
    this.view.start = header.view;
    this.view.reset();
    this.hovered = null;
    this.legend.fill(header);
    this.panel.fill(header);
    this.diagram.fill(header);
    this.buttons.fill(this);
    this.overlay.canvas.setAttribute("aria-label", `Map of the codes of ${this.counted(header.count)}. The arrow keys move the cursor.`);
    this.restyle();
    this.describe();
    if (first) this.open(header, part);
    document.dispatchEvent(new CustomEvent("loupe-ready"));
    this.request("code");
  }

  /**
   * @param {PlaneHeader} header
   * @param {Part} part
   */
  readPoints(header, part) {
    return new Points(header, part);
  }

  /**
   * @param {PlaneHeader} header
   * @param {Part} _part
   * @param {Code} code
   * @returns {Codes}
   */
  readCodes(header, _part, code) {
    return new Codes(header, code);
  }

  /**
   * @param {PlaneHeader} header
   * @param {Part} part
   */
  async open(header, part) {
    try {
      const decoder = header.decoder ? await Decoder.open(part(header.decoder)) : new FarDecoder(this.questions);
      if (this.life.signal.aborted) return decoder.close();
      if (decoder instanceof Decoder && decoder.input.join() !== `${header.size}`) throw new Error("It is made for other codes.");
      this.decoder = decoder;
      document.dispatchEvent(new CustomEvent("loupe-decodes"));
    } catch (error) {
      console.warn(error);
      this.panel.fail("The decoder of this run could not be read, so there is no picture. The map is not affected.");
    }
    this.strip.show(this.walk.pins);
    this.describe();
    this.layers.drop();
    this.layers.refresh();
    this.request("code");
  }

  /**
   * Another part of the page wants pictures, one on a canvas at a time.
   * @param {Wish} request
   */
  lend(request) {
    if (!this.decoder || request.plane !== this.header.plane) return;
    const tile = make("canvas");
    request.cancel = this.decoder.many(request.codes, (i, picture) => {
      paint(tile, picture, this.header.image);
      request.each(i, tile);
    });
  }

  /** @param {Uint8Array} letter */
  readLetter(letter) {
    if (!this.header || this.read.has(letter)) return;
    const { header, part } = unpack(letter);
    if (header.plane !== this.header.plane) return;
    this.read.add(letter);
    if (header.facts) this.learn(header, part);
    else this.begin(header);
  }

  /**
   * Where Python wants the cursor, and, at first, what was kept of an earlier visit.
   * @param {Letter} letter
   */
  begin({ at, marks, pinned }) {
    if (!this.begun) this.walk.restore(marks, pinned);
    this.begun = true;
    const wish = `${at}`;
    if (wish !== this.wish && this.codes.fits(at) && !this.hand.doing) this.cursor.obey(at);
    this.wish = wish;
  }

  /**
   * @param {Letter} letter
   * @param {Part} part
   */
  learn({ seq, facts, picture }, part) {
    const pixels = (/** @type {Slot | null} */ slot) => slot && part(slot);
    for (const fact of facts) this.facts.add({ ...fact, original: pixels(fact.original), made: pixels(fact.made) });
    if (picture && this.decoder instanceof FarDecoder) this.decoder.done?.(part(picture));
    this.questions.answered(seq);
    this.card.fill();
    this.walk.restorePins();
    this.cursor.learned();
    this.diagram.learned();
  }

  // What Python is told.

  /**
   * @param {string} name
   * @param {unknown} value
   */
  tell(name, value) {
    this.voice.say(name, value);
  }

  /** @param {number} point */
  askAbout(point) {
    const around = this.points.around(...this.points.place(point), 4 * NEAR / this.view.scale, 40);
    const [height, width, channels] = this.header.image;
    this.facts.want([point, ...around].map((i) => this.points.image(i)), height * width * channels);
  }

  // Pointer and view.

  /** @param {Place} at */
  nearest(at) {
    return this.points.nearest(...this.view.toPlane(...at), NEAR / this.view.scale);
  }

  /** @param {Place | null} at */
  hover(at) {
    const found = at && this.header ? this.nearest(at) : null;
    this.card.follow(found);
    if (found === this.hovered) return;
    this.hovered = found;
    this.request("over");
  }

  /** @param {(view: View) => void} change */
  moveView(change) {
    change(this.view);
    this.card.hide();
    this.layers.refresh();
    this.moving = true;
    clearTimeout(this.settling);
    this.settling = setTimeout(() => { this.moving = false; this.request("map"); }, SETTLES);
    this.request("map");
  }

  // Classes were greyed, or are no longer.
  greyed() {
    this.request("map");
  }

  /**
   * What a plain drag does.
   * @param {string} mode
   */
  setMode(mode) {
    this.hand.mode = mode;
    for (const name of ["walk", "pan", "box", "lasso"]) this.buttons.mark(name, name === mode);
    this.overlay.canvas.dataset.mode = mode;
  }

  showHelp() {
    const hidden = this.help.toggleAttribute("hidden");
    this.buttons.mark("help", !hidden);
    if (!hidden) this.help.scrollIntoView({ block: "nearest" });
  }

  /** @param {Place[]} corners */
  choose(corners) {
    const number = this.points.choose(corners);
    this.tell("chosen", number ? this.points.bits(this.header.total) : null);
    this.chosenChanged(number);
  }

  /** @param {number} number */
  chosenChanged(number) {
    this.chosen = number;
    this.buttons.allow({ clear: number || this.cursor.image });
    this.describe();
    this.request("map");
  }

  clear() {
    this.hand.stop();
    this.buttons.closeMenu();
    if (this.points.chosen) this.tell("chosen", null);
    this.points.chosen = null;
    this.walk.pause();
    this.cursor.keep(null);
    this.chosenChanged(0);
  }

  style() {
    return STYLE;
  }

  // An image was chosen here, or another part of the page chose a code: others may want to follow.

  /** @param {number} _image */
  visited(_image) {}

  /** @param {Code} _code */
  sent(_code) {}

  // Words.

  /** @param {number} image */
  named(image) {
    return `test image ${image}`;
  }

  /** @param {number} number */
  counted(number) {
    return `${number.toLocaleString("en")} test images`;
  }

  dot() {
    return "Every dot is a test image, where the encoder puts it.";
  }

  /**
   * What else is known of a point, for its card.
   * @param {number} _point
   * @returns {string[]}
   */
  known(_point) {
    return [];
  }

  /**
   * How a class is marked in the legend.
   * @param {number} _kind
   * @param {string} color
   * @returns {HTMLElement}
   */
  emblem(_kind, color) {
    return make("i", { style: `background:${color}` });
  }

  describe() {
    if (!this.header) return;
    this.note.textContent = this.words().filter(Boolean).join(" ");
    const { strange, rings } = this.header;
    this.about.textContent = [
      strange && `${this.counted(strange)} of classes that it was not trained on are left out.`,
      rings ? "Of 100 new images, 39 come from inside the first ring, 86 the second, 99 the third." : "No rings: new images cannot be drawn at random.",
    ].filter(Boolean).join(" ");
  }

  /** @returns {(string | false | 0 | undefined)[]} */
  words() {
    const { header, points } = this;
    const { left } = header;
    const far = this.decoder?.where === "server" && `${header.reason} Pictures come from the server and follow the cursor more slowly.`;
    return [
      this.walk.words,
      !points.count && "There are no codes to show.",
      this.chosen && `${this.counted(this.chosen)} are chosen.`,
      left && `${this.counted(left)} are left out: their codes are not numbers.`,
      far,
      this.decoder instanceof Decoder && this.decoder.rung === "js" && "This browser refuses WebAssembly, so pictures take longer.",
      header.note,
      this.layers.note,
    ];
  }

  // Drawing, at most once a frame.

  /** @param {string[]} parts */
  request(...parts) {
    for (const part of parts) this.dirty.add(part);
    this.frame ??= requestAnimationFrame(() => this.draw());
  }

  draw() {
    cancelAnimationFrame(this.frame);
    this.frame = null;
    const dirty = this.dirty;
    this.dirty = new Set();
    if (!this.header) return;
    this.cursor.catchUp();
    if (this.view.side) this.drawMap(dirty.has("map"));
    if (dirty.has("code")) this.drawPicture();
    this.recorder.draw();
  }

  /** @param {boolean} all */
  drawMap(all) {
    if (all) {
      this.ground.draw();
      this.splat.draw(this.dots, this.view, this.points, this.header.colors, this.look, this.moving);
    }
    this.overlay.draw();
  }

  drawPicture() {
    this.panel.follow(this.codes.code);
    this.diagram.follow(this.codes.code);
    /** @type {Times} */
    const times = { event: this.cursor.moved, began: performance.now() };
    this.decoder?.decode(this.codes.code.slice(), (picture) => {
      times.decoded_ms = performance.now() - times.began;
      this.panel.draw(picture);
      this.diagram.paint(picture);
      times.picture = performance.now();
    });
    if (this.cursor.moved) window.loupeMeasure?.push(times);
    times.drawn = performance.now();
    this.cursor.moved = null;
  }
}

/**
 * A plane, or a kind of one.
 * @param {typeof Plane} Kind
 */
export const opener = (Kind) => mounting({
  make: (place) => new Kind(place),
  update: (plane, /** @type {Mounted<Uint8Array>} */ { data, setStateValue }) => {
    plane.voice.setState = setStateValue;
    if (data && data !== plane.data) plane.update(data);
    plane.data = data;
  },
  end: (plane) => plane.destroy(),
  stays: (plane, data) => !data || plane.shows(data), // another run may come in the same place
});

export default opener(Plane);
