// What cannot be right: sessions of somebody else, files of another version, pages that take our elements apart. None of it may throw
// in the page, leave a dialog that does nothing, or put into the console who the customer is.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";

import { closed, heading, press } from "./stage/flow.mjs";
import { Stage } from "./stage/stage.mjs";
import { names, untilTold } from "./stage/told.mjs";
import { words } from "./stage/words.mjs";

/** A second brand of the same server, which knows nothing of the first one's pages. */
const OTHER = `
[[brand]]
slug = "other"
site_id = 2
name = "Other News"
plan = "advanced"
locale = "en"
time_zone = "America/New_York"
markets = ["US"]
support_email = "support@other.example"
origins = ["https://other.example"]
return_urls = ["https://other.example/"]
billing = "ledger"
cancel = "at_period_end"
receipts = "merchant"
receipt_url = "https://other.example/receipts"

[[brand.reason]]
key = "other"
label = "Something else"
code = "other"
`;

const STRANGER = { external_id: "cus_zed", name: "Zed Stranger", email: "zed@other.example", country: "US", region: "NY" };

let stage;
let other;
before(async () => {
  stage = await Stage.start({ configure: (config) => config + OTHER });
  const { server } = stage;
  other = JSON.parse(await server.command("keys", "create", "--brand", "other", "--json"));
  const file = join(server.folder, "other.json");
  const plan = { external_id: "monthly", name: "Monthly", amount: 900, currency: "USD", interval: "month" };
  const customer = { ...STRANGER, subscriptions: [{ external_id: "sub_zed", plan: "monthly" }] };
  await writeFile(file, JSON.stringify({ plans: [plan], customers: [customer] }));
  await server.command("ledger", "import", "--brand", "other", file);
});
after(() => stage?.stop());
afterEach(() => stage.clear());

/** A session of the other brand's customer. */
async function foreign() {
  const answer = await fetch(`${stage.server.origin}/v1/retention/session`, {
    method: "POST",
    headers: { "X-Brand-Key": other.secret, "Content-Type": "application/json" },
    body: JSON.stringify({ retention: { customer_id: STRANGER.external_id } }),
  });
  return (await answer.json()).id;
}

/** What we wrote to the console: of no customer, and of no session. */
function lines(page) {
  const ours = page.errors.filter((text) => text.startsWith("Farewell:"));
  for (const text of ours) assert.doesNotMatch(text, /ret_|cus_|Zed|zed@|new_\d/);
  return ours;
}

/** The dialog says something, can be left, and tells once that it was. */
async function left(page) {
  const { open, label, text } = await page.evaluate(() => {
    const dialog = document.querySelector("dialog");
    return { open: dialog.matches(":modal"), label: dialog.ariaLabel, text: dialog.firstElementChild.shadowRoot.textContent };
  });
  assert.ok(open && label && text.includes(label), text);
  await page.keyboard.press("Escape");
  await closed(page);
  await untilTold(page, "onComplete");
  assert.deepEqual(await names(page), ["farewell:complete", "onComplete"]);
  assert.deepEqual(page.complaints, []);
}

for (const [what, options] of [
  ["our key and a session of another brand", async () => ({ session: JSON.stringify(await foreign()) })],
  ["our key and a function that gives a session of another brand", async () => ({ session: `async () => ${JSON.stringify(await foreign())}` })],
  [
    "no key and a session of another brand",
    async () => ({ session: JSON.stringify(await foreign()), config: { publicKey: "", apiBase: stage.server.origin } }),
  ],
  ["the key of another brand and a session of ours", async () => ({ config: { publicKey: other.public } })],
]) {
  test(`${what}: nothing of either customer is shown, and the developer is told which two do not belong together`, async () => {
    const page = await stage.billingPage("cus_ada", await options());
    await press(page, "Cancel Subscription");
    await page.getByRole("link", { name: "support@acme.example" }).waitFor();
    const [line, ...more] = lines(page);
    assert.match(line, /another brand/);
    assert.deepEqual(more, [], "once");
    const shown = await page.locator("dialog > div").evaluate((host) => host.shadowRoot.textContent);
    assert.doesNotMatch(shown, /Zed|Ada|Digital|Monthly/);
    await left(page);
  });
}

/** Serves this script in the place of one of ours. */
const instead = (page, file, body) => page.route(`**/${file}`, (route) => route.fulfill({ contentType: "text/javascript", body }));

for (const [what, body] of [
  ["exports nothing that we know", "export const start = () => {};"],
  ["gives something else", "export const load = async () => ({ show() {} });"],
  ["gives nothing", "export const load = () => {};"],
  ["does not take the document", "export const load = async () => ({ showRetentionView() { throw new TypeError('another version'); } });"],
  ["throws as it comes", "throw new Error('another version');"],
]) {
  test(`an engine of another version, which ${what}: the first step goes on as the hosted page`, async () => {
    const page = await stage.billingPage(await stage.newcomer());
    await instead(page, "engine.js", body);
    const said = page.waitForEvent("console", (message) => message.text().startsWith("Farewell:"));
    await press(page, "Cancel Subscription");
    await heading(page, words.survey_title);
    await said;
    assert.equal(lines(page).length, 1);
    await page.getByRole("radio").first().check();
    await press(page, words.skip_to_cancel);
    await page.waitForURL(/\/c\/[\w-]{16,}$/);
    await heading(page, words.confirm_title);
    assert.deepEqual(page.complaints, []);
  });
}

test("an engine of another version: closed, it tells once", async () => {
  const page = await stage.billingPage(await stage.newcomer());
  await instead(page, "engine.js", "export {};");
  const said = page.waitForEvent("console", (message) => message.text().startsWith("Farewell:"));
  await press(page, "Cancel Subscription");
  await heading(page, words.survey_title);
  await said;
  await left(page);
});

test(
  "an engine whose error quotes the session: the console does not",
  async () => {
    const page = await stage.billingPage(await stage.newcomer());
    await instead(page, "engine.js", "export const load = async () => ({ showRetentionView(id) { throw new Error('no ' + id); } });");
    const said = page.waitForEvent("console", (message) => message.text().startsWith("Farewell:"));
    await press(page, "Cancel Subscription");
    await said;
    assert.equal(lines(page).length, 1);
  },
);

for (const [what, body] of [
  ["exports nothing that we know", "export const start = () => {};"],
  ["fails at once", "export function take() { throw new Error('another version'); }"],
  ["fails in a while", "export async function take() { throw new Error('another version'); }"],
]) {
  test(
    `an opening of another version, which ${what}: the same session goes on as the hosted page`,
    async () => {
      const page = await stage.billingPage(await stage.newcomer());
      await instead(page, "opening.js", body);
      await press(page, "Cancel Subscription");
      await page.waitForURL(/\/c\/[\w-]{16,}$/);
      await heading(page, words.survey_title);
      assert.deepEqual(page.complaints, []);
    },
  );
}

for (const [what, change] of [
  ["without a first step", (document) => ({ ...document, first: undefined })],
  ["whose first step is no drawing", (document) => ({ ...document, first: [["form"], 5] })],
]) {
  test(`a document of another version, ${what}: the same session goes on as the hosted page`, async () => {
    const page = await stage.billingPage(await stage.newcomer());
    await changed(page, change);
    await press(page, "Cancel Subscription");
    await page.waitForURL(/\/c\/[\w-]{16,}$/);
    await heading(page, words.survey_title);
    assert.equal(lines(page).length, 1);
    assert.deepEqual(page.complaints, []);
  });
}

for (const [what, change] of [
  ["with members nobody knows", (document) => ({ ...document, version: 9, flow: { ...document.flow, mood: { is: "new" } }, more: [1] })],
  ["at a step nobody knows", (document) => ({ ...document, state: { ...document.state, step: "hologram" } })],
  ["without a theme", (document) => ({ ...document, theme: undefined })],
  ["in a language that is none", (document) => ({ ...document, flow: { ...document.flow, locale: "!!" } })],
  ["in a time zone that is none", (document) => ({ ...document, flow: { ...document.flow, time_zone: "Mars/Base" } })],
]) {
  test(`a document of another version, ${what}: the customer can cancel in the page`, async () => {
    const customer = await stage.newcomer();
    const page = await stage.billingPage(customer);
    await changed(page, change);
    await press(page, "Cancel Subscription");
    // Where it goes on at a step that is not the first, that is the confirmation.
    await page.getByRole("heading", { name: words.survey_title }).or(page.getByRole("heading", { name: words.confirm_title })).waitFor();
    const skip = page.getByRole("button", { name: words.skip_to_cancel, exact: true });
    if (await skip.isVisible()) await skip.click();
    await press(page, words.cancel);
    await heading(page, words.canceled_title);
    assert.ok(page.url().startsWith(stage.host.origin));
    assert.notEqual((await stage.server.subscription(customer)).cancel_at, null);
    assert.deepEqual(page.complaints, []);
  });
}

/** The next document comes as another version of the server might write it. */
function changed(page, change) {
  const altered = async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: change(await response.json()) });
  };
  return page.route("**/v1/flow", altered, { times: 1 });
}

for (const [what, session] of [
  ["nothing but the prefix", '"ret_"'],
  ["markup and separators", '"ret_<img src=x onerror=ran=1>&public_key=pk_x #"'],
  ["far too long", '"ret_" + "x".repeat(20000)'],
  ["a function that gives another kind of session", 'async () => "sub_1"'],
  ["a function that gives no promise", '() => "ret_x"'],
]) {
  test(`a session that is ${what}: it is said in the dialog, and nothing of it is in the console`, async () => {
    const page = await stage.billingPage("cus_ada", { session });
    const asked = page.waitForRequest("**/v1/flow");
    await press(page, "Cancel Subscription");
    const fields = new URLSearchParams((await asked).postData());
    assert.deepEqual([...fields.keys()].sort(), ["public_key", "session"]);
    assert.equal(fields.get("public_key"), stage.server.key.public);
    await page.getByRole("link", { name: "support@acme.example" }).waitFor();
    const [line, ...more] = lines(page);
    assert.match(line, /session id/);
    assert.deepEqual(more, [], "once");
    assert.equal(await page.evaluate(() => globalThis.ran), undefined);
    await left(page);
  });
}

/** Options of a wrong type, and the sentence that names the option, what came and what is accepted. */
const WRONG = {
  "new Farewell({ publicKey: 5 })": "publicKey is number, not string",
  "new Farewell({ publicKey: '', apiBase: new URL(location) })": "apiBase is object, not string",
  "new Farewell({ publicKey: '', fallbackEmail: [] })": "fallbackEmail is object, not string",
  "new Farewell({ publicKey: '', callbacks: () => {} })": "callbacks is function, not object",
  "new Farewell({ publicKey: '', fragment: 'false' })": "fragment is string, not boolean",
  "new Farewell({ publicKey: '', debug: 1 })": "debug is number, not boolean",
  "farewell.updateConfig({ publicKey: {} })": "publicKey is object, not string",
  "farewell.setCallbacks({ onComplete: 'done' })": "onComplete is string, not function",
  "farewell.mountCancelButton('cancel', 'ret_x', { label: 5 })": "label is number, not string",
  "farewell.mountCancelButton('cancel', 'ret_x', { classes: ['a', 'b'] })": "classes is object, not string",
  "farewell.mountCancelButton('cancel', 'ret_x', { onRetained: {} })": "onRetained is object, not function",
  "farewell.showRetentionView('ret_x', { onCancelled: true })": "onCancelled is boolean, not function",
  "new Farewell({ publicKey: '', callbacks: { onComplete: 'x' } })": "onComplete is string, not function",
  "farewell.updateConfig({ callbacks: { onRetained: 5 } })": "onRetained is number, not function",
  "farewell.setCallbacks(() => {})": "callbacks is function, not object",
  "farewell.showRetentionView('ret_x', () => {})": "callbacks is function, not object",
  "farewell.mountCancelButton('cancel', 'ret_x', 5)": "callbacks is number, not object",
  "farewell.mountSubscriptionHub('cancel', 'sub_x', '', '', { onCancelled: 'x' })": "onCancelled is string, not function",
  "farewell.mountSubscriptionHub('cancel', 'sub_x', '', '', 5)": "callbacks is number, not object",
};

test("options of a wrong type are refused by name, at once, and nothing is mounted or opened", async () => {
  const page = await stage.billingPage("cus_ada");
  const before = await page.locator("button").count();
  for (const [call, sentence] of Object.entries(WRONG)) {
    const said = await page.evaluate(
      `import("/farewell/index.js").then(({ Farewell }) => { try { ${call}; return "nothing"; } catch (error) { return String(error); } })`,
    );
    assert.equal(said, `TypeError: ${sentence}`, call);
  }
  // Undefined, null and what nobody knows pass, as they did where such code comes from.
  await page.evaluate(() => {
    farewell.updateConfig({ fallbackEmail: undefined, callbacks: null, theme: { dark: true } });
    farewell.setCallbacks();
    farewell.setCallbacks({ onComplete: null });
  });
  assert.equal(await page.locator("button").count(), before);
  assert.equal(await page.locator("dialog").count(), 0);
  await page.evaluate(() => farewell.mountCancelButton("cancel", "ret_x", null));
  assert.equal(await page.locator("button").count(), before + 1, "null is nothing");
});

for (const [what, gave, named] of [
  ["nothing", "undefined", "TypeError"],
  ["no text", "({ id: 'ret_x' })", "TypeError"],
  ["something that is no id", "'5'", "Error: Invalid sessionId: 5. Expected"],
]) {
  test(`a session function that gives ${what}: nothing is asked, the developer is told that it gave no id, and another try helps`, async () => {
    const id = await stage.server.session("cus_ada");
    const session = `async () => globalThis.mended ? ${JSON.stringify(id)} : ${gave}`;
    const page = await stage.billingPage("cus_ada", { session });
    await press(page, "Cancel Subscription");
    await heading(page, "This did not load");
    const [line, ...more] = lines(page);
    assert.match(line, /^Farewell: the session function gave no id: /);
    assert.ok(line.includes(named), line);
    assert.deepEqual(more, [], "once");
    assert.ok(!page.requests.some((request) => request.endsWith("/v1/flow")));
    assert.equal(await page.getByRole("link", { name: "Open as page" }).count(), 0, "there is no page without an id");
    await page.evaluate(() => (globalThis.mended = true));
    await press(page, "Try again");
    await heading(page, words.survey_title);
    assert.deepEqual(page.complaints, []);
  });
}

test("a session function that throws: its own error is in the console, and no other address is blamed", async () => {
  const page = await stage.billingPage("cus_ada", { session: `async () => { throw new RangeError("nobody is logged in"); }` });
  await press(page, "Cancel Subscription");
  await heading(page, "This did not load");
  // Where it was thrown stands there too, which is a file of the page's.
  const [line, ...more] = page.errors.filter((text) => text.startsWith("Farewell:"));
  assert.match(line, /the session function gave no id: RangeError: nobody is logged in/);
  assert.deepEqual(more, []);
  await left(page);
});

for (const session of ["5", "({})", 'Promise.resolve("ret_x")', "true"]) {
  test(
    `a session that is ${session}: refused where it is given, not when a customer presses`,
    async () => {
      const page = await stage.billingPage("cus_ada", { session });
      const failed = await page.evaluate((session) => {
        try {
          farewell.showRetentionView(new Function(`return ${session}`)());
        } catch (error) {
          return `${error.name}: ${error.message}`;
        }
      }, session);
      assert.match(failed ?? "", /^TypeError: .*startsWith is not a function$/);
      assert.equal(await page.locator("#cancel button, dialog").count(), 0);
    },
  );
}

const removed = () => document.querySelector("farewell-cancel-button").remove();
const moved = () => document.body.append(document.querySelector("farewell-cancel-button"));
for (const [what, take] of [
  ["taken away", removed],
  ["moved", moved],
]) {
  test(`the custom element ${what} in the middle: the flow goes on to its end, and the element is told`, async () => {
    const session = await stage.server.session(await stage.newcomer());
    const body = `<p><farewell-cancel-button session="${session}"></farewell-cancel-button></p>
      <script src="${stage.server.origin}/js/v0/embed.js"></script>`;
    const page = await stage.page();
    await page.goto(stage.host.publish(`/element-${what.replace(" ", "-")}`, { body }));
    await page.evaluate(() => {
      globalThis.heard = [];
      const element = document.querySelector("farewell-cancel-button");
      for (const type of ["retained", "cancelled", "complete"]) element.addEventListener(type, () => heard.push(type));
    });
    await press(page, "Cancel Subscription");
    await heading(page, words.survey_title);
    await page.evaluate(take);
    await press(page, words.skip_to_cancel);
    await press(page, words.cancel);
    await heading(page, words.canceled_title);
    await press(page, words.done);
    await closed(page);
    await page.waitForFunction(() => globalThis.heard.length > 1);
    assert.deepEqual(await page.evaluate(() => globalThis.heard), ["cancelled", "complete"]);
    assert.deepEqual(page.complaints, []);
  });
}

test("the page's own style sheets put in the place of all: the flow goes on, and leaves them alone", async () => {
  const page = await stage.billingPage(await stage.newcomer());
  await press(page, "Cancel Subscription");
  await heading(page, words.survey_title);
  await page.evaluate(() => (document.adoptedStyleSheets = [new CSSStyleSheet()]));
  await press(page, words.skip_to_cancel);
  await press(page, words.cancel);
  await heading(page, words.canceled_title);
  await press(page, words.done);
  await closed(page);
  assert.equal(await page.evaluate(() => document.adoptedStyleSheets.length), 1);
  assert.deepEqual(page.complaints, []);
});

for (const [what, take] of [
  ["emptied", () => document.querySelector("dialog").replaceChildren()],
  ["moved elsewhere", () => document.querySelector("div").append(document.querySelector("dialog"))],
  ["hidden by its attribute", () => document.querySelector("dialog").removeAttribute("open")],
]) {
  for (const early of [true, false]) {
    const when = early ? "before the document has come" : "in the middle";
    test(`the dialog ${what} ${when}: closed, told once, and it can be opened again`, async () => {
      const page = await stage.billingPage(await stage.newcomer());
      let release = () => {};
      if (early) {
        const gate = new Promise((resolve) => (release = resolve));
        await page.route("**/v1/flow", (route) => gate.then(() => route.continue()), { times: 1 });
      }
      await press(page, "Cancel Subscription");
      await page.getByRole("dialog", { name: early ? "One moment" : words.survey_title }).waitFor();
      // Only what has come can watch over the dialog.
      await page.waitForFunction(() => getComputedStyle(document.documentElement).overflow === "hidden");
      await page.evaluate(take);
      release();
      await untilTold(page, "onComplete");
      await closed(page);
      assert.deepEqual(await names(page), ["farewell:complete", "onComplete"]);
      assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).overflow), "visible");
      await press(page, "Cancel Subscription");
      await heading(page, words.survey_title);
      assert.deepEqual(page.complaints, []);
    });
  }
}
