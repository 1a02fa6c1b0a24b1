// What is told and asked beside the maps: numbers, turns of a film, questions.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Frames, quarter, turned } from "../../ui/components/film/frames.js";
import { Facts } from "../../ui/components/plane/card.js";
import { Questions } from "../../ui/components/plane/questions.js";
import { number, steps, withAlpha } from "../../ui/components/shared/tools.js";

test("steps are few and end", () => {
  assert.ok(steps(1e20, 1e20 + 16384, 5).length < 12);
  for (const [low, high] of [[1, 1], [0, Infinity], [NaN, 1]]) assert.deepEqual(steps(low, high, 5), []);
  assert.deepEqual(steps(0, 10, 5), [0, 2, 4, 6, 8, 10]);
});

test("numbers have four digits, and what is none is a dash", () => {
  assert.deepEqual([null, NaN, 0, 1234.56, 0.00001234].map(number), ["–", "–", "0", "1,235", "1.2e-5"]);
  assert.deepEqual([withAlpha("#4169b0", 0.5), withAlpha("red", 0.5)], ["rgba(65, 105, 176, 0.5)", "red"]);
});

test("a grid of pictures is turned by quarters and mirrored, never tilted", () => {
  assert.deepEqual(quarter([0.9, 0.1, -0.1, 0.9]), [1, 0, 0, 1]);
  assert.deepEqual(quarter([0.1, -0.9, 0.9, 0.1]), [0, -1, 1, 0]);
});

test("every epoch is turned to lie over the anchor's", () => {
  const still = [1, 0, 0, 1];
  const right = [0, 1, -1, 0];
  const frames = new Frames();
  const frame = (epoch, previous, turn) => frames.frames.set(epoch, { epoch, previous, turn, points: Float32Array.of(1, 2) });
  frame(1, null, still);
  frame(2, 1, right);
  frame(3, 2, right);
  frames.anchor = 2;
  assert.deepEqual([1, 2, 3].map((epoch) => [...frames.placed(epoch)]), [turned([0, -1, 1, 0], 1, 2), [1, 2], turned(right, 1, 2)]);
});

test("one question is under way at a time, and what is asked meanwhile waits", () => {
  const asked = [];
  const questions = new Questions((question) => asked.push(question));
  questions.ask({ code: [1] });
  questions.ask({ code: [2] });
  questions.ask({ code: [3], images: [7] });
  assert.deepEqual(asked.map(({ code, images }) => [code, images]), [[[1], []]]);
  questions.answered(asked[0].seq - 1);
  assert.equal(asked.length, 1);
  questions.answered(asked[0].seq);
  assert.deepEqual([asked[1].code, asked[1].images, asked[1].seq], [[3], [7], asked[0].seq + 1]);
  questions.destroy();
});

test("of known images nothing is asked, and the oldest are forgotten", () => {
  const asked = [];
  const facts = new Facts({ ask: (question) => asked.push(question.images) });
  for (let image = 0; image < 601; image++) facts.add({ image });
  facts.want([600, 0], 1);
  facts.want([0, 1, 2000], 100_000);
  assert.deepEqual(asked, [[0, 2000]]);
});
