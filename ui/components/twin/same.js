// The same test images below all maps: as they are, and as each model draws them. A click goes there.

import { paint } from "../shared/canvas.js";
import { make } from "../shared/tools.js";

/** @import { Picture, Shape } from "../shared/types" */
/** @import { Twin } from "./twin.js" */

export class SameImages {
  static MOST = 16;
  static EACH = 5; // columns for every row, so that few rows are as high as many

  /** @param {Twin} twin */
  constructor(twin) {
    this.twin = twin;
    this.box = make("div", { class: "same", role: "group", "aria-label": "The same test images, as each model draws them" });
    /** @type {(() => void)[]} */
    this.cancels = [];
    this.field = make("i", { class: "field", title: "What one number of the encoder's last picture sees" });
  }

  fill() {
    const { anchors, header: { image, models } } = this.twin;
    const rows = [...(anchors.pictures ? [""] : []), ...models.map(({ color }) => color)];
    const bars = rows.map((color) => make("i", { style: `background:${color || "transparent"}` }));
    this.columns = this.chosen(Math.min(SameImages.MOST, SameImages.EACH * rows.length)).map((anchor) => this.column(anchor, image, rows.length));
    this.box.replaceChildren(make("span", { class: "whose", "aria-hidden": "true" }, ...bars), ...this.columns.map(({ button }) => button));
  }

  /**
   * One of each class before a second one of any.
   * @param {number} most
   * @returns {number[]}
   */
  chosen(most) {
    const { count, labels } = this.twin.anchors;
    const times = new Map();
    const turn = Array.from({ length: count }, (_, i) => {
      const before = times.get(labels?.[i]) ?? 0;
      times.set(labels?.[i], before + 1);
      return before;
    });
    return [...turn.keys()].sort((a, b) => turn[a] - turn[b] || a - b).slice(0, most);
  }

  /**
   * @param {number} anchor
   * @param {Shape} image
   * @param {number} rows
   */
  column(anchor, image, rows) {
    const { anchors } = this.twin;
    const shape = `aspect-ratio: ${image[1]} / ${image[0]}`;
    const pictures = Array.from({ length: rows }, () => make("canvas", { class: "now", style: shape }));
    if (anchors.pictures) paint(pictures[0], anchors.picture(anchor), image);
    const name = `Test image ${anchors.images[anchor]}${this.twin.labelled(anchor)}`;
    const button = make("button", { title: `${name}: go there`, "aria-label": name, onclick: (event) => this.twin.goTo(anchor, event) }, ...pictures);
    return { anchor, button, pictures };
  }

  /**
   * Of a ladder: which model's row is seen now, and how much of a picture one of its numbers sees.
   * @param {number} model
   * @param {number} sees
   */
  mark(model, sees) {
    const { image, models } = this.twin.header;
    const bars = [...this.box.firstElementChild.children];
    bars.forEach((bar, row) => bar.classList.toggle("now", row === bars.length - models.length + model));
    if (!this.twin.anchors.pictures || !this.columns.length) return;
    this.field.style.width = `${(100 * sees) / image[1]}%`;
    this.field.style.height = `${(100 * sees) / image[0]}%`;
    const { button, pictures } = this.columns[0];
    button.firstElementChild === pictures[0] && button.prepend(make("span", { class: "first" }, pictures[0], this.field));
  }

  /** As soon as there are decoders; whenever nothing else is to be done. */
  draw() {
    const { anchors, company, header } = this.twin;
    this.stop();
    company.decoders.forEach((decoder, model) => {
      if (!decoder) return;
      const codes = this.columns.map(({ anchor }) => anchors.codes[model][anchor]);
      this.cancels.push(decoder.many(codes, (i, picture) => {
        const { pictures } = this.columns[i];
        paint(pictures[pictures.length - header.models.length + model], picture, header.image);
      }));
    });
  }

  stop() {
    for (const cancel of this.cancels) cancel();
    this.cancels = [];
  }
}
