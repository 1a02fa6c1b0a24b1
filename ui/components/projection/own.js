// What principal components of the pixels draw by themselves: their mean picture, and so much of the two axes' pictures.

import { paint } from "../shared/canvas.js";
import { rows } from "../shared/parcel.js";
import { make } from "../shared/tools.js";

/** @import { Part, Place, ProjectionHeader, Shape } from "../shared/types" */
/** @import { Panel } from "../plane/panel.js" */

export class OwnPicture {
  /** @param {Panel} panel */
  constructor(panel) {
    /** @type {Float32Array[] | null} */
    this.parts = null; // the mean picture, and what each axis adds
    /** @type {Shape} */
    this.shape = null;
    this.canvas = make("canvas", { class: "now", role: "img", "aria-label": "What the principal components draw at the cursor" });
    this.box = make("figure", { class: "own", hidden: true }, this.canvas, make("figcaption", {}, "PCA's own picture"));
    this.named = make("figcaption", {}, "The model's picture");
    panel.picture.after(this.named);
    panel.box.firstChild.after(this.box);
  }

  /**
   * @param {ProjectionHeader} header
   * @param {Part} part
   */
  open(header, part) {
    this.box.hidden = this.named.hidden = !header.pictures;
    this.parts = header.pictures && rows(new Float32Array(part(header.pictures).buffer), header.image.reduce((a, b) => a * b));
    this.shape = header.image;
    this.canvas.style.aspectRatio = `${header.image[1]} / ${header.image[0]}`;
  }

  /** @param {Place} place */
  draw([x, y]) {
    if (!this.parts) return;
    const [middle, across, up] = this.parts;
    paint(this.canvas, middle.map((value, i) => value + x * across[i] + y * up[i]), this.shape);
  }
}
