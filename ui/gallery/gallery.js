// A sheet of small pictures, each of a code. A click, or a press that is dragged over them, moves the plane's cursor.

const HINT = "Press a picture, or drag over them, to go there on the map.";

function make(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

class Gallery {
  constructor(root) {
    this.tiles = make("div", { role: "group" });
    this.caption = make("p", { class: "caption" });
    this.box = make("div", { class: "box" }, this.tiles, this.caption);
    root.append(this.box);
    this.life = new AbortController();
    const { signal } = this.life;
    const on = (target, name, act) => target.addEventListener(name, act, { signal });
    on(this.tiles, "click", (event) => this.go(this.under(event)));
    on(this.tiles, "pointerover", (event) => this.hover(event));
    on(this.tiles, "focusin", (event) => this.tell(this.under(event)));
    on(this.tiles, "keydown", (event) => this.step(event));
    on(window, "pointerup", () => this.drop());
  }

  // The number of the picture that an event belongs to; -1 for none.
  under(event) {
    return this.buttons.indexOf(event.target.closest("button"));
  }

  async update(data) {
    const bytes = data.slice(); // its own memory, aligned
    const length = new DataView(bytes.buffer).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
    const part = ([start, size]) => bytes.slice(4 + length + start, 4 + length + start + size);
    this.header = header;
    this.codes = new Float32Array(part(header.codes).buffer);
    this.build();
    this.follow(header.go);
    if (!header.sheet) return;
    const sheet = await createImageBitmap(new Blob([part(header.sheet)]));
    if (header === this.header) this.paint(sheet);
  }

  build() {
    const { captions, columns, rows, places, side, label, told } = this.header;
    this.buttons = captions.map((caption, i) => this.button(caption, i));
    const lines = rows.length ? this.buttons.flatMap((button, i) => i % columns ? [button] : [make("span", { class: "row" }, rows[i / columns]), button]) : this.buttons;
    this.tiles.replaceChildren(...lines);
    this.tiles.setAttribute("aria-label", label);
    this.tiles.className = `tiles${told ? " told" : ""}${places ? " free" : ""}`;
    const { style } = this.tiles;
    const each = columns ? `${columns}, minmax(0, 1fr)` : `auto-fill, minmax(min(${side}px, 100%), 1fr)`;
    style.gridTemplateColumns = places ? "" : `${rows.length ? "max-content " : ""}repeat(${each})`;
    style.maxWidth = places ? "46rem" : columns ? `${columns * (side + 1)}px` : "";
    this.caption.hidden = told;
    this.caption.textContent = HINT;
  }

  button(caption, i) {
    const [width, height] = this.header.tile;
    const button = make("button", { type: "button", "aria-label": caption, tabindex: i ? -1 : 0 }, make("canvas", { width, height }));
    if (this.header.told) button.append(make("span", {}, caption));
    const place = this.header.places?.[i];
    if (place) Object.assign(button.style, { left: `${100 * place[0]}%`, top: `${100 * place[1]}%`, width: `${this.header.side / 7.36}%` });
    return button;
  }

  paint(sheet) {
    const { tile: [width, height], across } = this.header;
    this.buttons.forEach((button, i) => {
      const [x, y] = [(i % across) * width, Math.floor(i / across) * height];
      button.firstChild.getContext("2d").drawImage(sheet, x, y, width, height, 0, 0, width, height);
    });
  }

  // What Python wants the cursor to do, once.
  follow(go) {
    if (go && go.seq !== this.gone) this.send(go.code, false);
    this.gone = go?.seq;
  }

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

  tell(i) {
    if (i >= 0) this.caption.textContent = this.header.captions[i];
  }

  code(i) {
    const { size } = this.header;
    return Array.from(this.codes.subarray(i * size, (i + 1) * size));
  }

  go(i) {
    if (i < 0) return;
    for (const button of this.buttons) button.removeAttribute("aria-current");
    this.buttons[i].setAttribute("aria-current", "true");
    this.tell(i);
    this.send(this.code(i), false);
  }

  send(code, live) {
    document.dispatchEvent(new CustomEvent("loupe-go", { detail: { plane: this.header.plane, code, live } }));
  }

  // One stop for the Tab key; the arrows go from picture to picture.
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
}

const galleries = new WeakMap();

export default function ({ parentElement, data }) {
  if (!galleries.has(parentElement)) galleries.set(parentElement, new Gallery(parentElement));
  const gallery = galleries.get(parentElement);
  if (data && data !== gallery.data) gallery.update(data);
  gallery.data = data;
  return () => { gallery.life.abort(); galleries.delete(parentElement); };
}
