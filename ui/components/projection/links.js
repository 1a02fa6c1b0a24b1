// Maps of one group show the same images, so each shows what is done on the others. They meet on `document`:
//
//   loupe-link {group, from, hover: image or null}
//                          {code: [...]}             where the cursor of that map is
//                          {visit: image}            an image that was chosen there: the cursors of all go to it
//                          {go: [...]}               a code that was chosen beside the maps
//                          {chosen: one byte for each image, or null}
//                          {seen: one byte for each image, or null for all}   what is in view there
//                          {look: {...}}             colour, kind and size of the points
//                          {greyed: [...]}           names of greyed classes
//                          {mode: "walk"}            what a drag does

/** @import { Code, Looking } from "../shared/types" */
/** @import { View } from "../shared/view.js" */
/** @import { Projection } from "./projection.js" */
/** @typedef {{ hover?: number | null, code?: number[], visit?: number, go?: number[], chosen?: Uint8Array | null, seen?: Uint8Array | null, look?: Looking, greyed?: string[], mode?: string }} Words */

const MOST_FIT = 0.02; // share of the images at each side that may fall out of view where others are followed

export class Links {
  /** @param {Projection} plane */
  constructor(plane) {
    this.plane = plane;
    this.follows = false; // does what another map has done
    /** @type {Code | null} */
    this.other = null; // the code where another map's cursor is
    /** @type {number | null} */
    this.ring = null; // the point that another map's pointer is on
    document.addEventListener("loupe-link", (event) => this.hear(event.detail), { signal: plane.life.signal });
  }

  /** @param {Words} words */
  send(words) {
    const { group, plane } = this.plane.header;
    document.dispatchEvent(new CustomEvent("loupe-link", { detail: { group, from: plane, ...words } }));
  }

  /** @param {Words & { group: string, from: string }} words */
  hear({ group, from, hover, code, visit, go, chosen, seen, look, greyed, mode }) {
    const { header, points, looks } = this.plane;
    if (!header || group !== header.group || from === header.plane) return;
    if (hover !== undefined) this.ring = hover === null ? null : points.point(hover);
    if (code) this.other = code;
    if (visit !== undefined) this.visit(points.point(visit));
    if (go && this.plane.codes.fits(go)) this.plane.cursor.jump(go);
    if (look) looks.apply(look);
    if (chosen !== undefined) this.plane.follow(chosen);
    if (seen !== undefined && looks.state.together) this.show(seen);
    if (greyed) this.grey(greyed);
    if (mode && mode !== this.plane.hand.mode) this.plane.setMode(mode);
    this.plane.request("over");
  }

  /**
   * To where an image lies on this map, if it does.
   * @param {number | null} point
   */
  visit(point) {
    if (point === null) return;
    this.follows = true;
    this.plane.cursor.visit(point); // the view stays: moved, it would move that of the first map in turn
    this.follows = false;
  }

  /** @param {string[]} names */
  grey(names) {
    const { columns, legend, points } = this.plane;
    columns.kinds?.words.forEach((name, kind) => { points.shown[kind] = Number(!names.includes(name)); });
    this.plane.greys += 1;
    legend.press();
    this.plane.request("map");
  }

  // The images that are in view, for the other maps.
  tellView() {
    const { view, points, header, looks } = this.plane;
    if (!looks.state.together) return;
    const whole = view.closeness < 1.01;
    const seen = whole ? null : new Uint8Array(header.total);
    for (let i = 0; !whole && i < points.count; i++) {
      const [x, y] = points.place(i);
      if (Math.max(Math.abs(x - view.x), Math.abs(y - view.y)) <= view.half) seen[points.image(i)] = 1;
    }
    this.send({ seen });
  }

  /**
   * The square around nearly all of them.
   * @param {Uint8Array | null} seen
   */
  show(seen) {
    const { view, points } = this.plane;
    /** @type {[number[], number[]]} */
    const places = [[], []];
    for (let i = 0; seen && i < points.count; i++) {
      if (seen[points.image(i)]) points.place(i).forEach((value, axis) => places[axis].push(value));
    }
    if (!places[0].length) view.reset();
    else this.fit(view, places.map((values) => Float64Array.from(values).sort()));
    this.plane.layers.refresh();
    this.plane.request("map");
  }

  /**
   * @param {View} view
   * @param {Float64Array[]} sorted
   */
  fit(view, sorted) {
    const ends = sorted.map((values) => [MOST_FIT, 1 - MOST_FIT].map((share) => values[Math.round(share * (values.length - 1))]));
    [view.x, view.y] = ends.map(([low, high]) => (low + high) / 2);
    const half = 1.1 * Math.max(...ends.map(([low, high]) => high - low)) / 2;
    view.half = Math.max(view.start[2] / 2000, Math.min(view.start[2], half || view.start[2] / 50));
  }

  /** @param {CanvasRenderingContext2D} context */
  draw(context) {
    const { view, overlay, look, codes, points } = this.plane;
    if (this.ring !== null && this.ring < points.count) overlay.ring(points.place(this.ring));
    if (!this.other || !codes.fits(this.other)) return;
    const [x, y] = view.toScreen(...codes.place(this.other));
    for (const [color, width] of /** @type {[string, number][]} */ ([[look.background, 4], [look.text, 1.5]])) {
      context.strokeStyle = color;
      context.lineWidth = width;
      context.beginPath();
      for (const [dx, dy] of [[0, -9], [9, 0], [0, 9], [-9, 0]]) context.lineTo(x + dx, y + dy);
      context.closePath();
      context.stroke();
    }
  }
}
