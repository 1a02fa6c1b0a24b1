// Where the cursor goes: after the hand, a slider, a key or another part of the page; and what Python hears of it.

import { chance, normal } from "../shared/codes.js";
import { make } from "../shared/tools.js";
import { NEAR } from "./pointer.js";

/** @import { Code, Fact, Place } from "../shared/types" */
/** @import { Plane } from "./plane.js" */

const MOST_DRAWN = 200; // draws from one image's code that stay on the map

export class Cursor {
  /** @param {Plane} plane */
  constructor(plane) {
    this.plane = plane;
    /** @type {Fact | null} */
    this.image = null; // what is known of the test image that it was sent to
    /** @type {Code[]} */
    this.drawn = []; // codes drawn from what the model believes of that image
    this.chance = Math.random; // what they are drawn with: for an image always the same ones
    /** @type {Place | null} */
    this.pointer = null; // where the hand was last, until the next frame is drawn
    /** @type {number | null} */
    this.moved = null; // when that was
    /** @type {number | null} */
    this.awaited = null; // the test image whose code Python is to tell
    /** @type {number | null} */
    this.caught = null; // the point that it snapped to
    this.snap = false;
    /** @type {string | null} */
    this.told = null; // the code that Python heard last
    const paces = [[1, "step"], [10, "ten steps"], [0.1, "a tenth"]].map(([value, name]) => make("option", { value }, `${name}`));
    this.pace = make("select", { title: "How far an arrow goes", "aria-label": "Size of a step" }, ...paces);
  }

  /**
   * @param {Code} code
   * @param {Place} [place]
   */
  setCode(code, place) {
    this.plane.codes.set(code, place);
    this.plane.request("code");
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  setPlace(x, y) {
    this.plane.codes.moveTo(x, y);
    this.plane.request("code");
  }

  /**
   * @param {Code} code
   * @param {Place} [place]
   */
  go(code, place) {
    this.setCode(code, place);
    this.rest();
  }

  /** @param {Code} code */
  jump(code) {
    this.interrupt();
    this.go(code);
  }

  random() {
    this.jump(this.plane.codes.random(this.plane.points));
  }

  /**
   * A slider: one number of the code.
   * @param {number} i
   * @param {number} value
   * @param {Event} event
   */
  setOne(i, value, event) {
    if (!Number.isFinite(value)) return;
    this.interrupt();
    this.moved = event.timeStamp;
    this.setCode(this.plane.codes.code.with(i, value));
  }

  /**
   * The newest place of the pointer counts when the next frame is drawn.
   * @param {Place} at
   * @param {Event} event
   */
  walkTo(at, event) {
    this.interrupt();
    this.pointer = at;
    this.moved = event.timeStamp;
    this.plane.request("code");
  }

  catchUp() {
    if (!this.pointer) return;
    let place = this.plane.view.toPlane(...this.pointer);
    this.pointer = null;
    this.caught = this.snap ? this.plane.points.nearestAtAll(...place, NEAR / this.plane.view.scale) : null;
    if (this.caught !== null) place = this.plane.points.place(this.caught);
    this.plane.codes.moveTo(...place);
  }

  release() {
    if (this.pointer) this.plane.draw();
    if (this.snap && this.caught !== null) this.visit(this.caught);
    else this.rest();
  }

  /**
   * @param {number} across
   * @param {number} up
   * @param {KeyboardEvent | MouseEvent} event
   */
  step(across, up, event) {
    const size = 0.1 * Number(this.pace.value) * this.plane.codes.stride() * (event.shiftKey ? 10 : event.altKey ? 0.1 : 1);
    const [x, y] = this.plane.codes.place();
    this.interrupt();
    this.moved = event.timeStamp;
    this.setPlace(x + size * across, y + size * up);
    if (event.type === "click") this.rest();
  }

  /**
   * Exactly to the code of a test image; near it at once, and there when Python has told the code.
   * @param {number} point
   */
  visit(point) {
    this.interrupt();
    const image = this.plane.points.image(point);
    this.plane.visited(image);
    this.setPlace(...this.plane.points.place(point));
    this.awaited = image;
    if (this.plane.facts.get(image)) return this.learned();
    this.plane.askAbout(point);
    this.rest();
  }

  // Python has told something about test images.
  learned() {
    const arrived = this.plane.facts.get(this.awaited);
    if (!arrived) return;
    this.awaited = null;
    this.keep(arrived);
    this.plane.walk.meet(arrived);
    this.go(arrived.code, this.plane.codes.place());
  }

  /** @param {Fact | null} fact */
  keep(fact) {
    this.image = fact;
    this.drawn = [];
    this.chance = chance(fact?.image ?? 0);
    this.plane.panel.show(fact);
    this.plane.walk.mind();
    this.plane.buttons.allow({ pin: fact, draw: fact?.sigma, clear: fact || this.plane.chosen });
    this.plane.diagram.look();
    this.plane.request("over");
  }

  drawFrom() {
    this.interrupt();
    const { code, sigma } = this.image;
    const drawn = code.map((value, i) => value + sigma[i] * normal(this.chance));
    this.drawn = [...this.drawn, drawn].slice(-MOST_DRAWN);
    this.go(drawn);
  }

  snapOrNot() {
    this.snap = !this.snap;
    this.plane.buttons.mark("snap", this.snap);
    const near = this.snap ? this.plane.points.nearestAtAll(...this.plane.codes.place(), NEAR / this.plane.view.scale) : null;
    if (near !== null) this.visit(near);
  }

  // Whoever moves the cursor by hand ends what moves it by itself.
  interrupt() {
    this.awaited = null;
    this.plane.walk.stop();
  }

  /**
   * Python wants it elsewhere.
   * @param {Code} code
   */
  obey(code) {
    this.told = null;
    this.setCode(code);
    this.plane.diagram.look();
  }

  /** @param {DocumentEventMap["loupe-go"]["detail"]} wish */
  heed({ plane, code, place, live }) {
    if (plane !== this.plane.header?.plane) return;
    if (!place && !this.plane.codes.fits(code)) return;
    this.interrupt();
    place ? this.setPlace(...place) : this.setCode(code);
    if (live) return;
    if (code) this.plane.sent(code);
    this.rest();
  }

  // Once, when the cursor has come to rest.
  rest() {
    const code = Array.from(this.plane.codes.code, (value) => Number(value.toPrecision(6)));
    if (`${code}` === this.told) return;
    this.told = `${code}`;
    this.plane.tell("at", code);
    document.dispatchEvent(new CustomEvent("loupe-at", { detail: { plane: this.plane.header.plane, code } }));
    this.plane.layers.refresh();
    this.plane.diagram.look();
  }
}
