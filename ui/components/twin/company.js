// The decoders of all models. Where that is quick for all of them together they decode at once, where it would hold up the
// frame they do so after it, so that the cursor is seen first, and where it would hold up every frame in workers.
// What a decode takes beside all else that moves is felt while walking: more than what was measured at rest.

import { Decoder } from "../shared/decoder.js";
import { Network } from "../shared/network.js";

/** @import { Code, Picture } from "../shared/types" */
/** @typedef {Decoder & { bytes: Uint8Array }} Member */
/** @typedef {(i: number, picture: Picture) => void} Each   gets each model's picture */

export class Company {
  static QUICK = 2; // ms
  static LATELY = 30; // walks that count for what is felt
  static LANES = Math.max(1, (navigator.hardwareConcurrency ?? 2) - 1); // workers at once: the page has a core of its own
  static AGAIN = [1500, 6000]; // ms after which they are measured again: while a page is built everything is slow

  /**
   * `parcels`: the packed networks, null where the browser has none.
   * @param {(Uint8Array | null)[]} parcels
   */
  static async open(parcels) {
    /** @type {(Member | null)[]} */
    const decoders = [];
    for (const bytes of parcels) decoders.push(bytes && (await Company.one(bytes)));
    return new Company(decoders);
  }

  /** @param {Uint8Array} bytes */
  static async one(bytes) {
    const network = await Network.load(bytes);
    return Object.assign(new Decoder(network, await Decoder.measure(network)), { bytes });
  }

  /** @param {(Member | null)[]} decoders */
  constructor(decoders) {
    this.decoders = decoders;
    this.closed = false;
    /** @type {{ codes: Code[], done: Each } | null} */
    this.next = null;
    /** @type {ReturnType<typeof setTimeout> | null} */
    this.waiting = null;
    this.felt = 0; // ms
    /** @type {Set<number> | null} */
    this.wanted = null; // the models whose pictures are seen, where not all are
    this.left = 0; // decodes that are under way or wait for a lane
    this.settle();
    this.timers = Company.AGAIN.map((after) => setTimeout(() => this.measure(), after));
  }

  get present() {
    return this.decoders.filter(Boolean);
  }

  get milliseconds() {
    return this.present.reduce((sum, decoder) => sum + decoder.milliseconds, 0);
  }

  settle() {
    const slow = Math.max(this.milliseconds, this.felt) > Decoder.SLOW;
    for (const decoder of this.present) {
      if (slow && !decoder.worker) decoder.moveAway(decoder.bytes);
      if (!slow && decoder.worker) decoder.comeBack();
    }
  }

  async measure() {
    for (const decoder of this.present) {
      if (decoder.closed) return;
      decoder.milliseconds = Math.min(decoder.milliseconds, await Decoder.measure(decoder.network));
    }
    if (!this.closed) this.settle();
  }

  /**
   * `done(i, picture)` for each model's code; codes that came while others were decoded give way to newer ones.
   * @param {Code[]} codes
   * @param {Each} done
   */
  decode(codes, done) {
    this.next = { codes, done };
    if (this.milliseconds <= Company.QUICK) this.begin();
    else this.waiting ??= setTimeout(() => this.begin());
  }

  /** @param {number} i */
  decodes(i) {
    return Boolean(this.decoders[i]) && (this.wanted?.has(i) ?? true);
  }

  begin() {
    this.waiting = null;
    if (!this.next || this.left) return; // what is under way begins the next when it ends
    const { codes, done } = this.next;
    this.next = null;
    const away = this.present.some((decoder) => decoder.worker);
    const places = [...this.decoders.keys()].filter((i) => this.decodes(i));
    this.left = places.length;
    const began = performance.now();
    let drawing = 0;
    const one = () => {
      const i = places.shift();
      if (i !== undefined) this.decoders[i].decode(codes[i], (picture) => {
        const decoded = performance.now();
        done(i, picture);
        drawing += performance.now() - decoded;
        this.left -= 1;
        if (this.left) one();
        else this.begin();
      });
    };
    for (let lane = 0; lane < Company.LANES; lane++) one();
    if (away) return;
    this.felt += (performance.now() - began - drawing - this.felt) / Company.LATELY;
    if (this.felt > Decoder.SLOW) this.settle();
  }

  close() {
    this.closed = true;
    clearTimeout(this.waiting);
    for (const timer of this.timers) clearTimeout(timer);
    for (const decoder of this.present) decoder.close();
  }
}
