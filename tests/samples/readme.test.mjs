// The package's README is run: every way to start opens the flow, under the policies it names, and what it says of failures is seen.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";

import { transform } from "esbuild";

import { Backend } from "../backend/backend.mjs";
import { bundled } from "../e2e/stage/bundled.mjs";
import { answer, heading, press } from "../e2e/stage/flow.mjs";
import { root } from "../e2e/stage/server.mjs";
import { Stage } from "../e2e/stage/stage.mjs";
import { told, untilTold } from "../e2e/stage/told.mjs";
import { words } from "../e2e/stage/words.mjs";

const README = await readFile(join(root, "pkg-template/README.md"), "utf8");

/** @type {{ under: string, language: string, text: string }[]} every block, and the heading it stands under */
const BLOCKS = [];
for (const section of README.split(/^#+ (?=\S)/m).slice(1)) {
  const [under] = section.split("\n");
  for (const [, language, text] of section.matchAll(/^```(\w*)\n([^]*?)^```$/gm)) BLOCKS.push({ under, language, text });
}

/** The blocks of a language under a heading. */
function blocks(under, language) {
  const found = BLOCKS.filter((block) => block.under === under && block.language === language).map(({ text }) => text);
  assert.ok(found.length, `there is no ${language} under "${under}"`);
  return found;
}

let stage;
let backend;
before(async () => {
  stage = await Stage.start();
  backend = await Backend.start(stage.server, "Node");
});
after(async () => {
  await backend?.stop();
  await stage?.stop();
});
afterEach(() => stage.clear());

/** A customer of this test alone. */
async function customer() {
  const id = await stage.newcomer();
  return { user: id, customer: id, session: await stage.server.session(id) };
}

/** A sample with what stands for a merchant's own in it. */
const filled = (text, { session }) =>
  text
    .replaceAll("https://farewell.example.com", stage.server.origin)
    .replaceAll("pk_acme_…", stage.server.key.public)
    .replaceAll("ret_…", session);

/** A page with a sample, whose backend is the example's, with this customer logged in. */
async function opened(who, { body = '<div id="cancel"></div>', module = "", policy, context }) {
  const headers = policy && { "Content-Security-Policy": `default-src 'none'; ${filled(policy.trim(), who)}` };
  const page = await stage.page(context);
  page.answers = [];
  await page.route("**/cancel/*", async (route) => {
    const { status, ...content } = await backend.post(new URL(route.request().url()).pathname, route.request().postData() ?? "", who);
    page.answers.push([status, content.outcome]);
    await route.fulfill({ status, json: content });
  });
  const script = module && (await bundled(filled(module, who)));
  await page.goto(stage.host.publish(`/${who.customer}`, { body: filled(body, who), module: script, headers }));
  return page;
}

const nonce = (html) => html.replaceAll("<script", '<script nonce="abc123"');
const [TELL] = [blocks("Your backend", "js")[1]];

/** Every way to start, as a page. */
const [TAG, QUEUE] = blocks("A script tag", "html");
const [NPM] = blocks("npm", "js");
const [REACT] = blocks("React", "jsx");
const [ELEMENT] = blocks("A custom element", "html");
const [WITH_NPM] = [blocks("Content security policy", "text")[0]];
const [, WITH_TAG, WITH_NONCE] = blocks("Content security policy", "text");

const APP = `${REACT}
  import { createRoot } from "react-dom/client";
  createRoot(document.getElementById("cancel")).render(<Billing />);`;

const WAYS = {
  "a script tag": { body: TAG, module: TELL },
  "a script tag, with a call before it": { body: QUEUE, module: TELL },
  npm: { module: NPM + TELL },
  React: { module: APP + TELL },
  "a custom element": { body: ELEMENT, module: TELL },
  "a script tag under the policy for it": { body: TAG, policy: WITH_TAG },
  "a custom element under the same policy": { body: ELEMENT, policy: WITH_TAG },
  "a script tag with a nonce": { body: nonce(TAG), policy: WITH_NONCE },
  // What the sample asks of the merchant's own backend is the merchant's to allow.
  "npm under the policy for it": { module: NPM, policy: `${WITH_NPM.trim()} 'self'` },
  "npm with a nonce": { module: NPM, policy: `${WITH_NONCE.trim()} 'self'` },
};

for (const [way, content] of Object.entries(WAYS)) {
  test(`${way}: the customer leaves in the page itself, and the backend believes it`, async () => {
    const who = await customer();
    const page = await opened(who, content);
    const address = page.url();
    await press(page, "Cancel subscription");
    await heading(page, words.survey_title);
    await press(page, words.skip_to_cancel);
    await heading(page, words.confirm_title);
    const answered = content.module?.endsWith(TELL) && page.waitForResponse("**/cancel/result");
    await page.locator("dialog").getByRole("button", { name: words.cancel, exact: true }).click();
    await heading(page, words.canceled_title);
    if (answered) {
      await answered;
      assert.deepEqual(page.answers.at(-1), [200, "canceled"]);
    }
    assert.equal(page.url().split("#")[0], address);
    assert.deepEqual(page.complaints, []);
    assert.notEqual((await stage.server.subscription(who.customer)).cancel_at, null);
  });
}

test("no JavaScript at all: the form leads to the flow as a page; with a script, it opens in the page", async () => {
  const [form] = blocks("No JavaScript at all", "html");
  const without = await opened(await customer(), { body: form, context: { javaScriptEnabled: false } });
  await press(without, "Cancel subscription");
  await heading(without, words.survey_title);
  assert.ok(without.url().startsWith(`${stage.server.origin}/c/`));

  const module = `
    import { Farewell } from "@farewell/js";
    new Farewell({ publicKey: "pk_acme_…" }).mountCancelButton("cancel", "ret_…");`;
  const adopted = await opened(await customer(), { body: form, module });
  await press(adopted, "Cancel subscription");
  await heading(adopted, words.survey_title);
  assert.ok(adopted.url().startsWith(stage.host.origin));
});

test("the session that the README makes is one", async () => {
  const [make] = blocks("Your backend", "js");
  const own = filled(make, {}).replace(/cus_\w+/, "cus_ada");
  const run = new Function("process", `return (async () => { ${own}; return { id, label }; })()`);
  const { id, label } = await run({ env: { FAREWELL_KEY: stage.server.key.secret } });
  assert.match(id, /^ret_/);
  assert.equal(label.text, "Cancel Subscription");
});

test("the subscription hub", async () => {
  const [script] = blocks("The subscription hub", "js");
  const id = await stage.server.hub(await stage.newcomer());
  const page = await stage.page();
  await page.route("**/hub/session", (route) => route.fulfill({ json: { id } }));
  const module = await bundled(filled(script, await customer()));
  await page.goto(stage.host.publish("/hub", { body: '<div id="cancel"></div>', module }));
  await heading(page, "Your subscription");
  assert.deepEqual(page.complaints, []);
});

test("a module that is streamed", async () => {
  const [script] = blocks("Streaming the module", "js");
  const page = await opened(await customer(), { module: script.replace("/assets/", "/farewell/") });
  await press(page, "Cancel Subscription");
  await heading(page, words.survey_title);
  await press(page, words.skip_to_cancel);
  await heading(page, words.confirm_title);
  assert.ok(page.requests.includes("GET /farewell/farewell.wasm"));
});

test("headless", async () => {
  const [sample] = blocks("Headless", "js");
  const who = await customer();
  await opened(who, { module: sample });
  const patience = AbortSignal.timeout(10_000);
  while ((await stage.server.subscription(who.customer)).cancel_at === null) {
    assert.ok(!patience.aborted, "the subscription goes on");
    await new Promise((resolve) => setTimeout(resolve, 50)); // between two looks at billing
  }
});

test("a look of one's own reaches the dialog", async () => {
  const [css] = blocks("Your own look", "css");
  const page = await opened(await customer(), { body: `<style>${css}</style>${TAG}` });
  await press(page, "Cancel subscription");
  await answer(page, "It costs too much");
  await page.locator(".headline").waitFor();
  const look = await page.locator("dialog").evaluate((dialog) => {
    const root = dialog.firstElementChild.shadowRoot;
    const of = (selector) => getComputedStyle(root.querySelector(selector));
    return [of(".headline").fontFamily, of(".leave").borderRadius, of(".step").getPropertyValue("--fw-accent").trim()];
  });
  assert.deepEqual(look, ["Georgia, serif", "4px", "#005a9c"]);
  const button = page.locator(".farewell-cancel-btn");
  const radius = () => button.evaluate((button) => getComputedStyle(button).borderRadius);
  assert.equal(await radius(), "12px");
  await page.addStyleTag({ content: "button { border-radius: 3px }" });
  assert.equal(await radius(), "3px");
});

/** The form of a value: what is there, and of which type. */
const form = (value) =>
  value && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, form(one)])) : value === null ? null : typeof value;

test("the result that is shown is of the form of a real one", async () => {
  const [shown] = blocks("What you are told", "json");
  const page = await stage.billingPage(await stage.newcomer());
  await press(page, "Cancel Subscription");
  await page.getByRole("radio", { name: "It costs too much", exact: true }).check();
  await press(page, words.skip_to_cancel);
  await press(page, words.cancel);
  await untilTold(page, "onCancelled");
  const [, real] = (await told(page)).find(([name]) => name === "onCancelled");
  assert.deepEqual(form(JSON.parse(shown)), form(real));
});

test("every block can be read by what reads such a thing", async () => {
  for (const { under, language, text } of BLOCKS) {
    const parts = language === "html" ? [...text.matchAll(/<script[^>]*>([^]*?)<\/script>/g)].map(([, script]) => script) : [text];
    const loader = { html: "js", js: "js", jsx: "jsx", css: "css", json: "json" }[language];
    assert.ok(loader || language === "text", `under "${under}" stands a block of ${language || "nothing"}`);
    for (const part of loader ? parts : []) await transform(part, { loader, format: loader.startsWith("js") && loader !== "json" ? "esm" : undefined });
  }
});

/** What is seen of a mistake: the dialog's title, and the console's line. */
async function seen(options, customer = "cus_ada") {
  const page = await stage.billingPage(customer, options);
  await press(page, "Cancel Subscription");
  const title = page.locator("dialog h2").filter({ hasNotText: "One moment" });
  await title.waitFor();
  const said = page.errors.filter((line) => line.startsWith("Farewell:"));
  return { title: await title.textContent(), said: said.at(-1) };
}

const expired = "This page has expired";
const unloaded = "This did not load";

/** What can be done wrong with a session, as a JavaScript expression, and what is seen of it. */
const MISTAKES = {
  "a function that finds no id": [{ session: "async () => ({}).id" }, unloaded, /the session function gave no id: TypeError/],
  "a function that fails": [{ session: "async () => { throw new TypeError('fetch') }" }, unloaded, /the session function gave no id: TypeError: fetch/],
  "a function that reads something else than JSON": [{ session: "async () => JSON.parse('<html>')" }, unloaded, /the session function gave no id: SyntaxError/],
  "an altered id": [{ session: '"ret_AAAA"' }, expired, /status 401/],
  "no key, so that the page's own origin is asked": [{ config: { publicKey: "" } }, unloaded, /SyntaxError\. Look at apiBase/],
  "a server that is not there": [{ config: { apiBase: "http://127.0.0.1:9" } }, unloaded, /TypeError\. Look at apiBase/],
};

for (const [mistake, [options, title, line]] of Object.entries(MISTAKES)) {
  test(`${mistake}: what the README says is seen of it`, async () => {
    const result = await seen(options);
    assert.equal(result.title, title);
    assert.match(result.said, line);
  });
}

test("an origin that is not listed: what the README says is seen of it", async () => {
  const address = await stage.billingAddress("cus_ada");
  const page = await stage.page();
  await page.goto(address.replace("127.0.0.1", "localhost"));
  await press(page, "Cancel Subscription");
  await heading(page, unloaded);
  assert.ok(page.errors.some((line) => line.includes("CORS")));
  assert.ok(page.errors.some((line) => /no flow from .*: TypeError\./.test(line)));
  const body = new URLSearchParams({ session: await stage.server.session("cus_ada") });
  const headers = { Origin: new URL(page.url()).origin };
  assert.equal((await fetch(`${stage.server.origin}/v1/flow`, { method: "POST", body, headers })).status, 403);
});

test("calls that are wrong throw what the README says", async () => {
  const page = await stage.billingPage("cus_ada");
  const thrown = (call) => page.evaluate(`import("/farewell/index.js").then(({ Farewell }) => { try { ${call} } catch (error) { return String(error); } })`);
  assert.match(await thrown("new Farewell()"), /^TypeError: .*debug/);
  assert.match(await thrown('farewell.mountCancelButton("cancel")'), /^TypeError: .*startsWith/);
  for (const wrong of ["Promise.resolve('ret_x')", "{ id: 'ret_x' }"]) {
    assert.match(await thrown(`farewell.mountCancelButton("cancel", ${wrong})`), /^TypeError: .*startsWith is not a function/);
  }
  assert.match(await thrown('new Farewell({ fragment: "false" })'), /^TypeError: fragment is string, not boolean/);
  assert.match(await thrown('farewell.mountCancelButton("cancel", "sub_x")'), /Invalid sessionId: sub_x/);
  assert.match(await thrown('farewell.mountCancelButton("nowhere", "ret_x")'), /Element with id nowhere not found/);
});

test("a message that is quoted as a symptom is one", async () => {
  const sources = [];
  for (const folder of ["pkg-template/src", "server/locales"]) {
    for (const file of await readdir(join(root, folder))) sources.push(await readFile(join(root, folder, file), "utf8"));
  }
  const all = sources.join("\n").replaceAll(/\$\{[^}]*\}/g, "…");
  const [, table] = README.split("| symptom | cause | what to do |\n");
  const symptoms = table.split("\n\n")[0].split("\n").slice(1).map((row) => row.split("|")[1]);
  assert.ok(symptoms.length > 15);
  for (const [, quoted] of symptoms.join("\n").matchAll(/[`"]([^`"\n]* [^`"\n]*)[`"]/g)) {
    // What stands for something, and the name of an error, are not our words.
    const parts = quoted.split(/…|\w+Error\./).map((part) => part.replace(/^[:\s]+|[:\s]+$/g, ""));
    for (const part of parts.filter(Boolean)) assert.ok(all.includes(part), `nothing says "${part}"`);
  }
});
