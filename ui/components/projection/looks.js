// How the points look, what colours them, and the search for one of them. Maps of one group look alike.

import { capital, make, number } from "../shared/tools.js";
import { VIRIDIS } from "./columns.js";
import { SIZES } from "./pictures.js";

/** @import { Column, Looking } from "../shared/types" */
/** @import { Projection } from "./projection.js" */

/** @type {{ [name: string]: [label: string, title: string] }} */
const CUES = {
  dots: ["Dots", "Every image is a dot"],
  letters: ["Letters", "A letter for each class, a second cue beside the colour"],
  shapes: ["Shapes", "A shape for each class, a second cue beside the colour"],
  pictures: ["Pictures", "The images themselves; the closer you look, the more there are"],
};

export class Looks {
  /** @param {Projection} plane */
  constructor(plane) {
    this.plane = plane;
    /** @type {(value: string, words: [string, string]) => HTMLOptionElement} */
    const option = (value, [label, title]) => make("option", { value, title }, label);
    this.color = make("select", { "aria-label": "Colour by", onchange: () => this.change({ color: this.color.value }) });
    this.cue = make("select", { "aria-label": "Points as", onchange: () => this.change({ cue: this.cue.value }) },
      ...Object.entries(CUES).map(([value, words]) => option(value, words)));
    this.size = make("input", { type: "range", min: 0.5, max: 3, step: 0.05, value: 1, "aria-label": "Size of the points",
      oninput: () => this.change({ size: Number(this.size.value) }) });
    this.search = make("input", { type: "search", placeholder: "Number or class", "aria-label": "Find an image by number, or a class",
      title: "The number of a test image, 'train' and the number of a training image, or a class; where classes are numbers, 'class' and its number", onchange: () => this.find() });
    this.linked = make("input", { type: "checkbox", checked: true, onchange: () => this.change({ together: this.linked.checked }) });
    this.bar = make("div", { class: "bar" });
    this.box = make("div", { class: "looks" },
      make("label", {}, "Colour by ", this.color), make("label", {}, "Points as ", this.cue), make("label", {}, "Size ", this.size),
      make("label", {}, "Find ", this.search));
    this.together = make("label", { title: "Zoom on one map, and the others show the same images" }, this.linked, " Zoom together");
    /** @type {Looking} */
    this.state = { color: "class", cue: "dots", size: 1, together: true };
  }

  fill() {
    const { columns } = this.plane;
    this.color.replaceChildren(...columns.all.map(({ name, help }) => make("option", { value: name, title: help }, capital(name))));
    this.color.parentElement.hidden = !columns.all.length;
    this.apply(this.state);
  }

  /**
   * By hand: the other maps follow.
   * @param {Partial<Looking>} wish
   */
  change(wish) {
    this.apply(wish);
    this.plane.links.send({ look: this.state });
  }

  /** @param {Partial<Looking>} wish */
  apply(wish) {
    const { columns, marks, pictures, header, legend } = this.plane;
    this.state = { ...this.state, ...wish };
    columns.choose(this.state.color);
    const { cue, size, together } = this.state;
    Object.assign(marks, { cue, size });
    pictures.side = Math.round(Math.min(SIZES[1], SIZES[0] * 2 ** size));
    if (cue === "pictures" && !pictures.sheet) this.plane.wantSheet();
    this.color.value = columns.shown?.name ?? "";
    this.cue.value = cue;
    this.size.value = `${size}`;
    this.linked.checked = together;
    legend.fill({ classes: columns.kinds?.words ?? [], counts: columns.kinds?.counts ?? [], colors: header.colors });
    this.scale(columns.shown);
    this.plane.describe();
    this.plane.request("map");
  }

  /**
   * What the colours of numbers mean.
   * @param {Column | null} shown
   */
  scale(shown) {
    this.bar.hidden = !shown?.scale;
    if (!shown?.scale) return;
    const stops = VIRIDIS.map((color, i) => `${color} ${100 * i / (VIRIDIS.length - 1)}%`).join();
    const [low, high] = shown.scale.map(number);
    this.bar.replaceChildren(`${capital(shown.name)} ${low} `, make("i", { style: `background:linear-gradient(90deg,${stops})` }), ` ${high}`);
    this.bar.title = `${shown.help} The colours go from the lowest to the highest hundredth.`;
  }

  find() {
    const text = this.search.value.trim().toLowerCase();
    if (!text) return;
    const { points, columns, header } = this.plane;
    const [, train, digits] = /^(?:(train)(?:ing)?|test)?\s*(?:image)?\s*(\d+)$/.exec(text) ?? [];
    const image = digits === undefined ? null : Number(digits) + (train ? header.tests : 0);
    const point = image === null || (!train && image >= header.tests) ? null : points.point(image);
    if (point !== null) return this.plane.goTo(point);
    const fits = columns.find(text) ?? columns.find(text.replace(/^class\s+/, ""));
    fits ? this.plane.chooseWhere(fits) : this.plane.say(`No image and no class on this map is called '${text}'.`);
  }
}
