// Walks that the cursor takes by itself: through bookmarks, between two pinned images, or through the classes.

import { calm, make } from "../shared/tools.js";

/** @import { Code, Fact } from "../shared/types" */
/** @import { Plane } from "./plane.js" */

const LEG = 1300; // ms from one stop to the next
const BETWEEN = 3000; // ms from one pinned image to the other: what lies between is what one wants to see
const CIRCLE = 48; // stops of the round trip on the prior's first ring

export class Walk {
  /** @param {Plane} plane */
  constructor(plane) {
    this.plane = plane;
    /** @type {number[][]} */
    this.marks = []; // bookmarked codes
    /** @type {Fact[]} */
    this.pins = []; // facts of two test images at most
    /** @type {number[] | null} */
    this.pinned = null; // images that were pinned before, of which nothing is known yet
    /** @type {Code[] | null} */
    this.playing = null; // the stops of the walk that goes on
    /** @type {number | null} */
    this.began = null;
    this.list = make("div", { class: "marks", role: "group", "aria-label": "Bookmarks" });
  }

  /**
   * Where the walk goes through, and back to the first: pins before bookmarks before the classes' mean codes.
   * @returns {Code[]}
   */
  stops() {
    const { means } = this.plane;
    if (this.pins.length === 2) return this.pins.map((fact) => fact.code);
    if (this.marks.length > 1) return this.marks;
    if (means.length > 1) return means;
    return this.circle();
  }

  // Around the prior, or around the middle of the codes.
  circle() {
    const { codes } = this.plane;
    const [x, y] = codes.rings ? codes.origin() : codes.place(codes.home);
    const turns = Array.from({ length: CIRCLE }, (_, i) => 2 * Math.PI * i / CIRCLE);
    return turns.map((turn) => codes.at(x + codes.stride() * Math.cos(turn), y + codes.stride() * Math.sin(turn)));
  }

  // What one does not see of it.
  get words() {
    if (this.pins.length === 1) return "Press a second dot: Play (▷) then walks between the two.";
    if (this.pins.length === 2 && !this.playing) return "Play (▷) walks between the two pinned images.";
    const free = this.playing && this.pins.length < 2 && this.marks.length < 2 && this.plane.means.length > 1;
    return free ? "It walks from class to class. To choose the way, press a dot, Walk from here, and a second dot." : "";
  }

  toggle() {
    if (this.playing) return this.pause();
    this.began = null;
    this.playing = this.stops();
    this.plane.buttons.mark("play", true);
    this.plane.describe();
    this.frame = requestAnimationFrame((now) => this.step(now));
  }

  /**
   * Whoever wants calm sees the stops, and not the way between them.
   * @param {number} now
   */
  step(now) {
    this.began ??= now;
    const stops = this.playing;
    const round = stops.length === CIRCLE;
    const legs = (now - this.began) / (this.pins.length === 2 ? BETWEEN : round ? LEG / 6 : LEG);
    const [from, to] = [0, 1].map((next) => stops[(Math.floor(legs) + next) % stops.length]);
    const part = legs % 1;
    const t = calm() ? 0 : round ? part : part * part * (3 - 2 * part);
    this.plane.cursor.setCode(from.map((value, i) => value + (to[i] - value) * t));
    this.frame = requestAnimationFrame((later) => this.step(later));
  }

  stop() {
    if (!this.playing) return;
    cancelAnimationFrame(this.frame);
    this.playing = null;
    this.plane.buttons.mark("play", false);
    this.plane.describe();
  }

  pause() {
    if (!this.playing) return;
    this.stop();
    this.plane.cursor.rest();
  }

  destroy() {
    cancelAnimationFrame(this.frame);
  }

  mark() {
    this.marks.push(Array.from(this.plane.codes.code));
    this.changed("marks", this.marks);
  }

  /** @param {number} place */
  forget(place) {
    this.marks.splice(place, 1);
    this.changed("marks", this.marks);
  }

  /**
   * The two newest stay.
   * @param {Fact} fact
   */
  pin(fact) {
    const others = this.pins.filter((pinned) => pinned.image !== fact.image);
    this.pins = others.length < this.pins.length ? others : [...others, fact].slice(-2);
    this.changed("pinned", this.pins.map((pinned) => pinned.image));
  }

  // Pressed while the chosen image is pinned.
  mind() {
    const { buttons, cursor } = this.plane;
    buttons.mark("pin", this.pins.some((pinned) => pinned.image === cursor.image?.image));
  }

  /**
   * An image was gone to: whoever has pinned one means this for the other end.
   * @param {Fact} fact
   */
  meet(fact) {
    if (this.pins.length === 1 && this.pins[0].image !== fact.image) this.pin(fact);
  }

  /**
   * After a visit to another page. What the pinned images are has to be asked again.
   * @param {number[][]} marks
   * @param {number[]} pinned
   */
  restore(marks, pinned) {
    this.marks = marks;
    this.pinned = pinned;
    if (pinned.length) this.plane.facts.want(pinned, 1);
    this.fill();
  }

  restorePins() {
    const facts = this.pinned?.map((image) => this.plane.facts.get(image));
    if (!facts?.every(Boolean)) return;
    this.pins = facts;
    this.pinned = null;
    this.fill();
  }

  /**
   * @param {string} name
   * @param {unknown} value
   */
  changed(name, value) {
    this.plane.tell(name, value);
    this.fill();
  }

  fill() {
    const chip = (/** @type {Code} */ code, /** @type {number} */ i) => make("span", {},
      make("button", { class: "quiet", title: `Go to bookmark ${i + 1}`, onclick: () => this.plane.cursor.jump(code) }, `${i + 1}`),
      make("button", { class: "quiet", "aria-label": `Remove bookmark ${i + 1}`, title: "Remove", onclick: () => this.forget(i) }, "×"));
    this.mind();
    this.list.replaceChildren(...(this.marks.length ? ["Bookmarks", ...this.marks.map(chip)] : []));
    this.plane.strip.show(this.pins);
    this.plane.request("over");
    this.plane.describe();
  }
}
