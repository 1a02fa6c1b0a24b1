// Writes the place where the cursor of a plane rests into the address, in place of the one before.

/** @import { Mounted } from "../components/shared/types" */

/** @type {WeakMap<HTMLElement | ShadowRoot, AbortController>} */
const lives = new WeakMap();

/**
 * @param {string} parameter
 * @param {number[]} code
 */
function write(parameter, code) {
  const address = new URL(location.href);
  address.searchParams.set(parameter, code.map((value) => Number(value.toPrecision(4))).join());
  history.replaceState(history.state, "", address.href.replaceAll("%2C", ","));
}

/** @param {Mounted<{ plane: string, parameter: string }>} mounted */
export default function ({ parentElement, data }) {
  lives.get(parentElement)?.abort();
  const life = new AbortController();
  lives.set(parentElement, life);
  const element = parentElement instanceof ShadowRoot ? parentElement.host : parentElement;
  /** @type {HTMLElement | null} */
  const place = element.closest('[data-testid="stElementContainer"]');
  if (place) place.style.display = "none";
  /** @type {(event: DocumentEventMap["loupe-at"]) => void} */
  const heed = ({ detail }) => { if (detail.plane === data.plane) write(data.parameter, detail.code); };
  document.addEventListener("loupe-at", heed, { signal: life.signal });
  return () => {
    if (place) place.style.display = ""; // the page may give it to something else
    lives.get(parentElement)?.abort();
  };
}
