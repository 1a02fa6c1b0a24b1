// Everything that can be done besides dragging: one list for the buttons, the keys and the help.

import { icon, ICONS } from "../shared/icons.js";
import { make } from "../shared/tools.js";
import { Recorder } from "./record.js";

/** @import { Plane } from "./plane.js" */
/** @typedef {[group: string, name: string, label: string, key: string, what: string, act: (plane: Plane, event: KeyboardEvent | MouseEvent) => void]} Action */

/** @type {Action[]} */
const ACTIONS = [
  // group, name, label, keys, what it does, act
  ["Walk", "home", "Home", "Home", "To the middle of the codes", (plane) => plane.cursor.jump(plane.header.home)],
  ["Walk", "random", "Random", "r", "To a place drawn from the prior, or to an image", (plane) => plane.cursor.random()],
  ["Walk", "play", "Play", " ", "Walk by itself: between pins, through bookmarks, or from class to class", (plane) => plane.walk.toggle()],
  ["Walk", "snap", "Snap", "s", "Keep the cursor on the nearest image", (plane) => plane.cursor.snapOrNot()],
  ["Choose", "walk", "Walk", "", "A drag moves the cursor", (plane) => plane.setMode("walk")],
  ["Choose", "pan", "Move", "", "A drag moves the map. At any time: the right button, or two fingers", (plane) => plane.setMode("pan")],
  ["Choose", "box", "Box", "", "A drag chooses what its box holds. At any time: Shift and drag", (plane) => plane.setMode("box")],
  ["Choose", "lasso", "Lasso", "", "A drag chooses what it goes around. At any time: Shift, Ctrl and drag", (plane) => plane.setMode("lasso")],
  ["Look", "closer", "Closer", "+", "Closer. The wheel does it at the pointer", (plane) => plane.moveView((view) => view.zoom(1.5))],
  ["Look", "farther", "Farther", "-", "Farther away", (plane) => plane.moveView((view) => view.zoom(1 / 1.5))],
  ["Look", "whole", "Whole", "0", "The whole map; a double click does it too", (plane) => plane.moveView((view) => view.reset())],
  ["Look", "works", "How it works", "w", "The way of a picture through the model, with its numbers", (plane) => plane.diagram.toggle()],
  ["Look", "more", "More", "m", "Steps, bookmarks, a film of the walk, what lies behind the dots", (plane) => plane.buttons.toggleMenu()],
  ["Step", "left", "←", "ArrowLeft", "One step to the left. Shift: ten; Alt: a tenth", (plane, event) => plane.cursor.step(-1, 0, event)],
  ["Step", "right", "→", "ArrowRight", "One step to the right", (plane, event) => plane.cursor.step(1, 0, event)],
  ["Step", "down", "↓", "ArrowDown", "One step down", (plane, event) => plane.cursor.step(0, -1, event)],
  ["Step", "up", "↑", "ArrowUp", "One step up", (plane, event) => plane.cursor.step(0, 1, event)],
  ["Keep", "mark", "Bookmark", "b", "Keep this place", (plane) => plane.walk.mark()],
  ["Keep", "record", "Record", "", "Record the walk as a WebM film; press it again to save", (plane) => plane.recorder.toggle()],
  ["Keep", "help", "Help", "?", "What all this is", (plane) => plane.showHelp()],
  ["Image", "pin", "Walk from here", "p", "Pin the chosen image, then press another dot: Play walks between the two", (plane) => plane.walk.pin(plane.cursor.image)],
  ["Image", "draw", "Draw", "d", "A draw from what the model believes of the chosen image", (plane) => plane.cursor.drawFrom()],
  ["Image", "clear", "Clear", "Escape", "Forget the box or lasso, and stop", (plane) => plane.clear()],
];
/** @type {{ [name: string]: string }} */
const CHANGES = { play: "Pause", record: "Save film", pin: "Unpin" }; // labels while it is on
const ON_MAP = ["Walk", "Choose", "Look"]; // groups of buttons that lie on the map, ...
const IN_MENU = ["Step", "Keep"]; // ... and that one of them opens
/** @type {{ [key: string]: string }} */
const KEYS = { " ": "Space", Home: "Home", Escape: "Esc", ArrowLeft: "←", ArrowRight: "→", ArrowDown: "↓", ArrowUp: "↑" };

export class Buttons {
  /** @param {Plane} plane */
  constructor(plane) {
    this.plane = plane;
    /** @type {Map<string, { button: HTMLButtonElement, label: string, key: string, run: (event: KeyboardEvent | MouseEvent) => void }>} */
    this.all = new Map();
    this.onMap = make("div", { class: "tools onmap" }, ...ON_MAP.map((group) => this.group(group)));
    this.told = make("div", { class: "told", role: "tooltip", hidden: true });
    this.menu = make("div", { class: "tools menu", hidden: true }, plane.layers.box, ...IN_MENU.map((group) => this.group(group)));
    this.menu.querySelector("[aria-label=Step]").append(plane.cursor.pace);
    this.ofImage = make("div", { class: "tools" }, this.group("Image"));
  }

  /** @param {string} name */
  group(name) {
    const buttons = ACTIONS.filter((action) => action[0] === name).map((action) => this.button(action));
    return make("div", { role: "group", "aria-label": name }, ...buttons);
  }

  toggleMenu() {
    const hidden = this.menu.toggleAttribute("hidden");
    this.mark("more", !hidden);
  }

  closeMenu() {
    if (!this.menu.hidden) this.toggleMenu();
  }

  /** @param {Action} action */
  button([, name, label, key, title, act]) {
    const hint = key ? ` (${keyName(key)})` : "";
    const run = (/** @type {KeyboardEvent | MouseEvent} */ event) => act(this.plane, event);
    const drawn = ICONS.has(name);
    const named = drawn ? label : label.length > 1 ? null : title;
    const says = { [drawn ? "aria-description" : "title"]: title + hint };
    const button = make("button", { "data-name": name, ...says, "aria-label": named, onclick: run }, drawn ? icon(name) : label);
    if (drawn) this.explain(button, `${label}: ${lower(title)}${hint}`);
    this.all.set(name, { button, label, key, run });
    return button;
  }

  /**
   * An icon says at once what it does, to a pointer that can rest on it and to the keyboard.
   * @param {HTMLButtonElement} button
   * @param {string} words
   */
  explain(button, words) {
    const tell = (/** @type {boolean} */ on) => {
      this.told.textContent = words;
      this.told.hidden = !on;
    };
    button.addEventListener("pointerenter", (event) => tell(event.pointerType === "mouse"));
    button.addEventListener("focus", () => tell(button.matches(":focus-visible")));
    for (const name of ["pointerleave", "pointerdown", "blur"]) button.addEventListener(name, () => tell(false));
  }

  /**
   * For a run that has just been opened.
   * @param {Plane} plane
   */
  fill(plane) {
    this.allow({ record: Recorder.possible, draw: false, pin: false, clear: false, works: plane.header.way });
    plane.layers.offer(plane.header);
    plane.setMode(plane.hand.mode);
  }

  /**
   * Whether they are there.
   * @param {{ [name: string]: unknown }} names
   */
  allow(names) {
    for (const [name, allowed] of Object.entries(names)) this.all.get(name).button.hidden = !allowed;
  }

  /**
   * @param {string} name
   * @param {boolean} on
   */
  mark(name, on) {
    const { button, label } = this.all.get(name);
    button.setAttribute("aria-pressed", `${on}`);
    const says = on && CHANGES[name] || label;
    if (name === "play") {
      button.setAttribute("aria-label", says);
      button.replaceChildren(icon(on ? "pause" : name));
    } else if (CHANGES[name]) button.textContent = says;
  }

  /**
   * Whether the key belongs to an action, which was then done.
   * @param {KeyboardEvent} event
   */
  press(event) {
    const pressed = event.key.length > 1 ? event.key : event.key.toLowerCase();
    const found = [...this.all.values()].find(({ key, button }) => key && key === pressed && !button.hidden);
    found?.run(event);
    return Boolean(found);
  }
}

const lower = (/** @type {string} */ words) => words[0].toLowerCase() + words.slice(1);
const keyName = (/** @type {string} */ key) => KEYS[key] ?? key.toUpperCase();

/**
 * `dot` says what a point of the map is, `about` what is known of this one.
 * @param {string} dot
 * @param {Node} about
 */
export function helpText(dot, about) {
  const known = ACTIONS.filter((action) => action[3]);
  const keys = known.flatMap(([, , , key, what]) => [make("dt", {}, keyName(key)), make("dd", {}, what)]);
  return make("div", { class: "help", hidden: true },
    make("p", {}, dot + " Drag over the map: the picture is what the decoder draws at the cursor. "
      + "Click on a ringed dot to go to exactly its code. The wheel zooms while the pointer is on the map; a page that is being "
      + "scrolled goes on."),
    make("p", {}, "Drag with the right button or two fingers, or with Space held, to move the map; with Shift to choose dots with a "
      + "box, with Shift and Ctrl for a lasso. Click on a class to grey it, and with Alt to see it alone."),
    about,
    make("dl", {}, ...keys));
}
