// What a map knows of its points, its codes and its view.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Codes } from "../../ui/components/shared/codes.js";
import { unpack } from "../../ui/components/shared/parcel.js";
import { Points } from "../../ui/components/shared/points.js";
import { View } from "../../ui/components/shared/view.js";
import { map } from "./parcel.js";

const random = (seed) => () => (seed = (seed * 48271) % 2147483647) / 2147483647;
const next = random(7);
const MANY = Array.from({ length: 400 }, () => [Math.floor(60000 * next()), Math.floor(60000 * next())]);

function points(places, more = () => ({})) {
  const { parcel, header } = map(places);
  const { header: told, part } = unpack(parcel.sealed({ ...header, ...more(parcel) }));
  return new Points(told, part);
}

const away = ([x, y], [u, v]) => Math.hypot(x - u, y - v);

test("the nearest point is the one that a look at all of them finds", () => {
  const found = points(MANY);
  for (let i = 0; i < 200; i++) {
    const at = [60000 * next(), 60000 * next()];
    const least = Math.min(...MANY.map((place) => away(place, at)));
    assert.equal(away(found.place(found.nearestAtAll(...at, 10)), at), least);
    assert.equal(found.nearest(...at, least / 2), null);
    const around = found.around(...at, 5000, 3).map((point) => away(MANY[point], at));
    assert.deepEqual(around, MANY.map((place) => away(place, at)).filter((each) => each <= 5000).sort((a, b) => a - b).slice(0, 3));
  }
});

test("greyed points are neither near nor chosen", () => {
  const found = points([[0, 0], [10, 0], [20, 0]], (parcel) => ({ kinds: parcel.add(Uint8Array.of(0, 1, 255)) }));
  assert.equal(found.someGreyed, false);
  found.shown[0] = 0;
  assert.equal(found.someGreyed, true);
  assert.equal(found.nearest(1, 0, 50), 1);
  assert.equal(found.choose([[-5, -5], [15, -5], [15, 5], [-5, 5]]), 1);
  assert.deepEqual([...found.chosen], [0, 1, 0]);
  assert.equal(found.choose([[90, 90], [99, 90], [99, 99]]), 0);
  assert.equal(found.chosen, null);
});

test("images are told by number, also where some were left out", () => {
  const found = points([[0, 0], [1, 0], [2, 0]], (parcel) => ({ images: parcel.add(Uint32Array.of(0, 9, 10)) }));
  assert.deepEqual([0, 9, 10, 1].map((image) => found.point(image)), [0, 1, 2, null]);
  found.chooseWhere((point) => point > 0);
  assert.deepEqual([...Buffer.from(found.bits(16), "base64")], [0, 0b110]);
});

test("a map of no point has none near, and ends looking", () => {
  assert.equal(points([]).nearestAtAll(3, 4, 1), null);
});

test("a code lies where it was taken from, and the other numbers stay", () => {
  const header = { ...map([]).header, size: 3, axes: [[0.6, 0.8, 0], [0, 0, 1]], centre: [1, 2, 3], home: [4, 5, 6] };
  const codes = new Codes(header);
  const across = (code) => 0.8 * code[0] - 0.6 * code[1];
  codes.moveTo(-2, 7);
  codes.place().forEach((value, axis) => assert.ok(Math.abs(value - [-2, 7][axis]) < 1e-5));
  assert.ok(Math.abs(across(codes.code) - across([4, 5, 6])) < 1e-5);
  assert.equal(codes.exact([0, 0]), null);
  assert.deepEqual([[1, 2, 3], [1, 2], [1, 2, NaN], null].map((code) => codes.fits(code)), [true, false, false, false]);
});

test("what is under the pointer stays there while one zooms", () => {
  const view = new View();
  Object.assign(view, { side: 400, start: [5, -3, 10] });
  view.reset();
  const before = view.toPlane(100, 300);
  assert.equal(view.zoom(3, 100, 300), true);
  view.toPlane(100, 300).forEach((value, axis) => assert.ok(Math.abs(value - before[axis]) < 1e-9));
  assert.deepEqual(view.toScreen(...view.toPlane(12, 34)).map(Math.round), [12, 34]);
  view.zoom(1e9);
  assert.equal(view.zoom(2), false);
});
