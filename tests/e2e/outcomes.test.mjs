// What a customer can decide, clicked through in a real browser on a merchant's page, and what comes of it.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { answer, closed, heading, press } from "./stage/flow.mjs";
import { Stage } from "./stage/stage.mjs";
import { names, told, untilTold } from "./stage/told.mjs";
import { words } from "./stage/words.mjs";

let stage;
before(async () => (stage = await Stage.start()));
after(() => stage?.stop());
afterEach(() => stage.clear());

test("an accepted offer is a discount in billing, told once by callback and once by event", async () => {
  const page = await stage.billingPage("cus_ada");
  await press(page, "Cancel Subscription");
  await page.getByRole("radio", { name: "It costs too much" }).check();
  await page.getByRole("textbox", { name: "What would be a fair price for you?" }).fill("Ten");
  await press(page, words.continue);
  await page.getByText("20% off for three months").waitFor();
  assert.match(await page.locator(".terms").first().textContent(), /^Your next payment is \$9\.60 on /);
  assert.deepEqual(await names(page), [], "nothing is decided yet");

  await press(page, words.accept);
  await heading(page, words.saved_title);
  assert.deepEqual(await names(page), ["farewell:retained", "onRetained"]);
  await press(page, words.done);
  await closed(page);
  await untilTold(page, "onComplete");
  assert.deepEqual(await names(page), ["farewell:retained", "onRetained", "farewell:complete", "onComplete"]);

  const results = (await told(page)).map(([, result]) => result);
  for (const result of results) assert.deepEqual(result, results[0], "everybody is told the same");
  const { token, receipt, ...rest } = results[0];
  assert.deepEqual(rest, {
    outcome: "saved",
    effect: "applied",
    run: 1,
    reason: { key: "too_expensive", code: "too_expensive" },
    offer: { id: "twenty_percent", kind: "discount", choice: "only" },
  });
  assert.match(token, /^[\w-]+\.[\w-]+\.[\w-]+$/);
  assert.ok(receipt.reference.length >= 6, receipt.reference);
  assert.ok(Math.abs(Date.parse(receipt.issued_at) - Date.now()) < 60_000, receipt.issued_at);

  const subscription = await stage.server.subscription("cus_ada");
  assert.equal(subscription.cancel_at, null);
  assert.equal(subscription.next_payment.amount, 960);
  assert.equal(subscription.discounts.length, 1);
  assert.equal(subscription.discounts[0].percent_off, 20);
  assert.deepEqual(page.complaints, []);
});

test("keeping the subscription changes nothing in billing", async () => {
  const unchanged = await stage.server.subscription("cus_ben");
  const page = await stage.billingPage("cus_ben");
  await press(page, "Cancel Subscription");
  await heading(page, words.survey_title);
  await press(page, words.keep);
  await closed(page);
  await untilTold(page, "onRetained");
  await untilTold(page, "onComplete");
  assert.deepEqual((await names(page)).sort(), ["farewell:complete", "farewell:retained", "onComplete", "onRetained"]);
  for (const [name, result] of await told(page)) {
    assert.equal(result.outcome, "saved", name);
    assert.equal(result.effect, null, name);
    assert.equal(result.offer, null, name);
  }
  assert.deepEqual(await stage.server.subscription("cus_ben"), unchanged);
});

test("a cancellation ends the subscription in billing, with a receipt", async () => {
  const { current_period_end: end } = await stage.server.subscription("cus_chloe");
  const page = await stage.billingPage("cus_chloe");
  await press(page, "Cancel Subscription");
  await page.getByRole("radio", { name: "Something else" }).check();
  await page.getByRole("textbox", { name: words.feedback }).fill("<b>Thank you</b>");
  await press(page, words.continue);
  await heading(page, words.confirm_title);
  assert.deepEqual(await names(page), []);

  await press(page, words.cancel);
  await heading(page, words.canceled_title);
  assert.deepEqual(await names(page), ["farewell:cancelled", "onCancelled"]);
  const [[, result]] = await told(page);
  assert.equal(result.outcome, "canceled");
  assert.equal(result.effect, "applied");
  assert.deepEqual(result.reason, { key: "other", code: "other" });
  assert.equal(Date.parse(result.receipt.effective_at), Date.parse(end));
  assert.ok(await page.getByText(result.receipt.reference).isVisible(), "the customer sees the reference");

  const subscription = await stage.server.subscription("cus_chloe");
  assert.equal(Date.parse(subscription.cancel_at), Date.parse(end));
  assert.equal(subscription.next_payment, null);

  await press(page, words.done);
  await closed(page);
  await untilTold(page, "onComplete");
  assert.deepEqual(await names(page), ["farewell:cancelled", "onCancelled", "farewell:complete", "onComplete"]);
});

test("whoever wants to leave is out in two presses", async () => {
  const page = await stage.billingPage("cus_daiki");
  await press(page, "Cancel Subscription");
  await press(page, words.skip_to_cancel);
  await press(page, words.cancel);
  await heading(page, words.canceled_title);
  assert.notEqual((await stage.server.subscription("cus_daiki")).cancel_at, null);
});

test("a cancellation can be taken back, from the receipt that the same session shows", async () => {
  const page = await stage.billingPage("cus_femi");
  await press(page, "Cancel Subscription");
  await press(page, words.skip_to_cancel);
  await press(page, words.cancel);
  await heading(page, words.canceled_title);
  await press(page, words.done);
  await closed(page);
  await untilTold(page, "onComplete");
  assert.notEqual((await stage.server.subscription("cus_femi")).cancel_at, null);

  await press(page, "Cancel Subscription");
  await heading(page, words.canceled_title);
  await page.evaluate(() => (globalThis.told = []));
  await press(page, words.undo);
  await heading(page, words.undone_title);
  assert.deepEqual(await names(page), ["farewell:retained", "onRetained"]);
  const [[, result]] = await told(page);
  assert.equal(result.outcome, "saved");
  assert.equal(result.effect, "applied");
  assert.equal(result.run, 2);
  const subscription = await stage.server.subscription("cus_femi");
  assert.equal(subscription.cancel_at, null);
  assert.notEqual(subscription.next_payment, null);
});

for (const [how, close] of [
  ["Escape", (page) => page.keyboard.press("Escape")],
  ["the close button", (page) => press(page, words.close)],
]) {
  test(`closing by ${how} decides nothing, and the button works again`, async () => {
    const unchanged = await stage.server.subscription("cus_ben");
    const page = await stage.billingPage("cus_ben");
    await press(page, "Cancel Subscription");
    await heading(page, words.survey_title);
    await close(page);
    await closed(page);
    await untilTold(page, "onComplete");
    assert.deepEqual(await names(page), ["farewell:complete", "onComplete"]);
    const [[, result]] = await told(page);
    assert.equal(result.outcome, "aborted");
    assert.equal(result.effect ?? null, null, "absent where the flow was closed before it had loaded");
    assert.deepEqual(await stage.server.subscription("cus_ben"), unchanged);

    await press(page, "Cancel Subscription");
    await heading(page, words.survey_title);
    assert.deepEqual(page.complaints, []);
  });
}

test("where the law forbids it, no offer is made", async () => {
  const page = await stage.billingPage("cus_emma"); // of Minnesota
  await press(page, "Cancel Subscription");
  await answer(page, "It costs too much");
  await heading(page, words.confirm_title);
});

test("callbacks of one call come before those of the instance, also when some are undefined", async () => {
  const page = await stage.billingPage("cus_emma", {
    options: `{ onComplete: (result) => told.push(["own", result]), onRetained: undefined, label: "Leave", classes: "mine" }`,
  });
  assert.equal(await page.getByRole("button", { name: "Leave" }).getAttribute("class"), "mine");
  await press(page, "Leave");
  await press(page, words.keep);
  await untilTold(page, "own");
  await untilTold(page, "onRetained");
  assert.ok(!(await names(page)).includes("onComplete"));
});

test("what a callback throws is the page's own affair", async () => {
  const page = await stage.billingPage("cus_emma", {
    options: `{ onRetained: () => { throw new Error("the page's own"); } }`,
  });
  await press(page, "Cancel Subscription");
  await press(page, words.keep);
  await untilTold(page, "onComplete");
  await page.waitForFunction(() => globalThis.told.some(([name]) => name === "farewell:retained"));
  assert.deepEqual(page.complaints.map(String), ["Error: the page's own"]);
});

test("amounts are written as their currency has it", async () => {
  await stage.server.import({
    customers: [
      { external_id: "cus_yen", country: "JP", subscriptions: [{ external_id: "sub_yen", plan: "digital_monthly_jpy" }] },
    ],
  });
  const page = await stage.billingPage("cus_yen");
  await press(page, "Cancel Subscription");
  await answer(page, "It costs too much");
  assert.match(await page.locator(".terms").first().textContent(), /^Your next payment is ¥1,200 on /);
});
