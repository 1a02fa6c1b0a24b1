// What the browser asks Python: facts about test images, and the picture of a code where it does not decode itself.
// One question is under way at a time; of what is asked meanwhile, the newest waits.

/** @import { Code, Done } from "../shared/types" */
/** @typedef {{ images?: number[], code?: number[] | null }} Question */

const LOST = 5000; // ms after which an answer counts as lost

export class Questions {
  /** @param {(question: Question & { seq: number }) => void} tell */
  constructor(tell) {
    this.tell = tell;
    this.seq = Date.now() % 1e9; // greater than those of an earlier visit
    /** @type {(Question & { seq: number }) | null} */
    this.asked = null; // the question under way
    /** @type {Question} */
    this.waiting = {};
  }

  /** @param {Question} wish */
  ask(wish) {
    Object.assign(this.waiting, wish);
    if (!this.asked) this.send();
  }

  send() {
    clearTimeout(this.timer);
    const { images = [], code = null } = this.waiting;
    this.waiting = {};
    this.asked = images.length || code ? { seq: ++this.seq, images, code } : null;
    if (!this.asked) return;
    this.timer = setTimeout(() => this.send(), LOST);
    this.tell(this.asked);
  }

  /** @param {number} seq */
  answered(seq) {
    if (seq === this.asked?.seq) this.send();
  }

  destroy() {
    clearTimeout(this.timer);
  }
}

// A decoder that stands on the server: slower, and told so. It answers as decoder.js does.
export class FarDecoder {
  /** @param {Questions} questions */
  constructor(questions) {
    this.questions = questions;
    /** @type {Done | null} */
    this.done = null; // what gets the picture that is asked for
    this.where = "server";
  }

  /**
   * @param {Code} code
   * @param {Done} done
   */
  decode(code, done) {
    this.done = done;
    this.questions.ask({ code: Array.from(code) });
  }

  many() {
    return () => {};
  }

  close() {}
}
