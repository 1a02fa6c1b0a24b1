// Decodes at once where that is quick, in a worker where it would hold up the page.

import { Network } from "./network.js";

/** @import { Code, Done, NetworkOptions } from "./types" */
/** @typedef {{ code: Code, done: Done }} Job */
/** @typedef {{ codes: Code[], each: (index: number, picture: Float32Array) => void, next: number }} Batch */

export class Decoder {
  static SLOW = 6; // ms: more than that would be felt in every frame
  static AGAIN = [500, 2000, 6000]; // ms after which a network that seemed slow is measured again
  static SLICE = 4; // ms of the page's idle time that the pictures of `many` may take at once

  /**
   * @param {Uint8Array} bytes
   * @param {NetworkOptions} [options]
   */
  static async open(bytes, options) {
    const network = await Network.load(bytes, options);
    const decoder = new Decoder(network, await Decoder.measure(network));
    if (decoder.milliseconds > Decoder.SLOW) decoder.moveAway(bytes, options);
    if (decoder.milliseconds < 10 * Decoder.SLOW) decoder.reconsider(Decoder.AGAIN);
    return decoder;
  }

  /**
   * Milliseconds of one decode. The browser compiles while it runs, so the first ones count less than the best.
   * @param {Network} network
   */
  static async measure(network) {
    const code = new Float32Array(network.given.length);
    const began = performance.now();
    let best = Infinity;
    for (let round = 0; round < 6 && performance.now() - began < 80; round++) {
      const start = performance.now();
      let [count, spent] = [0, 0];
      while (spent < 1) {
        network.run(code);
        count += 1;
        spent = performance.now() - start;
      }
      best = Math.min(best, spent / count);
      await new Promise((resolve) => setTimeout(resolve));
    }
    return best;
  }

  /**
   * @param {Network} network
   * @param {number} milliseconds
   */
  constructor(network, milliseconds) {
    this.network = network;
    this.milliseconds = milliseconds;
    this.rung = network.rung;
    this.input = network.input;
    this.output = network.output;
    this.where = "here";
    /** @type {Batch[]} */
    this.batches = [];
    /** @type {Worker | null} */
    this.worker = null;
    /** @type {Job | null} */
    this.busy = null; // what the worker is at
    /** @type {Job | null} */
    this.waiting = null;
  }

  /**
   * @param {Uint8Array} bytes
   * @param {NetworkOptions} [options]
   */
  moveAway(bytes, options) {
    const address = URL.createObjectURL(new Blob([Network.program(work)], { type: "text/javascript" }));
    try {
      this.worker = new Worker(address);
    } catch {
      return; // refused: slow, but here
    } finally {
      URL.revokeObjectURL(address);
    }
    this.where = "worker";
    this.worker.onmessage = ({ data }) => this.answered(data);
    this.worker.onerror = () => this.comeBack();
    this.worker.postMessage({ bytes, options });
  }

  /**
   * While a page is being built everything is slow, and the browser has not yet compiled what it will run often.
   * @param {number[]} times
   */
  reconsider([after, ...later]) {
    if (!this.worker || !after) return;
    this.timer = setTimeout(async () => {
      this.milliseconds = await Decoder.measure(this.network);
      if (this.closed || !this.worker) return;
      if (this.milliseconds > Decoder.SLOW) this.reconsider(later);
      else this.comeBack();
    }, after);
  }

  comeBack() {
    this.worker.terminate();
    this.worker = null;
    this.where = "here";
    const left = [this.busy, this.waiting];
    this.busy = this.waiting = null;
    for (const job of left) if (job) this.decode(job.code, job.done);
    this.rest();
  }

  /**
   * `done` gets the picture: before this returns where it is decoded here, later from a worker, and then only the
   * newest of the codes that wait for it. The picture is its own only until the next one.
   * @param {Code} code
   * @param {Done} done
   */
  decode(code, done) {
    if (this.closed) return;
    if (code.length !== this.network.given.length) throw new RangeError(`${code.length} numbers instead of ${this.network.given.length}`);
    if (!this.worker) {
      done(this.network.run(code));
      return;
    }
    this.waiting = { code: Float32Array.from(code), done };
    this.send();
  }

  /**
   * Pictures for many codes whenever nothing else is to be done: each(index, picture). Returns what cancels the rest.
   * @param {Code[]} codes
   * @param {Batch["each"]} each
   */
  many(codes, each) {
    /** @type {Batch} */
    const batch = { codes, each, next: 0 };
    if (!this.closed && codes.length) this.batches.push(batch);
    this.worker ? this.send() : this.rest();
    return () => {
      batch.each = () => {};
      this.batches = this.batches.filter((other) => other !== batch);
    };
  }

  /**
   * The next job of low priority.
   * @returns {Job | null}
   */
  next() {
    const [batch] = this.batches;
    if (!batch) return null;
    const index = batch.next++;
    if (batch.next === batch.codes.length) this.batches.shift();
    const done = (/** @type {Float32Array} */ picture) => batch.each(index, picture);
    return { code: Float32Array.from(batch.codes[index]), done };
  }

  send() {
    if (this.busy) return;
    this.busy = this.waiting ?? this.next();
    this.waiting = null;
    if (this.busy) this.worker.postMessage(this.busy.code);
  }

  /** @param {Float32Array} picture */
  answered(picture) {
    if (this.closed) return;
    const { done } = this.busy;
    this.busy = null;
    this.send();
    done(picture);
  }

  rest() {
    if (this.resting || this.closed || !this.batches.length) return;
    this.resting = true;
    const work = () => this.slice();
    globalThis.requestIdleCallback ? requestIdleCallback(work, { timeout: 500 }) : setTimeout(work, 16);
  }

  slice() {
    this.resting = false;
    const began = performance.now();
    while (this.batches.length && performance.now() - began < Decoder.SLICE) {
      const { code, done } = this.next();
      done(this.network.run(code));
    }
    this.rest();
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    this.worker?.terminate();
    this.worker = this.waiting = this.busy = null;
    this.batches = [];
  }
}

/**
 * What a worker does: first a network comes, then codes.
 * @param {typeof import("./network.js").Network} Network
 */
function work(Network) {
  /** @type {Promise<InstanceType<typeof Network>>} */
  let loading;
  onmessage = async ({ data }) => {
    if (data.bytes) loading = Network.load(data.bytes, data.options);
    else {
      const picture = (await loading).run(data).slice();
      postMessage(picture, { transfer: [picture.buffer] });
    }
  };
}
