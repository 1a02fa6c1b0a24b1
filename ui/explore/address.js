// Writes the place where the cursor of a plane rests into the address, in place of the one before.

import { mounting } from "../components/shared/mount.js";

/** @import { Mounted } from "../components/shared/types" */
/** @typedef {{ plane: string, parameter: string }} Wanted */

/**
 * @param {string} parameter
 * @param {number[]} code
 */
function write(parameter, code) {
  const address = new URL(location.href);
  address.searchParams.set(parameter, code.map((value) => Number(value.toPrecision(4))).join());
  history.replaceState(history.state, "", address.href.replaceAll("%2C", ","));
}

class Address {
  /**
   * @param {HTMLElement | ShadowRoot} root
   * @param {Wanted} wanted
   */
  constructor(root, wanted) {
    this.wanted = wanted;
    this.life = new AbortController();
    const element = root instanceof ShadowRoot ? root.host : root;
    /** @type {HTMLElement | null} */
    this.place = element.closest('[data-testid="stElementContainer"]');
    if (this.place) this.place.style.display = "none";
    document.addEventListener("loupe-at", (event) => this.heed(event), { signal: this.life.signal });
  }

  /** @param {DocumentEventMap["loupe-at"]} event */
  heed({ detail }) {
    if (detail.plane === this.wanted.plane) write(this.wanted.parameter, detail.code);
  }

  // The page may give its place to something else.
  end() {
    if (this.place) this.place.style.display = "";
    this.life.abort();
  }
}

export default mounting({
  make: (place, /** @type {Wanted} */ data) => new Address(place, data),
  update: (address, /** @type {Mounted<Wanted>} */ { data }) => { address.wanted = data; },
  end: (address) => address.end(),
});
