// What is loaded when: nothing for a page view, all of it on intent, nothing more on the press; without intent, first what the
// first step takes.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { closed, focused, heading, loading, press } from "./stage/flow.mjs";
import { Stage } from "./stage/stage.mjs";
import { told, untilTold } from "./stage/told.mjs";
import { words } from "./stage/words.mjs";

let stage;
before(async () => (stage = await Stage.start()));
after(() => stage?.stop());
afterEach(() => stage.clear());

const OPENING = "GET /farewell/opening.js";
const ENGINE = "GET /farewell/engine.js";
const FLOW = "POST /v1/flow";
const ACTIONS = "POST /v1/flow/actions";

const button = (page) => page.getByRole("button", { name: "Cancel Subscription" });
const ours = (page) => page.requests.filter((request) => [OPENING, ENGINE, FLOW, ACTIONS].includes(request));
const response = (page, path) => page.waitForResponse((response) => new URL(response.url()).pathname === path);

test("a page view loads the facade and nothing else, until somebody points at the button", async () => {
  const page = await stage.billingPage("cus_ada");
  await button(page).waitFor();
  await page.waitForLoadState("networkidle");
  assert.deepEqual(ours(page), []);
  assert.equal(await page.evaluate(() => document.adoptedStyleSheets.length), 1, "the default button's look");

  const flow = response(page, "/v1/flow");
  const engine = response(page, "/farewell/engine.js");
  await button(page).hover();
  await (await flow).finished();
  await (await engine).finished();
  assert.deepEqual(ours(page).sort(), [ENGINE, FLOW, OPENING].sort());
});

test("script and document are asked for side by side: neither waits for the other", async () => {
  const page = await stage.billingPage("cus_ada");
  const asked = [OPENING, FLOW].map((what) => page.waitForRequest((request) => what.endsWith(new URL(request.url()).pathname)));
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
  const asked = page.waitForRequest((request) => request.url().endsWith("/v1/flow"));
  await page.mouse.down();
  await page.mouse.up();
  await asked;
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

/** Lets a page ask for the engine, and gives it only when told to. */
async function holdEngine(page) {
  let give;
  const given = new Promise((resolve) => (give = resolve));
  await page.route("**/engine.js", async (route) => {
    await given;
    await route.continue();
  });
  return { asked: page.waitForRequest("**/engine.js"), give };
}

test("pressed before anything was loaded: the first step is there before the engine is", async () => {
  const page = await stage.billingPage(await stage.newcomer());
  const engine = await holdEngine(page);
  await press(page, "Cancel Subscription");
  await heading(page, words.survey_title);
  await engine.asked;
  assert.deepEqual(ours(page).slice(-1), [ENGINE], "asked for last");
  const step = page.locator("dialog form");
  const before = await step.evaluate((form) => (globalThis.before = form).outerHTML);
  const told = response(page, "/v1/flow/actions");
  engine.give();
  await (await told).finished();
  assert.deepEqual(await page.evaluate(() => [globalThis.before.isConnected, globalThis.before.outerHTML]), [true, before]);
  assert.deepEqual(page.complaints, []);
});

test("what is chosen, typed and pressed before the engine is there, is carried out once it is", async () => {
  const page = await stage.billingPage(await stage.newcomer());
  const engine = await holdEngine(page);
  await press(page, "Cancel Subscription");
  await page.getByRole("radio", { name: "I was not happy with the service" }).check();
  await page.getByRole("textbox").last().fill("Ten words");
  await press(page, words.continue);
  const step = page.locator("dialog form");
  assert.equal(await step.evaluate((form) => form.ariaBusy), "true");
  await press(page, words.skip_to_cancel); // the first press counts
  await heading(page, words.survey_title);
  engine.give();
  await heading(page, words.offer_title);
  assert.equal(await step.evaluate((form) => form.ariaBusy), null);
  await press(page, words.back);
  assert.equal(await page.getByRole("radio", { name: "I was not happy with the service" }).isChecked(), true);
  assert.equal(await page.getByRole("textbox").last().inputValue(), "Ten words");
});

for (const [way, leave] of [
  ["the cross", (page) => press(page, words.close)],
  ["Escape", (page) => page.keyboard.press("Escape")],
]) {
  test(`closed by ${way} before the engine is there: closed at once, and nothing comes after`, async () => {
    const page = await stage.billingPage(await stage.newcomer());
    const engine = await holdEngine(page);
    await press(page, "Cancel Subscription");
    await heading(page, words.survey_title);
    await engine.asked;
    const heard = response(page, "/v1/flow/actions");
    await leave(page);
    await closed(page);
    await untilTold(page, "onComplete");
    const { state, result } = await (await heard).json();
    assert.deepEqual([state.runs.length, result.outcome], [1, "aborted"], "the server knows of it, too");
    const given = response(page, "/farewell/engine.js");
    engine.give();
    await (await given).finished();
    await page.evaluate(() => import("/farewell/engine.js").then((engine) => engine.load()));
    assert.equal(await page.locator("dialog").count(), 0);
    assert.equal(await focused(page), "BUTTON Cancel Subscription");
    assert.equal(ours(page).filter((request) => request === ACTIONS).length, 1);

    await press(page, "Cancel Subscription");
    await press(page, words.skip_to_cancel);
    await heading(page, words.confirm_title);
    assert.deepEqual(page.complaints, []);
  });
}

test("pressed and then closed before the engine is there: what was pressed counts", async () => {
  const customer = await stage.newcomer();
  const page = await stage.billingPage(customer);
  await press(page, "Cancel Subscription");
  await press(page, words.skip_to_cancel);
  await heading(page, words.confirm_title);
  await page.waitForLoadState("networkidle");
  await page.reload(); // the session goes on where it was
  const engine = await holdEngine(page);
  await press(page, "Cancel Subscription");
  await press(page, words.cancel);
  await page.getByRole("status").getByText(words.working).waitFor();
  const heard = response(page, "/v1/flow/actions");
  await page.keyboard.press("Escape");
  await closed(page);
  const { result } = await (await heard).json();
  assert.equal(result.outcome, "canceled");
  assert.notEqual((await stage.server.subscription(customer)).cancel_at, null);
  engine.give();
});

test("what has ended waits for the engine, and closing it tells how it ended", async () => {
  const page = await stage.billingPage(await stage.newcomer());
  await press(page, "Cancel Subscription");
  await press(page, words.skip_to_cancel);
  await press(page, words.cancel);
  await heading(page, words.canceled_title);
  await page.reload();
  const engine = await holdEngine(page);
  await press(page, "Cancel Subscription");
  await engine.asked;
  await loading(page);
  engine.give();
  await heading(page, words.canceled_title);
  await page.keyboard.press("Escape");
  await closed(page);
  await untilTold(page, "onComplete");
  assert.deepEqual((await told(page)).map(([, { outcome }]) => outcome), ["canceled", "canceled"]);
});

for (const part of ["<script", "@onclick=globalThis.hacked=1", "@href=java\tscript:alert(1)", "@formaction=javascript:alert(1)", "@src=x"]) {
  test(`a drawing that holds ${JSON.stringify(part)} is not drawn: the same session goes on as a page`, async () => {
    const page = await stage.billingPage(await stage.newcomer());
    await page.route("**/v1/flow", async (route) => {
      const answer = await route.fetch();
      const document = await answer.json();
      const first = [...document.first.slice(0, -1), "<a", part, '"globalThis.hacked=1', ">", ">"];
      await route.fulfill({ response: answer, json: { ...document, first: part[0] == "<" ? first.filter((p) => p !== "<a") : first } });
    }, { times: 1 });
    await press(page, "Cancel Subscription");
    await page.waitForURL(/\/c\/[\w-]{16,}$/);
    await heading(page, words.survey_title);
  });
}
