// The way of a result: into the page's address or the return address, to the merchant's backend, and verified there.

import assert from "node:assert/strict";
import { createPrivateKey, generateKeyPairSync, sign } from "node:crypto";
import { after, afterEach, before, test } from "node:test";

import { verifyOffline } from "../../www/demo/result-token.mjs";
import { answer, closed, heading, press } from "./stage/flow.mjs";
import { Stage } from "./stage/stage.mjs";
import { told, untilTold } from "./stage/told.mjs";
import { words } from "./stage/words.mjs";

let stage;
before(async () => (stage = await Stage.start()));
after(() => stage?.stop());
afterEach(() => stage.clear());

const fragment = (page) => page.evaluate(() => location.hash);

async function keep(page) {
  await press(page, "Cancel Subscription");
  await press(page, words.keep);
  await untilTold(page, "onRetained");
  await untilTold(page, "onComplete");
}

/** The public keys, fetched as anybody would. */
const keys = async () => (await (await fetch(`${stage.server.origin}/.well-known/jwks.json`)).json()).keys;

const expected = () => ({ issuer: stage.server.origin, audience: "acme" });

const verifyOnline = (token) =>
  fetch(`${stage.server.origin}/api/public/cancel/result`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token }),
  });

for (const [before, kept] of [
  ["", "#"],
  ["#/account/billing", "#/account/billing"],
  ["#a=b", "#a=b"],
  ["#a=b&ci_result_token=old&c=d", "#a=b&c=d"],
]) {
  test(`the token joins what the address has after "${before}"`, async () => {
    const page = await stage.billingPage("cus_ada", { fragment: before });
    await page.evaluate(() => {
      globalThis.changes = 0;
      addEventListener("hashchange", () => globalThis.changes++);
      history.replaceState({ router: "mine" }, "");
    });
    const length = await page.evaluate(() => history.length);
    await keep(page);
    const after = await fragment(page);
    const token = /[#&?]ci_result_token=([\w.-]+)/.exec(after)?.[1];
    assert.equal(token, (await told(page)).find(([name]) => name === "onRetained")[1].token);
    assert.equal(after.replace(/[&?]?ci_result_token=[\w.-]+/, ""), kept);
    assert.equal((after.match(/ci_result_token/g) ?? []).length, 1);
    assert.equal(await page.evaluate(() => history.length), length);
    assert.deepEqual(await page.evaluate(() => history.state), { router: "mine" });
    assert.equal(await page.evaluate(() => globalThis.changes), 0, "no hashchange");
  });
}

test("the token reads as the documentation says, from a fragment that had none", async () => {
  const page = await stage.billingPage("cus_ada");
  await keep(page);
  const read = () => new URLSearchParams(window.location.hash.replace(/^#/, "")).get("ci_result_token");
  const token = await page.evaluate(read);
  assert.equal(verifyOffline(token, await keys(), expected()).outcome, "saved");
});

test("the address is left alone when the page wants it so", async () => {
  const page = await stage.billingPage("cus_ada", { fragment: "#/mine", config: { fragment: false } });
  await keep(page);
  assert.equal(await fragment(page), "#/mine");
  assert.ok((await told(page)).some(([name, result]) => name === "onRetained" && result.token));
});

test("server and published key agree on a token, and on what is none", async () => {
  const page = await stage.billingPage("cus_ben");
  await press(page, "Cancel Subscription");
  await answer(page, "It costs too much");
  await press(page, words.accept);
  await heading(page, words.saved_title);
  const [[, result]] = await told(page);

  const claims = verifyOffline(result.token, await keys(), expected());
  assert.equal(claims.sub, "user_2");
  assert.equal(claims.outcome, "saved");
  assert.equal(claims.effect, "applied");
  assert.equal(claims.reason, "too_expensive");
  assert.equal(claims.offer, "twenty_percent");
  assert.equal(claims.receipt, result.receipt.reference);
  assert.ok(claims.jti && claims.exp > claims.iat);

  const online = await verifyOnline(result.token);
  assert.equal(online.status, 200);
  const payload = await online.json();
  assert.equal(payload.valid, true);
  assert.equal(payload.userId, "user_2");
  assert.equal(payload.result, "offer_accepted");
  assert.equal(payload.outcome, "saved");
  assert.equal(payload.receipt.reference, result.receipt.reference);

  const [header, body, signature] = result.token.split(".");
  const forged = Buffer.from(JSON.stringify({ ...claims, outcome: "canceled" })).toString("base64url");
  const { privateKey } = generateKeyPairSync("ed25519");
  const own = sign(null, Buffer.from(`${header}.${forged}`), createPrivateKey(privateKey.export({ type: "pkcs8", format: "pem" })));
  for (const wrong of [
    `${header}.${forged}.${signature}`,
    `${header}.${forged}.${own.toString("base64url")}`,
    `${Buffer.from('{"alg":"none"}').toString("base64url")}.${body}.`,
    `${header}.${body}`,
    "nonsense",
  ]) {
    const published = await keys();
    assert.throws(() => verifyOffline(wrong, published, expected()), Error, wrong);
    assert.ok([400, 401].includes((await verifyOnline(wrong)).status), wrong);
  }
  const later = Date.now() + 365 * 24 * 3_600_000;
  const published = await keys();
  assert.throws(() => verifyOffline(result.token, published, { ...expected(), now: later }), /expired/);
  assert.throws(() => verifyOffline(result.token, published, { ...expected(), audience: "other" }), /audience/);
});

test("the demo's backend verifies a result in both ways, and the page shows what changed in billing", async () => {
  const page = await stage.signedIn("user_4");
  await page.getByText("¥1,500 on ").waitFor();
  await press(page, "Cancel Subscription");
  await answer(page, "It costs too much");
  await press(page, words.accept);
  await heading(page, words.saved_title);
  const verified = page.locator("#log li", { hasText: "The backend verified it" }).locator("pre");
  await verified.waitFor();
  const { result, claims, repeated } = JSON.parse(await verified.textContent());
  assert.equal(result.result, "offer_accepted");
  assert.equal(claims.sub, "user_4");
  assert.equal(repeated, false);
  await press(page, words.done);
  await closed(page);
  await page.getByText("¥1,200 on ").waitFor();
  await page.getByText(/20% off until /).waitFor();
  assert.deepEqual(page.complaints, []);
  assert.deepEqual(page.errors, []);
});

test("the demo's backend refuses a result of another customer", async () => {
  const other = await stage.billingPage("cus_ada");
  await keep(other);
  const token = (await told(other)).find(([name]) => name === "onRetained")[1].token;
  const answered = await fetch(`${stage.merchant}/api/billing/cancel-callback`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Cookie: "customer=user_5" },
    body: JSON.stringify({ token }),
  });
  assert.equal(answered.status, 403);
});

test("a return address is followed on leaving the receipt, with the token, and not before", async () => {
  const page = await stage.signedIn("user_5", "/return");
  const address = page.url();
  await press(page, "Cancel Subscription");
  await press(page, words.skip_to_cancel);
  await press(page, words.cancel);
  await heading(page, words.canceled_title);
  await page.getByText("onCancelled", { exact: true }).waitFor({ state: "attached" });
  assert.equal(page.url(), address, "the receipt stays, and this page's address has no token");

  const arrival = page.waitForEvent("framenavigated");
  await press(page, words.done);
  assert.match((await arrival).url(), /\/billing\/cancel\/callback#ci_result_token=[\w.-]+$/);
  await page.getByText("Your subscription is canceled.").waitFor();
  const entry = page.locator("#log li", { hasText: "Verified by the server" });
  const result = JSON.parse(await entry.locator("pre").textContent());
  assert.equal(result.result, "cancel_confirmed");
  assert.equal(result.userId, "user_5");
  await page.getByText("Ends on").waitFor();
  assert.equal(await fragment(page), "", "the token does not stay in the address");
  assert.notEqual((await stage.server.subscription("cus_emma")).cancel_at, null);
  assert.deepEqual(page.complaints, []);
});

test("a return address with a query and a fragment keeps both", async () => {
  const page = await stage.billingPage("cus_chloe", { ask: { return_url: `${stage.host.origin}/back?from=flow#/account` } });
  stage.host.publish("/back", { body: "Back" });
  await press(page, "Cancel Subscription");
  await press(page, words.skip_to_cancel);
  await press(page, words.cancel);
  await heading(page, words.canceled_title);
  await page.keyboard.press("Escape");
  await page.waitForURL(/\/back/);
  assert.match(page.url(), /\/back\?from=flow#\/account[?&]ci_result_token=[\w.-]+$/);
});

test("of a flow that was only closed, the address has no token, and the callback neither", async () => {
  const page = await stage.billingPage("cus_femi", { fragment: "#/account" });
  const address = page.url();
  await press(page, "Cancel Subscription");
  await heading(page, words.survey_title);
  const sent = page.waitForResponse((response) => response.request().postData()?.includes('"close"'));
  await page.keyboard.press("Escape");
  await untilTold(page, "onComplete");
  await (await sent).finished();
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve))); // after what is made of the answer
  assert.equal(page.url(), address);
  const [, { outcome, token }] = (await told(page)).find(([name]) => name === "onComplete");
  assert.deepEqual([outcome, token ?? null], ["aborted", null]);
});

test("whoever only closed the flow stays on the page", async () => {
  const page = await stage.billingPage("cus_femi", { ask: { return_url: `${stage.host.origin}/back` } });
  const address = page.url();
  await press(page, "Cancel Subscription");
  await heading(page, words.survey_title);
  const sent = page.waitForResponse((response) => response.request().postData()?.includes('"close"'));
  await page.keyboard.press("Escape");
  await untilTold(page, "onComplete");
  await (await sent).finished();
  assert.equal(page.url(), address);
});
