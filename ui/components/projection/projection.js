// A map of a projection: a plane with places of its own, linked with the other maps of the same images.

import { SETTLES } from "../plane/layers.js";
import { opener, Plane } from "../plane/plane.js";
import { Codes } from "../shared/codes.js";
import { unpack } from "../shared/parcel.js";
import { Points } from "../shared/points.js";
import { make } from "../shared/tools.js";
import { Columns } from "./columns.js";
import { Links } from "./links.js";
import { Looks } from "./looks.js";
import { Marks } from "./marks.js";
import { Nearby } from "./near.js";
import { OwnPicture } from "./own.js";
import { Pictures } from "./pictures.js";
import { Veil } from "./veil.js";
import STYLE from "./projection.css";

/** @import { Code, Part, Place, PlaneHeader, ProjectionHeader, SheetHeader } from "../shared/types" */
/** @import { View } from "../shared/view.js" */

export class Projection extends Plane {
  /** @param {HTMLElement | ShadowRoot} root */
  build(root) {
    super.build(root);
    /** @type {Columns} */
    this.columns = null;
    this.answer = ""; // to a search
    this.marks = this.splat = new Marks(this);
    this.veil = new Veil(this);
    this.pictures = new Pictures(this);
    this.looks = new Looks(this);
    this.links = new Links(this);
    this.own = new OwnPicture(this.panel);
    this.greys = 0; // how often that has changed
    this.guess = make("p", { class: "guess", role: "status" });
    this.own.named.after(this.guess);
    this.dots.before(this.veil.canvas);
    this.dots.after(this.pictures.canvas);
    this.stage.after(this.looks.box, this.looks.bar);
    this.buttons.menu.append(this.looks.together);
  }

  style() {
    return super.style() + STYLE;
  }

  dot() {
    return "Every dot is an image. Where they lie close, the projection found them alike.";
  }

  /** @param {number} image */
  named(image) {
    const { tests } = this.header;
    return image < tests ? `test image ${image}` : `training image ${image - tests}`;
  }

  /** @param {number} number */
  counted(number) {
    return number === 1 ? "1 image" : `${number.toLocaleString("en")} images`;
  }

  /** @param {number} point */
  known(point) {
    return this.columns.told(point);
  }

  /**
   * @param {number} kind
   * @param {string} color
   */
  emblem(kind, color) {
    const { plain } = this.marks;
    const colored = this.columns.shown?.words ? color : "transparent";
    return plain ? super.emblem(kind, colored) : make("b", { style: `color:${this.columns.shown?.words ? color : "inherit"}` }, `${this.marks.symbol(kind)} `);
  }

  /**
   * What is chosen stays chosen where the same images come to lie elsewhere.
   * @param {PlaneHeader} header
   * @param {Part} part
   */
  readPoints(header, part) {
    const points = new Points(header, part);
    const before = this.points;
    if (before?.chosen) points.chooseWhere((i) => before.chosen[before.point(points.image(i))]);
    return points;
  }

  /**
   * @param {ProjectionHeader} header
   * @param {Part} part
   * @param {Code} code
   */
  readCodes(header, part, code) {
    this.columns = new Columns(header, part, this.points);
    const codes = header.near ? new Nearby(header, this.points, part, code) : new Codes(header, code);
    this.veil.weave(codes, this.points);
    this.own.open(header, part);
    this.box.classList.toggle("beside", header.beside);
    this.box.classList.toggle("follows", !header.leads);
    this.looks.together.hidden = !header.beside;
    this.links.other = this.links.ring = null;
    return codes;
  }

  /** @param {Uint8Array} data */
  update(data) {
    super.update(data);
    this.looks.fill();
    this.overlay.canvas.setAttribute("aria-label", `${this.header.title}: ${this.counted(this.points.count)}. The arrow keys move the cursor.`);
  }

  /** @param {Uint8Array} letter */
  readLetter(letter) {
    if (!this.header || this.read.has(letter)) return;
    /** @type {{ header: SheetHeader, part: Part }} */
    const { header, part } = unpack(letter);
    if (!header.sheet || header.group !== this.header.group) return super.readLetter(letter);
    this.read.add(letter);
    this.pictures.open(header, part);
  }

  wantSheet() {
    this.tell("sheet", true);
  }

  /**
   * One image, wherever it lies.
   * @param {number} point
   */
  goTo(point) {
    const [x, y] = this.points.place(point);
    const { view } = this;
    if (Math.max(Math.abs(x - view.x), Math.abs(y - view.y)) > view.half) this.moveView(() => Object.assign(view, { x, y }));
    this.cursor.visit(point);
    this.links.send({ hover: this.points.image(point) });
  }

  /**
   * An image that is chosen on one map is gone to on all of them.
   * @param {number} image
   */
  visited(image) {
    if (!this.links.follows) this.links.send({ visit: image });
  }

  /** @param {Code} code */
  sent(code) {
    this.links.send({ go: Array.from(code) });
  }

  /** @param {string} words */
  say(words) {
    this.answer = words;
    this.describe();
  }

  // Linked with the other maps.

  /** @param {Place | null} at */
  hover(at) {
    const before = this.hovered;
    super.hover(at);
    if (this.hovered !== before) this.links.send({ hover: this.hovered === null ? null : this.points.image(this.hovered) });
  }

  /** @param {Place[]} corners */
  choose(corners) {
    super.choose(corners);
    this.tellChosen();
  }

  /** @param {(point: number) => unknown} fits */
  chooseWhere(fits) {
    const number = this.points.chooseWhere(fits);
    this.tell("chosen", number ? this.points.bits(this.header.total) : null);
    this.chosenChanged(number);
    this.tellChosen();
  }

  /** @param {string} mode */
  setMode(mode) {
    super.setMode(mode);
    this.links.send({ mode });
  }

  clear() {
    super.clear();
    this.links.send({ chosen: null, hover: null });
  }

  // The classes that are greyed here are greyed everywhere.
  greyed() {
    super.greyed();
    this.greys += 1;
    this.links.send({ greyed: this.columns.greyed() });
  }

  tellChosen() {
    const chosen = this.points.chosen && new Uint8Array(this.header.total);
    if (chosen) this.points.chosen.forEach((each, i) => { chosen[this.points.image(i)] = each; });
    this.mine = true;
    this.links.send({ chosen });
  }

  /**
   * What was chosen on another map. Python hears it from that one alone.
   * @param {Uint8Array | null} chosen
   */
  follow(chosen) {
    if (this.mine) this.tell("chosen", null);
    this.mine = false;
    const number = chosen ? this.points.chooseWhere((i) => chosen[this.points.image(i)]) : 0;
    if (!number) this.points.chosen = null;
    this.chosenChanged(number);
  }

  /** @param {(view: View) => void} change */
  moveView(change) {
    super.moveView(change);
    clearTimeout(this.telling);
    this.telling = setTimeout(() => this.header.beside && this.links.tellView(), SETTLES);
  }

  destroy() {
    clearTimeout(this.telling);
    super.destroy();
  }

  // Words and drawing.

  words() {
    const { marks, pictures, header, points } = this;
    const few = marks.cue === "pictures" && pictures.sheet && pictures.cells.size < points.count;
    const told = super.words().filter((text) => text !== "No rings: new images cannot be drawn at random.");
    return [
      this.answer, ...told,
      header.near && "Walking here goes by neighbours: the code is the mean of those of the nearest images, the nearer the heavier.",
      this.veil.cover && "Under the hatching no image is near, so the picture is a guess.",
      marks.cue === "pictures" && !pictures.sheet && "The pictures are on their way.",
      few && `Pictures of ${this.counted(pictures.cells.size)} fit on the sheet; the others stay dots.`,
    ];
  }

  /** @param {boolean} all */
  drawMap(all) {
    super.drawMap(all);
    if (all) {
      this.veil.draw();
      this.pictures.draw();
    }
    this.links.draw(this.overlay.context);
  }

  drawPicture() {
    super.drawPicture();
    const place = this.codes.place();
    this.own.draw(place);
    const guess = this.veil.over(...place) ? "No image is near: a guess" : "";
    if (this.guess.textContent !== guess) this.guess.textContent = guess;
    if (this.header.beside) this.links.send({ code: Array.from(this.codes.code) });
  }
}

export default opener(Projection);
