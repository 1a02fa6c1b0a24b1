// A run as a film: the losses, one slider over its epochs, and the pictures of the epoch that the slider stands at.

import { mounting } from "../shared/mount.js";
import { unpack } from "../shared/parcel.js";
import { calm, make } from "../shared/tools.js";
import { Voice } from "../shared/voice.js";
import { LossChart } from "./chart.js";
import { Frames } from "./frames.js";
import { CodeMap, Grid, Pairs } from "./pictures.js";
import STYLE from "./film.css";

/** @import { Chart, FilmHeader, Mounted, Part, Scene, Tell } from "../shared/types" */

const ASK = 16; // epochs asked for at a time
const ASK_AGAIN = 6000; // ms after which an answer counts as lost
const GLIDE = 320; // ms in which the points move to their next places

class Film {
  /** @param {HTMLElement | ShadowRoot} root */
  constructor(root) {
    this.frames = new Frames();
    /** @type {FilmHeader | null} */
    this.header = null;
    /** @type {Promise<ImageBitmap> | undefined} */
    this.originals = undefined;
    /** @type {number[]} */
    this.view = [0, 0, 1];
    /** @type {number | undefined} */
    this.gliding = undefined;
    /** @type {number | null} */
    this.epoch = null; // what the pictures show; the last one while `following`
    this.following = true;
    this.asked = { epochs: /** @type {number[]} */ ([]), at: 0 };
    this.which = 0; // of the charts
    this.charts = make("div", { class: "charts" });
    this.parts = make("div", { class: "parts" });
    const name = (/** @type {string} */ figure) => `${this.header.run}-epoch-${this.epoch}-${figure}`;
    this.bar = this.makeBar();
    this.network = make("div");
    this.said = make("p");
    this.waiting = make("div", { class: "waiting" }, this.network, this.said);
    this.note = make("p");
    const explained = make("details", { class: "note" }, make("summary", {}, "Explained"), this.note);
    this.box = make("div", { class: "film" }, make("style", {}, STYLE), this.parts);
    root.append(this.box);
    this.parts.append(this.bar);
    this.map = new CodeMap(this.parts, name);
    this.grid = new Grid(this.parts, name);
    this.pairs = new Pairs(this.parts, name);
    this.parts.append(this.charts, this.waiting, explained);
    this.tabs = make("span", { class: "tabs" });
    this.loss = new LossChart(this.charts, (epoch) => this.scrub(epoch));
    this.loss.brief = true;
    this.resized = new ResizeObserver(() => this.drawAll());
    this.resized.observe(this.box);
    this.keys = (/** @type {KeyboardEvent} */ event) => this.onKey(event);
    document.addEventListener("keydown", this.keys);
    this.voice = new Voice(this.box);
    this.box.addEventListener("keydown", (event) => this.onSpace(event));
  }

  destroy() {
    this.resized.disconnect();
    document.removeEventListener("keydown", this.keys);
    this.voice.destroy();
    this.pause();
    this.box.remove(); // Streamlit may end a component and begin it anew in the same place
  }

  makeBar() {
    this.button = make("button", { class: "play", title: "Play the epochs one after the other (space)", onclick: () => this.toggle() }, "Play");
    this.slider = make("input", { type: "range", min: 0, max: 0, step: 1, "aria-label": "Epoch" });
    this.slider.addEventListener("input", () => this.scrub(this.header.epochs[Number(this.slider.value)]));
    this.place = make("output", {}, "");
    this.newest = make("button", { class: "quiet", title: "Back to the newest epoch", onclick: () => this.follow() }, "Newest");
    return make("div", { class: "bar" }, this.button, this.slider, this.place, this.newest);
  }

  /**
   * @param {Uint8Array} data
   * @param {Tell} setState
   */
  update(data, setState) {
    /** @type {{ header: FilmHeader, part: Part }} */
    const { header, part } = unpack(data);
    const first = !this.header;
    this.header = header;
    this.voice.setState = setState;
    this.frames.add(header, part);
    this.showCharts();
    this.map.describe(header);
    this.note.textContent = `${header.map_note} ${header.grid_note}`;
    this.pairs.shape = header.image;
    if (header.originals) this.originals ??= createImageBitmap(new Blob([part(header.originals)]));
    const some = header.epochs.length > 0;
    this.slider.disabled = this.button.disabled = !some;
    this.waiting.hidden = some;
    if (some) this.arrive(first);
    else this.wait();
    this.ask();
  }

  // Before the first picture: what the network will be, and the places of all that comes.
  wait() {
    const { network, total, waiting } = this.header;
    if (!this.network.firstChild) this.network.innerHTML = network;
    this.said.textContent = waiting;
    this.place.textContent = `Epoch – of ${total}`;
    this.newest.hidden = true;
    this.pairs.draw();
  }

  /** @param {boolean} first */
  arrive(first) {
    this.slider.max = `${this.header.epochs.length - 1}`;
    if (this.following || !this.frames.get(this.epoch)) this.epoch = this.frames.nearest(this.header.epochs.at(-1));
    this.view = this.frames.view(this.header.rings ? 3 : 0);
    this.showEpoch(!first);
  }

  showCharts() {
    const { charts, run } = this.header;
    this.fit();
    this.loss.show({ ...charts[this.which], run }, this.epoch);
    if (charts.length > 1) this.loss.figure.querySelector(".title").replaceChildren(this.tabs);
    if (charts.length !== this.tabs.children.length) this.tabs.replaceChildren(...charts.map((chart, i) => this.tab(chart, i)));
  }

  /**
   * @param {Chart} chart
   * @param {number} i
   */
  tab(chart, i) {
    const choose = () => {
      this.which = i;
      [...this.tabs.children].forEach((each, at) => each.setAttribute("aria-pressed", `${at === i}`));
      this.showCharts();
    };
    return make("button", { class: "quiet", title: `${chart.title}. ${chart.help}`, "aria-pressed": `${i === this.which}`, onclick: choose }, chart.tab);
  }

  // Beside the pictures the chart is as high as they are.
  fit() {
    const beside = getComputedStyle(this.parts).gridTemplateColumns.split(" ").length > 2;
    this.loss.tall = beside ? this.map.canvas.clientHeight + this.map.legend.offsetHeight : undefined;
  }

  /** @param {boolean} glide */
  showEpoch(glide) {
    const { epochs } = this.header;
    this.slider.value = `${epochs.indexOf(this.epoch)}`;
    this.place.textContent = `Epoch ${this.epoch} of ${this.header.total}`;
    this.newest.hidden = this.following || this.epoch === epochs.at(-1);
    this.loss.draw(this.epoch);
    this.moveTo(this.scene(this.epoch), glide && !calm());
    this.showPictures(this.epoch);
  }

  /**
   * @param {number} epoch
   * @returns {Scene}
   */
  scene(epoch) {
    const frame = this.frames.get(epoch);
    const { points: raw, square } = frame;
    return { placed: this.frames.placed(epoch), raw, square, turn: this.frames.turn(epoch), view: this.view };
  }

  /**
   * Points glide from where they are to where the epoch has them.
   * @param {Scene} scene
   * @param {boolean} glide
   */
  moveTo(scene, glide) {
    cancelAnimationFrame(this.gliding);
    const from = this.map.scene;
    if (!glide || !from || from.placed.length !== scene.placed.length) return this.map.draw(scene);
    const began = performance.now();
    /** @type {<Numbers extends number[] | Float32Array>(from: Numbers, to: Numbers, t: number) => Numbers} */
    const blend = (a, b, t) => /** @type {typeof a} */ (a.map((value, i) => value + (b[i] - value) * t));
    const frame = (/** @type {number} */ now) => {
      const t = Math.min(1, (now - began) / GLIDE);
      const eased = t * t * (3 - 2 * t);
      const view = blend(from.view, scene.view, eased);
      this.map.draw(t < 1 ? { ...scene, view, placed: blend(from.placed, scene.placed, eased) } : scene);
      if (t < 1) this.gliding = requestAnimationFrame(frame);
    };
    this.gliding = requestAnimationFrame(frame);
  }

  /** @param {number} epoch */
  async showPictures(epoch) {
    const [grid, made] = await Promise.all(/** @type {const} */ (["grid", "pictures"]).map((name) => this.frames.picture(epoch, name)));
    const originals = await this.originals;
    if (epoch !== this.epoch) return; // scrubbed on meanwhile
    this.grid.draw(grid, this.frames.turn(epoch), this.header.grid);
    this.pairs.draw(originals, made, this.header.pairs);
  }

  drawAll() {
    this.fit();
    if (this.loss.spec) this.loss.draw();
    for (const picture of [this.map, this.grid, this.pairs]) picture.draw();
  }

  // The slider.

  /** @param {number} epoch */
  scrub(epoch) {
    if (!this.header.epochs.length) return;
    this.pause();
    this.goTo(epoch);
  }

  /** @param {number} epoch */
  goTo(epoch) {
    this.following = epoch === this.header.epochs.at(-1);
    const near = this.frames.nearest(epoch);
    if (near === null) return;
    this.epoch = near;
    this.showEpoch(true);
    if (!this.frames.get(epoch)) this.ask(epoch);
  }

  follow() {
    this.pause();
    this.goTo(this.header.epochs.at(-1));
  }

  /** @param {number} by */
  step(by) {
    const { epochs } = this.header;
    const place = epochs.indexOf(this.epoch) + by;
    if (place >= 0 && place < epochs.length) this.goTo(epochs[place]);
    return place < epochs.length - 1;
  }

  toggle() {
    if (this.playing) return this.pause();
    if (this.epoch === this.header.epochs.at(-1)) this.goTo(this.header.epochs[0]);
    this.button.textContent = "Pause";
    const pace = Math.max(120, Math.min(500, 12_000 / this.header.epochs.length));
    this.playing = setInterval(() => { if (!this.step(1)) this.pause(); }, pace);
  }

  pause() {
    clearInterval(this.playing);
    this.playing = null;
    this.button.textContent = "Play";
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const target = /** @type {HTMLInputElement} */ (event.composedPath()[0]);
    const typing = target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName) && target.type !== "range";
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !this.header?.epochs.length) return;
    if (event.key === "[" || event.key === "]") {
      this.pause();
      this.step(event.key === "]" ? 1 : -1);
    }
  }

  /** @param {KeyboardEvent} event */
  onSpace(event) {
    if (event.key !== " " || /** @type {Element} */ (event.composedPath()[0]).tagName === "BUTTON") return;
    event.preventDefault();
    this.toggle();
  }

  // Snapshots come in portions, the ones nearest to the slider first, so that the page is there before all of them are.
  ask(near = this.epoch) {
    const missing = this.header.epochs.filter((epoch) => !this.frames.get(epoch));
    const wanted = missing.sort((a, b) => Math.abs(a - near) - Math.abs(b - near)).slice(0, ASK).sort((a, b) => a - b);
    const same = JSON.stringify(wanted) === JSON.stringify(this.asked.epochs);
    if (same && (!wanted.length || Date.now() - this.asked.at < ASK_AGAIN)) return;
    this.asked = { epochs: wanted, at: Date.now() };
    this.voice.say("want", wanted);
  }
}

export default mounting({
  make: (place) => new Film(place),
  update: (film, /** @type {Mounted<Uint8Array>} */ { data, setStateValue }) => { if (data) film.update(data, setStateValue); },
  end: (film) => film.destroy(),
});
