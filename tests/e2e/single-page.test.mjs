// Pages that change under an open flow: what they take away, or open twice, leaves nothing behind.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { answer, closed, heading, loading, press } from "./stage/flow.mjs";
import { Stage } from "./stage/stage.mjs";
import { names, told, untilTold } from "./stage/told.mjs";
import { words } from "./stage/words.mjs";

let stage;
before(async () => (stage = await Stage.start()));
after(() => stage?.stop());
afterEach(() => stage.clear());

const BODY = '<div id="app"><div id="cancel"></div></div><button id="other" onclick="globalThis.pressed = true">Other</button>';
const open = (customer, more) => stage.billingPage(customer, { body: BODY, ...more });

/** Everything that a dialog adds to a page outside of itself. */
async function traces(page) {
  const client = await page.context().newCDPSession(page);
  const ours = new Set();
  client.on("Debugger.scriptParsed", ({ scriptId, url }) => url.includes("/farewell/") && ours.add(scriptId));
  await client.send("Debugger.enable");
  const listeners = [];
  for (const expression of ["window", "document", "document.documentElement", "document.body"]) {
    const { result } = await client.send("Runtime.evaluate", { expression });
    const found = await client.send("DOMDebugger.getEventListeners", { objectId: result.objectId });
    listeners.push(...found.listeners.filter(({ scriptId }) => ours.has(scriptId)).map(({ type }) => type));
  }
  await client.detach();
  return page.evaluate(
    (listeners) => ({
      listeners,
      dialogs: document.querySelectorAll("dialog").length,
      sheets: document.adoptedStyleSheets.length,
      overflow: getComputedStyle(document.documentElement).overflow,
      style: document.body.getAttribute("style"),
    }),
    listeners,
  );
}

/** Our two style sheets stay, for the next button and the next dialog. */
const NOTHING = { listeners: [], dialogs: 0, sheets: 2, overflow: "visible", style: null };

/** The page can be used again. */
async function usable(page) {
  await page.locator("#other").click();
  assert.ok(await page.evaluate(() => globalThis.pressed));
}

async function toConfirmation(page) {
  await press(page, "Cancel Subscription");
  await heading(page, words.survey_title);
  await press(page, words.skip_to_cancel);
  await heading(page, words.confirm_title);
}

test("the button taken away in the middle: the flow goes on to its end", async () => {
  const page = await open("cus_ada");
  await toConfirmation(page);
  await page.evaluate(() => document.getElementById("app").remove());
  await press(page, words.cancel);
  await heading(page, words.canceled_title);
  await press(page, words.done);
  await untilTold(page, "onComplete");
  assert.deepEqual(await names(page), ["farewell:cancelled", "onCancelled", "farewell:complete", "onComplete"]);
  assert.deepEqual(await traces(page), NOTHING);
  await usable(page);
  assert.deepEqual(page.complaints, []);
});

for (const [what, take] of [
  ["the dialog taken away", () => document.querySelector("dialog").remove()],
  ["everything in the body replaced", () => document.body.replaceChildren(...document.body.querySelectorAll("#app, #other"))],
  [
    "the body itself replaced",
    () => {
      const body = document.createElement("body");
      body.append(...document.body.querySelectorAll("#app, #other"));
      document.body.replaceWith(body);
    },
  ],
]) {
  test(`${what} in the middle: closed, told once, and it can be opened again`, async () => {
    const page = await open("cus_ben");
      await toConfirmation(page);
    await page.evaluate(take);
    await untilTold(page, "onComplete");
    assert.deepEqual(await names(page), ["farewell:complete", "onComplete"]);
    assert.equal((await told(page))[0][1].outcome, "aborted");
    assert.deepEqual(await traces(page), NOTHING);
    await usable(page);
    await press(page, "Cancel Subscription");
    await heading(page, words.survey_title);
    await press(page, words.close);
    await closed(page);
    assert.deepEqual(await traces(page), NOTHING);
    assert.deepEqual(page.complaints, []);
  });
}

test("the dialog taken away while a cancellation is under way: it is carried out, and told once", async () => {
  const page = await open("cus_chloe");
  await toConfirmation(page);
  await page.route("**/v1/flow/actions", async (route) => {
    await page.evaluate(() => document.querySelector("dialog").remove());
    await route.continue();
  });
  await press(page, words.cancel);
  await untilTold(page, "onComplete");
  assert.deepEqual(await names(page), ["farewell:cancelled", "onCancelled", "farewell:complete", "onComplete"]);
  await usable(page);
  assert.deepEqual(page.complaints, []);
});

for (const [what, slow] of [
  ["what opens the flow", "**/opening.js"],
  ["the session's document", "**/v1/flow"],
]) {
  test(`the dialog taken away before ${what} has come: closed and told once`, async () => {
    const page = await open("cus_ben");
    let release;
    await page.route(slow, async (route) => {
      await new Promise((resolve) => (release = resolve));
      await route.continue();
    });
    await press(page, "Cancel Subscription");
    await loading(page);
    await page.evaluate(() => document.querySelector("dialog").remove());
    await usable(page);
    release();
    await untilTold(page, "onComplete");
    assert.deepEqual(await names(page), ["farewell:complete", "onComplete"]);
    assert.deepEqual(await traces(page), NOTHING);
    assert.deepEqual(page.complaints, []);
  });
}

test("cleanup takes the dialog away without calling back, and leaves nothing", async () => {
  const page = await open("cus_ben");
  await toConfirmation(page);
  const { listeners, sheets, overflow } = await traces(page);
  assert.ok(listeners.includes("keydown") && sheets > 0 && overflow === "hidden", "there is something to leave behind");
  await page.evaluate(() => farewell.cleanup());
  await usable(page);
  assert.deepEqual(await traces(page), NOTHING);
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50))); // a callback would have come
  assert.deepEqual(await names(page), []);
  assert.deepEqual(page.complaints, []);
});

test("the same session opened twice is one dialog", async () => {
  const page = await open("cus_ben");
  const session = await stage.server.session("cus_ben");
  const same = await page.evaluate(async (session) => {
    const { Farewell } = await import("/farewell/index.js");
    const first = farewell.showRetentionView(session);
    const other = new Farewell({ publicKey: "" });
    return [farewell.showRetentionView(session) === first, other.showRetentionView(session) === first];
  }, session);
  assert.deepEqual(same, [true, true]);
  await heading(page, words.survey_title);
  assert.equal(await page.locator("dialog").count(), 1);
  await press(page, words.close);
  await untilTold(page, "onComplete");
  assert.deepEqual(await names(page), ["farewell:complete", "onComplete"]);
  const again = await page.evaluate((session) => farewell.showRetentionView(session).open, session);
  assert.equal(again, true, "closed, it opens anew");
});

test("two sessions at once do not meddle with each other, whichever is closed first", async () => {
  for (const lower of [true, false]) {
    const page = await open("cus_emma");
      const sessions = [await stage.server.session("cus_emma"), await stage.server.session("cus_femi")];
    const opened = async ([sessions, publicKey]) => {
      const { Farewell } = await import("/farewell/index.js");
      globalThis.ended = [];
      globalThis.shown = sessions.map((session, i) => {
        const instance = i ? new Farewell({ publicKey }) : farewell;
        return instance.showRetentionView(session, { onComplete: ({ outcome }) => ended.push(`${i} ${outcome}`) });
      });
    };
    await page.evaluate(opened, [sessions, stage.server.key.public]);
    for (let i = 0; i < 2; i++) {
      await page.waitForFunction((i) => shown[i].firstElementChild.shadowRoot.querySelector("form.step"), i);
    }
    const upper = (name) => page.locator("dialog").last().getByRole("button", { name, exact: true }).click();
    await upper(words.skip_to_cancel);
    await heading(page, words.confirm_title);
    if (lower) await page.evaluate(() => shown[0].close());
    else await upper(words.keep);
    await page.waitForFunction(() => globalThis.ended.length === 1);
    assert.equal(await page.locator("dialog[open]").count(), 1);
    if (lower) await upper(words.keep);
    else await page.keyboard.press("Escape");
    await page.waitForFunction(() => globalThis.ended.length === 2);
    assert.deepEqual(await page.evaluate(() => globalThis.ended.sort()), ["0 aborted", "1 saved"]);
    assert.deepEqual(await traces(page), NOTHING);
    await usable(page);
    assert.deepEqual(page.complaints, []);
  }
});

test("two tabs: what was decided in one is shown in the other", async () => {
  const session = JSON.stringify(await stage.server.session("cus_daiki"));
  const [one, two] = [await open("cus_daiki", { session }), await open("cus_daiki", { session })];
  for (const page of [one, two]) {
    await press(page, "Cancel Subscription");
    await heading(page, words.survey_title);
  }
  await press(one, words.skip_to_cancel);
  await press(one, words.cancel);
  await heading(one, words.canceled_title);
  await answer(two, await two.getByRole("radio").first().evaluate((radio) => radio.labels[0].textContent));
  await heading(two, words.canceled_title);
  await two.getByText(words.notice_changed).waitFor();
  await press(two, words.done);
  await untilTold(two, "onComplete");
  assert.deepEqual(await names(two), ["farewell:cancelled", "onCancelled", "farewell:complete", "onComplete"]);
  for (const page of [one, two]) assert.deepEqual(page.complaints, []);
});
