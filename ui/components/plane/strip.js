// What lies between two pinned images, a few pictures of the way: a walk flies by, these stay.

import { paint } from "../shared/canvas.js";
import { make } from "../shared/tools.js";

/** @import { Code, Fact } from "../shared/types" */
/** @import { Plane } from "./plane.js" */

const PICTURES = 7;

export class Strip {
  /** @param {Plane} plane */
  constructor(plane) {
    this.plane = plane;
    /** @type {(() => void) | null} */
    this.cancel = null;
    this.box = make("div", { class: "strip", role: "group", "aria-label": "From one pinned image to the other", hidden: true });
  }

  /** @param {Fact[]} pins */
  show(pins) {
    this.destroy();
    const { decoder } = this.plane;
    this.box.hidden = pins.length < 2 || decoder?.where === "server";
    if (this.box.hidden || !decoder) return;
    const codes = this.way(pins[0].code, pins[1].code);
    const tiles = codes.map(() => make("canvas"));
    this.box.replaceChildren(...tiles.map((tile, i) => this.button(tile, codes[i], i)));
    this.cancel = decoder.many(codes, (i, picture) => paint(tiles[i], picture, this.plane.header.image));
  }

  /**
   * @param {Code} from
   * @param {Code} to
   */
  way(from, to) {
    const shares = Array.from({ length: PICTURES }, (_, i) => i / (PICTURES - 1));
    return shares.map((share) => Float32Array.from(from, (value, i) => value + share * (to[i] - value)));
  }

  /**
   * @param {HTMLCanvasElement} tile
   * @param {Code} code
   * @param {number} place
   */
  button(tile, code, place) {
    const said = `${Math.round(100 * place / (PICTURES - 1))} % of the way`;
    return make("button", { class: "quiet", "aria-label": said, title: said, onclick: () => this.plane.cursor.jump(code) }, tile);
  }

  destroy() {
    this.cancel?.();
    this.cancel = null;
  }
}
