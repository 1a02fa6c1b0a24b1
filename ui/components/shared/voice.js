// Says to Python what a component has to say, when it does no harm.

/** @import { Tell } from "./types" */

const CALM = 1000; // ms after a click elsewhere in which the page may be about to change
const LOOK_AGAIN = 20; // ms

// What a component has to say to Python waits until the page is calm: a message that follows a click on a link to another
// page would leave that page blank.
export class Voice {
  /** @param {Element} box */
  constructor(box) {
    this.box = box;
    /** @type {Tell} */
    this.setState = () => {}; // Streamlit's own, later
    /** @type {Map<string, unknown>} */
    this.words = new Map(); // the newest of each name
    this.clicked = -Infinity;
    this.clicks = (/** @type {MouseEvent} */ event) => { if (!event.composedPath().includes(this.box)) this.clicked = performance.now(); };
    document.addEventListener("click", this.clicks, true);
  }

  /** @type {Tell} */
  say(name, value) {
    this.words.set(name, value);
    this.timer ??= setTimeout(() => this.look(), LOOK_AGAIN);
  }

  look() {
    const app = document.querySelector("[data-test-script-state]");
    const state = app?.getAttribute("data-test-script-state") ?? "notRunning";
    const calm = state === "notRunning" && performance.now() - this.clicked > CALM;
    this.timer = calm ? null : setTimeout(() => this.look(), LOOK_AGAIN);
    if (!calm) return;
    const words = [...this.words];
    this.words.clear();
    for (const [name, value] of words) this.setState(name, value);
  }

  destroy() {
    clearTimeout(this.timer);
    document.removeEventListener("click", this.clicks, true);
  }
}
