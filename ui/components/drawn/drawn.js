// A drawing in the colours of the page.

import { mounting } from "../shared/mount.js";
import { make } from "../shared/tools.js";
import STYLE from "./drawn.css";

/** @import { Mounted } from "../shared/types" */

export default mounting({
  make: (place) => {
    const box = make("div", { class: "drawn" });
    place.append(make("div", {}, make("style", {}, STYLE), box));
    return { box, svg: "" };
  },
  update: (drawing, /** @type {Mounted<string>} */ { data }) => { if (drawing.svg !== data) drawing.box.innerHTML = drawing.svg = data; },
  end: ({ box }) => box.parentElement.remove(),
});
