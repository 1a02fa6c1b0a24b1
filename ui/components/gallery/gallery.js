// A sheet of small pictures, each of a code. A click, or a press that is dragged over them, moves the plane's cursor.

import { mounting } from "../shared/mount.js";
import { unpack } from "../shared/parcel.js";
import { make } from "../shared/tools.js";
import STYLE from "./gallery.css";

/** @import { GalleryHeader, Mounted, Part, Wish } from "../shared/types" */

const HINT = "Press a picture, or drag over them, to go there on the map.";

class Gallery {
  /** @param {HTMLElement | ShadowRoot} root */
  constructor(root) {
    this.tiles = make("div", { role: "group" });
    this.caption = make("p", { class: "caption" });
    this.box = make("div", { class: "box" }, make("style", {}, STYLE), this.tiles, this.caption);
    root.append(this.box);
    /** @type {Uint8Array | null} */
    this.data = null; // what it shows, as it came
    /** @type {GalleryHeader | null} */
    this.header = null;
    /** @type {HTMLButtonElement[]} */
    this.buttons = [];
    this.sheet = ""; // an address
    /** @type {number | undefined} */
    this.gone = undefined; // where Python sent the cursor last
    /** @type {(() => void) | null} */
    this.cancel = null; // ends what the plane draws
    /** @type {number | undefined} */
    this.dragged = undefined;
    this.life = new AbortController();
    const { signal } = this.life;
    /** @type {<Name extends keyof HTMLElementEventMap>(name: Name, act: (event: HTMLElementEventMap[Name]) => void) => void} */
    const on = (name, act) => this.tiles.addEventListener(name, act, { signal });
    on("click", (event) => this.go(this.under(event)));
    on("pointerover", (event) => this.hover(event));
    on("focusin", (event) => this.tell(this.under(event)));
    on("keydown", (event) => this.step(event));
    window.addEventListener("pointerup", () => this.drop(), { signal });
    document.addEventListener("loupe-decodes", () => this.askPlane(), { signal });
  }

  /**
   * The number of the picture that an event belongs to; -1 for none.
   * @param {Event} event
   */
  under(event) {
    return this.buttons.indexOf(/** @type {Element} */ (event.target).closest("button"));
  }

  /** @param {Uint8Array} data */
  update(data) {
    /** @type {{ header: GalleryHeader, part: Part }} */
    const { header, part } = unpack(data);
    this.header = header;
    this.codes = new Float32Array(part(header.codes).buffer);
    URL.revokeObjectURL(this.sheet);
    this.sheet = header.sheet ? URL.createObjectURL(new Blob([part(header.sheet)], { type: "image/webp" })) : "";
    this.build();
    this.follow(header.go);
    this.askPlane();
  }

  build() {
    const { captions, columns, rows, places, side, label, told, shape } = this.header;
    this.buttons = captions.map((caption, i) => this.button(caption, i));
    const lines = rows.length ? this.buttons.flatMap((button, i) => i % columns ? [button] : [make("span", { class: "row" }, rows[i / columns]), button]) : this.buttons;
    const [wide, high] = [columns, captions.length / columns];
    this.canvas = shape ? make("canvas", { width: wide * shape[1], height: high * shape[0] }) : null;
    this.tiles.replaceChildren(...(shape ? [this.canvas] : []), ...lines);
    this.tiles.setAttribute("aria-label", label);
    this.tiles.className = `tiles${told ? " told" : ""}${places ? " free" : ""}${shape ? " whole" : ""}`;
    const { style } = this.tiles;
    const each = columns ? `${columns}, minmax(0, 1fr)` : `auto-fill, minmax(min(${side}px, 100%), 1fr)`;
    style.gridTemplateColumns = places ? "" : `${rows.length ? "max-content " : ""}repeat(${each})`;
    style.maxWidth = places ? "46rem" : columns ? `${columns * (side + 1)}px` : "";
    this.caption.hidden = told;
    this.caption.textContent = HINT;
  }

  /**
   * @param {string} caption
   * @param {number} i
   */
  button(caption, i) {
    const { shape } = this.header;
    const button = make("button", { type: "button", "aria-label": caption, tabindex: i ? -1 : 0 });
    if (shape) button.style.aspectRatio = `${shape[1]} / ${shape[0]}`;
    else button.append(this.picture(i));
    if (this.header.told) button.append(make("span", {}, caption));
    const place = this.header.places?.[i];
    if (place) Object.assign(button.style, { left: `${100 * place[0]}%`, top: `${100 * place[1]}%`, width: `${this.header.side / 7.36}%` });
    return button;
  }

  /**
   * A window on the sheet. Hundreds of canvases would each be a layer that the browser composes anew in every frame.
   * @param {number} i
   */
  picture(i) {
    const { tile: [width, height], across } = this.header;
    const window = [(i % across) * width, Math.floor(i / across) * height, width, height];
    const image = make("image", { href: this.sheet, width: across * width, height: Math.ceil(this.header.captions.length / across) * height });
    return make("svg", { viewBox: window.join(" "), "aria-hidden": "true" }, image);
  }

  // Pictures that nobody sent are drawn by the plane of this page, once it has its decoder; on one canvas, without gaps.
  askPlane() {
    const { plane, shape, columns } = this.header ?? {};
    if (!shape) return;
    this.cancel?.();
    const context = this.canvas.getContext("2d");
    const each = (/** @type {number} */ i, /** @type {HTMLCanvasElement} */ tile) => context.drawImage(tile, (i % columns) * shape[1], Math.floor(i / columns) * shape[0]);
    /** @type {Wish} */
    const request = { plane, codes: this.buttons.map((_, i) => this.code(i)), each };
    document.dispatchEvent(new CustomEvent("loupe-decode", { detail: request }));
    this.cancel = request.cancel;
  }

  /**
   * What Python wants the cursor to do, once.
   * @param {GalleryHeader["go"]} go
   */
  follow(go) {
    if (go && go.seq !== this.gone) this.send(go.code, false);
    this.gone = go?.seq;
  }

  /** @param {PointerEvent} event */
  hover(event) {
    const i = this.under(event);
    if (i < 0) return;
    this.tell(i);
    if (event.buttons !== 1 || event.pointerType !== "mouse") return;
    this.dragged = i;
    this.send(this.code(i), true);
  }

  drop() {
    if (this.dragged !== undefined) this.go(this.dragged);
    this.dragged = undefined;
  }

  /** @param {number} i */
  tell(i) {
    if (i >= 0) this.caption.textContent = this.header.captions[i];
  }

  /** @param {number} i */
  code(i) {
    const { size } = this.header;
    return Array.from(this.codes.subarray(i * size, (i + 1) * size));
  }

  /** @param {number} i */
  go(i) {
    if (i < 0) return;
    for (const button of this.buttons) button.removeAttribute("aria-current");
    this.buttons[i].setAttribute("aria-current", "true");
    this.tell(i);
    this.send(this.code(i), false);
  }

  /**
   * @param {number[]} code
   * @param {boolean} live
   */
  send(code, live) {
    document.dispatchEvent(new CustomEvent("loupe-go", { detail: { plane: this.header.plane, code, live } }));
  }

  /**
   * One stop for the Tab key; the arrows go from picture to picture.
   * @param {KeyboardEvent} event
   */
  step(event) {
    const wide = this.buttons.filter((button) => button.offsetTop === this.buttons[0].offsetTop).length;
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -wide, ArrowDown: wide }[event.key];
    const from = this.under(event);
    const next = this.buttons[from + by];
    if (!next) return;
    event.preventDefault();
    this.buttons[from].tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  close() {
    this.life.abort();
    this.cancel?.();
    URL.revokeObjectURL(this.sheet);
    this.box.remove();
  }
}

export default mounting({
  make: (place) => new Gallery(place),
  update: (gallery, /** @type {Mounted<Uint8Array>} */ { data }) => {
    if (data && data !== gallery.data) gallery.update(data);
    gallery.data = data;
  },
  end: (gallery) => gallery.close(),
});
