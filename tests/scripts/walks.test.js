// Codes between images: on a map whose places do not follow from them, and in step on several maps.

import assert from "node:assert/strict";
import { test } from "node:test";

import { unpack } from "../../ui/components/shared/parcel.js";
import { Points } from "../../ui/components/shared/points.js";
import { Columns } from "../../ui/components/projection/columns.js";
import { Nearby } from "../../ui/components/projection/near.js";
import { Anchors } from "../../ui/components/twin/anchors.js";
import { map, Parcel } from "./parcel.js";

const PLACES = Array.from({ length: 100 }, (_, i) => [100 * (i % 10), 100 * Math.floor(i / 10)]);
const close = (one, other, by = 1e-3) => one.forEach((value, i) => assert.ok(Math.abs(value - other[i]) < by, `${one} is not ${other}`));

function nearby(every = 1) {
  const { parcel, header } = map(PLACES);
  const rows = PLACES.filter((_, i) => i % every === 0).flatMap(([x, y]) => [x, 900 - y]);
  const near = { every, low: [0, 0], step: [0.5, 0.5], codes: parcel.add(Uint16Array.from(rows)) };
  const { header: told, part } = unpack(parcel.sealed({ ...header, near }));
  return new Nearby(told, new Points(told, part), part, [0, 0]);
}

test("at the place of an image stands its own code, and between two a mean of both", () => {
  for (const every of [1, 2]) {
    const codes = nearby(every);
    close(codes.at(400, 300), [200, 300]);
    const [x, y] = codes.at(450, 300);
    assert.ok(x > 200 && x < 250 && y > 250 && y < 350);
  }
});

test("a code lies where the image with that code does", () => {
  const codes = nearby();
  close(codes.place([200, 300]), [400, 300]);
  codes.set([200, 300], [1, 2]);
  assert.deepEqual(codes.place(), [1, 2]);
});

test("the walk goes on smoothly where the nearest images change", () => {
  const codes = nearby();
  let last = codes.at(0, 350);
  for (let x = 1; x <= 900; x++) {
    const now = codes.at(x, 350);
    assert.ok(Math.hypot(now[0] - last[0], now[1] - last[1]) < 6);
    last = now;
  }
});

test("anchors share a place without a jump", () => {
  const parcel = new Parcel();
  const codes = Uint16Array.from(PLACES.flat());
  const model = { low: [0, 0], step: [1, 1], codes: parcel.add(codes) };
  const { header, part } = unpack(parcel.sealed({ anchors: PLACES.map((_, i) => i), labels: null, image: [1, 1, 1], originals: null, models: [model] }));
  const anchors = new Anchors(header, part, [{ codes: { size: 2, place: (code) => [code[0], code[1]] } }]);
  let last = null;
  for (let x = 0; x <= 900; x += 1) {
    const shares = anchors.around(0, [x, 333]);
    close([shares.reduce((sum, [, share]) => sum + share, 0)], [1]);
    const now = anchors.mixed(0, shares);
    if (last) assert.ok(Math.hypot(now[0] - last[0], now[1] - last[1]) < 8);
    last = now;
  }
  close(anchors.mixed(0, anchors.around(0, [500, 700])), [500, 700]);
});

test("a word finds the images that it is said of", () => {
  const { parcel, header } = map([[0, 0], [1, 0], [2, 0]]);
  const column = { name: "shop", help: "", words: ["ours", "theirs"], part: parcel.add(Uint16Array.of(0, 1, 65535)) };
  const { header: told, part } = unpack(parcel.sealed({ ...header, columns: [column] }));
  const columns = new Columns(told, part, new Points(told, part));
  const found = (text) => [0, 1, 2].filter((point) => columns.find(text)?.(point));
  assert.deepEqual([found("ours"), found("hei"), found("nobody")], [[0], [1], []]);
  assert.deepEqual([columns.told(1), columns.told(2)], [["shop theirs"], []]);
});
