// A component in the order of calls that Streamlit makes of it.

import assert from "node:assert";
import { test } from "node:test";
import { mounting } from "../../ui/components/shared/mount.js";

const later = () => new Promise((done) => setTimeout(done, 1));

/** A component that tells what becomes of it, and what is called with data. */
function watched() {
  /** @type {string[]} */
  const told = [];
  const place = /** @type {HTMLElement} */ ({});
  const component = mounting({
    make: () => { told.push("made"); return { shown: "" }; },
    /** @param {import("../../ui/components/shared/types").Mounted<string>} mounted */
    update: (part, { data }) => { part.shown = data; told.push(data); },
    end: () => { told.push("ended"); },
    stays: (part, data) => part.shown[0] === data[0],
  });
  return { told, call: (/** @type {string} */ data) => component({ parentElement: place, data, setStateValue: () => {} }) };
}

test("it ends when Streamlit takes it away", async () => {
  const { told, call } = watched();
  call("a1");
  const end = call("a2");
  await later();
  end();
  assert.deepEqual(told, ["made", "a1", "a2", "ended"]);
});

test("a call that was given up ends nothing of the one that follows", async () => {
  const { told, call } = watched();
  const given_up = call("a1");
  const end = call("a2");
  given_up();
  assert.deepEqual(told, ["made", "a1", "a2"]);
  await later();
  end();
  assert.deepEqual(told, ["made", "a1", "a2", "ended"]);
});

test("a call that was given up and comes late leaves what the newer one showed", async () => {
  const { told, call } = watched();
  const end = call("a2");
  call("a1")();
  assert.deepEqual(told, ["made", "a2", "a1", "a2"]);
  await later();
  end();
  assert.deepEqual(told.at(-1), "ended");
});

test("so it does where the late one showed something else in the same place", () => {
  const { told, call } = watched();
  call("a2");
  call("b1")();
  assert.deepEqual(told, ["made", "a2", "ended", "made", "b1", "ended", "made", "a2"]);
});

test("what begins anew in the same place is made anew", async () => {
  const { told, call } = watched();
  const end = call("a1");
  await later();
  end();
  call("a2");
  assert.deepEqual(told, ["made", "a1", "ended", "made", "a2"]);
});
