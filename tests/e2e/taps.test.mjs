// Fingers that are quicker than the screen.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { closed, heading, press } from "./stage/flow.mjs";
import { Stage } from "./stage/stage.mjs";
import { names, untilTold } from "./stage/told.mjs";
import { words } from "./stage/words.mjs";

let stage;
before(async () => (stage = await Stage.start()));
after(() => stage?.stop());
afterEach(() => stage.clear());

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const BODY = '<meta name="viewport" content="width=device-width"><div id="cancel"></div>';

/** Fingers on a screen that counts every tap as the first, as iPhones do. */
async function phone(customer) {
  const page = await stage.billingPage(customer, { body: BODY, context: PHONE });
  await page.evaluate(() => {
    const { get } = Object.getOwnPropertyDescriptor(UIEvent.prototype, "detail");
    Object.defineProperty(UIEvent.prototype, "detail", {
      get() {
        return Math.min(1, get.call(this));
      },
    });
  });
  return page;
}

const middle = async (locator) => {
  const { x, y, width, height } = await locator.boundingBox();
  return [x + width / 2, y + height / 2];
};

const skip = (page) => page.getByRole("button", { name: words.skip_to_cancel, exact: true });

test("a double click answers one step, not the next one too", async () => {
  const page = await stage.billingPage("cus_ben");
  await page.setViewportSize({ width: 390, height: 844 });
  await press(page, "Cancel Subscription");
  await skip(page).dblclick();
  await heading(page, words.confirm_title);
  assert.deepEqual(await names(page), []);
});

test("a double tap on a phone that does not count taps answers one step, not the next one too", async () => {
  const page = await phone("cus_ben");
  await page.getByRole("button", { name: "Cancel Subscription" }).tap();
  await heading(page, words.survey_title);
  await page.waitForTimeout(500); // the tap that opened it is not the first of a double tap any more
  const place = await middle(skip(page));
  // In the page, since two taps of the driver are further apart than those of a finger.
  const pressed = await page.evaluate(([x, y]) => {
    const root = document.querySelector("dialog").firstElementChild.shadowRoot;
    const tap = () => {
      const button = root.elementFromPoint(x, y);
      for (const type of ["pointerdown", "click"]) {
        const more = { bubbles: true, composed: true, cancelable: true, detail: 1, pointerType: "touch" };
        button.dispatchEvent(new PointerEvent(type, { ...more, clientX: x, clientY: y }));
      }
      return button.textContent;
    };
    return [tap(), tap()];
  }, place);
  assert.equal(pressed[0], words.skip_to_cancel);
  assert.equal(await page.getByRole("heading", { name: words.confirm_title, exact: true }).count(), 1);
  assert.deepEqual(await names(page), []);

  // A second thought is no double tap.
  await page.waitForTimeout(500);
  await page.getByRole("button", { name: words.keep, exact: true }).tap();
  await closed(page);
});

test("a double tap that opens the flow answers nothing in it", async () => {
  const page = await phone("cus_ben");
  const button = page.getByRole("button", { name: "Cancel Subscription" });
  await page.evaluate(() => document.querySelector("#cancel button").focus()); // everything is loaded
  await page.waitForLoadState("networkidle");
  await page.evaluate(() => import("/farewell/opening.js").then(() => import("/farewell/engine.js")).then((engine) => engine.load()));
  const [x, y] = await middle(button);
  await page.touchscreen.tap(x, y);
  const checked = await page.evaluate(async () => {
    const root = document.querySelector("dialog").firstElementChild.shadowRoot;
    const drawn = () => root.querySelector("input[type=radio]");
    while (!drawn()) await new Promise(requestAnimationFrame);
    const radio = drawn();
    const { x, y } = radio.getBoundingClientRect();
    for (const type of ["pointerdown", "click"]) {
      const more = { bubbles: true, composed: true, cancelable: true, detail: 1, pointerType: "touch" };
      radio.dispatchEvent(new PointerEvent(type, { ...more, clientX: x, clientY: y }));
    }
    return radio.checked;
  });
  assert.equal(checked, false);
});

test("quick taps at different places all count", async () => {
  const page = await phone("cus_ben");
  await page.getByRole("button", { name: "Cancel Subscription" }).tap();
  await heading(page, words.survey_title);
  await page.waitForTimeout(500);
  await page.getByRole("radio").first().tap();
  await page.getByRole("radio").nth(1).tap();
  assert.ok(await page.getByRole("radio").nth(1).isChecked());
});

test("the cross closes also while the server works, and what it does is told when it is done", async () => {
  const page = await stage.billingPage("cus_ada");
  await press(page, "Cancel Subscription");
  await press(page, words.skip_to_cancel);
  await heading(page, words.confirm_title);
  let release;
  await page.route("**/v1/flow/actions", async (route) => {
    await new Promise((resolve) => (release = resolve));
    await route.continue();
  });
  await press(page, words.cancel);
  await page.locator("form[aria-busy=true]").waitFor();
  await press(page, words.close);
  await closed(page);
  assert.deepEqual(await names(page), []);
  release();
  await untilTold(page, "onComplete");
  assert.deepEqual(await names(page), ["farewell:cancelled", "onCancelled", "farewell:complete", "onComplete"]);
  assert.notEqual((await stage.server.subscription("cus_ada")).cancel_at, null);
});
