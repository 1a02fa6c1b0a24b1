// The loss chart: lines over epochs, levels to compare with, printed points as marks. Drawn anew at each change, at once.

import { heading, standalone } from "../shared/figure.js";
import { make, number, steps, theme } from "../shared/tools.js";

/** @import { Attributes, Chart, ChartLine, Level } from "../shared/types" */
/** @typedef {{ name: string, color?: string, kind: string, names: string[] }} Entry   in the legend, for the lines of these names */

const BELOW = 42; // pixels of what stands along the axis

export class LossChart {
  /**
   * @param {HTMLElement} host
   * @param {(epoch: number) => void} pick
   */
  constructor(host, pick) {
    /** @type {Chart} */
    this.spec = null;
    /** @type {Set<string>} */
    this.hidden = new Set(); // names of lines
    /** @type {(place: number) => number} */
    this.x = null;
    /** @type {(value: number) => number} */
    this.y = null;
    /** @type {number | null} */
    this.hover = null; // the place under the pointer
    /** @type {number | null | undefined} */
    this.cursor = undefined; // an epoch
    /** @type {CanvasRenderingContext2D} */
    this.measure = null; // how wide words are
    this.pick = pick;
    this.figure = make("figure", { class: "chart" });
    this.stage = make("div", { class: "stage" });
    this.tip = make("div", { class: "tip", hidden: true });
    /** @type {number | undefined} */
    this.tall = undefined; // of the whole drawing, where its place decides that
    this.brief = false; // whether its legend names training and validation once for all lines
    host.append(this.figure);
    this.stage.addEventListener("pointermove", (event) => this.onMove(event));
    this.stage.addEventListener("pointerleave", () => this.leave());
    this.stage.addEventListener("click", (event) => this.onClick(event));
  }

  /**
   * @param {Chart} spec
   * @param {number | null} [cursor]
   */
  show(spec, cursor) {
    if (spec.name !== this.spec?.name || spec.title !== this.spec?.title) {
      const file = () => `${this.spec.run}-${this.spec.name}`;
      const head = heading(spec.title, spec.help, file, () => standalone(this.svg, this.figure));
      this.figure.replaceChildren(head, this.stage);
    }
    this.spec = spec;
    this.draw(cursor);
  }

  /** @param {number | null} [cursor] */
  draw(cursor = this.cursor) {
    this.cursor = cursor;
    const width = Math.max(this.stage.clientWidth, 240);
    this.place(width);
    const svg = make("svg", { viewBox: `0 0 ${width} ${this.height}`, width, height: this.height, role: "group" });
    svg.style.fontFamily = "var(--st-font)";
    svg.append(make("title", {}, `${this.spec.title}, in ${this.spec.unit}`));
    this.drawAxes(svg);
    this.drawLevels(svg);
    for (const line of this.shown()) this.drawLine(svg, line);
    this.drawBatches(svg);
    this.drawMarks(svg);
    this.drawCursor(svg);
    if (this.empty) svg.append(this.text((this.left + this.right) / 2, (this.top + this.bottom) / 2, this.spec.empty, { "text-anchor": "middle" }));
    this.legend(svg);
    this.svg = svg;
    this.stage.replaceChildren(svg, this.tip);
    this.showTip();
  }

  shown() {
    return this.spec.lines.filter((line) => !this.hidden.has(line.name));
  }

  /**
   * Where everything goes: margins, and the two scales.
   * @param {number} width
   */
  place(width) {
    const { spec } = this;
    const roomy = width >= 520 && spec.levels.length > 0;
    this.legendRows = this.layLegend(width);
    this.left = 58;
    this.right = width - (roomy ? 156 : 14);
    this.roomy = roomy;
    this.top = 12 + 22 * this.legendRows;
    this.bottom = this.tall ? Math.max(this.tall - BELOW, this.top + 60) : this.top + spec.height;
    this.height = this.bottom + BELOW;
    const [first, last] = spec.span;
    this.x = (epoch) => this.left + ((epoch - first) / (last - first)) * (this.right - this.left);
    const values = this.shown().flatMap((line) => line.values).concat(spec.batches.map((point) => point[1]));
    const marks = spec.marks.filter((mark) => mark.epoch <= last).map((mark) => mark.value);
    const finite = values.concat(marks).filter((value) => Number.isFinite(value) && (!spec.log || value > 0));
    this.empty = !finite.length;
    const [low, high] = this.range(finite);
    this.low = low;
    this.high = high;
    const scale = spec.log ? Math.log : (/** @type {number} */ value) => value;
    this.y = (value) => this.bottom - ((scale(value) - scale(low)) / (scale(high) - scale(low))) * (this.bottom - this.top);
  }

  /**
   * @param {number[]} values
   * @returns {[number, number]}
   */
  range(values) {
    if (!values.length) return this.spec.log ? [0.1, 1] : [0, 1];
    const low = Math.min(...values);
    const high = Math.max(...values);
    const same = high - low <= 1e-9 * Math.abs(high); // as far as an axis can tell
    if (this.spec.log) return same ? [low / 2, high * 2] : [low / (high / low) ** 0.06, high * (high / low) ** 0.06];
    const room = ((!same && high - low) || Math.abs(high) || 1) * 0.06;
    return [Math.max(low - room, low >= 0 ? 0 : -Infinity), high + room];
  }

  ticks() {
    if (this.empty) return [];
    if (!this.spec.log) return steps(this.low, this.high, 5);
    const decades = [];
    for (let power = Math.floor(Math.log10(this.low)); power <= Math.log10(this.high); power++) {
      for (const factor of [1, 2, 5]) decades.push(factor * 10 ** power);
    }
    const inside = decades.filter((tick) => tick >= this.low && tick <= this.high);
    return inside.length >= 4 ? inside : steps(this.low, this.high, 6).filter((tick) => tick > 0);
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {string} text
   * @param {Attributes} more
   */
  text(x, y, text, more = {}) {
    return make("text", { x, y, "font-size": 12, fill: "var(--st-text-color)", "fill-opacity": 0.75, ...more }, text);
  }

  /**
   * @param {number} x1
   * @param {number} y1
   * @param {number} x2
   * @param {number} y2
   * @param {Attributes} more
   */
  rule(x1, y1, x2, y2, more = {}) {
    return make("line", { x1, y1, x2, y2, stroke: "var(--st-text-color)", "stroke-opacity": 0.14, ...more });
  }

  /** @param {SVGSVGElement} svg */
  drawAxes(svg) {
    for (const tick of this.ticks()) {
      const y = this.y(tick);
      svg.append(this.rule(this.left, y, this.right, y), this.text(this.left - 8, y + 4, number(tick), { "text-anchor": "end" }));
    }
    const [first, last] = this.spec.span;
    const few = Math.max(2, Math.min(10, Math.floor((this.right - this.left) / 60)));
    const whole = (/** @type {number} */ tick) => this.spec.across || Number.isInteger(tick);
    for (const tick of steps(first, last, few).filter(whole)) {
      svg.append(this.text(this.x(tick), this.bottom + 18, tick.toLocaleString("en"), { "text-anchor": "middle" }));
    }
    svg.append(this.rule(this.left, this.bottom, this.right, this.bottom, { "stroke-opacity": 0.4 }));
    svg.append(this.text((this.left + this.right) / 2, this.bottom + 36, this.spec.across ?? "epoch", { "text-anchor": "middle" }));
    const middle = (this.top + this.bottom) / 2;
    const turned = { "text-anchor": "middle", transform: `rotate(-90 13 ${middle})` };
    svg.append(this.text(13, middle, this.spec.unit, turned));
  }

  /** @param {[number, number][]} points */
  path(points) {
    let pen = "M";
    return points.map(([x, y]) => {
      if (!Number.isFinite(x) || !Number.isFinite(y)) { pen = "M"; return ""; }
      const piece = `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
      pen = "L";
      return piece;
    }).join("");
  }

  /** @param {ChartLine} line */
  along(line) {
    return line.at ?? this.spec.epochs;
  }

  /**
   * @param {SVGSVGElement} svg
   * @param {ChartLine} line
   */
  drawLine(svg, line) {
    /** @type {[number, number][]} */
    const points = line.values.map((value, i) => [this.x(this.along(line)[i]), this.y(value ?? NaN)]);
    const look = { fill: "none", stroke: line.color, "stroke-width": 2, "stroke-linejoin": "round" };
    svg.append(make("path", { d: this.path(points), "stroke-dasharray": line.dashed ? "6 4" : null, ...look }));
    if (points.length === 1 && Number.isFinite(points[0][1])) {
      svg.append(make("circle", { cx: points[0][0], cy: points[0][1], r: 3, fill: line.color }));
    }
    const best = line.ring ?? (line.best ? this.spec.epochs.indexOf(this.spec.best) : -1);
    if (best >= 0 && best < points.length && Number.isFinite(points[best][1])) {
      const ring = { r: 5, fill: "var(--st-background-color)", stroke: line.color, "stroke-width": 2 };
      svg.append(make("circle", { cx: points[best][0], cy: points[best][1], ...ring }));
    }
  }

  /** @param {SVGSVGElement} svg */
  drawBatches(svg) {
    const [line] = this.spec.lines;
    if (!line) return;
    /** @type {[number, number][]} */
    const points = this.spec.batches.map(([epoch, value]) => [this.x(epoch), this.y(value ?? NaN)]);
    if (points.length) svg.append(make("path", { d: this.path(points), fill: "none", stroke: line.color, "stroke-width": 1.5 }));
  }

  /** @param {SVGSVGElement} svg */
  drawMarks(svg) {
    for (const mark of this.spec.marks.filter((each) => each.epoch <= this.spec.span[1])) {
      const [x, y] = [this.x(mark.epoch), this.y(mark.value)];
      if (!Number.isFinite(y)) continue; // 0 has no place on a logarithmic axis
      const d = `M${x} ${y - 6}L${x + 6} ${y}L${x} ${y + 6}L${x - 6} ${y}Z`;
      const fill = mark.part === "train" ? "var(--st-text-color)" : "var(--st-background-color)";
      const shape = make("path", { d, fill, stroke: "var(--st-text-color)", "stroke-width": 1.5 });
      shape.append(make("title", {}, `${mark.name}: ${number(mark.value)}`));
      svg.append(shape);
    }
  }

  /**
   * Lines to compare with. Those outside the chart's range are told at its edge, so that they do not flatten the curves.
   * @param {SVGSVGElement} svg
   */
  drawLevels(svg) {
    const levels = this.spec.levels.filter((level) => Number.isFinite(level.value)).sort((a, b) => b.value - a.value);
    for (const level of levels) {
      level.outside = level.value > this.high ? "↑ " : level.value < this.low ? "↓ " : "";
      level.y = Math.min(Math.max(this.y(Math.max(level.value, 1e-12)), this.top), this.bottom);
      if (level.outside) continue;
      const look = { "stroke-opacity": 0.55, "stroke-dasharray": "1 4", "stroke-width": 1.5 };
      svg.append(this.rule(this.left, level.y, this.right, level.y, look));
    }
    this.nameLevels(svg, this.roomy ? levels : levels.filter((level) => !level.outside));
  }

  /**
   * Beside the chart, or where there is no room in it, each at its line unless the one below needs the place.
   * @param {SVGSVGElement} svg
   * @param {Level[]} levels
   */
  nameLevels(svg, levels) {
    const place = this.roomy ? { x: this.right + 14, lift: 4, anchor: "start" } : { x: this.right - 4, lift: -4, anchor: "end" };
    let floor = this.bottom + 15;
    for (const level of [...levels].reverse()) {
      floor = Math.min(level.y, floor - 15);
      const value = number(level.value);
      const told = `${level.outside}${level.name}${this.roomy ? ` ${value}` : ""}`;
      const label = this.text(place.x, floor + place.lift, told, { "font-size": 11, "text-anchor": place.anchor });
      label.append(make("title", {}, `${value}. ${level.help}`));
      svg.append(label);
    }
  }

  /** @param {SVGSVGElement} svg */
  drawCursor(svg) {
    if (!this.cursor || this.cursor < this.spec.span[0] || this.cursor > this.spec.span[1]) return;
    const x = this.x(this.cursor);
    svg.append(this.rule(x, this.top, x, this.bottom, { "stroke-opacity": 0.6, "data-screen": "" }));
  }

  /** @returns {Entry[]} */
  entries() {
    const all = this.spec.lines.map((line) => ({ ...line, kind: line.dashed ? "dashed" : "solid", names: [line.name] }));
    const lines = this.brief && all.length > 2 ? this.families(all) : all;
    const seen = this.spec.marks.some((mark) => mark.epoch <= this.spec.span[1]);
    return seen ? [...lines, { name: "the report's printed points", kind: "mark", names: [] }] : lines;
  }

  /**
   * "loss, training" and "loss, validation" are one entry, and all that is dashed is another.
   * @param {Entry[]} all
   * @returns {Entry[]}
   */
  families(all) {
    const named = (/** @type {Entry[]} */ found) => found.map((each) => each.name);
    const dashed = all.filter((each) => each.kind === "dashed");
    const solid = all.filter((each) => each.kind === "solid").map((each) => {
      const [name] = each.name.split(", ");
      return { ...each, name, names: named(all.filter((other) => other.name.startsWith(`${name}, `))) };
    });
    const [, name] = dashed[0].name.split(", ");
    return [...solid, { name, kind: "dashed", color: "var(--st-text-color)", names: named(dashed) }];
  }

  /**
   * How many rows the legend takes at this width; each entry remembers its place.
   * @param {number} width
   */
  layLegend(width) {
    const measure = (this.measure ??= document.createElement("canvas").getContext("2d"));
    measure.font = `12px ${theme(this.figure).font}`;
    const first = width < 400 ? 4 : 58;
    let [x, row] = [first, 0];
    this.places = this.entries().map((entry) => {
      const wide = 40 + measure.measureText(entry.name).width;
      if (x + wide > width && x > first) [x, row] = [first, row + 1];
      const place = { ...entry, x, row };
      x += wide + 8;
      return place;
    });
    return row + 1;
  }

  /** @param {SVGSVGElement} svg */
  legend(svg) {
    for (const entry of this.places) {
      const y = 14 + 22 * entry.row;
      const off = entry.names.length > 0 && entry.names.every((name) => this.hidden.has(name));
      const toggle = entry.kind === "mark" ? null : () => this.toggle(entry.names, !off);
      const group = make("g", { opacity: off ? 0.4 : 1, class: toggle ? "key" : null, tabindex: toggle ? 0 : null, role: toggle ? "button" : null });
      if (toggle) {
        group.setAttribute("aria-pressed", `${!off}`);
        group.addEventListener("click", (event) => { event.stopPropagation(); toggle(); });
        group.addEventListener("keydown", (event) => { if (event.key === "Enter") toggle(); });
      }
      const dash = entry.kind === "dashed" ? "6 4" : null;
      const swatch = entry.kind === "mark"
        ? make("path", { d: `M${entry.x + 12} ${y - 6}l6 6l-6 6l-6 -6Z`, fill: "var(--st-text-color)" })
        : make("line", { x1: entry.x, y1: y, x2: entry.x + 24, y2: y, stroke: entry.color, "stroke-width": 2, "stroke-dasharray": dash });
      group.append(make("rect", { x: entry.x - 2, y: y - 11, width: 30, height: 22, fill: "transparent" }), swatch);
      group.append(this.text(entry.x + 30, y + 4, entry.name, { "fill-opacity": 0.9 }));
      svg.append(group);
    }
  }

  /**
   * One line at least is left.
   * @param {string[]} names
   * @param {boolean} away
   */
  toggle(names, away) {
    const others = this.shown().filter((line) => !names.includes(line.name));
    for (const name of names) if (away && others.length) this.hidden.add(name); else this.hidden.delete(name);
    this.draw();
  }

  /** @param {MouseEvent} event */
  nearest(event) {
    const box = this.stage.getBoundingClientRect();
    const x = event.clientX - box.left;
    const { epochs } = this.spec;
    if (!epochs.length || x < this.left - 12 || x > this.right + 12) return null;
    return closest(epochs.map(this.x), x);
  }

  /**
   * What a line says at a place of the axis; nothing beyond its end.
   * @param {ChartLine} line
   * @param {number} place
   */
  told(line, place) {
    const at = this.along(line);
    const own = line.at ? closest(at, place) : at.indexOf(place);
    const value = line.at && place > at.at(-1) ? null : line.values[own];
    const [top, floor] = this.spec.gap ?? [];
    const share = this.spec.gap && Number.isFinite(value) ? ` (${Math.round((100 * (top - value)) / (top - floor))} % of the gap)` : "";
    return number(value) + share;
  }

  /** @param {MouseEvent} event */
  onMove(event) {
    this.hover = this.nearest(event);
    this.showTip();
  }

  leave() {
    this.hover = null;
    this.showTip();
  }

  /** @param {MouseEvent} event */
  onClick(event) {
    const place = this.nearest(event);
    if (place !== null) this.pick(this.spec.epochs[place]);
  }

  showTip() {
    const place = this.hover !== null && this.hover < this.spec.epochs.length ? this.hover : null;
    this.svg.querySelector(".hair")?.remove();
    this.tip.hidden = place === null;
    if (place === null) return;
    const epoch = this.spec.epochs[place];
    const x = this.x(epoch);
    this.svg.append(this.rule(x, this.top, x, this.bottom, { class: "hair", "stroke-opacity": 0.5, "data-screen": "" }));
    const rows = this.shown().map((line) =>
      make("div", {}, make("i", { style: `border-color:${line.color};border-top-style:${line.dashed ? "dashed" : "solid"}` }),
        make("span", {}, line.name), make("b", {}, this.told(line, epoch))));
    const best = epoch === this.spec.best ? ", the best" : "";
    const where = this.spec.across && this.spec.across !== "epoch" ? `${number(epoch)} ${this.spec.across}` : `Epoch ${epoch}${best}`;
    this.tip.replaceChildren(make("strong", {}, where), ...rows);
    const leftward = x > this.stage.clientWidth / 2;
    this.tip.style.left = leftward ? "" : `${x + 12}px`;
    this.tip.style.right = leftward ? `${this.stage.clientWidth - x + 12}px` : "";
    this.tip.style.top = `${this.top + 4}px`;
  }
}

/**
 * The number of the value that is nearest.
 * @param {number[]} values
 * @param {number} wanted
 */
function closest(values, wanted) {
  return values.reduce((best, value, i) => (Math.abs(value - wanted) < Math.abs(values[best] - wanted) ? i : best), 0);
}
