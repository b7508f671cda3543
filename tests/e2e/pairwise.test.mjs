// What the accessibility tests rely on: that no pair is left out.

import assert from "node:assert/strict";
import { test } from "node:test";

import { pairwise } from "./stage/pairwise.mjs";

test("any two values of any two factors meet, in far fewer rows than there are combinations", () => {
  const factors = { size: [1, 2, 3, 4, 5], colour: ["red", "green", "blue"], on: [true, false], only: ["one"], shape: ["a", "b", "c"] };
  const rows = pairwise(factors);
  const names = Object.keys(factors);
  for (const a of names) {
    for (const b of names.filter((name) => name !== a)) {
      for (const x of factors[a]) {
        for (const y of factors[b]) assert.ok(rows.some((row) => row[a] === x && row[b] === y), `${a}=${x} with ${b}=${y}`);
      }
    }
  }
  assert.ok(rows.length <= 22, `${rows.length} of 90`);
  assert.deepEqual(pairwise(factors), rows, "always the same rows");
});
