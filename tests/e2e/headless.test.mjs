// The engine without our DOM: a page that draws the flow itself, with everything it needs in state and actions.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { pathToFileURL } from "node:url";

import { root } from "./stage/server.mjs";
import { Stage } from "./stage/stage.mjs";

let stage;
before(async () => (stage = await Stage.start()));
after(() => stage?.stop());
afterEach(() => stage.clear());

/** A page with an open flow in `flow`, and every state it was told in `states`. */
async function opened(customer, ask) {
  const session = await stage.server.session(customer, ask);
  const module = `
    import { openFlow, FlowError } from "/farewell/headless.js";
    globalThis.told = [];
    globalThis.states = [];
    globalThis.FlowError = FlowError;
    globalThis.openFlow = openFlow;
    const note = (name) => (result) => told.push([name, result.outcome]);
    const callbacks = { onRetained: note("onRetained"), onCancelled: note("onCancelled"), onComplete: note("onComplete") };
    globalThis.config = { publicKey: ${JSON.stringify(stage.server.key.public)}, callbacks };
    globalThis.flow = await openFlow(${JSON.stringify(session)}, config);
    flow.subscribe((state) => states.push(state));
  `;
  const page = await stage.page();
  await page.goto(stage.host.publish(`/headless-${customer}`, { module }));
  await page.waitForFunction(() => globalThis.flow);
  return page;
}

const state = (page) => page.evaluate(() => flow.state);
const send = (page, action) => page.evaluate((action) => flow.send(action), action);

test("the whole flow is walked by actions alone, and nothing of ours is in the page", async () => {
  const page = await opened("cus_ben");
  const { reasons, offers, words } = await page.evaluate(() => flow.flow);
  assert.ok(reasons.length > 3 && words.cancel);
  let now = await state(page);
  assert.equal(now.step, "survey");
  assert.deepEqual([...now.actions].sort(), ["answer", "close", "keep", "leave"]);
  await send(page, { do: "answer", reason: "too_expensive", follow_up: "Ten", feedback: "Thanks" });
  now = await state(page);
  assert.equal(now.step, "offer");
  const offer = offers.find(({ id }) => id === now.offer);
  assert.ok(offer.choices[0].lines.every(({ text }) => text));
  await send(page, { do: "decline" });
  assert.equal((await state(page)).step, "confirm");
  await send(page, { do: "cancel" });
  assert.equal((await state(page)).busy, true);
  await page.waitForFunction(() => flow.state.step === "receipt");
  now = await state(page);
  assert.equal(now.result.outcome, "canceled");
  assert.equal(now.result.effect, "applied");
  assert.ok(now.result.token && now.result.receipt.reference);
  assert.deepEqual(now.result.reason, { key: "too_expensive", code: "too_expensive" });
  await page.evaluate(() => flow.close());
  await page.waitForFunction(() => told.some(([name]) => name === "onComplete"));
  assert.deepEqual(await page.evaluate(() => told), [["onCancelled", "canceled"], ["onComplete", "canceled"]]);
  assert.equal(await page.evaluate(() => document.querySelectorAll("dialog, form").length), 0);
  assert.ok((await stage.server.subscription("cus_ben")).cancel_at);
  assert.deepEqual(page.complaints, []);
});

test("an offer with choices is taken by naming one, and what is not possible says what is", async () => {
  const page = await opened("cus_daiki");
  await send(page, { do: "answer", reason: "not_reading" });
  const offer = await page.evaluate(() => flow.flow.offers.find(({ id }) => id === flow.state.offer));
  assert.equal(offer.kind, "pause");
  const refused = (action) => page.evaluate((action) => { try { flow.send(action); } catch (error) { return `${error.name}: ${error.message}`; } }, action);
  assert.match(await refused({ do: "cancel" }), /^TypeError: "cancel" is not possible here\. Possible: .*decline/);
  assert.match(await refused({ do: "accept", choice: "9_year" }), /^TypeError: "choice" cannot be "9_year"/);
  await send(page, { do: "accept", choice: offer.choices[1].id });
  await page.waitForFunction(() => flow.state.step === "receipt" && !flow.state.busy);
  assert.equal((await state(page)).result.offer.choice, offer.choices[1].id);
  assert.ok((await stage.server.subscription("cus_daiki")).pause);
});

test("in Germany there is one step, and what is declared goes with the cancellation", async () => {
  const page = await opened("cus_greta", { locale: "de" });
  const now = await state(page);
  assert.equal(now.step, "confirm");
  assert.deepEqual([...now.actions].sort(), ["cancel", "close"]);
  assert.equal(await page.evaluate(() => flow.flow.words.cancel), "jetzt kündigen");
  await send(page, { do: "cancel", kind: "ordinary", when: "earliest", email: "greta@example.com" });
  await page.waitForFunction(() => flow.state.step === "receipt");
});

test("a session that is none is an error with the server's status", async () => {
  const page = await opened("cus_femi");
  const error = await page.evaluate(async () => {
    try {
      await openFlow("ret_altered", config);
    } catch (error) {
      return [error instanceof FlowError, error.status, error.message];
    }
  });
  assert.deepEqual(error.slice(0, 2), [true, 401]);
  assert.ok(error[2].length > 10);
});

test("what cannot open a flow is refused before anything is asked", async () => {
  const page = await opened("cus_femi");
  page.requests.length = 0;
  const said = await page.evaluate(async () => {
    const refused = (...call) => openFlow(...call).then(() => "opened", (error) => `${error.name}: ${error.message}`);
    return [
      await refused("ret_x"),
      await refused("ret_x", { ...config, callbacks: { onComplete: 5 } }),
      await refused("ret_x", { ...config, fragment: "false" }),
      await refused(async () => undefined, config),
    ];
  });
  assert.deepEqual(said, [
    "TypeError: openFlow takes a configuration, with publicKey, behind the session",
    "TypeError: onComplete is number, not function",
    "TypeError: fragment is string, not boolean",
    "FlowError: there is no session id: undefined, where one beginning with ret_ was expected.",
  ]);
  assert.deepEqual(page.requests.filter((request) => request.startsWith("POST")), []);
});

test("in Node it is refused as a FlowError, which says what it takes", async () => {
  const { openFlow, FlowError } = await import(pathToFileURL(join(process.env.FAREWELL_PKG ?? join(root, "pkg"), "headless.js")));
  await assert.rejects(openFlow("ret_x", { publicKey: "pk_x" }), (error) => error instanceof FlowError && /in a browser/.test(error.message));
});
