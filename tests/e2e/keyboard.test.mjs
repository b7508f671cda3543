// The whole flow with a keyboard and no mouse: nothing here clicks.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { closed, heading } from "./stage/flow.mjs";
import { at, given, reach } from "./stage/keyboard.mjs";
import { Stage } from "./stage/stage.mjs";
import { told, untilTold } from "./stage/told.mjs";
import { words } from "./stage/words.mjs";

let stage;
before(async () => (stage = await Stage.start()));
after(() => stage?.stop());
afterEach(() => stage.clear());

const OPENER = "button Cancel Subscription";
const FIRST = "radio It costs too much";

/** Opens the flow from the button of a new customer, by Tab and a key. */
async function opened(key = "Enter") {
  const customer = await stage.newcomer();
  const page = await stage.billingPage(customer);
  await page.getByRole("button").waitFor();
  await reach(page, OPENER);
  await page.keyboard.press(key);
  await given(page, `heading ${words.survey_title}`);
  return { customer, page };
}

/** Gives a reason by the arrows, and goes on by Enter, as in any form. */
async function choose(page, reason) {
  await reach(page, FIRST);
  await page.keyboard.press("Space");
  await reach(page, reason, "ArrowDown");
  await page.keyboard.press("Enter");
}

test("reason, follow-up, offer, acceptance, receipt, and back to the button", async () => {
  const { customer, page } = await opened("Space");
  await reach(page, FIRST);
  await page.keyboard.press("Space");
  await page.keyboard.press("ArrowDown");
  assert.equal(await at(page), "radio I don't read it enough", "arrows choose among the reasons");
  await page.keyboard.press("ArrowUp");
  assert.equal(await at(page), FIRST);
  await page.keyboard.press("Tab");
  assert.equal(await at(page), "field What would be a fair price for you?", "the question of the chosen reason comes next");
  await page.keyboard.type("Ten");
  await page.keyboard.press("Enter");
  assert.equal(await at(page), "field What would be a fair price for you?", "Enter is a new line in a text");
  await page.keyboard.press("Tab");
  assert.equal(await at(page), `field ${words.feedback}`, "questions of other reasons are not in the way");
  await reach(page, FIRST, "Shift+Tab");
  await reach(page, `button ${words.continue}`);
  await page.keyboard.press("Enter");

  await given(page, `heading ${words.offer_title}`);
  await reach(page, `button ${words.accept}`);
  await page.keyboard.press("Space");
  await given(page, `heading ${words.saved_title}`);
  await reach(page, `button ${words.done}`);
  await page.keyboard.press("Enter");
  await closed(page);
  assert.equal(await at(page), OPENER);
  await untilTold(page, "onComplete");
  assert.equal((await told(page))[0][1].outcome, "saved");
  assert.equal((await stage.server.subscription(customer)).next_payment.amount, 960);
});

test("an offer declined, back to the questions, cancelled and undone", async () => {
  const { customer, page } = await opened();
  await reach(page, FIRST);
  await page.keyboard.press("Space");
  await page.keyboard.press("Enter"); // in a form, Enter goes on
  await given(page, `heading ${words.offer_title}`);
  await reach(page, `button ${words.back}`);
  await page.keyboard.press("Enter");
  await given(page, `heading ${words.survey_title}`);
  await reach(page, FIRST);
  assert.ok(await page.getByRole("radio", { name: "It costs too much" }).isChecked(), "the answer is still there");
  await page.keyboard.press("Enter");
  await given(page, `heading ${words.offer_title}`);
  await reach(page, `button ${words.decline}`);
  await page.keyboard.press("Enter");
  await given(page, `heading ${words.confirm_title}`);
  await reach(page, `button ${words.cancel}`);
  await page.keyboard.press("Enter");
  await given(page, `heading ${words.canceled_title}`);
  assert.notEqual((await stage.server.subscription(customer)).cancel_at, null);
  await reach(page, `button ${words.undo}`);
  await page.keyboard.press("Enter");
  await given(page, `heading ${words.undone_title}`);
  assert.equal((await stage.server.subscription(customer)).cancel_at, null);
  await page.keyboard.press("Escape");
  await closed(page);
  assert.equal(await at(page), OPENER);
});

test("the way out is near: a few stops backwards from the first heading, one forwards from the second", async () => {
  const { customer, page } = await opened();
  // Round the end of the dialog: the browser's own controls (one or two), the cross, the way to stay.
  const presses = await reach(page, `button ${words.skip_to_cancel}`, "Shift+Tab");
  assert.ok(presses <= 6, `${presses} presses`);
  await page.keyboard.press("Enter");
  await given(page, `heading ${words.confirm_title}`);
  await page.keyboard.press("Tab");
  assert.equal(await at(page), `button ${words.cancel}`, "the first stop of the last step is what the customer came for");
  await page.keyboard.press("Enter");
  await given(page, `heading ${words.canceled_title}`);
  assert.notEqual((await stage.server.subscription(customer)).cancel_at, null);
});

for (const [step, keys] of [
  [words.survey_title, async () => {}],
  [words.offer_title, (page) => choose(page, FIRST)],
  [words.confirm_title, (page) => choose(page, "radio Something else")],
]) {
  test(`Escape leaves from "${step}", decides nothing, and gives the focus back`, async () => {
    const { customer, page } = await opened();
    await keys(page);
    await given(page, `heading ${step}`);
    await page.keyboard.press("Escape");
    await closed(page);
    assert.equal(await at(page), OPENER);
    await untilTold(page, "onComplete");
    assert.equal((await told(page))[0][1].outcome, "aborted");
    const subscription = await stage.server.subscription(customer);
    assert.equal(subscription.cancel_at, null);
    assert.equal(subscription.discounts.length, 0);
  });
}

test("Tab goes round inside the open flow, forwards and backwards", async () => {
  const { page } = await opened();
  for (const key of ["Tab", "Shift+Tab"]) {
    const seen = [];
    for (let presses = 0; presses < 25; presses++) {
      await page.keyboard.press(key);
      const inside = await page.evaluate(() => document.activeElement === document.body || !!document.activeElement.closest("dialog[data-farewell]"));
      assert.ok(inside, `${key} ${presses + 1} leaves the dialog`);
      seen.push(await at(page));
    }
    assert.ok(seen.filter((stop) => stop === `button ${words.keep}`).length >= 2, `${key} comes round: ${seen.join(", ")}`);
  }
});

test("a failure is told where the focus is, and trying again needs no mouse", async () => {
  const { page } = await opened();
  await reach(page, `button ${words.skip_to_cancel}`);
  await page.keyboard.press("Enter");
  await given(page, `heading ${words.confirm_title}`);
  await page.route("**/v1/flow/actions", (route) => route.abort());
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await given(page, `button ${words.try_again}`);
  assert.ok(await page.getByRole("alert").getByText(words.notice_failed).isVisible());
  await page.unroute("**/v1/flow/actions");
  await page.keyboard.press("Enter");
  await given(page, `heading ${words.canceled_title}`);
});

test("the hosted page, from the merchant's form to its receipt", async () => {
  const customer = await stage.newcomer();
  const page = await stage.page();
  await page.goto(await stage.formAddress(customer));
  await reach(page, OPENER);
  await page.keyboard.press("Enter");
  await heading(page, words.survey_title);
  await reach(page, FIRST);
  await page.keyboard.press("Space");
  await page.keyboard.press("Enter");
  await heading(page, words.offer_title);
  await reach(page, `button ${words.decline}`);
  await page.keyboard.press("Enter");
  await heading(page, words.confirm_title);
  await reach(page, `button ${words.cancel}`);
  await page.keyboard.press("Enter");
  await heading(page, words.canceled_title);
  assert.notEqual((await stage.server.subscription(customer)).cancel_at, null);
});
