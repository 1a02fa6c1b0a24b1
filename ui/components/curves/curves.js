// Charts below each other, each with the curves of the models whose losses are of one kind.

import { LossChart } from "../film/chart.js";
import { mounting } from "../shared/mount.js";
import { make } from "../shared/tools.js";
import STYLE from "../film/film.css";

/** @import { Chart, Mounted } from "../shared/types" */

class Curves {
  /** @param {HTMLElement | ShadowRoot} root */
  constructor(root) {
    this.list = make("div");
    this.box = make("div", { class: "film" }, make("style", {}, STYLE), this.list);
    root.append(this.box);
    /** @type {LossChart[]} */
    this.charts = [];
    this.resized = new ResizeObserver(() => { for (const chart of this.charts) chart.draw(); });
    this.resized.observe(this.box);
  }

  /** @param {{ charts: Chart[] }} data */
  update({ charts }) {
    if (charts.length !== this.charts.length) {
      this.list.replaceChildren();
      this.charts = charts.map(() => new LossChart(this.list, () => {}));
    }
    charts.forEach((spec, i) => this.charts[i].show(spec));
  }

  destroy() {
    this.resized.disconnect();
    this.box.remove();
  }
}

export default mounting({
  make: (place) => new Curves(place),
  update: (curves, /** @type {Mounted<{ charts: Chart[] }>} */ { data }) => curves.update(data),
  end: (curves) => curves.destroy(),
});
