// Small drawings for buttons, as lines on a sheet of 24 by 24.

import { make } from "./tools.js";

/** @type {{ [name: string]: string }} */
const LINES = {
  home: "M12 9a3 3 0 1 0 0 6a3 3 0 1 0 0-6M12 3v6M12 15v6M3 12h6M15 12h6",
  random: "M5 5h14v14H5zM9 9h.01M15 9h.01M12 12h.01M9 15h.01M15 15h.01",
  play: "M8 5l11 7l-11 7z",
  pause: "M9 5v14M15 5v14",
  snap: "M6 4v8a6 6 0 0 0 12 0V4h-4v8a2 2 0 0 1-4 0V4zM6 8h4M14 8h4",
  walk: "M6 4l4.5 15l2.2-6.3L19 10.5z",
  pan: "M12 3v18M3 12h18M9.5 5.5L12 3l2.5 2.5M9.5 18.5L12 21l2.5-2.5M5.5 9.5L3 12l2.5 2.5M18.5 9.5L21 12l-2.5 2.5",
  box: "M4 8V4h4M11 4h2M16 4h4v4M20 11v2M20 16v4h-4M13 20h-2M8 20H4v-4M4 13v-2",
  lasso: "M7.5 14.2C5.3 13.3 4 11.8 4 10c0-3 3.6-5 8-5s8 2 8 5s-3.6 5-8 5c-1.7 0-3.2-.3-4.5-.8M7.5 14.2a1.8 1.8 0 1 0 .5 2.8c.5 1.5-.5 2.5-2 3",
  closer: "M12 5v14M5 12h14",
  farther: "M5 12h14",
  whole: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  works: "M3 4l7 5v6l-7 5zM21 4l-7 5v6l7 5z",
  more: "M6 12h.01M12 12h.01M18 12h.01",
};

export const ICONS = new Set(Object.keys(LINES));

/** @param {string} name */
export function icon(name) {
  return make("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, make("path", { d: LINES[name] }));
}
