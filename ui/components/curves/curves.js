// Charts below each other, each with the curves of the models whose losses are of one kind.

class Curves {
  constructor(root) {
    this.box = make("div", { class: "film" });
    root.append(this.box);
    this.charts = [];
    this.resized = new ResizeObserver(() => { for (const chart of this.charts) chart.draw(); });
    this.resized.observe(this.box);
  }

  update({ charts }) {
    if (charts.length !== this.charts.length) {
      this.box.replaceChildren();
      this.charts = charts.map(() => new LossChart(this.box, () => {}));
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
