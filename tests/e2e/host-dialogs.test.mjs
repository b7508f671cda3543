// The flow above what a page has open itself, with the libraries that pages really use: everything in the flow works, and the
// page stays as it was.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { bundled } from "./stage/bundled.mjs";
import { closed, focused, heading, press } from "./stage/flow.mjs";
import { Stage } from "./stage/stage.mjs";
import { untilTold } from "./stage/told.mjs";
import { words } from "./stage/words.mjs";

let stage;
before(async () => (stage = await Stage.start()));
after(() => stage?.stop());
afterEach(() => stage.clear());

const RADIX = `
  import * as Dialog from "@radix-ui/react-dialog";
  import { flushSync } from "react-dom";
  import { createRoot } from "react-dom/client";

  flushSync(() => createRoot(document.getElementById("app")).render(
    <Dialog.Root defaultOpen>
      <Dialog.Portal>
        <Dialog.Overlay style={{ position: "fixed", inset: 0, background: "#0003" }} />
        <Dialog.Content aria-describedby={undefined} style={{ position: "fixed", inset: "20px auto auto 20px", background: "white" }}>
          <Dialog.Title>Billing</Dialog.Title>
          <input aria-label="Theirs" />
          <div id="cancel" />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>,
  ));`;

const FOCUS_TRAP = `
  import { createFocusTrap } from "focus-trap";

  createFocusTrap("#theirs", { onDeactivate: () => document.getElementById("theirs").remove() }).activate();`;

const HOSTS = {
  "a Radix dialog": { script: RADIX, body: '<div id="app"></div>', theirs: "[role=dialog]:not([data-farewell])" },
  "a focus trap": {
    script: FOCUS_TRAP,
    body: '<div id="theirs"><input aria-label="Theirs"><div id="cancel"></div></div>',
    theirs: "#theirs",
  },
};

/** A billing page that has something open itself, with the cancel button in it. */
async function covered({ script, body }, options) {
  const name = "/host-library";
  stage.host.publish(name, { module: await bundled(script) });
  const page = await stage.billingPage("cus_ada", { body: `${body}<script type="module" src="${name}.js"></script>`, ...options });
  await page.locator("#cancel button").waitFor();
  return page;
}

/** What a page does to itself while it has a dialog open. */
const look = (page) =>
  page.evaluate(() => ({
    body: document.body.getAttribute("style"),
    root: document.documentElement.getAttribute("style"),
    hidden: document.querySelectorAll("[aria-hidden=true]").length,
    locked: document.body.dataset.scrollLocked,
  }));

const inside = (page) =>
  page.evaluate(() => {
    const { activeElement } = document.querySelector("dialog").firstElementChild.shadowRoot;
    return activeElement && `${activeElement.tagName} ${activeElement.name ?? ""}`;
  });

for (const [what, host] of Object.entries(HOSTS)) {
  const theirs = (page) => page.locator(host.theirs);

  test(`over ${what}: pressing, choosing and typing work, and the page stays open`, async () => {
    const page = await covered(host);
    const before = await look(page);
    await press(page, "Cancel Subscription");
    await heading(page, words.survey_title);
    await page.getByRole("radio").nth(1).click();
    assert.ok(await page.getByRole("radio").nth(1).isChecked());
    await page.locator("dialog label", { has: page.getByRole("radio") }).first().click();
    assert.ok(await page.getByRole("radio").first().isChecked());
    await page.getByRole("textbox", { name: words.feedback }).click();
    await page.keyboard.type("Too much of it");
    assert.equal(await page.getByRole("textbox", { name: words.feedback }).inputValue(), "Too much of it");
    assert.equal(await page.getByLabel("Theirs").inputValue(), "");
    await press(page, words.skip_to_cancel);
    await heading(page, words.confirm_title);
    await press(page, words.back);
    await heading(page, words.survey_title);
    assert.equal(await page.getByRole("textbox", { name: words.feedback }).inputValue(), "Too much of it");
    assert.ok(await theirs(page).isVisible());
    await press(page, words.close);
    await closed(page);
    await untilTold(page, "onComplete");
    assert.ok(await theirs(page).isVisible());
    assert.deepEqual(await look(page), before);
    assert.deepEqual(page.complaints, []);
  });

  test(`over ${what}: Tab walks through ours, and Enter sends`, async () => {
    const page = await covered(host);
    await press(page, "Cancel Subscription");
    await heading(page, words.survey_title);
    await page.keyboard.press("Tab");
    assert.equal(await inside(page), "INPUT reason");
    await page.keyboard.press("Space");
    assert.ok(await page.getByRole("radio").first().isChecked());
    const stops = [];
    for (let i = 0; i < 8; i++) {
      await page.keyboard.press("Tab");
      stops.push(await inside(page));
    }
    assert.ok(stops.includes("TEXTAREA feedback") && stops.includes("BUTTON do"), stops.join());
    await page.getByRole("button", { name: words.skip_to_cancel }).focus();
    await page.keyboard.press("Enter");
    await heading(page, words.confirm_title);
    assert.ok(await theirs(page).isVisible());
  });

  test(`over ${what}: Escape closes ours alone, wherever the focus is, and then works as before`, async () => {
    const page = await covered(host);
    for (const lose of [false, true]) {
      await press(page, "Cancel Subscription");
      await heading(page, words.survey_title);
      // A press beside the dialog leaves the focus nowhere.
      if (lose) await page.mouse.click(5, 300);
      assert.ok(await theirs(page).isVisible());
      await page.keyboard.press("Escape");
      await closed(page);
      assert.ok(await theirs(page).isVisible());
      assert.equal(await focused(page), "BUTTON Cancel Subscription");
    }
    await page.keyboard.press("Tab");
    assert.ok(await page.evaluate((theirs) => document.querySelector(theirs).contains(document.activeElement), host.theirs));
    await page.keyboard.press("Escape");
    await theirs(page).waitFor({ state: "detached" });
    assert.deepEqual(page.complaints, []);
  });

  test(`over ${what}: the wheel scrolls ours`, async () => {
    const page = await covered(host, { context: { viewport: { width: 600, height: 320 } } });
    await press(page, "Cancel Subscription");
    await heading(page, words.survey_title);
    await page.mouse.move(300, 150);
    await page.mouse.wheel(0, 120);
    await page.waitForFunction(() => document.querySelector("dialog").scrollTop > 0);
  });
}

test("keys that are typed are kept from the page's shortcuts", async () => {
  const page = await stage.billingPage("cus_ada");
  await page.evaluate(() => {
    globalThis.keys = [];
    for (const type of ["keydown", "keypress", "keyup"]) document.addEventListener(type, ({ key }) => keys.push(key), true);
  });
  await press(page, "Cancel Subscription");
  await heading(page, words.survey_title);
  await page.getByRole("textbox", { name: words.feedback }).click();
  await page.keyboard.type("gi");
  assert.equal(await page.getByRole("textbox", { name: words.feedback }).inputValue(), "gi");
  await press(page, words.close);
  await closed(page);
  await page.keyboard.type("x");
  assert.deepEqual(await page.evaluate(() => globalThis.keys), ["x", "x", "x"]);
});
