// Several models under one cursor. In "same image" each stands at its own code of the same test image; in "same code" all
// get the same numbers.

import { Legend } from "../shared/legend.js";
import { mounting } from "../shared/mount.js";
import { unpack } from "../shared/parcel.js";
import { make, number, theme } from "../shared/tools.js";
import { Anchors } from "./anchors.js";
import { Climb } from "./climb.js";
import { Company } from "./company.js";
import { MapHand } from "./hand.js";
import { ModelMap } from "./map.js";
import { SameImages } from "./same.js";
import STYLE from "./twin.css";

/** @import { Code, Look, Mounted, Part, Picture, Place, Times, TwinHeader } from "../shared/types" */

const BOTH = { image: "Same image", code: "Same code" };
const WORDS = {
  image: "Each model stands at its own code of the same test images; between them it moves through its own code space.",
  code: "All models get the same numbers. Codes of two trainings have no common meaning, so the pictures need not be alike.",
};

export class Twin {
  /** @param {HTMLElement | ShadowRoot} root */
  constructor(root) {
    this.life = new AbortController();
    /** @type {Set<string>} */
    this.dirty = new Set();
    /** @type {Uint8Array | null} */
    this.data = null; // what it shows, as it came
    /** @type {TwinHeader | null} */
    this.header = null;
    /** @type {Set<number> | null} */
    this.wanted = null; // the models whose pictures are seen, where not all are
    /** @type {Company | null} */
    this.company = null;
    /** @type {ModelMap[]} */
    this.maps = [];
    /** @type {ModelMap} */
    this.lead = null; // the map that the hand is on
    /** @type {Place | null} */
    this.place = null; // of the cursor on it
    /** @type {number | null} */
    this.nearest = null; // the anchor there
    /** @type {Set<number> | null} */
    this.chosen = null; // test images
    /** @type {number | null} */
    this.moved = null; // when the hand was
    /** @type {number | null} */
    this.frame = null;
    /** @type {"image" | "code"} */
    this.way = "image";
    this.mode = "walk";
    /** @type {number | null} */
    this.hovered = null; // the test image under the pointer
    this.models = make("div", { class: "models" });
    this.note = make("p", { class: "note", role: "status" });
    this.buttons = this.makeButtons();
    this.bar = make("div", { class: "bar" }, ...Object.values(this.buttons));
    this.legend = new Legend(this);
    this.same = new SameImages(this);
    const below = make("div", { class: "below" }, this.legend.box, this.bar);
    this.climb = make("div");
    this.seen = make("div", {}, this.climb, this.models, this.same.box);
    this.box = make("div", { class: "twin" }, make("style", {}, STYLE), this.seen, below, this.note);
    root.append(this.box);
    this.resized = new ResizeObserver(() => this.request("size", "dots", "over"));
    this.resized.observe(this.box);
    const restyle = (/** @type {TransitionEvent} */ event) => { if (event.target === this.box) this.restyle(); };
    this.box.addEventListener("transitionend", restyle, { signal: this.life.signal }); // the theme has changed
  }

  makeButtons() {
    /** @type {(label: string, act: () => void, title: string) => HTMLButtonElement} */
    const button = (label, act, title) => make("button", { title, onclick: act }, label);
    return {
      image: button(BOTH.image, () => this.setWay("image"), WORDS.image),
      code: button(BOTH.code, () => this.setWay("code"), WORDS.code),
      walk: button("Walk", () => this.setMode("walk"), "Dragging over a map moves the cursor of all."),
      lasso: button("Lasso", () => this.setMode("lasso"), "Dragging over a map chooses test images in all."),
      clear: button("Clear", () => this.choose(this.lead, null), "Choose none (Esc)."),
    };
  }

  destroy() {
    this.life.abort();
    this.resized.disconnect();
    this.same.stop();
    cancelAnimationFrame(this.frame);
    this.company?.close();
    this.box.remove();
  }

  /** @param {Uint8Array} data */
  async update(data) {
    this.same.stop();
    this.company?.close();
    this.company = null;
    /** @type {{ header: TwinHeader, part: Part }} */
    const { header, part } = unpack(data);
    this.header = header;
    this.look = theme(this.box);
    this.maps = header.models.map((model) => new ModelMap(this, model, part(model.plane)));
    this.losses = header.models.map((model) => new Float32Array(part(model.losses).buffer));
    for (const map of this.maps.slice(1)) map.swipe();
    this.maps.forEach((map, i) => { map.loss.textContent = this.told(i, this.losses[i]); });
    this.hands = this.maps.map((map) => new MapHand(this, map, this.life.signal));
    this.models.replaceChildren(...this.maps.map((map) => map.box));
    this.anchors = new Anchors(header, part, this.maps);
    this.lead = this.maps[0];
    this.points = this.lead.points; // a class that is greyed is greyed on every map
    for (const map of this.maps) map.points.shown = this.points.shown;
    this.legend.fill(this.lead.plane);
    this.same.fill();
    this.setWay("image");
    this.setMode("walk");
    this.choose(this.lead, null);
    if (this.anchors.count) this.place = this.anchors.places[0][0];
    this.climbed();
    this.request("size", "dots", "over", "code");
    await this.open(data);
  }

  /** @param {Uint8Array} data */
  async open(data) {
    const parcels = this.maps.map((map) => (map.plane.decoder ? map.part(map.plane.decoder) : null));
    const company = await Company.open(parcels);
    if (this.life.signal.aborted || data !== this.data) return company.close();
    this.company = company;
    this.maps.forEach((map, i) => {
      if (!company.decoders[i]) map.fail(map.plane.reason || "There is no decoder for the browser, so there is no picture.");
    });
    company.wanted = this.wanted;
    this.same.draw();
    this.request("code");
  }

  // Of a ladder, which stands where all models are rungs of one.
  climbed() {
    const rungs = this.header.models.map(({ rung }) => rung).filter(Boolean);
    const isLadder = rungs.length === this.maps.length;
    this.wanted = null;
    this.seen.className = isLadder ? "ladder" : this.maps.length > 2 ? "row" : "two";
    this.models.style.setProperty("--models", `${this.maps.length}`);
    this.climb.replaceChildren();
    if (!isLadder) return;
    const climb = new Climb(this, rungs);
    this.climb.append(climb.box);
    climb.to(0);
  }

  /**
   * One model is seen, and the cursor stays on what it was on.
   * @param {number} place
   * @param {number} sees
   */
  only(place, sees) {
    this.maps.forEach((map, i) => { map.box.hidden = i !== place; });
    this.lead = this.maps[place];
    if (this.place) this.place = this.lead.codes.place();
    this.same.mark(place, sees);
    this.wanted = new Set([0, place]);
    if (this.company) this.company.wanted = this.wanted;
    this.request("size", "over", "pictures");
  }

  restyle() {
    this.look = theme(this.box);
    this.request("dots", "over");
  }

  // Ways and modes.

  /** @param {Twin["way"]} way */
  setWay(way) {
    const sizes = new Set(this.maps.map((map) => map.codes.size));
    this.buttons.code.disabled = sizes.size > 1;
    if (sizes.size > 1) this.buttons.code.title = "The codes are of different sizes, so no code fits all models.";
    this.buttons.image.disabled = !this.anchors.count;
    this.way = way;
    for (const name of /** @type {const} */ (["image", "code"])) this.buttons[name].setAttribute("aria-pressed", `${name === way}`);
    if (this.place) this.place = this.lead.codes.place();
    this.describe();
    this.request("code");
  }

  /** @param {string} mode */
  setMode(mode) {
    this.mode = mode;
    for (const name of /** @type {const} */ (["walk", "lasso"])) this.buttons[name].setAttribute("aria-pressed", `${name === mode}`);
  }

  // The cursor.

  /** @param {ModelMap} map */
  placeOf(map) {
    return this.lead === map && this.place ? this.place : map.codes.place();
  }

  /**
   * @param {ModelMap} map
   * @param {Place} place
   * @param {Event} event
   */
  walk(map, place, event) {
    this.lead = map;
    this.place = place;
    this.moved = event.timeStamp;
    this.request("code");
  }

  /**
   * @param {number} anchor
   * @param {Event} event
   */
  goTo(anchor, event) {
    this.walk(this.lead, this.anchors.places[this.maps.indexOf(this.lead)][anchor], event);
  }

  /**
   * All maps, each about its own place of what lies under the pointer; without a factor, back to where they began.
   * @param {ModelMap} map
   * @param {number | null} factor
   * @param {Place} [place]
   */
  zoom(map, factor, place) {
    const shares = place && this.anchors.around(this.maps.indexOf(map), place);
    this.maps.forEach((each, i) => {
      const there = each === map || !shares?.length ? place : each.codes.place(this.anchors.mixed(i, shares));
      factor ? each.view.zoom(factor, ...each.view.toScreen(...there)) : each.view.reset();
    });
    this.request("dots", "over");
  }

  // Every model's code for where the cursor is.
  follow() {
    if (!this.place) return;
    const lead = this.maps.indexOf(this.lead);
    const shares = this.anchors.around(lead, this.place);
    this.nearest = shares.reduce((best, each) => (each[1] > best[1] ? each : best), [null, 0])[0];
    const exact = this.lead.codes.size <= 2 || this.way === "code" || !shares.length;
    const own = exact ? this.lead.codes.at(...this.place) : this.anchors.mixed(lead, shares);
    this.maps.forEach((map, i) => {
      if (map === this.lead) map.codes.code = Float32Array.from(own);
      else if (this.way === "code") map.codes.code = Float32Array.from(own);
      else if (shares.length) map.codes.code = this.anchors.mixed(i, shares);
    });
  }

  // Classes.

  /** @param {number} number */
  counted(number) {
    return `${number.toLocaleString("en")} test images`;
  }

  /**
   * @param {number} _kind
   * @param {string} color
   */
  emblem(_kind, color) {
    return make("i", { style: `background:${color}` });
  }

  greyed() {
    this.request("dots");
  }

  // Hover and lasso, linked by the test image.

  /**
   * @param {number | null} point
   * @param {ModelMap} [map]
   */
  hover(point, map) {
    const image = point === null ? null : map.points.image(point);
    if (image === this.hovered) return;
    this.hovered = image;
    this.request("over");
  }

  /**
   * @param {ModelMap} map
   * @param {Place[] | null} corners
   */
  choose(map, corners) {
    const number = corners ? map.points.choose(corners) : 0;
    this.chosen = null;
    if (number) {
      this.chosen = new Set();
      for (let i = 0; i < map.points.count; i++) if (map.points.chosen[i]) this.chosen.add(map.points.image(i));
    }
    for (const each of this.maps) {
      each.points.chosen = this.chosen && Uint8Array.from({ length: each.points.count }, (_, i) => Number(this.chosen.has(each.points.image(i))));
    }
    this.buttons.clear.disabled = !this.chosen;
    this.describe();
    this.request("dots", "over");
  }

  describe() {
    const told = this.way === "code" ? [WORDS.code] : [];
    if (this.chosen) {
      const means = this.maps.map((map, i) => `${map.header.name} ${this.told(i, this.losses[i].filter((_, image) => this.chosen.has(image)))}`);
      told.push(`${this.chosen.size.toLocaleString("en")} test images are chosen; their mean loss: ${means.join(", ")}.`);
    }
    this.note.textContent = told.join(" ");
  }

  /**
   * The mean of some losses of a model, in words.
   * @param {number} model
   * @param {Float32Array} losses
   */
  told(model, losses) {
    const known = losses.filter((loss) => loss >= 0); // of classes that it was trained on
    return `${number(known.reduce((sum, loss) => sum + loss, 0) / known.length)} ${this.header.models[model].unit}`;
  }

  // Drawing, at most once a frame.

  /** @param {string[]} parts */
  request(...parts) {
    for (const part of parts) this.dirty.add(part);
    this.frame ??= requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.frame = null;
    const dirty = this.dirty;
    this.dirty = new Set();
    if (!this.header) return;
    /** @type {Times} */
    const times = { event: this.moved, began: performance.now() };
    if (dirty.has("code")) this.follow();
    for (const map of this.maps) {
      if (dirty.has("size")) map.resize();
      else if (dirty.has("dots")) map.drawDots();
      map.drawOver();
    }
    if (dirty.has("code") || dirty.has("pictures")) this.drawPictures(times);
  }

  /** @param {Times} times */
  drawPictures(times) {
    let left = this.maps.filter((_, i) => this.company?.decodes(i)).length;
    this.company?.decode(this.maps.map((map) => map.codes.code), (i, picture) => {
      this.maps[i].drawn(picture);
      left -= 1;
      if (!left) Object.assign(times, { picture: performance.now(), decoded_ms: performance.now() - times.began });
    });
    for (const map of this.maps) map.tell();
    this.showOriginal();
    if (this.moved) window.loupeMeasure?.push(times);
    times.drawn = performance.now();
    this.moved = null;
  }

  /**
   * The class of a test image, behind a comma.
   * @param {number} anchor
   */
  labelled(anchor) {
    const label = this.anchors.labels?.[anchor];
    return label === undefined ? "" : `, ${this.header.classes[label] ?? label}`;
  }

  // Beside the first model's picture; beside the others' stands how they differ from it.
  showOriginal() {
    const [first, ...others] = this.maps;
    const known = this.way === "image" && this.nearest !== null ? this.anchors.picture(this.nearest) : null;
    first.showOriginal(known, known ? `test image ${this.anchors.images[this.nearest]}${this.labelled(this.nearest)}` : "");
    for (const { about } of others) {
      about.textContent = "difference";
      about.title = "The difference to the first: orange where this one is lighter, blue where it is darker.";
    }
  }
}

export default mounting({
  make: (place) => new Twin(place),
  update: (twin, /** @type {Mounted<Uint8Array>} */ { data }) => {
    if (!data || data === twin.data) return;
    twin.data = data;
    twin.update(data);
  },
  end: (twin) => twin.destroy(),
});
