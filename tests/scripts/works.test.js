// How it works: draws that can be had again, how far the drawing reaches, and which image is near.

import assert from "node:assert/strict";
import { test } from "node:test";

import { reach } from "../../ui/components/plane/belief.js";
import { Facts } from "../../ui/components/plane/card.js";
import { chance, normal } from "../../ui/components/shared/codes.js";

test("draws of one seed are the same ones, of another they are not, and all are normal", () => {
  const draws = (seed, count) => { const random = chance(seed); return Array.from({ length: count }, () => normal(random)); };
  assert.deepEqual(draws(7, 5), draws(7, 5));
  assert.notDeepEqual(draws(7, 5), draws(8, 5));
  const many = draws(0, 20_000);
  const mean = many.reduce((sum, value) => sum + value, 0) / many.length;
  const square = many.reduce((sum, value) => sum + value * value, 0) / many.length;
  assert.ok(Math.abs(mean) < 0.03 && Math.abs(square - 1) < 0.05);
});

test("the drawing reaches over the spread, and as far as the code goes", () => {
  const fact = { code: [1, 2], sigma: [0.1, 0.2] };
  assert.ok(reach(fact, [1, 2], 1) > 2 * 0.2);
  assert.ok(reach(fact, [5, 2], 1) > 4);
  assert.equal(reach({ ...fact, sigma: null }, [1, 2], 2), 0.5);
  assert.ok(reach(null, [3], 0) > 0);
});

test("of the images that are known, the one whose code is nearest goes in", () => {
  const facts = new Facts({ ask: () => {} });
  assert.equal(facts.nearest([0, 0]), null);
  for (const [image, code] of [[4, [9, 9]], [7, [1, 0]], [2, [-3, 0]]]) facts.add({ image, code });
  assert.equal(facts.nearest([0, 0]).image, 7);
});
