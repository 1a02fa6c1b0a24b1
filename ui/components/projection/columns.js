// What a map can be coloured by: the class, or something else that is known of every image, as numbers or as words.

import { pixel } from "../shared/canvas.js";
import { number } from "../shared/tools.js";

/** @import { Column, Part, ProjectionHeader } from "../shared/types" */
/** @import { Points } from "../shared/points.js" */

const NONE = 65535; // of a number or a word that is not known
export const VIRIDIS = ["#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725"];

export class Columns {
  /**
   * @param {ProjectionHeader} header
   * @param {Part} part
   * @param {Points} points
   */
  constructor(header, part, points) {
    const { classes, counts } = header;
    this.points = points;
    const known = header.columns.map((column) => ({ ...column, values: new Uint16Array(part(column.part).buffer) }));
    const own = classes.length ? [{ name: "class", words: classes, values: points.kinds, counts }] : [];
    /** @type {Column[]} */
    this.all = [...own, ...known.map((column) => (column.words ? { ...column, counts: counted(column) } : column))];
    /** @type {Column | null} */
    this.shown = null; // what colours the map
    /** @type {Column | null} */
    this.kinds = null; // what the legend switches on and off
    /** @type {{ grey: string, shown: Column | null, table: Int32Array } | null} */
    this.known = null; // the last table of colours
  }

  /**
   * The name of what colours the map; another one where a map has no such column.
   * @param {string} name
   */
  choose(name) {
    this.shown = this.all.find((column) => column.name === name) ?? this.all[0] ?? null;
    this.points.tints = this.shown ? this.shown.values : this.points.kinds;
    const kinds = this.shown?.words ? this.shown : this.all.find((column) => column.words);
    if (kinds === this.kinds) return;
    this.kinds = kinds;
    this.points.kinds = kinds?.values ?? this.points.kinds;
    this.points.shown.fill(1);
  }

  greyed() {
    return (this.kinds?.words ?? []).filter((_, kind) => !this.points.shown[kind]);
  }

  /**
   * A colour for every value, the last but one for none.
   * @param {number} size
   * @param {string[]} colors
   * @param {string} grey
   * @returns {Int32Array}
   */
  table(size, colors, grey) {
    if (this.known?.grey === grey && this.known.shown === this.shown) return this.known.table;
    const table = new Int32Array(size + 1).fill(pixel(grey));
    if (this.shown?.words) this.shown.words.forEach((_, kind) => { table[kind] = pixel(colors[kind % colors.length]); });
    if (this.shown?.scale) this.shade(table);
    this.known = { grey, shown: this.shown, table };
    return table;
  }

  /** @param {Int32Array} table */
  shade(table) {
    const { low, step, scale: [from, to] } = this.shown;
    const shades = Int32Array.from({ length: 256 }, (_, i) => pixel(viridis(i / 255)));
    const share = (/** @type {number} */ value) => (to > from ? (low + step * value - from) / (to - from) : 0.5);
    for (let value = 0; value < NONE; value++) table[value] = shades[Math.round(255 * Math.max(0, Math.min(1, share(value))))];
  }

  /**
   * What is known of a point, in words; class and loss are told with its code.
   * @param {number} point
   */
  told(point) {
    const row = (/** @type {Column} */ { name, words, values, low, step }) => {
      const value = values[point];
      return value === NONE ? "" : `${name} ${words ? words[value] : number(low + step * value)}`;
    };
    return this.all.filter(({ name }) => !["class", "loss"].includes(name)).map(row).filter(Boolean);
  }

  /**
   * Points with a word that holds this text; words that are this text go first.
   * @param {string} text
   */
  find(text) {
    /** @type {((word: string) => boolean)[]} */
    const ways = [(word) => word === text, (word) => word.includes(text)];
    for (const fits of ways) {
      for (const { words, values } of this.all) {
        const wanted = new Set((words ?? []).map((word, kind) => (fits(word.toLowerCase()) ? kind : -1)));
        wanted.delete(-1);
        if (wanted.size) return (/** @type {number} */ point) => wanted.has(values[point]);
      }
    }
    return null;
  }
}

/** @param {Pick<Column, "words" | "values">} column */
function counted({ words, values }) {
  const counts = words.map(() => 0);
  for (const value of values) if (value !== NONE) counts[value] += 1;
  return counts;
}

/**
 * From dark violet through green to yellow, for values of 0 to 1.
 * @param {number} value
 */
function viridis(value) {
  const at = value * (VIRIDIS.length - 1);
  const [from, to] = [Math.floor(at), Math.ceil(at)].map((i) => parseInt(VIRIDIS[i].slice(1), 16));
  const parts = [16, 8, 0].map((by) => ((from >> by) & 255) + (((to >> by) & 255) - ((from >> by) & 255)) * (at % 1));
  return `#${parts.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;
}
