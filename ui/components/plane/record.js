// The walk as a film: map and picture side by side, as WebM.

import { save } from "../shared/figure.js";
import { make } from "../shared/tools.js";

/** @import { Plane } from "./plane.js" */

const FORMAT = "video/webm";

export class Recorder {
  /** @param {Plane} plane */
  constructor(plane) {
    this.plane = plane;
    /** @type {MediaRecorder | null} */
    this.film = null;
    /** @type {HTMLCanvasElement | null} */
    this.canvas = null;
  }

  static get possible() {
    return Boolean(window.MediaRecorder?.isTypeSupported(FORMAT) && HTMLCanvasElement.prototype.captureStream);
  }

  toggle() {
    if (this.film) return this.film.stop();
    const side = this.side = 2 * Math.round(this.plane.view.side / 2);
    this.canvas = make("canvas", { width: 2 * side, height: side });
    this.draw();
    this.film = new MediaRecorder(this.canvas.captureStream(60), { mimeType: FORMAT, videoBitsPerSecond: 8e6 });
    /** @type {Blob[]} */
    const parts = [];
    this.film.ondataavailable = (event) => parts.push(event.data);
    this.film.onstop = () => this.done(parts);
    this.film.start();
    this.plane.buttons.mark("record", true);
  }

  /** @param {Blob[]} parts */
  done(parts) {
    for (const track of this.film.stream.getTracks()) track.stop();
    this.film = this.canvas = null;
    if (this.plane.life.signal.aborted) return;
    this.plane.buttons.mark("record", false);
    save(new Blob(parts, { type: FORMAT }), `${this.plane.header.run}-walk.webm`);
  }

  // Called with every frame of the plane.
  draw() {
    if (!this.canvas) return;
    const { side, plane } = this;
    const context = this.canvas.getContext("2d");
    context.fillStyle = plane.look.background;
    context.fillRect(0, 0, 2 * side, side);
    for (const layer of /** @type {NodeListOf<HTMLCanvasElement>} */ (plane.stage.querySelectorAll("canvas.map"))) context.drawImage(layer, 0, 0, side, side);
    const picture = plane.panel.picture;
    const scale = (side - 32) / Math.max(picture.width, picture.height);
    const [wide, high] = [picture.width * scale, picture.height * scale];
    context.imageSmoothingEnabled = false;
    context.drawImage(picture, side + (side - wide) / 2, (side - high) / 2, wide, high);
    context.imageSmoothingEnabled = true;
  }

  destroy() {
    this.film?.stop();
  }
}
