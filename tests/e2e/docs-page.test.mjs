// The documentation that the server has as pages: readable everywhere, and its button opens the flow.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { answer, closed, heading, press } from "./stage/flow.mjs";
import { violations } from "./stage/inspect.mjs";
import { Stage } from "./stage/stage.mjs";
import { words } from "./stage/words.mjs";

const PAGES = ["/docs", "/docs/backend"];

let stage;
before(async () => (stage = await Stage.start()));
after(() => stage?.stop());
afterEach(() => stage.clear());

async function open(path = "/docs", options) {
  const page = await stage.page(options);
  await page.goto(stage.server.origin + path);
  return page;
}

function quiet(page) {
  assert.deepEqual(page.complaints, []);
  assert.deepEqual(page.errors, []);
}

test("the button opens the flow in the page, which shows what it is told", async () => {
  const page = await open();
  // What a form would lead to is a page; only the script's flow is a dialog.
  await page.waitForFunction(() => "Farewell" in globalThis);
  await press(page, "Cancel Subscription");
  await heading(page, words.survey_title);
  assert.equal(await page.locator("dialog[data-farewell]").count(), 1);
  await answer(page, "It costs too much");
  await heading(page, words.offer_title);
  await page.getByText("20% off for three months").waitFor();
  assert.deepEqual(await violations(page), []);
  await press(page, words.decline);
  await press(page, words.cancel);
  await heading(page, words.requested_title);
  await press(page, words.done);
  await closed(page);
  assert.equal(page.url(), `${stage.server.origin}/docs`);
  const told = page.getByRole("log");
  await told.getByText("farewell:complete").waitFor();
  assert.match(await told.textContent(), /^farewell:cancelled \{\n {2}"outcome": "canceled",[^]*\nfarewell:complete \{/);
  assert.deepEqual(await violations(page), []);
  quiet(page);
});

test("the offer of a guide leads to it", async () => {
  const page = await open();
  await page.waitForFunction(() => "Farewell" in globalThis);
  await press(page, "Cancel Subscription");
  await answer(page, "It is too complicated");
  await press(page, words.accept);
  await heading(page, words.unchanged_title);
  const link = page.getByRole("link", { name: "Read it" });
  assert.equal(await link.getAttribute("href"), `${stage.server.origin}/docs/backend`);
  quiet(page);
});

test("at another address than its own the server leads to its own, and shows no button that fails", async () => {
  const page = await stage.page();
  await page.goto(`${stage.server.origin.replace("127.0.0.1", "localhost")}/docs`);
  await page.getByRole("link", { name: stage.server.origin }).click();
  await page.waitForURL(`${stage.server.origin}/docs`);
  await page.getByRole("button", { name: "Cancel Subscription" }).waitFor();
  quiet(page);
});

test("without JavaScript the button leads to the flow as a page", async () => {
  const page = await open("/docs", { javaScriptEnabled: false });
  await press(page, "Cancel Subscription");
  await heading(page, words.survey_title);
  assert.match(new URL(page.url()).pathname, /^\/c\/[\w-]{16,}$/);
  await press(page, words.skip_to_cancel);
  await press(page, words.cancel);
  assert.equal(await page.getByRole("heading", { level: 2 }).first().textContent(), words.requested_title);
});

for (const path of PAGES) {
  for (const colorScheme of ["light", "dark"]) {
    test(`${path} is accessible where the device is ${colorScheme}`, async () => {
      const page = await open(path, { colorScheme });
      assert.deepEqual(await violations(page), []);
      quiet(page);
    });
  }

  test(`${path} needs no scrolling sideways on a small phone, nor with large text`, async () => {
    const page = await open(path, { viewport: { width: 320, height: 640 } });
    const excess = () => page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
    assert.ok((await excess()) <= 0);
    assert.deepEqual(await violations(page), []);
    const large = await open(path, { viewport: { width: 640, height: 640 }, textSize: 32 });
    assert.ok((await large.evaluate(() => document.scrollingElement.scrollWidth - innerWidth)) <= 0);
  });
}

test("the contents and the other guide are a press away", async () => {
  const page = await open();
  await page.getByRole("navigation", { name: "On this page" }).getByRole("link", { name: "Headless" }).click();
  assert.equal(new URL(page.url()).hash, "#headless");
  const top = await page.locator("#headless").evaluate((heading) => heading.getBoundingClientRect().top);
  assert.ok(top >= 0 && top < 720, `${top}`);
  await page.getByRole("navigation", { name: "Documentation" }).getByRole("link", { name: "Your backend" }).click();
  await page.getByRole("heading", { level: 1, name: "Your backend" }).waitFor();
  assert.equal(await page.getByRole("link", { name: "Your backend" }).first().getAttribute("aria-current"), "page");
  quiet(page);
});
