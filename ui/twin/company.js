// The decoders of all models. They decode at once where that is quick for all of them together, else in workers.

class Company {
  static AGAIN = [1500, 6000]; // ms after which they are measured again: while a page is built everything is slow

  // `parcels`: the packed networks, null where the browser has none.
  static async open(parcels) {
    const decoders = [];
    for (const bytes of parcels) decoders.push(bytes && (await Company.one(bytes)));
    return new Company(decoders);
  }

  static async one(bytes) {
    const network = await Network.load(bytes);
    return Object.assign(new Decoder(network, await Decoder.measure(network)), { bytes });
  }

  constructor(decoders) {
    this.decoders = decoders;
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
    const slow = this.milliseconds > Decoder.SLOW;
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

  close() {
    this.closed = true;
    for (const timer of this.timers) clearTimeout(timer);
    for (const decoder of this.present) decoder.close();
  }
}
