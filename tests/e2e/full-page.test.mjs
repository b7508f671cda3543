// The hosted page with JavaScript: the widget itself, in the place of the plain form.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, afterEach, before, test } from "node:test";

import { verifyOffline } from "../../www/demo/result-token.mjs";
import { answer, heading, press } from "./stage/flow.mjs";
import { ENGINE, holdEngine, isPlain, openPage, takenOver } from "./stage/full-page.mjs";
import { HostedPage } from "./stage/hosted-page.mjs";
import { Stage } from "./stage/stage.mjs";
import { words } from "./stage/words.mjs";

let stage;
before(async () => (stage = await Stage.start()));
after(() => stage?.stop());
afterEach(() => stage.clear());

const back = () => `${stage.host.origin}/back`;

/** Where a session is, as the server knows it. */
async function runs(session) {
  const answer = await fetch(`${stage.server.origin}/v1/flow`, { headers: { Authorization: `Bearer ${session}` } });
  return (await answer.json()).state.runs;
}

/** The latest run, once the server has it as wanted. */
async function until(session, wanted) {
  for (;;) {
    const run = (await runs(session)).at(-1);
    if (run && wanted(run)) return run;
    await new Promise((resolve) => setTimeout(resolve, 50)); // between two questions
  }
}

/** How the latest run ended, once the server knows. */
const outcome = async (session) => (await until(session, (run) => run.outcome)).outcome;

async function claims(url) {
  const token = new URLSearchParams(new URL(url).hash.slice(1)).get("ci_result_token");
  const { keys } = await (await fetch(`${stage.server.origin}/.well-known/jwks.json`)).json();
  return verifyOffline(token, keys, { issuer: stage.server.origin, audience: "acme" });
}

/** Publishes a page that customers come back to. */
const publishBack = () => stage.host.publish("/back", { body: "<h1>Welcome back</h1>" });

test("steps are drawn without waiting for the server, and without a page for each", async () => {
  const session = await stage.server.session("cus_ada");
  const page = await openPage(stage, session);
  await takenOver(page);
  await until(session, (run) => run.seq === 1);
  const before = page.requests.length;
  let release;
  const released = new Promise((resolve) => (release = resolve));
  await page.route("**/v1/flow/actions", async (route) => {
    await released;
    await route.continue();
  });
  await answer(page, "It costs too much");
  await page.getByText("20% off for three months").waitFor();
  await press(page, words.decline);
  await heading(page, words.confirm_title);
  assert.deepEqual(page.requests.slice(before), ["POST /v1/flow/actions"], "one is under way, and nobody waits for it");
  release();
  await press(page, words.cancel);
  await heading(page, words.canceled_title);
  assert.notEqual((await stage.server.subscription("cus_ada")).cancel_at, null);
  const asked = page.requests.slice(before);
  assert.deepEqual([...new Set(asked)], ["POST /v1/flow/actions"]);
  assert.match(await page.title(), new RegExp(`^${words.canceled_title} · `));
  assert.equal(new URL(page.url()).hash, "", "nobody reads a token here");
  assert.deepEqual(page.complaints, []);
  assert.deepEqual(page.errors, []);
});

test("what was chosen and typed is still there when the widget takes over, and nothing moves", async () => {
  const session = await stage.server.session("cus_chloe");
  const page = await stage.page({ viewport: { width: 900, height: 500 } });
  const release = await holdEngine(page);
  await page.goto(`${stage.server.origin}/c#${session}`);
  await page.getByRole("radio", { name: "It costs too much" }).check();
  const question = page.getByLabel("What would be a fair price for you?");
  await question.fill("Ten dollars, not twelve");
  await question.evaluate((field) => field.setSelectionRange(4, 11, "backward"));
  const before = await layout(page);
  assert.ok(await isPlain(page));
  release();
  await takenOver(page);
  assert.equal(await isPlain(page), false);
  assert.deepEqual(await layout(page), before);
  assert.equal(await question.inputValue(), "Ten dollars, not twelve");
  assert.ok(await page.getByRole("radio", { name: "It costs too much" }).isChecked());
  const cursor = await question.evaluate((field) => {
    const focused = field.getRootNode().activeElement === field;
    return [focused, field.selectionStart, field.selectionEnd, field.selectionDirection];
  });
  assert.deepEqual(cursor, [true, 4, 11, "backward"]);
  await page.keyboard.type("€ 10.00");
  await press(page, words.continue);
  await heading(page, words.offer_title);
  assert.equal((await until(session, (run) => run.answers.reason)).answers.follow_up, "Ten € 10.00, not twelve");
  assert.deepEqual(page.complaints, []);
});

/** What is where, of everything that can be seen; and how far the page is scrolled. */
function layout(page) {
  return page.evaluate(() => {
    const host = document.querySelector("main > section > div");
    const form = (host?.shadowRoot ?? document).querySelector("form.step");
    const of = (element) => {
      const { x, y, width, height } = element.getBoundingClientRect();
      const { color, backgroundColor, fontSize, fontFamily, opacity } = getComputedStyle(element);
      return [element.tagName, x, y, width, height, color, backgroundColor, fontSize, fontFamily, opacity].join(" ");
    };
    return [scrollY, document.title, ...[document.querySelector("main"), form, ...form.querySelectorAll("*")].map(of)];
  });
}

test("nobody's focus is moved who has put it nowhere", async () => {
  const page = await openPage(stage, await stage.server.session("cus_ben"));
  await takenOver(page);
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "BODY");
  await page.keyboard.press("Tab");
  const first = await page.evaluate(() => document.querySelector("section > div").shadowRoot.activeElement.name);
  assert.equal(first, "reason", "the keyboard begins where it would have begun");
  await press(page, words.skip_to_cancel);
  await heading(page, words.confirm_title);
  const next = await page.evaluate(() => document.querySelector("section > div").shadowRoot.activeElement.tagName);
  assert.equal(next, "H2", "and the next step says what it is");
});

test("a press is not taken from under the finger", async () => {
  const page = await stage.page();
  const release = await holdEngine(page);
  await page.goto(`${stage.server.origin}/c#${await stage.server.session("cus_ben")}`);
  await page.getByRole("button", { name: words.skip_to_cancel }).hover();
  await page.mouse.down();
  const loaded = page.waitForResponse(ENGINE);
  release();
  await (await loaded).finished();
  await page.waitForTimeout(500); // time enough to do the wrong thing
  assert.ok(await isPlain(page));
  await page.mouse.up();
  await heading(page, words.confirm_title);
  assert.ok(page.requests.includes("POST /c"), "the form itself was sent");
  await takenOver(page);
  assert.deepEqual(page.complaints, []);
});

const BROKEN = {
  "the engine does not come": (page) => page.route(ENGINE, (route) => route.abort()),
  "the server refuses": (page) => page.route("**/v1/flow", (route) => route.fulfill({ status: 401, json: { error: "No." } })),
  "there is no WebAssembly": (page) => page.addInitScript(() => delete globalThis.WebAssembly),
  "WebAssembly is forbidden": (page) =>
    page.route(/\/c\/[\w-]{22}$/, async (route) => {
      const response = await route.fetch();
      const policy = response.headers()["content-security-policy"];
      assert.match(policy, / 'wasm-unsafe-eval'/);
      const headers = { ...response.headers(), "content-security-policy": policy.replace(" 'wasm-unsafe-eval'", "") };
      await route.fulfill({ response, headers });
    }),
};

for (const [what, breakIt] of Object.entries(BROKEN)) {
  test(`${what}: the plain form stays, and works`, async () => {
    const { url } = await HostedPage.open(stage.server.origin, await stage.server.session("cus_chloe"));
    const page = await stage.page();
    await breakIt(page);
    const given = page.waitForEvent("console", (message) => message.text().startsWith("Farewell:"));
    await page.goto(url);
    assert.match((await given).text(), /^Farewell: this page goes on without the widget \(\w+\)\.$/);
    assert.ok(await isPlain(page));
    await answer(page, "Something else");
    await page.waitForURL(/\/c\/[\w-]{22}$/);
    await heading(page, words.confirm_title);
    assert.ok(page.requests.includes("POST /c"), "the form itself was sent");
  });
}

test("without a return URL the page shows how it ended, and opens nothing", async () => {
  const session = await stage.server.session("cus_chloe");
  const page = await openPage(stage, session);
  const address = page.url();
  await takenOver(page);
  const length = await page.evaluate(() => history.length);
  await press(page, words.keep);
  await page.locator("main > form.step").waitFor();
  await heading(page, words.unchanged_title);
  assert.equal(await outcome(session), "saved");
  assert.equal(page.url(), address);
  assert.equal(await page.evaluate(() => history.length), length, "there is nothing to go back through");
  assert.deepEqual((await runs(session)).length, 1);

  await press(page, words.open_again);
  await takenOver(page);
  await press(page, words.close);
  await page.locator("main > form.step").waitFor();
  assert.equal(await outcome(session), "aborted");
  assert.deepEqual((await runs(session)).length, 2);
  assert.deepEqual(page.complaints, []);
});

test("a receipt is left for the plain one, which stays as it is", async () => {
  const session = await stage.server.session("cus_daiki");
  const page = await openPage(stage, session);
  const address = page.url();
  await takenOver(page);
  await press(page, words.skip_to_cancel);
  await press(page, words.cancel);
  await heading(page, words.canceled_title);
  await press(page, words.done);
  await page.locator("main > form.step").waitFor();
  await heading(page, words.canceled_title);
  assert.equal(page.url(), address);
  await page.reload();
  await heading(page, words.canceled_title);
  assert.ok(await isPlain(page));
  assert.equal((await runs(session)).length, 1);
  assert.equal(await page.locator("[data-session]").count(), 0, "what is over needs no session id");
});

test("a return URL gets the result, however it ended", async () => {
  const ways = {
    canceled: async (page) => {
      await press(page, words.skip_to_cancel);
      await press(page, words.cancel);
      await press(page, words.done);
    },
    saved: (page) => press(page, words.keep),
    aborted: (page) => press(page, words.close),
  };
  publishBack();
  for (const [expected, way] of Object.entries(ways)) {
    const customer = expected === "canceled" ? "cus_emma" : "cus_chloe";
    const session = await stage.server.session(customer, { return_url: `${back()}#/account` });
    const page = await openPage(stage, session);
    await takenOver(page);
    await way(page);
    await heading(page, "Welcome back");
    assert.match(page.url(), /\/back#\/account&ci_result_token=/);
    assert.equal((await claims(page.url())).outcome, expected);
    assert.equal(await outcome(session), expected);
    assert.equal(page.requests.filter((request) => request === "GET /back").length, 1);
    assert.deepEqual(page.complaints, []);
  }
});

test("a reload in the middle goes on where the customer was", async () => {
  const session = await stage.server.session("cus_greta", { country: "US", region: "TX" });
  const page = await openPage(stage, session);
  await takenOver(page);
  await answer(page, "It costs too much");
  await page.getByText("20% off for three months").waitFor();
  await until(session, (run) => run.step === "offer");
  await page.reload();
  await takenOver(page);
  await page.getByText("20% off for three months").waitFor();
  await press(page, words.decline);
  await heading(page, words.confirm_title);
  assert.equal((await runs(session)).length, 1);
  assert.equal(page.requests.filter((request) => request === "POST /c").length, 1, "the one of the link");
});

test("back and forward show how it is, and send nothing", async () => {
  publishBack();
  const session = await stage.server.session("cus_hugo", { country: "US", region: "TX", return_url: back() });
  const page = await openPage(stage, session);
  await takenOver(page);
  await press(page, words.skip_to_cancel);
  await press(page, words.cancel);
  await press(page, words.done);
  await heading(page, "Welcome back");
  const before = page.requests.length;
  await page.goBack();
  await heading(page, words.canceled_title);
  assert.ok(await isPlain(page));
  await page.goForward();
  await heading(page, "Welcome back");
  await page.goBack();
  await heading(page, words.canceled_title);
  assert.deepEqual(page.requests.slice(before).filter((request) => request.startsWith("POST")), []);
  assert.equal((await runs(session)).length, 1);
});

test("without JavaScript, too, going back sends nothing", async () => {
  const page = await stage.signedIn("user_3", "/plain", { javaScriptEnabled: false });
  await press(page, "Cancel Subscription");
  await answer(page, "It costs too much");
  await page.getByText("20% off for three months").waitFor();
  await press(page, words.decline);
  await heading(page, words.confirm_title);
  const before = page.requests.length;
  for (let steps = 0; steps < 3 && new URL(page.url()).origin === stage.server.origin; steps++) await page.goBack();
  assert.equal(new URL(page.url()).origin, stage.merchant);
  await page.goForward();
  await heading(page, words.confirm_title);
  assert.deepEqual(page.requests.slice(before).filter((request) => request.startsWith("POST")), []);
});

test("a page that the browser has kept is loaded anew before it is used", async () => {
  const page = await openPage(stage, await stage.server.session("cus_ben"));
  await takenOver(page);
  await answer(page, "Something else");
  await heading(page, words.confirm_title);
  const loaded = page.waitForEvent("load");
  // The browser decides by itself what it keeps; what it says then is said here.
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
  await loaded;
  await takenOver(page);
  await heading(page, words.confirm_title);
});

test("of two tabs the one that is behind shows how it is", async () => {
  const session = await stage.server.session("cus_ines", { country: "US", region: "TX", locale: "en" });
  const one = await openPage(stage, session);
  await takenOver(one);
  const other = await one.context().newPage();
  await other.goto(one.url());
  await takenOver(other);
  await press(one, words.skip_to_cancel);
  await press(one, words.cancel);
  await heading(one, words.canceled_title);
  await answer(other, "Something else");
  await other.getByText(words.notice_changed).waitFor();
  await heading(other, words.canceled_title);
  assert.equal((await runs(session)).length, 1);
});

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

test("axe finds nothing on any step, and the policy is not violated", async () => {
  const session = await stage.server.session("cus_layla", { country: "US", region: "TX" });
  for (const colorScheme of ["light", "dark"]) {
    const page = await openPage(stage, session, { colorScheme, reducedMotion: "reduce" });
    await takenOver(page);
    const clean = async (step) => {
      if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe);
      const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
      assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), [], `${step}, ${colorScheme}`);
    };
    await page.evaluate(() => {
      globalThis.broken = [];
      document.addEventListener("securitypolicyviolation", (event) => broken.push(event.effectiveDirective));
    });
    await clean("survey");
    await answer(page, "It costs too much");
    if (colorScheme === "light") {
      await heading(page, words.offer_title);
      await clean("offer");
      await press(page, words.decline);
    }
    await heading(page, words.confirm_title);
    await clean("confirmation");
    assert.deepEqual(await page.evaluate(() => broken), []);
    if (colorScheme === "light") {
      await press(page, words.back);
      await heading(page, words.survey_title);
      await until(session, (run) => run.step === "survey");
      continue;
    }
    await press(page, words.cancel);
    await heading(page, words.canceled_title);
    await clean("receipt");
    assert.deepEqual(page.complaints, []);
  }
});
