// What principal components of the pixels draw by themselves: their mean picture, and so much of the two axes' pictures.

import { paint } from "../shared/canvas.js";
import { rows } from "../shared/parcel.js";
import { make } from "../shared/tools.js";

export class OwnPicture {
  constructor(panel) {
    this.canvas = make("canvas", { class: "now", role: "img", "aria-label": "What the principal components draw at the cursor" });
    this.box = make("figure", { class: "own", hidden: true }, this.canvas, make("figcaption", {}, "PCA's own picture"));
    this.named = make("figcaption", {}, "The model's picture");
    panel.picture.after(this.named);
    panel.box.firstChild.after(this.box);
  }

  open(header, part) {
    this.box.hidden = this.named.hidden = !header.pictures;
    this.parts = header.pictures && rows(new Float32Array(part(header.pictures).buffer), header.image.reduce((a, b) => a * b));
    this.shape = header.image;
    this.canvas.style.aspectRatio = `${header.image[1]} / ${header.image[0]}`;
  }

  draw([x, y]) {
    if (!this.parts) return;
    const [middle, across, up] = this.parts;
    paint(this.canvas, middle.map((value, i) => value + x * across[i] + y * up[i]), this.shape);
  }
}
