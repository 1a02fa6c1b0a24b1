// What Python sends: a description, and runs of bytes that it names by their places. See ui/components/parcel.py.

/** @import { Part } from "./types" */

/**
 * @template [Header=any]
 * @param {Uint8Array} data
 * @returns {{ header: Header, part: Part }}
 */
export function unpack(data) {
  const bytes = data.slice(); // its own memory, aligned
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  /** @type {Part} */
  const part = ([start, size]) => bytes.slice(4 + length + start, 4 + length + start + size);
  return { header, part };
}

/**
 * A run of numbers as rows of equal length.
 * @template {Float32Array | Uint16Array} Values
 * @param {Values} values
 * @param {number} size
 * @returns {Values[]}
 */
export function rows(values, size) {
  return Array.from({ length: values.length / size }, (_, i) => /** @type {Values} */ (values.slice(i * size, (i + 1) * size)));
}
