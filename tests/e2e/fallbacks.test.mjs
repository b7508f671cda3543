// The chain of next best ways, in the order of docs/fallbacks.md: what happened is noticed at once, and what a customer has
// chosen and written goes along. Requests are intercepted.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { closed, heading, press } from "./stage/flow.mjs";
import { Stage } from "./stage/stage.mjs";
import { names, told, untilTold } from "./stage/told.mjs";
import { words } from "./stage/words.mjs";

let stage;
before(async () => (stage = await Stage.start()));
after(() => stage?.stop());
afterEach(() => stage.clear());

const CORS = { "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*" };
const EXPIRED = { status: 401, headers: CORS, json: { error: "This session id has expired." } };
const WRITTEN = 'It costs 50 % more & "worse" #1?\nÜber alles: 日本 🙂';
const HOSTED = /\/c\/[\w-]{16,}$/;

const mail = (page) => page.locator("a[href^=mailto]");

/** What the letter says that an address leads to. */
async function letter(page) {
  const { protocol, pathname, search } = new URL(await mail(page).getAttribute("href"));
  // As mail programs read it: `+` is a plus.
  const fields = Object.fromEntries(search.slice(1).split("&").map((field) => field.split("=").map(decodeURIComponent)));
  return { to: protocol + pathname, ...fields };
}

/** Gives a reason, answers its question, and writes something. Gives the reason's label. */
async function fill(page) {
  await heading(page, words.survey_title);
  const reason = page.locator(".choice", { has: page.locator(".follow textarea") }).first();
  const label = (await reason.locator(".pick").textContent()).trim();
  await reason.getByRole("radio").check();
  await reason.locator("textarea").fill("Because of this");
  await page.getByRole("textbox", { name: words.feedback }).fill(WRITTEN);
  return label;
}

/** What the survey holds, wherever it is shown. */
const survey = (page) =>
  page.evaluate(() => {
    const hosts = [...document.querySelectorAll("dialog > div, main section > div")];
    const root = hosts.find(({ shadowRoot }) => shadowRoot)?.shadowRoot ?? document;
    return [...root.querySelectorAll("input:checked, textarea")].map(({ value }) => value).filter(Boolean);
  });

for (const [what, breaks] of [
  ["WebAssembly is missing, as in Lockdown Mode", () => delete globalThis.WebAssembly],
  ["the browser has no adopted style sheets", () => (globalThis.CSSStyleSheet = undefined)],
]) {
  test(`${what}: the same session goes on as a page`, async () => {
    const page = await stage.billingPage("cus_ben");
    await page.evaluate(breaks);
    await press(page, "Cancel Subscription");
    await page.waitForURL(HOSTED);
    await heading(page, words.survey_title);
    await press(page, words.skip_to_cancel);
    await heading(page, words.confirm_title);
    await press(page, words.keep);
    assert.deepEqual(page.complaints, []);
  });
}

for (const [what, breaks] of [
  ["WebAssembly does not compile", () => (WebAssembly.instantiate = () => Promise.reject(new WebAssembly.CompileError("no")))],
  ["the browser cannot inflate", () => delete globalThis.DecompressionStream],
]) {
  test(`${what}: the first step is there, and what is sent in it goes on as a page`, async () => {
    const page = await stage.billingPage("cus_ben");
    await page.evaluate(breaks);
    await press(page, "Cancel Subscription");
    await heading(page, words.survey_title);
    await press(page, words.skip_to_cancel);
    await page.waitForURL(HOSTED);
    await heading(page, words.confirm_title);
    await press(page, words.keep);
    assert.deepEqual(page.complaints, []);
  });
}

test("no engine: the cross closes, and does not lead away", async () => {
  const page = await stage.billingPage("cus_ben");
  await page.route("**/engine.js", (route) => route.abort());
  const address = page.url();
  const engine = page.waitForEvent("requestfailed");
  await press(page, "Cancel Subscription");
  await engine;
  const told = page.waitForResponse("**/v1/flow/actions");
  await press(page, words.close);
  await closed(page);
  await (await told).finished();
  assert.equal(page.url(), address);
  assert.deepEqual(await names(page), ["farewell:complete", "onComplete"]);
});

test("a page in place of our script, as of a network that answers for others: the same session goes on as a page", async () => {
  const page = await stage.billingPage("cus_ben");
  await page.route("**/opening.js", (route) => route.fulfill({ contentType: "text/html", body: "<h1>Log in</h1>" }));
  await press(page, "Cancel Subscription");
  await page.waitForURL(HOSTED);
  await heading(page, words.survey_title);
});

test("the engine breaks down in the middle: the form is posted, and nothing typed is lost", async () => {
  const page = await stage.billingPage("cus_chloe");
  await press(page, "Cancel Subscription");
  await fill(page);
  const typed = await survey(page);
  await page.evaluate(() => {
    document.createElement = () => {
      throw new Error("broken");
    };
  });
  await press(page, words.skip_to_cancel);
  await page.waitForURL(HOSTED);
  await heading(page, words.confirm_title);
  await press(page, words.back);
  await heading(page, words.survey_title);
  assert.deepEqual((await survey(page)).map((text) => text.replaceAll("\r", "")), typed);
});

test("no document: the letter has the wish and a reference, which opens nothing", async () => {
  const session = await stage.server.session("cus_ben");
  const page = await stage.billingPage("cus_ben", { session: JSON.stringify(session) });
  await page.route("**/v1/flow", (route) => route.fulfill({ status: 503, headers: CORS, body: "" }));
  await press(page, "Cancel Subscription");
  await heading(page, "This did not load");
  const { to, subject, body } = await letter(page);
  assert.equal(to, "mailto:support@acme.example");
  assert.equal(subject, "Cancel subscription");
  assert.equal(body, `I want to cancel my subscription.\r\n\r\nReference: ${session.slice(-8)}`);
  const answer = await fetch(`${stage.server.origin}/v1/flow`, { headers: { Authorization: `Bearer ret_${session.slice(-8)}` } });
  assert.equal(answer.status, 401);
});

test("no document and a session function: the page is one press away", async () => {
  const session = JSON.stringify(await stage.server.session("cus_ben"));
  const page = await stage.billingPage("cus_ben", { session: `() => Promise.resolve(${session})` });
  await page.route("**/v1/flow", (route) => route.abort());
  await press(page, "Cancel Subscription");
  await heading(page, "This did not load");
  await page.getByRole("link", { name: "Open as page" }).click();
  await page.waitForURL(HOSTED);
  await heading(page, words.survey_title);
});

test("offline: said so, and it goes on by itself as soon as that is over", async () => {
  const page = await stage.billingPage("cus_ben");
  await page.evaluate(() => import("/farewell/opening.js").then(() => {}));
  await page.context().setOffline(true);
  await press(page, "Cancel Subscription");
  await heading(page, "You are offline");
  await page.context().setOffline(false);
  await heading(page, words.survey_title);
  assert.deepEqual(page.complaints, []);
});

test("offline in the middle of the flow: it goes on by itself when that is over, and is done once", async () => {
  const customer = await stage.newcomer();
  const page = await stage.billingPage(customer);
  await press(page, "Cancel Subscription");
  await press(page, words.skip_to_cancel);
  await heading(page, words.confirm_title);
  await page.waitForLoadState("networkidle");
  await page.context().setOffline(true);
  await press(page, words.cancel);
  await page.getByText(words.notice_failed).waitFor();
  await page.context().setOffline(false);
  await heading(page, words.canceled_title);
  await press(page, words.done);
  await untilTold(page, "onComplete");
  assert.deepEqual((await names(page)).filter((name) => name === "onCancelled"), ["onCancelled"]);
  assert.notEqual((await stage.server.subscription(customer)).cancel_at, null);
  assert.deepEqual(page.complaints, []);
});

test("closed while offline: it does not come back", async () => {
  const page = await stage.billingPage("cus_ben");
  await page.evaluate(() => import("/farewell/opening.js").then(() => {}));
  await page.context().setOffline(true);
  await press(page, "Cancel Subscription");
  await heading(page, "You are offline");
  await page.keyboard.press("Escape");
  await untilTold(page, "onComplete");
  page.requests.length = 0;
  await page.context().setOffline(false);
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve))); // after what follows from being online
  assert.deepEqual(page.requests, []);
  assert.equal(await page.locator("dialog").count(), 0);
});

test("offline before anything was loaded: an address, and the next press works", async () => {
  const page = await stage.billingPage("cus_ben");
  await page.context().setOffline(true);
  await press(page, "Cancel Subscription");
  await page.getByText("Not loaded yet.").waitFor();
  assert.ok(await mail(page).isVisible());
  await press(page, "Close");
  await closed(page);
  await page.context().setOffline(false);
  await press(page, "Cancel Subscription");
  await heading(page, words.survey_title);
});

test("the server gone after the survey: again, as a page, or a letter that says everything", async () => {
  const session = await stage.server.session("cus_daiki");
  const page = await stage.billingPage("cus_daiki", { session: JSON.stringify(session) });
  await press(page, "Cancel Subscription");
  const reason = await fill(page);
  await press(page, words.skip_to_cancel);
  await heading(page, words.confirm_title);
  await page.route("**/v1/flow/actions", (route) => route.fulfill({ status: 503, headers: CORS, body: "" }));
  for (const pressed of [words.cancel, words.try_again]) {
    await press(page, pressed);
    await page.locator("form:not([aria-busy]) .notice").waitFor();
    await page.getByText(words.notice_failed).waitFor();
    const { to, subject, body } = await letter(page);
    assert.equal(to, "mailto:support@acme.example");
    assert.equal(subject, words.cancel);
    const texts = [words.cancel, `${words.reference}: ${session.slice(-8)}`, reason, "Because of this", WRITTEN];
    assert.equal(body, texts.join("\n\n").replaceAll("\n", "\r\n"));
  }
  // What was answered has arrived: the page knows it.
  await press(page, words.open_as_page);
  await page.waitForURL(HOSTED);
  await heading(page, words.confirm_title);
  await press(page, words.back);
  await heading(page, words.survey_title);
  assert.ok((await survey(page)).includes("Because of this"));
});

test("nothing has ever arrived: the page is told what was answered", async () => {
  const page = await stage.billingPage("cus_emma");
  await page.route("**/v1/flow/actions", (route) => route.abort());
  await press(page, "Cancel Subscription");
  await fill(page);
  const typed = await survey(page);
  await press(page, words.skip_to_cancel);
  await heading(page, words.confirm_title);
  await press(page, words.cancel);
  await page.getByText(words.notice_failed).waitFor();
  await press(page, words.open_as_page);
  await page.waitForURL(HOSTED);
  await heading(page, words.confirm_title);
  await press(page, words.back);
  await heading(page, words.survey_title);
  assert.deepEqual((await survey(page)).map((text) => text.replaceAll("\r", "")), typed);
  assert.equal((await stage.server.subscription("cus_emma")).cancel_at, null);
});

for (const [configured, document, expected] of [
  ["desk@acme.example", "help@acme.example", "mailto:help@acme.example"],
  ["desk@acme.example", null, "mailto:desk@acme.example"],
  [undefined, null, undefined],
]) {
  test(`the page names ${configured} and the flow ${document}: the letter goes to ${expected}`, async () => {
    const page = await stage.billingPage("cus_ben", { config: { fallbackEmail: configured } });
    await page.route("**/v1/flow", async (route) => {
      const response = await route.fetch();
      const body = await response.json();
      await route.fulfill({ response, json: { ...body, flow: { ...body.flow, support_email: document } } });
    });
    await press(page, "Cancel Subscription");
    await press(page, words.skip_to_cancel);
    await heading(page, words.confirm_title);
    await page.route("**/v1/flow/actions", (route) => route.abort());
    await press(page, words.cancel);
    await page.getByText(words.notice_failed).waitFor();
    if (expected) assert.equal((await letter(page)).to, expected);
    else assert.equal(await mail(page).count(), 0);
  });
}

/** A page that asks for a session on intent, whose first one is refused from now on. Answers what was asked. */
async function expiring(customer, again = "Promise.resolve(second)") {
  const [first, second] = [await stage.server.session(customer), await stage.server.session(customer)];
  const session = `() => {
    const second = ${JSON.stringify(second)};
    globalThis.asked = (globalThis.asked ?? 0) + 1;
    return asked === 1 ? Promise.resolve(${JSON.stringify(first)}) : ${again};
  }`;
  const page = await stage.billingPage(customer, { session });
  const expire = () =>
    page.route("**/v1/flow/actions", (route) =>
      route.request().headers().authorization === `Bearer ${first}` ? route.fulfill(EXPIRED) : route.continue(),
    );
  return { page, expire, asked: () => page.evaluate(() => globalThis.asked) };
}

test("expired after the survey, and the page can ask for another session: the cancellation is carried out with what was answered", async () => {
  const { page, expire, asked } = await expiring("cus_femi");
  await press(page, "Cancel Subscription");
  await fill(page);
  await press(page, words.skip_to_cancel);
  await heading(page, words.confirm_title);
  await expire();
  await press(page, words.cancel);
  await heading(page, words.canceled_title);
  assert.equal(await asked(), 2);
  await press(page, words.done);
  await untilTold(page, "onComplete");
  assert.deepEqual(await names(page), ["farewell:cancelled", "onCancelled", "farewell:complete", "onComplete"]);
  const [, result] = (await told(page))[1];
  assert.ok(result.reason.key);
  assert.ok(result.token);
  assert.notEqual((await stage.server.subscription("cus_femi")).cancel_at, null);
  assert.deepEqual(page.complaints, []);
});

test("expired on the first step: the typing goes on, and what is sent arrives in the other session", async () => {
  const { page, expire } = await expiring("cus_ben");
  await expire(); // also for what tells that it was opened
  const refused = page.waitForResponse((response) => response.status() === 401);
  await press(page, "Cancel Subscription");
  await refused;
  await fill(page);
  const typed = await survey(page);
  const arrived = page.waitForResponse((response) => response.url().endsWith("/v1/flow/actions") && response.ok());
  await press(page, words.skip_to_cancel);
  await heading(page, words.confirm_title);
  await arrived;
  await press(page, words.back);
  await heading(page, words.survey_title);
  assert.deepEqual(await survey(page), typed);
});

test("expired while an offer is accepted: it is seen again before it is taken", async () => {
  const { page, expire } = await expiring("cus_ada");
  await press(page, "Cancel Subscription");
  await heading(page, words.survey_title);
  for (const reason of await page.getByRole("radio").all()) {
    await reason.check();
    await press(page, words.continue);
    if (await page.getByRole("button", { name: words.accept }).count()) break;
    await press(page, words.back);
  }
  await expire();
  await press(page, words.accept);
  await page.getByText(words.notice_changed).waitFor();
  assert.deepEqual(await names(page), []);
  await press(page, words.accept);
  await heading(page, words.saved_title);
  assert.deepEqual(await names(page), ["farewell:retained", "onRetained"]);
});

for (const [what, again] of [
  ["another session cannot be made", "Promise.reject(new Error('no'))"],
  ["the other session is refused as well", "Promise.resolve('ret_old')"],
]) {
  test(`expired, and ${what}: it is said, and what was written is in the letter`, async () => {
    const { page, expire, asked } = await expiring("cus_ben", again);
    await press(page, "Cancel Subscription");
    await fill(page);
    await press(page, words.skip_to_cancel);
    await heading(page, words.confirm_title);
    await expire();
    await press(page, words.cancel);
    await page.getByText(words.notice_expired).waitFor();
    assert.ok((await letter(page)).body.includes("Because of this"));
    assert.equal(await page.getByRole("button", { name: words.try_again }).count(), 0);
    assert.equal(await asked(), 2);
    assert.deepEqual(page.complaints, []);
  });
}

test("expired, and the page has no function to ask: it is said, and what was written stays", async () => {
  const page = await stage.billingPage("cus_ben");
  await press(page, "Cancel Subscription");
  await fill(page);
  const typed = await survey(page);
  await press(page, words.skip_to_cancel);
  await heading(page, words.confirm_title);
  await page.route("**/v1/flow/actions", (route) => route.fulfill(EXPIRED));
  await press(page, words.cancel);
  await page.getByText(words.notice_expired).waitFor();
  const { body } = await letter(page);
  for (const text of typed.slice(1)) assert.ok(body.includes(text.replaceAll("\n", "\r\n")), body);
  await press(page, words.back);
  await heading(page, words.survey_title);
  assert.deepEqual(await survey(page), typed);
});
