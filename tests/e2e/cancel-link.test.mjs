// A merchant without a front end: the backend asks for a link, the customer goes through the hosted page and comes back, and the
// backend looks up what came of it. The samples in `drop-in` are those of RetentBase's documentation, word by word; only the hosts
// are filled in.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";

import { verifyOffline } from "../../www/demo/result-token.mjs";
import { answer, heading, press } from "./stage/flow.mjs";
import { Stage } from "./stage/stage.mjs";
import { words } from "./stage/words.mjs";

const CALLBACK = "/billing/cancel/callback";

let stage;
before(async () => (stage = await Stage.start()));
after(() => stage?.stop());
afterEach(() => stage.clear());

/** A sample, with the hosts of this machine. */
async function sample(name) {
  const text = await readFile(join(import.meta.dirname, "drop-in", name), "utf8");
  return text
    .replaceAll("https://api.retentbase.com", stage.server.origin)
    .replaceAll("https://app.example.com", stage.host.origin);
}

/** Runs the backend's sample, and gives the link that it sends the customer to. */
async function link() {
  const AsyncFunction = (async () => {}).constructor;
  const backend = new AsyncFunction("process", await sample("cancel-link.js"));
  const redirect = await backend({ env: { RETENTBASE_API_KEY: stage.server.key.secret } });
  assert.equal(redirect.status, 302);
  return redirect.headers.get("location");
}

const asBackend = async (path, init = {}) => {
  const headers = { "x-api-key": stage.server.key.secret, "Content-Type": "application/json" };
  const answered = await fetch(stage.server.origin + path, { headers, ...init });
  return { status: answered.status, body: await answered.json() };
};

const verified = (token) => asBackend("/api/public/cancel/result", { method: "POST", body: JSON.stringify({ token }) });

/** The merchant's page that customers come back to, with its sample, and what its backend is told there. */
async function callback(page) {
  const told = [];
  await page.route(`${stage.host.origin}/api/billing/cancel-callback`, async (route) => {
    told.push((await verified(route.request().postDataJSON().token)).body);
    await route.fulfill({ json: {} });
  });
  stage.host.publish(CALLBACK, { body: "<h1>Welcome back</h1>", module: await sample("cancel-callback.js") });
  return told;
}

test("the documented samples lead a customer through the flow, and the backend to a result it can trust", async () => {
  const page = await stage.page();
  const told = await callback(page);
  await page.goto(await link());
  await heading(page, words.survey_title);
  await answer(page, "My topics are missing");
  const processed = page.waitForResponse("**/api/billing/cancel-callback");
  await press(page, words.cancel);
  await heading(page, words.requested_title);
  await press(page, words.done);
  await processed;
  const [result] = told;
  assert.equal(result.valid, true);
  assert.equal(result.userId, "user_123");
  assert.equal(result.result, "cancel_confirmed");
  assert.equal(result.effect, "requested", "billing is not touched behind a link");
  const address = new URL(page.url());
  assert.equal(address.searchParams.get("rb_session"), result.sessionId);
  const token = new URLSearchParams(address.hash.slice(1)).get("ci_result_token");
  const { keys } = await (await fetch(`${stage.server.origin}/.well-known/jwks.json`)).json();
  const claims = verifyOffline(token, keys, { issuer: stage.server.origin, audience: "acme" });
  assert.equal(claims.sid, result.sessionId);

  const { body: diagnosed } = await asBackend(`/api/v1/cancel-sessions/${result.sessionId}`);
  assert.deepEqual([diagnosed.state, diagnosed.eventId], ["completed", result.eventId]);
  const settled = { method: "PATCH", body: JSON.stringify({ outcome: "churned" }) };
  const { status, body: event } = await asBackend(`/api/v1/cancellations/${result.eventId}`, settled);
  assert.deepEqual([status, event.outcome, event.context.plan], [200, "churned", "pro_monthly"]);
  assert.deepEqual(page.complaints, []);
});

test("a customer without JavaScript comes back with the session, which the backend looks up", async () => {
  const page = await stage.page({ javaScriptEnabled: false });
  await callback(page);
  await page.goto(await link());
  await heading(page, words.survey_title);
  await press(page, words.skip_to_cancel);
  await press(page, words.cancel);
  await heading(page, words.requested_title);
  await press(page, words.done);
  await heading(page, "Welcome back");
  const session = new URL(page.url()).searchParams.get("rb_session");
  const { body: diagnosed } = await asBackend(`/api/v1/cancel-sessions/${session}`);
  assert.deepEqual([diagnosed.state, diagnosed.result], ["completed", "cancel_confirmed"]);
});

test("a customer who closes comes back all the same, and nothing is in the ledger", async () => {
  const page = await stage.page();
  const told = await callback(page);
  await page.goto(await link());
  const processed = page.waitForResponse("**/api/billing/cancel-callback");
  await press(page, words.close);
  await processed;
  assert.equal(told[0].result, "abandoned");
  const { body } = await asBackend(`/api/v1/cancel-sessions/${told[0].sessionId}`);
  assert.deepEqual([body.state, body.completed, body.eventId], ["opened", false, null]);
});
