// How the model works: the way of a test image through both networks, with its own numbers, in step with the cursor.

import { paint } from "../shared/canvas.js";
import { make, number } from "../shared/tools.js";
import { Belief } from "./belief.js";
import { NEAR } from "./pointer.js";

/** @import { Code, Fact, Picture, PlaneHeader, Shape, Way } from "../shared/types" */
/** @import { Plane } from "./plane.js" */

const TOLD = 2; // numbers of a code that are told as figures
const FAR = 100; // spreads from the mean, from which on they are not counted
const SLANT = 34; // of 100, that a network is narrower above and below where the code is

export class Diagram {
  /** @param {Plane} plane */
  constructor(plane) {
    this.plane = plane;
    /** @type {Fact | null} */
    this.fact = null; // of the test image that goes in
    /** @type {Shape} */
    this.shape = null;
    /** @type {Way | undefined} */
    this.way = undefined;
    this.belief = new Belief(plane);
    this.original = make("canvas", { role: "img", "aria-label": "The picture that goes in" });
    this.made = make("canvas", { role: "img", "aria-label": "The picture that comes out" });
    this.name = make("p");
    this.mean = make("p");
    this.code = make("p");
    this.origin = make("p"); // where that code is from
    this.another = make("button", { onclick: () => this.draw() }, "Draw again");
    this.box = make("ol", { class: "way", "aria-label": "How it works", hidden: true });
  }

  /** @param {PlaneHeader} header */
  fill({ way, image, size }) {
    this.way = way;
    this.shape = image;
    if (!way) return;
    const remain = size === 1 ? "1 number remains" : `${size} numbers remain`;
    const draw = way.spread && part("Draw", this.code, this.origin, this.another);
    this.box.replaceChildren(
      part("Picture", this.original, this.name),
      part("Encoder", network(way.encoder, true), make("p", {}, "The encoder reads the picture."), stages(way.encoder)),
      part(way.spread ? "Mean and spread" : "Code", this.belief.canvas,
        make("p", {}, way.spread ? `${remain}, each with a spread.` : `${remain}.`), way.spread ? this.mean : this.code, !way.spread && this.origin),
      ...(draw ? [draw] : []),
      part("Decoder", network(way.decoder, false), make("p", {}, "The decoder paints from the code."), stages(way.decoder)),
      part("Picture", this.made, make("p", {}, "This comes out.")),
    );
  }

  toggle() {
    const hidden = this.box.toggleAttribute("hidden");
    this.plane.buttons.mark("works", !hidden);
    this.plane.box.classList.toggle("explained", !hidden);
    if (hidden) return;
    this.look();
    this.plane.request("code");
    this.box.scrollIntoView({ block: "nearest" });
  }

  // Once the cursor rests: the chosen test image goes in, or one that is near. While it moves, nothing is asked.
  look() {
    if (this.box.hidden) return;
    const { codes, cursor, points, view } = this.plane;
    const near = cursor.image ? null : points.nearestAtAll(...codes.place(), NEAR / view.scale);
    if (near !== null) this.plane.askAbout(near);
    this.learned();
  }

  // What is told of images during a drag waits for its end.
  learned() {
    const { codes, cursor, facts, hand } = this.plane;
    if (this.box.hidden || hand.doing) return;
    this.show(cursor.image ?? facts.nearest(codes.code));
  }

  /** @param {Fact | null} fact */
  show(fact) {
    this.fact = fact;
    this.original.classList.toggle("empty", !fact?.original);
    if (fact?.original) paint(this.original, fact.original, this.shape);
    this.name.textContent = fact ? [`Test image ${fact.image}`, fact.label].filter(Boolean).join(", ") : "";
    this.mean.replaceChildren(...figures(fact?.code, (i) => (fact.sigma ? `± ${number(Number(fact.sigma[i].toPrecision(2)))}` : "")));
    this.another.disabled = !fact?.sigma;
    this.follow(this.plane.codes.code);
  }

  // Of what the model believes of the image; that chooses the image.
  draw() {
    const { cursor } = this.plane;
    if (cursor.image !== this.fact) cursor.keep(this.fact);
    cursor.drawFrom();
  }

  /**
   * With every frame in which the cursor moves.
   * @param {Code} code
   */
  follow(code) {
    if (this.box.hidden) return;
    this.belief.draw(this.fact, code);
    this.code.replaceChildren(...figures(code, (i) => this.away(code, i)));
    this.origin.textContent = this.told(code);
  }

  /**
   * How far a number lies from its mean.
   * @param {Code} code
   * @param {number} i
   */
  away(code, i) {
    if (!this.fact?.sigma) return "";
    const spreads = (code[i] - this.fact.code[i]) / this.fact.sigma[i];
    return Math.abs(spreads) < FAR ? `${spreads < 0 ? "" : "+"}${spreads.toFixed(1)} spreads` : "far off";
  }

  /** @param {Code} code */
  told(code) {
    const is = (/** @type {Code | undefined} */ other) => other && Array.from(other).every((value, i) => Math.fround(value) === code[i]);
    if (is(this.plane.cursor.drawn.at(-1))) return "A code drawn from the spread.";
    return is(this.fact?.code) ? "The code of this picture." : "The code under the cursor.";
  }

  /** @param {Picture} picture */
  paint(picture) {
    if (!this.box.hidden) paint(this.made, picture, this.shape);
  }
}

/**
 * @param {string} title
 * @param {(Node | false)[]} children
 */
function part(title, ...children) {
  return make("li", {}, make("strong", {}, title), ...children.filter((child) => child !== false));
}

/**
 * A network as a trapezoid, narrow at the code, with a line for each of its stages.
 * @param {string[]} shapes
 * @param {boolean} narrows
 */
function network(shapes, narrows) {
  const [left, right] = narrows ? [0, SLANT] : [SLANT, 0];
  const lines = shapes.slice(1, -1).map((_, i) => {
    const share = (i + 1) / (shapes.length - 1);
    const top = left + (right - left) * share;
    return `M${100 * share} ${top}V${100 - top}`;
  });
  const outline = `M0 ${left}L100 ${right}V${100 - right}L0 ${100 - left}Z`;
  return make("svg", { viewBox: "0 0 100 100", preserveAspectRatio: "none", "aria-hidden": "true" }, make("path", { d: outline + lines.join("") }));
}

/** @param {string[]} shapes */
function stages(shapes) {
  return make("p", { class: "figures" }, shapes.join(" → "));
}

/**
 * The first numbers of a code, a line each.
 * @param {Code | undefined} code
 * @param {(i: number) => string} more
 */
function figures(code, more) {
  if (!code) return [];
  const lines = Array.from(code).slice(0, TOLD).map((value, i) => make("span", {}, `z${i + 1} ${value.toFixed(3)} `, make("small", {}, more(i))));
  return code.length > TOLD ? [...lines, make("span", {}, `and ${code.length - TOLD} more`)] : lines;
}
