// Canvases, and the pixels on them.

import { make } from "./tools.js";

/** @import { Picture, Shape } from "./types" */

/**
 * A canvas as sharp as the screen; its drawing is in CSS pixels.
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 */
export function sharp(canvas, width, height = width) {
  const dense = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * dense), Math.round(height * dense)];
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  const context = canvas.getContext("2d");
  context.setTransform(dense, 0, 0, dense, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/** @type {WeakMap<HTMLCanvasElement, ImageData>} */
const images = new WeakMap(); // what was last painted on each

/**
 * Values of 0 to 1, or bytes, as pixels. Grey where there is one channel.
 * @param {HTMLCanvasElement} canvas
 * @param {Picture} values
 * @param {Shape} shape
 */
export function paint(canvas, values, [height, width, channels]) {
  let image = images.get(canvas);
  if (canvas.width !== width || canvas.height !== height || !image) {
    [canvas.width, canvas.height] = [width, height];
    image = canvas.getContext("2d").createImageData(width, height);
    images.set(canvas, image);
  }
  const bytes = image.data; // it rounds and cuts by itself
  const scale = values instanceof Uint8Array ? 1 : 255;
  const [green, blue] = channels < 3 ? [0, 0] : [1, 2];
  for (let from = 0, to = 0; to < bytes.length; from += channels, to += 4) {
    bytes[to] = values[from] * scale;
    bytes[to + 1] = values[from + green] * scale;
    bytes[to + 2] = values[from + blue] * scale;
    bytes[to + 3] = 255;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** @type {CanvasRenderingContext2D} */
let brush; // it reads colours

/**
 * "#rrggbb", or any colour that the page knows, as one pixel of a picture.
 * @param {string} color
 */
export function pixel(color, alpha = 255) {
  brush ??= make("canvas").getContext("2d");
  brush.fillStyle = color;
  const value = parseInt(brush.fillStyle.slice(1, 7), 16);
  return ((alpha << 24) | ((value & 255) << 16) | (value & 0xff00) | (value >> 16)) >>> 0;
}
