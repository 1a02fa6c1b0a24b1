// What Python wants to say to a plane that is already drawn. It has nothing to see and takes no room on the page.

import { mounting } from "../shared/mount.js";

/** @import { Mounted } from "../shared/types" */

class Mailbox {
  /** @param {HTMLElement | ShadowRoot} root */
  constructor(root) {
    /** @type {Uint8Array | null} */
    this.letter = null;
    this.life = new AbortController();
    const element = root instanceof ShadowRoot ? root.host : root;
    /** @type {HTMLElement | null} */
    this.place = element.closest('[data-testid="stElementContainer"]');
    this.hide("none");
    document.addEventListener("loupe-ready", () => this.send(), { signal: this.life.signal });
  }

  /**
   * The page may give the place to something else later.
   * @param {string} display
   */
  hide(display) {
    if (this.place) this.place.style.display = display;
  }

  /** @param {Uint8Array} letter */
  put(letter) {
    this.letter = letter;
    this.send();
  }

  // Every plane hears every letter, and keeps to those with its own name.
  send() {
    if (this.letter) document.dispatchEvent(new CustomEvent("loupe-letter", { detail: this.letter }));
  }
}

export default mounting({
  make: (place) => new Mailbox(place),
  update: (box, /** @type {Mounted<Uint8Array>} */ { data }) => box.put(data),
  end: (box) => { box.hide(""); box.life.abort(); },
});
