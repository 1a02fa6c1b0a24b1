// The three pictures of an epoch: the map of codes, the decoded grid, test images beside what the model makes of them.

import { sharp } from "../shared/canvas.js";
import { heading, standalone } from "../shared/figure.js";
import { make, number, steps, theme, withAlpha } from "../shared/tools.js";
import { quarter, turned } from "./frames.js";

/** @import { FilmHeader, Look, Place, Scene, Turn } from "../shared/types" */
/** @typedef {CanvasRenderingContext2D} Context */
/** @typedef {[x: number, y: number, width: number, height: number]} Box */

/**
 * Small pictures keep their pixels when they are drawn larger, and are smoothed when drawn smaller.
 * @param {Context} context
 * @param {ImageBitmap} picture
 * @param {Box} from
 * @param {Box} to
 */
function drawPicture(context, picture, from, to) {
  context.imageSmoothingEnabled = to[2] < from[2];
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, ...from, ...to);
}

/** @param {HTMLCanvasElement} canvas */
function asSvg(canvas) {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const svg = make("svg", { viewBox: `0 0 ${width} ${height}` });
  svg.append(make("image", { href: canvas.toDataURL(), width, height, style: "image-rendering: pixelated" }));
  return svg;
}

export class CodeMap {
  /**
   * @param {HTMLElement} host
   * @param {(figure: string) => string} name
   */
  constructor(host, name) {
    this.canvas = make("canvas", { class: "square", tabindex: 0, role: "img", "aria-label": "Map of codes" });
    this.legend = make("div", { class: "classes" });
    this.tip = make("div", { class: "tip", hidden: true });
    /** @type {FilmHeader} */
    this.header = null;
    /** @type {Scene | null} */
    this.scene = null;
    /** @type {Set<number>} */
    this.chosen = new Set(); // classes
    /** @type {Map<string, HTMLCanvasElement>} */
    this.sprites = new Map();
    this.legendText = ""; // for which classes the legend stands
    const help = "Each dot is a test image, drawn where the encoder puts it. Turned and mirrored from epoch to epoch so that "
      + "it stays still, never scaled. The dashed box is what the grid decodes.";
    const head = heading("Map of codes", help, () => name("map"), () => this.svg());
    host.append(make("figure", { class: "map" }, head, make("div", { class: "stage" }, this.canvas, this.tip), this.legend));
    this.canvas.addEventListener("pointermove", (event) => this.onMove(event));
    this.canvas.addEventListener("pointerdown", (event) => this.onPress(event));
    this.canvas.addEventListener("pointerleave", () => this.showTip(null));
  }

  /** @param {FilmHeader} header */
  describe(header) {
    this.header = header;
    const counts = new Map();
    for (const label of header.labels ?? []) counts.set(label, (counts.get(label) ?? 0) + 1);
    const text = JSON.stringify([header.classes, [...counts]]);
    if (text === this.legendText) return;
    this.legendText = text;
    const shown = header.classes.map((label, i) => ({ label, i })).filter(({ i }) => !header.labels || counts.has(i));
    this.legend.replaceChildren(...shown.slice(0, 24).map(({ label, i }) => this.key(label, i, counts.get(i) ?? 0)));
  }

  /**
   * @param {string} label
   * @param {number} i
   * @param {number} count
   */
  key(label, i, count) {
    const dot = make("i", { style: `background:${this.color(i)}` });
    const pick = () => { if (!this.chosen.delete(i)) this.chosen.add(i); this.mark(); this.draw(); };
    const title = `${label}: ${count} test images. Click to show only this class, and again to show all.`;
    return make("button", { class: "quiet", title, "data-class": i, "aria-pressed": "false", onclick: pick }, dot, label);
  }

  mark() {
    for (const button of this.legend.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", `${this.chosen.has(Number(button.dataset.class))}`);
    }
  }

  /** @param {number} label */
  color(label) {
    const { colors } = this.header;
    return colors[label % colors.length];
  }

  // `scene`: {placed, raw, turn, square, view}
  draw(scene = this.scene) {
    if (!scene) return;
    this.scene = scene;
    const side = this.canvas.clientWidth;
    const context = sharp(this.canvas, side, side);
    const look = theme(this.canvas);
    this.drawGround(context, side, look);
    this.drawPoints(context, side, look);
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} side
   * @returns {Place}
   */
  at(x, y, side) {
    const [cx, cy, half] = this.scene.view;
    return [((x - cx) / half + 1) * side / 2, (1 - (y - cy) / half) * side / 2];
  }

  /**
   * @param {Context} context
   * @param {number} side
   * @param {Look} look
   */
  drawGround(context, side, look) {
    const { turn, square, view } = this.scene;
    const scale = side / 2 / view[2];
    context.lineWidth = 1;
    context.font = `11px ${look.font}`;
    if (this.header.rings) this.drawRings(context, side, look, scale);
    this.drawAxes(context, side, look);
    const [centre, right, up] = square;
    const corners = [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([u, v]) =>
      this.at(...turned(turn, centre[0] + u * right[0] + v * up[0], centre[1] + u * right[1] + v * up[1]), side));
    context.strokeStyle = withAlpha(look.text, 0.35);
    context.setLineDash([4, 4]);
    context.beginPath();
    corners.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
    context.closePath();
    context.stroke();
    context.setLineDash([]);
  }

  /**
   * @param {Context} context
   * @param {number} side
   * @param {Look} look
   * @param {number} scale
   */
  drawRings(context, side, look, scale) {
    const [x, y] = this.at(0, 0, side);
    context.strokeStyle = withAlpha(look.text, 0.22);
    for (const sigma of [1, 2, 3]) {
      context.beginPath();
      context.arc(x, y, sigma * scale, 0, 2 * Math.PI);
      context.stroke();
    }
  }

  /**
   * The code's own axes, turned as the codes are, with numbers along them.
   * @param {Context} context
   * @param {number} side
   * @param {Look} look
   */
  drawAxes(context, side, look) {
    const { turn, view } = this.scene;
    const names = this.header.axes;
    for (const axis of [0, 1]) {
      const direction = turned(turn, 1 - axis, axis);
      const middle = view[0] * direction[0] + view[1] * direction[1]; // where the axis comes nearest to the middle
      /** @type {[number, number]} */
      const ends = [middle - 2 * view[2], middle + 2 * view[2]];
      const [from, to] = ends.map((t) => this.at(t * direction[0], t * direction[1], side));
      context.strokeStyle = withAlpha(look.text, 0.14);
      context.beginPath();
      context.moveTo(...from);
      context.lineTo(...to);
      context.stroke();
      context.fillStyle = withAlpha(look.text, 0.6);
      /** @type {Place | null} */
      let last = null;
      for (const tick of steps(...ends, 10).filter((value) => Math.abs(value) > 1e-9)) {
        const [x, y] = this.at(tick * direction[0], tick * direction[1], side);
        if (x < 12 || x > side - 30 || y < 14 || y > side - 8) continue;
        context.fillText(number(tick), x + 3, y - 3);
        if (tick > 0) last = [x, y];
      }
      if (last) context.fillText(names[axis], last[0] + 3, last[1] + 11);
    }
  }

  /** @param {string} color */
  sprite(color) {
    if (!this.sprites.has(color)) {
      const dense = window.devicePixelRatio || 1;
      const canvas = make("canvas", { width: 8 * dense, height: 8 * dense });
      const context = canvas.getContext("2d");
      context.scale(dense, dense);
      context.fillStyle = color;
      context.beginPath();
      context.arc(4, 4, 2.6, 0, 2 * Math.PI);
      context.fill();
      this.sprites.set(color, canvas);
    }
    return this.sprites.get(color);
  }

  /**
   * @param {number} i
   * @param {Look} look
   */
  pointColor(i, look) {
    const label = this.header.labels?.[i];
    if (label === undefined || label < 0) return withAlpha(look.primary, 0.7);
    const greyed = this.chosen.size && !this.chosen.has(label);
    return greyed ? withAlpha(look.text, 0.1) : withAlpha(this.color(label), 0.8);
  }

  /**
   * @param {Context} context
   * @param {number} side
   * @param {Look} look
   */
  drawPoints(context, side, look) {
    const { placed } = this.scene;
    context.imageSmoothingEnabled = true;
    for (let i = 0; i < placed.length / 2; i++) {
      const [x, y] = this.at(placed[2 * i], placed[2 * i + 1], side);
      context.drawImage(this.sprite(this.pointColor(i, look)), x - 4, y - 4, 8, 8);
    }
  }

  /** @param {PointerEvent} event */
  onMove(event) {
    if (!this.scene) return;
    const side = this.canvas.clientWidth;
    const { placed } = this.scene;
    let [best, distance] = [/** @type {number | null} */ (null), 14 ** 2];
    for (let i = 0; i < placed.length / 2; i++) {
      const [x, y] = this.at(placed[2 * i], placed[2 * i + 1], side);
      const away = (x - event.offsetX) ** 2 + (y - event.offsetY) ** 2;
      if (away < distance) [best, distance] = [i, away];
    }
    this.showTip(best);
  }

  /**
   * Somebody wants to walk.
   * @param {PointerEvent} event
   */
  onPress(event) {
    this.tip.hidden = false;
    this.tip.replaceChildren("Explore walks on this map once the training has ended.");
    this.placeTip(event.offsetX, event.offsetY);
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  placeTip(x, y) {
    const side = this.canvas.clientWidth;
    this.tip.style.left = x < side / 2 ? `${x + 12}px` : "";
    this.tip.style.right = x < side / 2 ? "" : `${side - x + 12}px`;
    this.tip.style.top = `${Math.min(Math.max(y - 20, 0), side - 50)}px`;
  }

  /** @param {number | null} i */
  showTip(i) {
    this.tip.hidden = i === null;
    if (i === null) return;
    const side = this.canvas.clientWidth;
    const { placed, raw } = this.scene;
    const [x, y] = this.at(placed[2 * i], placed[2 * i + 1], side);
    const label = this.header.classes[this.header.labels?.[i]];
    const { axes } = this.header;
    this.tip.replaceChildren(
      make("strong", {}, label === undefined ? `Test image ${this.header.index[i]}` : `${label}`),
      make("div", {}, `${label === undefined ? "" : `test image ${this.header.index[i]}, `}${axes[0]} ${number(raw[2 * i])}`
        + `${this.header.code > 1 ? `, ${axes[1]} ${number(raw[2 * i + 1])}` : ""}`),
    );
    this.placeTip(x, y);
  }

  svg() {
    const side = this.canvas.clientWidth;
    const look = theme(this.canvas);
    const ground = make("canvas", {});
    this.drawGround(sharp(ground, side, side), side, look);
    const classes = this.header.classes.slice(0, 24);
    const wide = Math.max(44, ...classes.map((label) => 24 + 7 * label.length));
    const columns = Math.max(1, Math.floor(side / wide));
    const svg = make("svg", { viewBox: `0 0 ${side} ${side + 20 * Math.ceil(classes.length / columns) + 6}` });
    svg.style.fontFamily = "var(--st-font)";
    svg.append(make("image", { href: ground.toDataURL(), width: side, height: side }));
    classes.forEach((label, i) => {
      const [x, y] = [(i % columns) * wide + 8, side + 16 + 20 * Math.floor(i / columns)];
      svg.append(make("circle", { cx: x, cy: y - 4, r: 4, fill: this.color(i) }));
      svg.append(make("text", { x: x + 9, y, "font-size": 12, fill: look.text }, label));
    });
    const { placed } = this.scene;
    for (let i = 0; i < placed.length / 2; i++) {
      const [x, y] = this.at(placed[2 * i], placed[2 * i + 1], side);
      const inside = x >= 0 && x <= side && y >= 0 && y <= side;
      if (inside) svg.append(make("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: 2.6, fill: this.pointColor(i, look) }));
    }
    return standalone(svg, this.canvas);
  }
}

export class Grid {
  /**
   * @param {HTMLElement} host
   * @param {(figure: string) => string} name
   */
  constructor(host, name) {
    /** @type {ImageBitmap | undefined} */
    this.picture = undefined;
    /** @type {Turn | undefined} */
    this.turn = undefined;
    this.count = 0; // pictures along each side
    this.canvas = make("canvas", { class: "square", role: "img", "aria-label": "Decoded grid" });
    const help = "What the decoder paints at 16 x 16 places of the map: the dashed box there, cell by cell.";
    const head = heading("What it paints", help, () => name("grid"), () => standalone(asSvg(this.canvas), this.canvas));
    host.append(make("figure", { class: "grid" }, head, make("div", { class: "stage" }, this.canvas)));
  }

  draw(picture = this.picture, turn = this.turn, count = this.count) {
    if (!picture) return;
    Object.assign(this, { picture, turn, count });
    const side = this.canvas.clientWidth;
    const context = sharp(this.canvas, side, side);
    const [cell, step, tall] = [picture.width / count, side / count, picture.height / count];
    const how = quarter(turn);
    const gap = step >= 12 ? 1 : 0; // images that fill their frame would run into each other
    context.fillStyle = "#777";
    context.fillRect(0, 0, side, side);
    for (let row = 0; row < count; row++) {
      for (let column = 0; column < count; column++) {
        const [u, v] = turned(how, column - (count - 1) / 2, (count - 1) / 2 - row);
        const [left, top] = [u + (count - 1) / 2, (count - 1) / 2 - v].map((place) => place * step);
        drawPicture(context, picture, [column * cell, row * tall, cell, tall], [left, top, step - gap, step - gap]);
      }
    }
  }
}

export class Pairs {
  /**
   * @param {HTMLElement} host
   * @param {(figure: string) => string} name
   */
  constructor(host, name) {
    /** @type {ImageBitmap | undefined} */
    this.originals = undefined;
    /** @type {ImageBitmap | undefined} */
    this.made = undefined;
    this.count = 10; // images in a row
    this.shape = [1, 1]; // rows and columns of an image
    this.canvas = make("canvas", { role: "img", "aria-label": "Test images and their reconstructions" });
    const help = "Ten test images, and what the model makes of each when it has only the code to go by.";
    const head = heading("Images redrawn", help, () => name("reconstructions"),
      () => standalone(asSvg(this.canvas), this.canvas));
    this.stage = make("div", { class: "stage" }, this.canvas);
    this.figure = make("figure", { class: "pairs" }, head, this.stage);
    host.append(this.figure);
  }

  // Two rows of pictures: the images above, where they are here, the reconstructions below. Before there are any, their places.
  draw(originals = this.originals, made = this.made, count = this.count) {
    Object.assign(this, { originals, made, count });
    const width = this.stage.clientWidth;
    const [gap, strips] = [3, made ? [originals, made].filter(Boolean) : [undefined, undefined]];
    const step = Math.min((width + gap) / count, 110);
    const high = ((step - gap) * this.shape[0]) / this.shape[1];
    const tall = strips.length * (high + gap) - gap;
    this.canvas.style.height = `${tall}px`;
    this.canvas.style.width = `${step * count - gap}px`;
    const context = sharp(this.canvas, step * count - gap, tall);
    context.fillStyle = withAlpha(theme(this.canvas).text, 0.06); // the place of a picture that is still to come
    for (let i = 0; i < count; i++) {
      strips.forEach((strip, row) => {
        /** @type {Box} */
        const place = [i * step, row * (high + gap), step - gap, high];
        if (!strip) return context.fillRect(...place);
        const from = strip.width / count;
        return drawPicture(context, strip, [i * from, 0, from, strip.height], place);
      });
    }
  }
}
