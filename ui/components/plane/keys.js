// The keys, while the plane has the focus. Fields and sliders keep those that are theirs.

/** @import { Plane } from "./plane.js" */

export class Keys {
  /**
   * @param {Plane} plane
   * @param {HTMLElement} box
   * @param {AbortSignal} signal
   */
  constructor(plane, box, signal) {
    this.plane = plane;
    this.space = false; // held, it makes a drag move the map
    this.used = false; // it did
    /** @type {(name: string, act: (event: KeyboardEvent) => void) => void} */
    const on = (name, act) => box.addEventListener(name, act, { signal });
    on("keydown", (event) => this.press(event));
    on("keyup", (event) => this.lift(event));
    on("focusout", () => { this.space = false; });
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const [first] = event.composedPath();
    const target = /** @type {HTMLInputElement} */ (first);
    const typing = ["number", "text", "search"].includes(target.type) || target.tagName === "SELECT";
    const slides = target.type === "range" && /^(Arrow|Home)/.test(event.key);
    const presses = event.key === " " && first !== this.plane.overlay.canvas;
    if (typing || slides || presses || event.ctrlKey || event.metaKey) return;
    if (event.key === " ") {
      this.space = true;
      if (!event.repeat) this.used = false;
    } else if (!this.plane.buttons.press(event)) return;
    event.preventDefault();
    event.stopPropagation(); // Streamlit has keys of its own
  }

  /** @param {KeyboardEvent} event */
  lift(event) {
    if (event.key === " " && this.space) {
      this.space = false;
      if (!this.used) this.plane.walk.toggle();
    }
    if (event.key.startsWith("Arrow") && /** @type {Element} */ (event.composedPath()[0]).tagName !== "INPUT") this.plane.cursor.rest();
  }
}
