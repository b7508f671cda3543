// What callers of the browser API are promised: names, returns, and the exact words of every error.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { press } from "./stage/flow.mjs";
import { root } from "./stage/server.mjs";
import { Stage } from "./stage/stage.mjs";
import { names, untilTold } from "./stage/told.mjs";

let stage;
before(async () => (stage = await Stage.start()));
after(() => stage?.stop());
afterEach(() => stage.clear());

const entry = pathToFileURL(join(process.env.FAREWELL_PKG ?? join(root, "pkg"), "index.js")).href;

/** Runs a call on the page's instance, and gives the name and text of what it throws. */
const thrown = (page, call) =>
  page.evaluate((call) => {
    try {
      new Function("farewell", `return ${call}`)(globalThis.farewell);
    } catch (error) {
      return `${error.name}: ${error.message}`;
    }
  }, call);

test("errors have the contract's words, and the session is looked at before the element", async () => {
  const page = await stage.billingPage("cus_ada");
  const retention = (id) => `Error: Invalid sessionId: ${id}. Expected a retention session ID.`;
  const either = (id) => `Error: Invalid sessionId: ${id}. Expected a retention or subscription session ID.`;
  for (const [call, expected] of [
    [`farewell.mountCancelButton("cancel", "sub_1")`, retention("sub_1")],
    [`farewell.mountCancelButton("cancel", "")`, retention("")],
    [`farewell.mountCancelButton("nowhere", "nonsense")`, retention("nonsense")],
    [`farewell.mountCancelButton("nowhere", "ret_1")`, "Error: Element with id nowhere not found"],
    [`farewell.mountCancelButton("cancel", undefined)`, "TypeError: Cannot read properties of undefined (reading 'startsWith')"],
    [`farewell.showRetentionView("nonsense")`, either("nonsense")],
    [`farewell.showRetentionView("")`, either("")],
    [`farewell.showRetentionView(undefined)`, "TypeError: Cannot read properties of undefined (reading 'startsWith')"],
    [`new farewell.constructor(undefined)`, "TypeError: Cannot read properties of undefined (reading 'debug')"],
  ]) {
    assert.equal(await thrown(page, call), expected, call);
  }
  assert.equal(await page.evaluate(() => document.querySelectorAll("dialog, #cancel button").length), 1, "nothing was left behind");
});

test("every name of the contract is there, under both names of the class", async () => {
  const page = await stage.billingPage("cus_ada");
  const found = await page.evaluate(async () => {
    const { Farewell, Renumerate, ...others } = await import("/farewell/index.js");
    const one = Farewell.getInstance({ publicKey: "pk_acme_" });
    return {
      same: Farewell === Renumerate,
      others: Object.keys(others),
      singleton: one === Renumerate.getInstance({ publicKey: "pk_acme_" }),
      separate: one !== new Farewell({ publicKey: "pk_acme_" }),
      methods: ["setCallbacks", "updateConfig", "mountCancelButton", "showRetentionView", "initialize", "cleanup"].filter(
        (name) => typeof one[name] !== "function",
      ),
      mount: one.mountCancelButton("cancel", "ret_1"),
      empty: new Farewell({}) instanceof Farewell,
    };
  });
  assert.deepEqual(found, { same: true, others: [], singleton: true, separate: true, methods: [], mount: undefined, empty: true });
});

test("showRetentionView returns an open modal dialog in the body, synchronously", async () => {
  const page = await stage.billingPage("cus_ada");
  const session = await stage.server.session("cus_ada");
  const found = await page.evaluate((session) => {
    const dialog = farewell.showRetentionView(session, { onComplete: () => told.push(["own"]) });
    return [dialog.constructor.name, dialog.parentElement.tagName, dialog.open, dialog.matches(":modal")];
  }, session);
  assert.deepEqual(found, ["HTMLDialogElement", "BODY", true, true]);
  await page.keyboard.press("Escape");
  await untilTold(page, "own");
});

test("a second mount appends a second button; a string is its class", async () => {
  const page = await stage.billingPage("cus_ada", { options: '"first"' });
  await page.evaluate(() => farewell.mountCancelButton("cancel", "ret_2", "second"));
  const buttons = await page.locator("#cancel button").evaluateAll((all) => all.map(({ className, type, textContent }) => [className, type, textContent]));
  assert.deepEqual(buttons, [
    ["first", "button", "Cancel Subscription"],
    ["second", "button", "Cancel Subscription"],
  ]);
});

test("setCallbacks replaces the instance's; cleanup closes without calling back, and may be called twice", async () => {
  const page = await stage.billingPage("cus_ada");
  await page.evaluate(() => farewell.setCallbacks({ onComplete: () => told.push(["set"]) }));
  await press(page, "Cancel Subscription");
  await page.keyboard.press("Escape");
  await untilTold(page, "set");
  assert.ok(!(await names(page)).includes("onComplete"));

  await page.evaluate(() => (globalThis.told = []));
  await press(page, "Cancel Subscription");
  await page.evaluate(() => {
    farewell.cleanup();
    farewell.cleanup();
    farewell.initialize();
  });
  assert.deepEqual(
    await page.evaluate(() => [document.querySelectorAll("dialog").length, told.length]),
    [0, 0],
  );
  await press(page, "Cancel Subscription");
  await page.locator("dialog").waitFor();
  assert.deepEqual(page.complaints, []);
});

test("on a server, importing and constructing does nothing at all", async () => {
  const before = Object.keys(globalThis).sort();
  const { Farewell } = await import(entry);
  const one = Farewell.getInstance({ publicKey: "pk_acme_" });
  assert.notEqual(one, Farewell.getInstance({ publicKey: "pk_acme_" }), "no customer shares an instance with another");
  one.initialize();
  one.cleanup();
  assert.deepEqual(Object.keys(globalThis).sort(), before);
});
