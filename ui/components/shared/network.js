// A packed network (docs/plane-format.md): its operations over one memory, in WebAssembly or in plain JavaScript.

import { KERNEL } from "./kernel.js";

/** @import { Machine, NetworkHeader, NetworkOptions, Step, Tensor } from "./types" */

// The operations where WebAssembly is refused. Places count the numbers of one Float32Array; kernel.c says the same in C.
class Plain {
  /** @param {Float32Array} memory */
  constructor(memory) {
    this.memory = memory;
  }

  /** @type {Step} */
  convolve(from, to, kernel, bias, rows, columns, rowApart, columnApart, taps, run, tapApart, rowOut, columnOut, filters, lanes) {
    const m = this.memory;
    const group = Math.min(lanes, 4);
    for (let filter = 0; filter < filters; filter += group) {
      const weights = kernel + Math.floor(filter / lanes) * taps * run * lanes + (filter % lanes);
      for (let pixel = 0; pixel < rows * columns; pixel++) {
        const [row, column] = [Math.floor(pixel / columns), pixel % columns];
        let [w, a, b, c, d] = [weights, m[bias + filter], m[bias + filter + 1], m[bias + filter + 2], m[bias + filter + 3]];
        for (let tap = 0; tap < taps; tap++) {
          let i = from + row * rowApart + column * columnApart + tap * tapApart;
          for (const end = i + run; i < end; i++, w += lanes) {
            const value = m[i];
            if (value === 0) continue;
            a += value * m[w];
            if (group === 1) continue;
            b += value * m[w + 1];
            c += value * m[w + 2];
            d += value * m[w + 3];
          }
        }
        const place = to + row * rowOut + column * columnOut + filter;
        m[place] = a;
        if (group === 1) continue;
        if (filter + 1 < filters) m[place + 1] = b;
        if (filter + 2 < filters) m[place + 2] = c;
        if (filter + 3 < filters) m[place + 3] = d;
      }
    }
  }

  /** @type {Step} */
  frame(from, to, outside, height, width, channels, rows, columns, top, left) {
    const m = this.memory;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, to += channels) {
        const [y, x] = [row + top, column + left];
        const inside = y >= 0 && y < height && x >= 0 && x < width;
        const source = inside ? from + (y * width + x) * channels : outside;
        for (let i = 0; i < channels; i++) m[to + i] = m[source + i];
      }
    }
  }

  /** @type {Step} */
  enlarge(from, to, height, width, channels, size) {
    for (let row = 0; row < height * size; row++) {
      for (let column = 0; column < width * size; column++, to += channels) {
        const source = from + (Math.floor(row / size) * width + Math.floor(column / size)) * channels;
        this.memory.copyWithin(to, source, source + channels);
      }
    }
  }

  /** @type {Step} */
  pool(from, to, height, width, channels, size, average) {
    const m = this.memory;
    for (let row = 0; row + size <= height; row += size) {
      for (let column = 0; column + size <= width; column += size) {
        for (let channel = 0; channel < channels; channel++, to++) {
          let found = average ? 0 : -Infinity;
          for (let i = 0; i < size * size; i++) {
            const value = m[from + ((row + Math.floor(i / size)) * width + column + (i % size)) * channels + channel];
            found = average ? found + value : Math.max(found, value);
          }
          m[to] = average ? found / size ** 2 : found;
        }
      }
    }
  }

  /** @type {Step} */
  add(one, other, to, count) {
    for (let i = 0; i < count; i++) this.memory[to + i] = this.memory[one + i] + this.memory[other + i];
  }

  /** @type {Step} */
  affine(from, to, scale, shift, pixels, channels) {
    const m = this.memory;
    for (let i = 0; i < pixels * channels; i++) m[to + i] = m[from + i] * m[scale + (i % channels)] + m[shift + (i % channels)];
  }

  /** @type {Step} */
  normalize(from, to, epsilon, pixels, channels) {
    const m = this.memory;
    for (let pixel = 0; pixel < pixels; pixel++, from += channels, to += channels) {
      const values = m.slice(from, from + channels);
      const mean = Math.fround(values.reduce((sum, value) => sum + value, 0) / channels);
      const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      const scale = 1 / Math.sqrt(squares / channels + m[epsilon]);
      for (let i = 0; i < channels; i++) m[to + i] = (values[i] - mean) * scale;
    }
  }

  /** @type {Step} */
  activate(from, to, count, kind) {
    const [, apply] = Plain.FUNCTIONS[kind];
    for (let i = 0; i < count; i++) this.memory[to + i] = apply(this.memory[from + i]);
  }

  /**
   * In the order of FUNCTIONS in vae_core/look/program/operations.py; a program names them by their numbers.
   * @type {[string, (x: number) => number][]}
   */
  static FUNCTIONS = Object.entries({
    relu: (x) => Math.max(x, 0),
    sigmoid: (x) => 1 / (1 + Math.exp(-x)),
    tanh: Math.tanh,
    gelu: (x) => (x / 2) * (x < 0 ? Plain.rest(-x * Math.SQRT1_2) : 2 - Plain.rest(x * Math.SQRT1_2)),
    elu: (x) => (x > 0 ? x : Math.expm1(x)),
    silu: (x) => x / (1 + Math.exp(-x)),
    leaky_relu: (x) => (x > 0 ? x : 0.2 * x),
    relu6: (x) => Math.min(Math.max(x, 0), 6),
    sin: Math.sin,
  });

  /**
   * The complementary error function of x >= 0, to 1.2e-7 of its value (Numerical Recipes).
   * @param {number} x
   * @returns {number}
   */
  static rest(x) {
    const t = 1 / (1 + x / 2);
    const terms = [0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368, -1.26551223];
    return t * Math.exp(terms.reduce((sum, term) => sum * t + term, 0) - x * x);
  }
}

// Its source is all that a worker gets, see `program`: what it uses stands in it, or is a property of it.
export class Network {
  /** The class of the operations where WebAssembly is refused. */
  static Plain = /** @type {typeof Plain} */ (null);
  /** The kernel, deflated. */
  static packed = "";

  /**
   * A program for a worker, which calls a function with this class. It is no module: to a page that was opened as a file,
   * browsers give no worker that imports anything.
   * @param {(network: typeof Network) => void} work
   */
  static program(work) {
    const parts = [`Network.Plain = ${Network.Plain}`, `Network.packed = ${JSON.stringify(Network.packed)}`, `(${work})(Network)`];
    return `const Network = ${[Network, ...parts].join(";\n")};`;
  }

  /**
   * Where WebAssembly is refused, or `wasm` is false, JavaScript does the same, much slower.
   * @param {Uint8Array} bytes
   * @param {NetworkOptions} options
   */
  static async load(bytes, { wasm = true } = {}) {
    const { header, weights } = Network.read(bytes);
    const found = (wasm && (await Network.compiled(header.memory).catch(() => /** @type {null} */ (null)))) || Network.interpreted(header.memory);
    found.memory.set(weights[0]);
    found.memory.set(weights[1], header.kernels);
    return new Network(header, found);
  }

  /**
   * The kernel's operations take addresses in bytes, counted from the beginning of its memory.
   * @param {number} size
   * @returns {Promise<Machine>}
   */
  static async compiled(size) {
    const { instance } = await WebAssembly.instantiate(await Network.kernel());
    const exports = /** @type {Machine["operations"] & { __heap_base: WebAssembly.Global, memory: WebAssembly.Memory }} */ (instance.exports);
    const base = exports.__heap_base.value;
    exports.memory.grow(Math.ceil((base + 4 * size + 16) / 65536)); // `pool` reads a little beyond the end
    const memory = new Float32Array(exports.memory.buffer, base, size);
    return { rung: "wasm", operations: exports, memory, address: (place) => base + 4 * place };
  }

  static kernel() {
    const packed = Uint8Array.from(atob(Network.packed), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer();
  }

  /**
   * @param {number} size
   * @returns {Machine}
   */
  static interpreted(size) {
    const memory = new Float32Array(size);
    return { rung: "js", operations: /** @type {Machine["operations"]} */ (/** @type {object} */ (new Network.Plain(memory))), memory, address: (place) => place };
  }

  /**
   * @param {Uint8Array} bytes
   * @returns {{ header: NetworkHeader, weights: Float32Array[] }}
   */
  static read(bytes) {
    const copy = bytes.slice(); // its own memory, aligned
    const [magic, version, length] = new Uint32Array(copy.buffer, 0, 3);
    if (magic !== 0x574e4c4c || ![1, 2].includes(version)) throw new Error("This is no network of a version that this page reads.");
    const header = JSON.parse(new TextDecoder().decode(copy.subarray(16, 16 + length)));
    const Kind = header.half ? Uint16Array : Float32Array;
    const kernels = new Kind(copy.buffer, 16 + length, header.kernels);
    const vectors = new Float32Array(copy.buffer, 16 + length + kernels.byteLength, header.vectors);
    return { header, weights: [kernels instanceof Uint16Array ? Float32Array.from(kernels, Network.single) : kernels, vectors] };
  }

  /**
   * A float16, given as its bits.
   * @param {number} bits
   */
  static single(bits) {
    const [exponent, rest] = [(bits >> 10) & 31, (bits & 1023) / 1024];
    return (bits >> 15 ? -1 : 1) * (exponent ? 2 ** (exponent - 15) * (1 + rest) : 2 ** -14 * rest);
  }

  /**
   * @param {NetworkHeader} header
   * @param {Machine} machine
   */
  constructor(header, { rung, operations, memory, address }) {
    this.rung = rung;
    this.input = header.input.shape;
    this.output = header.outputs[0].shape;
    this.steps = header.ops.map(([name, places, sizes]) => operations[name].bind(operations, ...places.map(address), ...sizes));
    const part = (/** @type {Tensor} */ { at, shape }) => memory.subarray(at, at + shape.reduce((product, size) => product * size, 1));
    this.given = part(header.input);
    this.found = header.outputs.map(part);
    this.whole = new Float32Array(this.found.reduce((sum, each) => sum + each.length, 0));
  }

  /**
   * Numbers in, numbers out; those are overwritten by the next run. A VAE's encoder: the mean, then the log-variance.
   * @param {ArrayLike<number>} values
   */
  run(values) {
    if (values.length !== this.given.length) throw new RangeError(`${values.length} numbers instead of ${this.given.length}`);
    this.given.set(values);
    for (const step of this.steps) step();
    this.found.reduce((start, each) => (this.whole.set(each, start), start + each.length), 0);
    return this.whole;
  }
}

Network.Plain = Plain;
Network.packed = KERNEL;
