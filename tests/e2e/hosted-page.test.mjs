// The same flow as plain pages: posted by hand, in a browser that runs no script, and opened from a link.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, afterEach, before, test } from "node:test";
import { promisify } from "node:util";

import { verifyOffline } from "../../www/demo/result-token.mjs";
import { answer, heading, press } from "./stage/flow.mjs";
import { HostedPage } from "./stage/hosted-page.mjs";
import { Stage } from "./stage/stage.mjs";
import { words } from "./stage/words.mjs";

let stage;
before(async () => (stage = await Stage.start()));
after(() => stage?.stop());
afterEach(() => stage.clear());

const back = () => `${stage.host.origin}/back`;
const open = async (customer, more) => HostedPage.open(stage.server.origin, await stage.server.session(customer, more));

async function claims(url) {
  const token = new URLSearchParams(new URL(url).hash.slice(1)).get("ci_result_token");
  const { keys } = await (await fetch(`${stage.server.origin}/.well-known/jwks.json`)).json();
  return verifyOffline(token, keys, { issuer: stage.server.origin, audience: "acme" });
}

test("posted forms save a customer by an offer", async () => {
  const page = await open("cus_ada", { return_url: back() });
  assert.equal(page.status, 200);
  assert.match(page.url, /\/c\/[\w-]{16,}$/, "the address has a handle, not the session id");
  assert.equal(page.heading, words.survey_title);
  await page.press(words.continue, { reason: "too_expensive", "follow_up.too_expensive": 'A "fair" <price>' });
  assert.match(page.text, /20% off for three months/);
  assert.match(page.text, /\$9\.60/);
  await page.press(words.accept);
  assert.equal(page.heading, words.saved_title);
  assert.equal((await stage.server.subscription("cus_ada")).next_payment.amount, 960);
  await page.press(words.done);
  assert.equal(new URL(page.url).pathname, "/back");
  const result = await claims(page.url);
  assert.equal(result.outcome, "saved");
  assert.equal(result.offer, "twenty_percent");
});

test("posted forms cancel a subscription, once", async () => {
  const page = await open("cus_ben", { return_url: back() });
  await page.press(words.skip_to_cancel);
  assert.equal(page.heading, words.confirm_title);
  const confirmation = Object.assign(new HostedPage(), page);
  await page.press(words.cancel);
  assert.equal(page.heading, words.canceled_title);
  const canceled = await stage.server.subscription("cus_ben");
  assert.notEqual(canceled.cancel_at, null);
  const receipt = page.text;

  await page.reload();
  assert.equal(page.text, receipt, "a reload shows the same receipt");
  await confirmation.press(words.cancel);
  assert.equal(confirmation.heading, words.canceled_title, "the same form sent twice is answered the same");
  assert.deepEqual(await stage.server.subscription("cus_ben"), canceled);

  await page.press(words.done);
  assert.equal((await claims(page.url)).outcome, "canceled");
});

test("posted forms take a cancellation back", async () => {
  const page = await open("cus_femi");
  await page.press(words.skip_to_cancel);
  await page.press(words.cancel);
  assert.notEqual((await stage.server.subscription("cus_femi")).cancel_at, null);
  await page.press(words.undo);
  assert.equal(page.heading, words.undone_title);
  assert.equal((await stage.server.subscription("cus_femi")).cancel_at, null);
});

test("posted forms close without a decision", async () => {
  const unchanged = await stage.server.subscription("cus_chloe");
  const page = await open("cus_chloe", { return_url: back() });
  await page.press(words.close);
  assert.equal(new URL(page.url).pathname, "/back");
  assert.equal((await claims(page.url)).outcome, "aborted");
  assert.deepEqual(await stage.server.subscription("cus_chloe"), unchanged);
});

test("closed without a decision and opened anew, it begins again; reloaded, it stays what it was", async () => {
  const session = await stage.server.session("cus_chloe");
  const first = await HostedPage.open(stage.server.origin, session);
  await first.press(words.close);
  assert.equal(first.heading, words.unchanged_title);
  await first.reload();
  assert.equal(first.heading, words.unchanged_title, "looking at it opens nothing");
  await first.press(words.open_again);
  await first.press(words.close);
  const again = await HostedPage.open(stage.server.origin, session);
  assert.equal(again.heading, words.survey_title);
  assert.equal(again.url, first.url);
  const unsettled = await HostedPage.open(stage.server.origin, session);
  await unsettled.press(words.skip_to_cancel);
  assert.equal(unsettled.heading, words.confirm_title);
  const once = await HostedPage.open(stage.server.origin, session);
  assert.equal(once.heading, words.confirm_title, "what is open is not begun again");
});

test("a handle that was never given leads nowhere, and says what to do", async () => {
  const answered = await fetch(`${stage.server.origin}/c/AAAAAAAAAAAAAAAAAAAAAA`);
  assert.equal(answered.status, 404);
  assert.match(await answered.text(), /Go back to the page you came from/);
  const altered = await HostedPage.open(stage.server.origin, "ret_nonsense");
  assert.equal(altered.status, 401);
});

test("a browser without JavaScript is saved, canceled and let go", async () => {
  const context = { javaScriptEnabled: false };
  let page = await stage.signedIn("user_4", "/plain", context);
  await press(page, "Cancel Subscription");
  await heading(page, words.survey_title);
  assert.equal(new URL(page.url()).origin, stage.server.origin);
  await answer(page, "It costs too much");
  await page.getByText("20% off for three months").waitFor();
  await press(page, words.accept);
  await heading(page, words.saved_title);
  await press(page, words.done);
  await heading(page, "Welcome back");
  assert.equal((await claims(page.url())).outcome, "saved");
  assert.ok(await page.getByText("¥1,200 on ").isVisible(), "the merchant shows what changed");

  page = await stage.signedIn("user_5", "/plain", context);
  await press(page, "Cancel Subscription");
  await press(page, words.close);
  await heading(page, "Welcome back");
  assert.equal((await claims(page.url())).outcome, "aborted");
  assert.ok(await page.getByText("Active", { exact: true }).isVisible());

  await page.goto(`${stage.merchant}/plain`);
  await press(page, "Cancel Subscription");
  await heading(page, words.survey_title);
  await press(page, words.skip_to_cancel);
  await press(page, words.cancel);
  await heading(page, words.canceled_title);
  await press(page, words.done);
  await heading(page, "Welcome back");
  assert.equal((await claims(page.url())).outcome, "canceled");
  assert.ok(await page.getByText("Ends on").isVisible());
});

test("the link that carries a session takes it out of the address at once", async () => {
  const session = await stage.server.session("cus_chloe");
  const page = await stage.page();
  await page.goto(`${stage.server.origin}/c#${session}`);
  await heading(page, words.survey_title);
  assert.match(page.url(), /\/c\/[\w-]{16,}$/);
  assert.deepEqual(page.complaints, []);
  await page.goBack();
  assert.ok(!page.url().includes("ret_"), page.url());
});

/** Where the law lets an offer come before the confirmation. */
const TEXAS = { country: "US", region: "TX" };

test("curl alone walks the whole flow: survey, offer, no thanks, confirmation, receipt", async () => {
  const run = promisify(execFile);
  const page = async (...args) => {
    const { stdout } = await run("curl", ["--silent", "--show-error", "--fail", "--location", "--noproxy", "*", ...args]);
    return stdout;
  };
  const fields = (fields) => fields.flatMap(([name, value]) => ["--data-urlencode", `${name}=${value}`]);
  /** Sends the form of a page as this button does, with what is filled in. */
  const send = (html, verb, ...filled) => {
    assert.match(html, new RegExp(`<button[^>]* name="do" value="${verb}"`));
    const hidden = [...html.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)">/g)].map(([, ...field]) => field);
    const [, action] = /<form[^>]* action="([^"]+)"/.exec(html);
    return page(...fields([...hidden, ...filled, ["do", verb]]), action);
  };
  const survey = await page(...fields([["session", await stage.server.session("cus_greta", TEXAS)]]), `${stage.server.origin}/c`);
  assert.ok(survey.includes(words.survey_title));
  const offer = await send(survey, "answer", ["reason", "too_expensive"], ["feedback", "Half & half, 100 %"]);
  assert.match(offer, /20% off for three months/);
  const confirmation = await send(offer, "decline");
  assert.ok(confirmation.includes(words.confirm_title));
  assert.equal((await stage.server.subscription("cus_greta")).cancel_at, null);
  const receipt = await send(confirmation, "cancel");
  assert.ok(receipt.includes(words.canceled_title));
  assert.match(receipt, /FW-[\w-]+/);
  assert.notEqual((await stage.server.subscription("cus_greta")).cancel_at, null);
});
