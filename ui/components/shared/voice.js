// Says to Python what a component has to say, when it does no harm.

/** @import { Tell } from "./types" */

const CALM = 1000; // ms after a click elsewhere in which the page may be about to change
const LEAVING = 15_000; // ms after a click on a link in which a busy server may not have begun to draw what it leads to
const STATE = "data-test-script-state";
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
    this.clicked = this.left = -Infinity;
    this.begun = new MutationObserver(() => this.hasBegun());
    this.clicks = (/** @type {MouseEvent} */ event) => this.seen(event.composedPath());
    document.addEventListener("click", this.clicks, true);
  }

  /** @type {Tell} */
  say(name, value) {
    this.words.set(name, value);
    this.timer ??= setTimeout(() => this.look(), LOOK_AGAIN);
  }

  /** @param {EventTarget[]} path  of a click */
  seen(path) {
    if (path.includes(this.box)) return;
    this.clicked = performance.now();
    const app = document.querySelector(`[${STATE}]`);
    if (!app || !path.some((each) => each instanceof HTMLAnchorElement)) return;
    this.left = this.clicked;
    this.begun.observe(app, { attributes: true, attributeFilter: [STATE] });
  }

  hasBegun() {
    if (this.state() === "notRunning") return;
    this.left = -Infinity;
    this.begun.disconnect();
  }

  state() {
    return document.querySelector(`[${STATE}]`)?.getAttribute(STATE) ?? "notRunning";
  }

  look() {
    const now = performance.now();
    const calm = this.state() === "notRunning" && now - this.clicked > CALM && now - this.left > LEAVING;
    this.timer = calm ? null : setTimeout(() => this.look(), LOOK_AGAIN);
    if (!calm) return;
    const words = [...this.words];
    this.words.clear();
    for (const [name, value] of words) this.setState(name, value);
  }

  destroy() {
    clearTimeout(this.timer);
    this.begun.disconnect();
    document.removeEventListener("click", this.clicks, true);
  }
}
