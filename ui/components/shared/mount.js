// A component from its first drawing to its end: what Streamlit calls at first, and with everything new that Python sends.

/** @import { Mounted } from "./types" */

/**
 * Where data come again while the script is still loading, Streamlit makes both calls, in any order, and ends the one that
 * it has given up at once. That end is not the component's: what the other call shows stays, or comes back.
 * @template Data
 * @template Part
 * @param {object} kind
 * @param {(place: HTMLElement | ShadowRoot, data: Data) => Part} kind.make
 * @param {(part: Part, mounted: Mounted<Data>) => void} [kind.update]
 * @param {(part: Part) => void} kind.end
 * @param {(part: Part, data: Data) => boolean} [kind.stays]   whether it can show these data; else another one is made
 * @returns {(mounted: Mounted<Data>) => () => void}
 */
export function mounting({ make, update = () => {}, end, stays = () => true }) {
  /** @type {WeakMap<HTMLElement | ShadowRoot, { part: Part, shown: Mounted<Data> }>} */
  const all = new WeakMap();

  /** @param {Mounted<Data>} mounted */
  function open(mounted) {
    const { parentElement: place, data } = mounted;
    if (all.has(place) && !stays(all.get(place).part, data)) close(place);
    const part = all.get(place)?.part ?? make(place, data);
    all.set(place, { part, shown: mounted });
    update(part, mounted);
  }

  /** @param {HTMLElement | ShadowRoot} place */
  function close(place) {
    const { part } = all.get(place);
    all.delete(place);
    end(part);
  }

  return (mounted) => {
    const place = mounted.parentElement;
    const before = all.get(place)?.shown;
    let given_up = true; // if its end comes before anything else does
    setTimeout(() => { given_up = false; });
    open(mounted);
    return () => {
      if (!all.has(place) || given_up && all.get(place).shown !== mounted) return;
      if (given_up && before) open(before);
      else close(place);
    };
  };
}
