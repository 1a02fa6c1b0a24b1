// A parcel as ui/components/parcel.py seals it, of whatever a test needs.

export class Parcel {
  parts = [];
  size = 0;

  add(numbers) {
    const bytes = new Uint8Array(numbers.buffer);
    const place = [this.size, bytes.length];
    this.parts.push(bytes, new Uint8Array(-bytes.length & 3));
    this.size += bytes.length + (-bytes.length & 3);
    return place;
  }

  sealed(header) {
    const text = JSON.stringify(header);
    const words = new TextEncoder().encode(text + " ".repeat(-new TextEncoder().encode(text).length & 3));
    const length = new Uint8Array(Uint32Array.of(words.length).buffer);
    return new Uint8Array(Buffer.concat([length, words, ...this.parts]));
  }
}

// The header and the parts of a map with these points, [x, y] each in steps of 1 from 0.
export function map(points, more = {}) {
  const parcel = new Parcel();
  const along = (axis) => parcel.add(Uint16Array.from(points, (point) => point[axis]));
  const header = {
    count: points.length, low: [0, 0], step: [1, 1], points: [along(0), along(1)], view: [0, 0, 10], size: 2, wide: false,
    classes: [], counts: [], colors: ["#4169b0"], grey: "#888888", rings: false, home: [0, 0], ...more,
  };
  return { parcel, header };
}
