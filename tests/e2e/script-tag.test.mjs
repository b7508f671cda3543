// The script tag and the custom element: pages without a bundler.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, afterEach, before, test } from "node:test";

import { closed, heading, press } from "./stage/flow.mjs";
import { Stage } from "./stage/stage.mjs";
import { words } from "./stage/words.mjs";

let stage;
before(async () => (stage = await Stage.start()));
after(() => stage?.stop());
afterEach(() => stage.clear());

const session = async () => stage.server.session(await stage.newcomer());

async function open(name, body) {
  const page = await stage.page();
  await page.goto(stage.host.publish(`/${name}`, { body }));
  return page;
}

async function leave(page) {
  await heading(page, words.survey_title);
  assert.ok(page.url().startsWith(stage.host.origin), "in the page itself");
  await press(page, words.skip_to_cancel);
  await press(page, words.cancel);
  await heading(page, words.canceled_title);
  await press(page, words.done);
  await closed(page);
  assert.deepEqual(page.complaints, []);
}

const tag = (attributes, source = "/js/v0/embed.js") => `<script src="${stage.server.origin}${source}" async ${attributes}></script>`;

test("one tag with attributes is all it takes", async () => {
  const attributes = `data-session="${await session()}" data-mount="cancel" data-label="End it"`;
  const page = await open("tag", `${tag(attributes)}<div id="cancel"></div>`);
  await press(page, "End it");
  await leave(page);
});

test("calls made before the script has come are carried out, and one that is wrong takes nothing from the others", async () => {
  const early = `<script>
    farewell = (...call) => (farewell.q ||= []).push(call);
    farewell("mountCancelButton", "nowhere", "ret_x");
    farewell("mountCancelButton", "cancel", "${await session()}");
  </script>`;
  const page = await open("queue", `${early}<div id="cancel"></div>${tag(`data-public-key="${stage.server.key.public}"`)}`);
  await page.getByRole("button", { name: "Cancel Subscription" }).waitFor();
  assert.deepEqual(page.complaints.splice(0), ["Uncaught Error: Element with id nowhere not found"]);
  await press(page, "Cancel Subscription");
  await leave(page);
  const dialog = await page.evaluate((id) => farewell("showRetentionView", id).tagName, await session());
  assert.equal(dialog, "DIALOG", "and now at once");
});

test("the alias leads to a version of its own, which can be pinned by what is in it", async () => {
  const alias = await fetch(`${stage.server.origin}/js/v0/embed.js`, { redirect: "manual" });
  const source = alias.headers.get("location");
  assert.match(source, /^\/js\/[0-9a-f]{16}\/embed\.js$/);
  const content = Buffer.from(await (await fetch(stage.server.origin + source)).arrayBuffer());
  const integrity = `sha384-${createHash("sha384").update(content).digest("base64")}`;
  const attributes = `data-session="${await session()}" data-mount="cancel" crossorigin integrity="${integrity}"`;
  const page = await open("pinned", `<div id="cancel"></div>${tag(attributes, source)}`);
  await press(page, "Cancel Subscription");
  await leave(page);

  const altered = attributes.replace(/sha384-..../, "sha384-AAAA");
  const other = await open("altered", `<div id="cancel"></div>${tag(altered, source)}`);
  await other.waitForLoadState("networkidle");
  assert.equal(await other.getByRole("button").count(), 0);
});

test("the element: attributes, a property, events, and a button that a server has drawn", async () => {
  const body = `
    <farewell-cancel-button id="one" session="${await session()}" label="First"></farewell-cancel-button>
    <farewell-cancel-button id="two"><button type="button" data-farewell class="own">Second</button></farewell-cancel-button>
    ${tag(`data-public-key="${stage.server.key.public}"`)}`;
  const page = await open("element", body);
  await page.getByRole("button", { name: "First" }).waitFor();
  const second = page.getByRole("button", { name: "Second" });
  assert.ok(await second.isDisabled(), "there is no session yet");
  await page.evaluate((id) => {
    globalThis.heard = [];
    for (const element of document.querySelectorAll("farewell-cancel-button")) {
      for (const type of ["retained", "cancelled", "complete"]) {
        element.addEventListener(type, ({ detail }) => heard.push([element.id, type, detail.outcome]));
      }
    }
    document.getElementById("two").session = () => Promise.resolve(id);
  }, await session());
  assert.deepEqual(await second.evaluate(({ className, disabled }) => [className, disabled]), ["own", false]);
  await second.click();
  await leave(page);
  await press(page, "First");
  await heading(page, words.survey_title);
  await page.keyboard.press("Escape");
  await closed(page);
  await page.waitForFunction(() => globalThis.heard.length > 2);
  assert.deepEqual(await page.evaluate(() => globalThis.heard), [
    ["two", "cancelled", "canceled"],
    ["two", "complete", "canceled"],
    ["one", "complete", "aborted"],
  ]);
});

test("what is missing or wrong in the page is said in the console", async () => {
  const key = `data-public-key="${stage.server.key.public}"`;
  for (const attributes of [`data-mount="cancel"`, `data-mount="cancel" data-session=""`]) {
    const page = await stage.page();
    const said = page.waitForEvent("console", (message) => message.text().startsWith("Farewell:"));
    await page.goto(stage.host.publish("/without-session", { body: `<div id="cancel"></div>${tag(`${key} ${attributes}`)}` }));
    assert.match((await said).text(), /data-session/);
    assert.deepEqual(page.complaints, []);
  }
  const early = `<script>farewell = (...call) => (farewell.q ||= []).push(call); farewell("mountButton", "cancel", "ret_x");</script>`;
  const unknown = await open("unknown-method", `${early}${tag(key)}`);
  await unknown.waitForFunction(() => globalThis.Farewell);
  assert.match(unknown.complaints.join(), /there is no method mountButton/);
  const module = await open("as-module", `<script type="module" crossorigin src="/farewell/embed.js"></script>`);
  await module.waitForLoadState("load");
  assert.match(module.complaints.join(), /embed\.js is no module/);
});

test("the script tag brings the hub, by its element and by a call", async () => {
  const session = await stage.server.hub(await stage.newcomer());
  const page = await stage.page();
  const body = `
    <farewell-hub session="${session}"></farewell-hub><div id="place"></div>
    <script>farewell = (...call) => (farewell.q ||= []).push(call); farewell("mountSubscriptionHub", "place", "${session}");</script>
    <script async src="${stage.server.origin}/js/v0/embed.js" data-public-key="${stage.server.key.public}"></script>`;
  await page.goto(stage.host.publish("/hub-by-tag", { body }));
  await page.getByRole("heading", { name: "Your subscription" }).nth(1).waitFor();
  assert.deepEqual(page.complaints, []);
});
