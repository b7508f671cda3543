// When something is broken: the customer is told within seconds what to do next, and can always leave. Only here requests are
// intercepted.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { closed, focused, heading, loading, press } from "./stage/flow.mjs";
import { Stage } from "./stage/stage.mjs";
import { names, told, untilTold } from "./stage/told.mjs";
import { words } from "./stage/words.mjs";

let stage;
before(async () => (stage = await Stage.start()));
after(() => stage?.stop());
afterEach(() => stage.clear());

const EMAIL = "support@acme.example";
const dialog = (page) => page.locator("dialog");
const mail = (page) => page.getByRole("link", { name: EMAIL });

/** The one line for the developer. It names the option, and never the session. */
function line(page) {
  const lines = page.errors.filter((text) => text.startsWith("Farewell:"));
  assert.equal(lines.length, 1, page.errors.join("\n"));
  assert.ok(!lines[0].includes("ret_"), lines[0]);
  return lines[0];
}

async function leave(page) {
  await heading(page, words.survey_title);
  await press(page, words.skip_to_cancel);
  await press(page, words.cancel);
  await heading(page, words.canceled_title);
}

test("nothing but the facade: the same session goes on as a page, where the customer can cancel", async () => {
  const page = await stage.billingPage("cus_ada");
  await page.route("**/opening.js", (route) => route.abort());
  await press(page, "Cancel Subscription");
  await page.waitForURL(/\/c\/[\w-]{16,}$/);
  await leave(page);
  assert.notEqual((await stage.server.subscription("cus_ada")).cancel_at, null);
});

test("no engine: the first step goes on as a page, with everything that was answered in it", async () => {
  const page = await stage.billingPage(await stage.newcomer());
  await page.route("**/engine.js", (route) => route.abort());
  await press(page, "Cancel Subscription");
  await page.getByRole("radio", { name: "I was not happy with the service" }).check();
  await page.getByRole("textbox").last().fill("Ten words & <b>no</b> markup");
  await press(page, words.continue);
  await page.waitForURL(/\/c\/[\w-]{16,}$/);
  await heading(page, words.offer_title);
  await press(page, words.back);
  assert.equal(await page.getByRole("radio", { name: "I was not happy with the service" }).isChecked(), true);
  assert.equal(await page.getByRole("textbox").last().inputValue(), "Ten words & <b>no</b> markup");
});

test("no engine, on a page that forbids forms: the same session goes on by its link", async () => {
  const page = await stage.billingPage(await stage.newcomer(), { headers: { "Content-Security-Policy": "form-action 'none'" } });
  await page.route("**/engine.js", (route) => route.abort());
  await press(page, "Cancel Subscription");
  await press(page, words.skip_to_cancel);
  await page.waitForURL(/\/c\/[\w-]{16,}$/);
  await leave(page);
});

test("a document that this engine cannot read: the same session goes on as a page", async () => {
  const page = await stage.billingPage("cus_ben");
  await page.route("**/v1/flow", async (route) => {
    const response = await route.fetch();
    const document = await response.json();
    await route.fulfill({ response, json: { ...document, flow: { ...document.flow, reasons: "many" } } });
  }, { times: 1 });
  await press(page, "Cancel Subscription");
  await press(page, words.skip_to_cancel);
  await page.waitForURL(/\/c\/[\w-]{16,}$/);
  await heading(page, words.confirm_title);
});

test("server down: said at once, with a way to try again that works when it is back", async () => {
  const page = await stage.billingPage("cus_ben");
  await stage.server.halt();
  try {
    await press(page, "Cancel Subscription");
    await heading(page, "This did not load");
    assert.ok((await mail(page).getAttribute("href")).startsWith(`mailto:${EMAIL}`));
    assert.match(line(page), /apiBase/);
    assert.equal(await page.evaluate(() => document.querySelector("dialog").firstElementChild.shadowRoot.activeElement.tagName), "H2");
    await press(page, "Try again");
    await page.waitForFunction(() => document.querySelector("dialog").firstElementChild.shadowRoot.querySelector("button.leave"));
  } finally {
    await stage.server.serve();
  }
  await press(page, "Try again");
  await heading(page, words.survey_title);
  assert.deepEqual(page.complaints, []);
});

test("server down: Escape closes, and the page is told once", async () => {
  const page = await stage.billingPage("cus_ben");
  await page.route("**/v1/flow", (route) => route.abort());
  await press(page, "Cancel Subscription");
  await heading(page, "This did not load");
  await page.keyboard.press("Escape");
  await closed(page);
  await untilTold(page, "onComplete");
  assert.deepEqual(await names(page), ["farewell:complete", "onComplete"]);
  assert.equal((await told(page))[0][1].outcome, "aborted");
  assert.equal(await focused(page), "BUTTON Cancel Subscription");
});

test("nothing but the facade, and no server: the support address is there, and closing works", async () => {
  const page = await stage.billingPage("cus_ben");
  await page.route("**/opening.js", (route) => route.abort());
  await page.route("**/v1/flow", (route) => route.abort());
  await press(page, "Cancel Subscription");
  await page.getByText("Not loaded yet.").waitFor();
  assert.match(await mail(page).getAttribute("href"), /^mailto:support@acme\.example\?subject=Cancel [\w-]{8}$/);
  await press(page, "Close");
  await closed(page);
  await untilTold(page, "onComplete");
  assert.equal((await names(page)).filter((name) => name === "onComplete").length, 1);
  assert.deepEqual(page.complaints, []);
});

test("a server that hangs: after seconds a word, then a way to try again", async () => {
  const page = await stage.billingPage("cus_ben");
  stage.server.program.pause();
  try {
    await press(page, "Cancel Subscription");
    await loading(page);
    const asPage = dialog(page).getByRole("link", { name: "Open as page" });
    assert.match(await asPage.getAttribute("href"), /\/c#ret_/);
    await page.getByText("Not loaded yet.").waitFor({ timeout: 5000 });
    assert.ok(await mail(page).isVisible());
    await heading(page, "This did not load");
    assert.match(line(page), /apiBase/);
  } finally {
    stage.server.program.resume();
  }
  await press(page, "Try again");
  await heading(page, words.survey_title);
});

for (const [what, answer] of [
  ["an empty object", { json: {} }],
  ["a page", { contentType: "text/html", body: "<h1>Welcome</h1>" }],
  ["null", { body: "null" }],
  ["a failure", { status: 500, json: { error: "Something went wrong." } }],
]) {
  test(`a server that answers ${what}`, async () => {
    const page = await stage.billingPage("cus_ben");
    const headers = { "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*" };
    await page.route("**/v1/flow", (route) => route.fulfill({ headers, ...answer }));
    await press(page, "Cancel Subscription");
    await heading(page, "This did not load");
    assert.ok(await mail(page).isVisible());
    assert.match(line(page), /apiBase/);
    await page.unroute("**/v1/flow");
    await press(page, "Try again");
    await heading(page, words.survey_title);
  });
}

test("a session that is not valid any more: reload, or write", async () => {
  const page = await stage.billingPage("cus_ben", { session: '"ret_altered"' });
  await press(page, "Cancel Subscription");
  await heading(page, "This page has expired");
  assert.ok(await mail(page).isVisible());
  assert.match(line(page), /401/);
  const reloaded = page.waitForEvent("framenavigated");
  await press(page, "Reload the page");
  await reloaded;
});

test("a session function is asked once more when its session is not valid any more", async () => {
  const fresh = JSON.stringify(await stage.server.session("cus_ben"));
  const page = await stage.billingPage("cus_ben", {
    session: `() => { globalThis.asked = (globalThis.asked ?? 0) + 1; return Promise.resolve(asked === 1 ? "ret_old" : ${fresh}); }`,
  });
  await press(page, "Cancel Subscription");
  await heading(page, words.survey_title);
  assert.equal(await page.evaluate(() => globalThis.asked), 2);

  const stale = await stage.billingPage("cus_ben", {
    session: `() => { globalThis.asked = (globalThis.asked ?? 0) + 1; return Promise.resolve("ret_old"); }`,
  });
  await press(stale, "Cancel Subscription");
  await heading(stale, "This page has expired");
  assert.equal(await stale.evaluate(() => globalThis.asked), 2);
});

test("a session function that fails, now or later, is said and can be tried again", async () => {
  const fresh = JSON.stringify(await stage.server.session("cus_ben"));
  for (const failing of ["Promise.reject(new Error('no'))", "(() => { throw new Error('no'); })()"]) {
    const page = await stage.billingPage("cus_ben", {
      session: `() => (globalThis.works ? Promise.resolve(${fresh}) : ${failing})`,
    });
    await press(page, "Cancel Subscription");
    await heading(page, "This did not load");
    await page.evaluate(() => (globalThis.works = true));
    await press(page, "Try again");
    await heading(page, words.survey_title);
    assert.deepEqual(page.complaints, [], failing);
  }
});

test("the support address is text, whatever is in it", async () => {
  const page = await stage.billingPage("cus_ben", {
    config: { fallbackEmail: '"><img src=x onerror="globalThis.ran = true">@acme.example' },
  });
  await page.route("**/v1/flow", (route) => route.abort());
  await press(page, "Cancel Subscription");
  await heading(page, "This did not load");
  assert.equal(await dialog(page).locator("img").count(), 0);
  assert.equal(await page.evaluate(() => globalThis.ran), undefined);
});

test("a cancellation that did not arrive is said, and sent again by a press", async () => {
  const page = await stage.billingPage("cus_chloe");
  await press(page, "Cancel Subscription");
  await press(page, words.skip_to_cancel);
  await heading(page, words.confirm_title);
  await page.route("**/v1/flow/actions", (route) => route.abort());
  await press(page, words.cancel);
  await page.getByText(words.notice_failed).waitFor();
  assert.equal((await stage.server.subscription("cus_chloe")).cancel_at, null);
  await page.unroute("**/v1/flow/actions");
  await press(page, words.try_again);
  await heading(page, words.canceled_title);
  assert.deepEqual(await names(page), ["farewell:cancelled", "onCancelled"]);
  assert.notEqual((await stage.server.subscription("cus_chloe")).cancel_at, null);
});

test("a cancellation whose answer got lost is done once", async () => {
  const page = await stage.billingPage("cus_daiki");
  await press(page, "Cancel Subscription");
  await press(page, words.skip_to_cancel);
  await heading(page, words.confirm_title);
  await page.route("**/v1/flow/actions", async (route) => {
    await route.fetch();
    await route.abort();
  });
  await press(page, words.cancel);
  await page.getByText(words.notice_failed).waitFor();
  const canceled = await stage.server.subscription("cus_daiki");
  assert.notEqual(canceled.cancel_at, null, "it arrived, which the browser cannot know");
  await page.unroute("**/v1/flow/actions");
  await press(page, words.try_again);
  await heading(page, words.canceled_title);
  assert.deepEqual(await stage.server.subscription("cus_daiki"), canceled);
  assert.deepEqual(await names(page), ["farewell:cancelled", "onCancelled"]);
});

test("the server killed while a customer decides: nothing is lost, nothing is done twice", async () => {
  const page = await stage.billingPage("cus_emma");
  await press(page, "Cancel Subscription");
  await press(page, words.skip_to_cancel);
  await heading(page, words.confirm_title);
  await stage.server.halt();
  await press(page, words.cancel);
  await page.getByText(words.notice_failed).waitFor();
  await stage.server.serve();
  await press(page, words.try_again);
  await heading(page, words.canceled_title);
  assert.notEqual((await stage.server.subscription("cus_emma")).cancel_at, null);
});

test("closed while loading by a page whose callback throws: the page goes on all the same", async () => {
  const page = await stage.billingPage("cus_ben", {
    options: `{ onComplete: () => { throw new Error("the page's own"); } }`,
  });
  await page.route("**/v1/flow", () => {}); // never answered
  await press(page, "Cancel Subscription");
  await page.getByRole("dialog", { name: "One moment" }).waitFor();
  const thrown = page.waitForEvent("pageerror");
  await page.keyboard.press("Escape");
  await closed(page);
  await thrown;
  assert.deepEqual(page.complaints, ["Error: the page's own"]);
});

test("closed while loading: nothing comes after, and nobody is sent away", async () => {
  const page = await stage.billingPage("cus_ben");
  await page.route("**/opening.js", async (route) => {
    await page.evaluate(() => new Promise((resolve) => (globalThis.release = resolve)));
    await route.abort();
  });
  const address = page.url();
  await press(page, "Cancel Subscription");
  await page.keyboard.press("Escape");
  await untilTold(page, "onComplete");
  const failed = page.waitForEvent("requestfailed");
  await page.evaluate(() => globalThis.release());
  await failed;
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve))); // after all that follows from the failure
  assert.equal(page.url(), address);
  assert.ok(!page.requests.includes("GET /c"));
  assert.deepEqual(await names(page), ["onComplete"], "the event is the opening's, which never came");
});

test("Escape while a cancellation is under way does not lose it: it is sent again, and told", async () => {
  const page = await stage.billingPage("cus_ben");
  await press(page, "Cancel Subscription");
  await press(page, words.skip_to_cancel);
  await heading(page, words.confirm_title);
  let broken = true;
  await page.route("**/v1/flow/actions", async (route) => {
    if (!broken || !route.request().postData().includes('"cancel"')) return route.continue();
    broken = false;
    await page.keyboard.press("Escape");
    await route.fulfill({ status: 502, body: "" });
  });
  await press(page, words.cancel);
  await untilTold(page, "onComplete");
  assert.deepEqual(await names(page), ["farewell:cancelled", "onCancelled", "farewell:complete", "onComplete"]);
  assert.notEqual((await stage.server.subscription("cus_ben")).cancel_at, null);
});
