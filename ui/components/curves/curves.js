// Charts below each other, each with the curves of the models whose losses are of one kind.

import { LossChart } from "../film/chart.js";
import { make } from "../shared/tools.js";
import STYLE from "../film/film.css";

class Curves {
  constructor(root) {
    this.list = make("div");
    this.box = make("div", { class: "film" }, make("style", {}, STYLE), this.list);
    root.append(this.box);
    this.charts = [];
    this.resized = new ResizeObserver(() => { for (const chart of this.charts) chart.draw(); });
    this.resized.observe(this.box);
  }

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

const all = new WeakMap();

export default function ({ parentElement, data }) {
  if (!all.has(parentElement)) all.set(parentElement, new Curves(parentElement));
  all.get(parentElement).update(data);
  return () => { all.get(parentElement)?.destroy(); all.delete(parentElement); };
}
