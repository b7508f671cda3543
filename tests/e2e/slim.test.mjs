// The engine streamed as a file of its own, for pages that want it so.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { heading, press } from "./stage/flow.mjs";
import { Stage } from "./stage/stage.mjs";
import { words } from "./stage/words.mjs";

let stage;
before(async () => (stage = await Stage.start()));
after(() => stage?.stop());
afterEach(() => stage.clear());

/** A page whose module comes from `source`, an expression. */
async function page(source) {
  const session = await stage.server.session(await stage.newcomer());
  const one = await stage.page();
  const module = `
    import { Farewell, useWasm } from "/farewell/slim.js";
    useWasm(${source});
    new Farewell({ publicKey: "${stage.server.key.public}" }).mountCancelButton("cancel", "${session}");`;
  await one.goto(stage.host.publish("/slim", { body: '<div id="cancel"></div>', module }));
  return one;
}

for (const [what, source] of [
  ["an address", `"/farewell/farewell.wasm"`],
  ["a URL", `new URL("/farewell/farewell.wasm", location)`],
  ["a function that fetches", `() => fetch("/farewell/farewell.wasm")`],
  ["bytes", `async () => (await fetch("/farewell/farewell.wasm")).arrayBuffer()`],
  ["a compiled module", `() => WebAssembly.compileStreaming(fetch("/farewell/farewell.wasm"))`],
]) {
  test(`the module is ${what}: the flow opens, and the large chunk is never asked for`, async () => {
    const one = await page(source);
    await one.getByRole("button").waitFor();
    assert.ok(!one.requests.some((request) => request.endsWith(".wasm")), "nothing before somebody shows intent");
    await press(one, "Cancel Subscription");
    await heading(one, words.survey_title);
    await press(one, words.skip_to_cancel);
    await heading(one, words.confirm_title);
    assert.ok(one.requests.includes("GET /farewell/farewell.wasm"));
    assert.ok(!one.requests.includes("GET /farewell/engine.js"));
    assert.deepEqual(one.complaints, []);
  });
}

test("a server that does not know the type: the module comes as bytes", async () => {
  const one = await page(`"/farewell/farewell.wasm"`);
  await one.route("**/farewell.wasm", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, headers: { ...response.headers(), "content-type": "application/octet-stream" } });
  });
  await press(one, "Cancel Subscription");
  await press(one, words.skip_to_cancel);
  await heading(one, words.confirm_title);
  assert.ok(one.url().endsWith("/slim"));
});

test("no module at all: the same step goes on as the hosted page", async () => {
  const one = await page(`"/farewell/nowhere.wasm"`);
  await press(one, "Cancel Subscription");
  await press(one, words.skip_to_cancel);
  await heading(one, words.confirm_title);
  assert.match(one.url(), /\/c\//);
});
