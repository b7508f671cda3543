// The page behind an open flow: it stands still, it does not jump, and afterwards it is where it was.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { chromium } from "playwright-core";

import { closed, heading, press } from "./stage/flow.mjs";
import { Stage } from "./stage/stage.mjs";
import { words } from "./stage/words.mjs";

let stage;
before(async () => (stage = await Stage.start()));
after(() => stage?.stop());
afterEach(() => stage.clear());

const TALL = `
  <style>html { scroll-behavior: smooth } body { margin: 20px auto; max-width: 700px }</style>
  <div style="height: 350px"></div><p id="mark">Mark</p><div id="cancel"></div><div style="height: 300vh"></div>`;

const wheel = async (page) => {
  await page.mouse.move(5, 5);
  await page.mouse.wheel(0, 200);
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
};

/** Where things are on the screen. */
const mark = (page) =>
  page.evaluate(() => {
    const { x, y, width } = document.getElementById("mark").getBoundingClientRect();
    return { x, y, width };
  });

const position = (page) => page.evaluate(() => getComputedStyle(document.body).position);

/** A page on a phone whose browser scrolls behind dialogs whatever `overflow` says. */
async function iphone() {
  const context = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
  const page = await stage.billingPage("cus_ada", { body: '<meta name="viewport" content="width=device-width">' + TALL, context });
  await page.evaluate(() => {
    const { supports } = CSS;
    CSS.supports = (...asked) => asked.join() === "-webkit-touch-callout,none" || supports.apply(CSS, asked);
    document.body.style.color = "navy";
    scrollTo({ top: 240, behavior: "instant" });
  });
  return page;
}

test("the page behind stands still while the flow is open, and scrolls again after", async () => {
  const page = await stage.billingPage("cus_ada", { body: TALL });
  await press(page, "Cancel Subscription");
  await heading(page, words.survey_title);
  await wheel(page);
  assert.equal(await page.evaluate(() => scrollY), 0);
  assert.equal(await position(page), "static");
  await page.keyboard.press("Escape");
  await closed(page);
  await page.mouse.wheel(0, 200);
  await page.waitForFunction(() => scrollY > 0);
});

test("on an iPhone the body is held where it is, and let go exactly there", async () => {
  const page = await iphone();
  const before = await mark(page);
  for (const close of [() => page.keyboard.press("Escape"), () => page.evaluate(() => document.querySelector("dialog").remove())]) {
    await page.evaluate(() => document.querySelector("#cancel button").click());
    await heading(page, words.survey_title);
    assert.equal(await position(page), "fixed");
    assert.deepEqual(await mark(page), before, "nothing moves when it opens");
    await page.evaluate(() => (document.body.style.color = "teal")); // what the page does meanwhile is kept
    await close();
    await closed(page);
    await page.waitForFunction(() => getComputedStyle(document.body).position === "static");
    assert.equal(await page.evaluate(() => scrollY), 240);
    assert.deepEqual(await mark(page), before);
    assert.equal(await page.evaluate(() => document.body.getAttribute("style")), "color: teal;");
  }
});

test("on an iPhone two flows at once hold the page until both are closed", async () => {
  const page = await iphone();
  const sessions = [await stage.server.session("cus_ada"), await stage.server.session("cus_ben")];
  const before = await mark(page);
  for (const session of sessions) {
    await page.evaluate((session) => void farewell.showRetentionView(session), session);
    await page.locator("dialog").last().getByRole("heading", { name: words.survey_title }).waitFor();
    assert.deepEqual(await mark(page), before);
  }
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => document.querySelectorAll("dialog").length === 1);
  assert.equal(await position(page), "fixed");
  assert.deepEqual(await mark(page), before);
  await page.keyboard.press("Escape");
  await closed(page);
  assert.equal(await position(page), "static");
  assert.equal(await page.evaluate(() => scrollY), 240);
});

test("a scrollbar that has a place of its own keeps it: nothing moves sideways", async () => {
  const executablePath = process.env.CHROME ?? "/usr/bin/chromium";
  // The driver hides scrollbars by default.
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"], ignoreDefaultArgs: ["--hide-scrollbars"] });
  try {
    for (const [body, bar] of [
      [TALL, true],
      ['<p id="mark" style="margin: auto; width: 300px">Mark</p><div id="cancel"></div>', false],
    ]) {
      const published = await stage.billingPage("cus_ada", { body });
      const page = await browser.newPage();
      await page.goto(published.url());
      await page.locator("#cancel button").waitFor();
      assert.equal(await page.evaluate(() => innerWidth > document.documentElement.clientWidth), bar);
      const before = await mark(page);
      await press(page, "Cancel Subscription");
      await heading(page, words.survey_title);
      assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).overflowY), "hidden");
      assert.deepEqual(await mark(page), before);
      await page.keyboard.press("Escape");
      await closed(page);
      assert.deepEqual(await mark(page), before);
    }
  } finally {
    await browser.close();
  }
});
