// What is loaded when: nothing for a page view, everything side by side on intent, nothing more on the press.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { closed, focused, heading, press } from "./stage/flow.mjs";
import { Stage } from "./stage/stage.mjs";
import { untilTold } from "./stage/told.mjs";
import { words } from "./stage/words.mjs";

let stage;
before(async () => (stage = await Stage.start()));
after(() => stage?.stop());
afterEach(() => stage.clear());

const ENGINE = "GET /farewell/engine.js";
const FLOW = "GET /v1/flow";
const ACTIONS = "POST /v1/flow/actions";

const button = (page) => page.getByRole("button", { name: "Cancel Subscription" });
const ours = (page) => page.requests.filter((request) => [ENGINE, FLOW, ACTIONS].includes(request));
const response = (page, path) => page.waitForResponse((response) => new URL(response.url()).pathname === path);

test("a page view loads the facade and nothing else, until somebody points at the button", async () => {
  const page = await stage.billingPage("cus_ada");
  await button(page).waitFor();
  await page.waitForLoadState("networkidle");
  assert.deepEqual(ours(page), []);
  assert.equal(await page.evaluate(() => document.adoptedStyleSheets.length), 0);

  const flow = response(page, "/v1/flow");
  const engine = response(page, "/farewell/engine.js");
  await button(page).hover();
  await (await flow).finished();
  await (await engine).finished();
  assert.deepEqual(ours(page).sort(), [ENGINE, FLOW].sort());
});

test("engine and document are asked for side by side: neither waits for the other", async () => {
  const page = await stage.billingPage("cus_ada");
  const asked = [ENGINE, FLOW].map((what) => page.waitForRequest((request) => what.endsWith(new URL(request.url()).pathname)));
  const engine = response(page, "/farewell/engine.js");
  stage.server.program.pause();
  try {
    await button(page).hover();
    await Promise.all(asked);
    await (await engine).finished(); // while the server does not answer
  } finally {
    stage.server.program.resume();
  }
});

test("once everything is there, the press asks for nothing and shows the first step at once", async () => {
  const page = await stage.billingPage("cus_ada");
  const flow = response(page, "/v1/flow");
  const engine = response(page, "/farewell/engine.js");
  await button(page).hover();
  await (await flow).finished();
  await (await engine).finished();
  await page.evaluate(() => import("/farewell/engine.js").then((engine) => engine.load()));
  page.requests.length = 0;
  const told = response(page, "/v1/flow/actions");
  const steps = await page.evaluate(async () => {
    document.querySelector("#cancel button").click();
    const root = document.querySelector("dialog").firstElementChild.shadowRoot;
    const now = document.querySelector("dialog").open;
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    return [now, root.querySelector("h2").textContent];
  });
  assert.deepEqual(steps, [true, words.survey_title], "open in the press's own task, drawn within two frames");
  await (await told).finished();
  assert.deepEqual(ours(page), [ACTIONS]);
});

test("focus by keyboard, and a finger, count as intent", async () => {
  const page = await stage.billingPage("cus_ada");
  const flow = response(page, "/v1/flow");
  await page.keyboard.press("Tab");
  await flow;
  assert.equal(await focused(page), "BUTTON Cancel Subscription");
  await page.keyboard.press("Enter");
  await heading(page, words.survey_title);

  const phone = await stage.billingPage("cus_ada", { context: { hasTouch: true } });
  await button(phone).tap();
  await heading(phone, words.survey_title);
  assert.equal(ours(phone).filter((request) => request === FLOW).length, 1, "asked once, for touch and press together");
});

test("who saves data loads nothing by pointing, and everything by pressing", async () => {
  const page = await stage.page();
  await page.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, "connection", { value: { saveData: true } });
  });
  await page.context().addCookies([{ name: "customer", value: "user_1", url: stage.merchant }]);
  await page.goto(stage.merchant);
  await button(page).hover();
  await button(page).focus();
  await page.evaluate(() => new Promise(requestAnimationFrame));
  assert.deepEqual(ours(page), []);
  await page.mouse.down();
  await page.waitForRequest((request) => request.url().endsWith("/v1/flow"));
  await page.mouse.up();
  await heading(page, words.survey_title);
});

test("a session function is asked on intent, once, and again for the next press", async () => {
  const session = JSON.stringify(await stage.server.session("cus_ben"));
  const page = await stage.billingPage("cus_ben", {
    session: `() => { globalThis.asked = (globalThis.asked ?? 0) + 1; return Promise.resolve(${session}); }`,
  });
  await button(page).waitFor();
  assert.equal(await page.evaluate(() => globalThis.asked), undefined);
  await button(page).hover();
  await button(page).focus();
  assert.equal(await page.evaluate(() => globalThis.asked), 1);
  await press(page, "Cancel Subscription");
  await heading(page, words.survey_title);
  await page.keyboard.press("Escape");
  await closed(page);
  await untilTold(page, "onComplete");
  assert.equal(await page.evaluate(() => globalThis.asked), 1, "giving the focus back asks for nothing");
  await page.mouse.move(0, 0);
  await press(page, "Cancel Subscription");
  await heading(page, words.survey_title);
  assert.equal(await page.evaluate(() => globalThis.asked), 2);
});

test("the customer finds the document of the last moment, not the one of the first hover", async () => {
  const page = await stage.billingPage("cus_ben");
  await press(page, "Cancel Subscription");
  await press(page, words.skip_to_cancel);
  await press(page, words.cancel);
  await heading(page, words.canceled_title);
  await press(page, words.done);
  await closed(page);
  page.requests.length = 0;
  await press(page, "Cancel Subscription");
  await heading(page, words.canceled_title);
  assert.deepEqual(ours(page), [FLOW], "asked again, and there is nothing to tell");
});
