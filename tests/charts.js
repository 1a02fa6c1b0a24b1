// Draws the film's chart and its map with what a test hands over, and tells which drawings hold a place that is no number.

import { LossChart } from "../ui/components/film/chart.js";
import { Frames } from "../ui/components/film/frames.js";
import { CodeMap } from "../ui/components/film/pictures.js";
import { make } from "../ui/components/shared/tools.js";

function spec(lines, more) {
  const epochs = lines.length ? lines[0].values.map((_, i) => i + 1) : [];
  return {
    name: "c", title: "C", help: "", run: "r", height: 200, levels: [], marks: [], batches: [], empty: "Nothing.", unit: "nats",
    best: 1, epochs, span: [1, Math.max(2, epochs.length)], log: false, lines, ...more,
  };
}

function line(name, values, more = {}) {
  return { name, color: "#4169B0", dashed: false, best: true, values, ...more };
}

function drawn(charted) {
  const host = make("div");
  document.body.append(host);
  const chart = new LossChart(host, () => {});
  chart.show(charted, 1);
  const box = chart.stage.getBoundingClientRect();
  chart.onMove({ clientX: box.left + chart.left, clientY: box.top + chart.top });
  const wrong = /NaN|Infinity|undefined/.exec(host.innerHTML);
  host.remove();
  return wrong;
}

// The names of the series that no chart can show.
export function undrawable(series) {
  const levels = [{ name: "mean", value: 0, help: "" }, { name: "floor", value: null, help: "" }];
  const marks = [{ epoch: 1, value: 0, name: "printed", part: "train" }, { epoch: 2, value: 0.3, name: "printed", part: "train" }];
  const bad = [];
  for (const [name, values] of Object.entries(series)) {
    const own = { at: values.map((_, i) => i + 0.5), ring: values.length - 1 };
    const kinds = {
      none: spec([], { marks, levels }), "none, batches": spec([], { batches: values.map((value, i) => [i / 9, value]) }),
      one: spec([line("a", values)], { levels, marks }), two: spec([line("a", values), line("b", [])], { gap: [0.5, 0.1] }),
      placed: spec([line("a", values, own), line("b", [], { at: [], ring: null })], { across: "seconds" }),
      batches: spec([line("a", [])], { batches: values.map((value, i) => [i / 9, value]) }),
    };
    for (const [kind, made] of Object.entries(kinds)) {
      for (const log of [false, true]) if (drawn({ ...made, log })) bad.push(`${name}: ${kind}${log ? ", logarithmic" : ""}`);
    }
  }
  return bad;
}

// What the map shows of points x0, y0, x1, y1, ...: its square, and how many numbers stand along its axes.
export function mapped(points) {
  const frames = new Frames();
  frames.placed = () => Float32Array.from(points, (value) => value ?? NaN);
  frames.frames.set(1, { epoch: 1 });
  const view = frames.view(0);
  const host = make("div", { style: "width: 300px" });
  document.body.append(host);
  const map = new CodeMap(host, () => "");
  map.canvas.style.cssText = "width: 300px; height: 300px";
  map.header = { rings: false, axes: ["z1", "z2"], classes: [], colors: ["#4169B0"], labels: null, index: [], code: 2 };
  const written = [];
  const square = [[0, 0], [1, 0], [0, 1]];
  const fillText = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function note(text, ...more) { written.push(text); fillText.call(this, text, ...more); };
  map.draw({ placed: frames.placed(1), raw: points, turn: [1, 0, 0, 1], square, view });
  CanvasRenderingContext2D.prototype.fillText = fillText;
  const at = map.at(...frames.placed(1).slice(0, 2), 300);
  host.remove();
  return { view, written: written.length, at };
}
