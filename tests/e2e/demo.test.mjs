// The demo as a person tries it: a switch says who bills, and the change arrives there.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { heading, press } from "./stage/flow.mjs";
import { Stage } from "./stage/stage.mjs";
import { hubWords, words } from "./stage/words.mjs";

let stage;
before(async () => (stage = await Stage.start({ stripe: true })));
after(() => stage?.stop());
afterEach(() => stage.clear());

/** The demo's page for somebody who has picked Stripe in the page's own switch. */
async function billedByStripe(user, path) {
  const page = await stage.signedIn(user, path);
  await page.getByLabel("Billed by").selectOption("stripe");
  const arrival = page.waitForEvent("load");
  await page.locator("form[action='/billed-by'] button").click();
  await arrival;
  return page;
}

/** The hub of somebody who has agreed to pay so much at once that the bank asks. */
async function payingForAYear(user) {
  const page = await billedByStripe(user, "/membership");
  await heading(page, hubWords.title);
  await page.locator("button[value=plan]").click();
  await page.getByRole("radio", { name: "Digital, paid yearly" }).check();
  await page.locator("button[value=preview]").click();
  await page.locator("button[value=confirm]").click();
  return page;
}

/** A customer's line in the account, and what Farewell has asked for. */
async function arrived(name) {
  const page = await stage.page();
  await page.goto(stage.stripe);
  return { line: await page.getByRole("row").filter({ hasText: name }).innerText(), asked: await page.locator("ol").innerText() };
}

test("a cancellation arrives at Stripe, with its reason, and the ledger's customer of the same name stays", async () => {
  const page = await billedByStripe("user_2", "/");
  await press(page, "Cancel Subscription");
  await page.getByLabel("I don't read it enough").check();
  await press(page, words.skip_to_cancel);
  await press(page, words.cancel);
  await heading(page, words.canceled_title);
  const { line, asked } = await arrived("Ben Ortiz");
  assert.match(line, /ends 20\d\d-/);
  assert.match(asked, /cancel_at_period_end=true/);
  assert.match(asked, /cancellation_details\[feedback\]=unused/);
  assert.equal((await stage.server.subscription("cus_ben")).cancel_at, null);
  assert.deepEqual(page.complaints, []);
});

test("a plan that costs much at once waits for the bank, and is there when the customer has confirmed", async () => {
  const page = await payingForAYear("user_1");
  await page.getByText(hubWords.authenticate).first().waitFor();
  assert.match((await arrived("Ada Bright")).line, /waits for the customer's bank/);
  // The way out stays open meanwhile.
  await page.getByRole("button", { name: "Cancel Subscription" }).waitFor();

  const bank = await stage.page();
  await bank.goto(await page.getByRole("link", { name: hubWords.authenticate_go }).first().getAttribute("href"));
  await bank.getByRole("button", { name: "It is me: pay" }).click();
  await bank.getByText("The new plan has begun").waitFor();
  await page.locator("button[value=look]").click();
  await page.locator(".told", { hasText: "Done." }).waitFor();
  await page.getByText("$120.00").first().waitFor();
  assert.match((await arrived("Ada Bright")).line, /Digital, paid yearly, \$120/);
  assert.deepEqual(page.complaints, []);
});

test("whoever leaves while the bank waits is not charged any more", async () => {
  const page = await payingForAYear("user_6");
  const link = page.getByRole("link", { name: hubWords.authenticate_go }).first();
  const invoice = await link.getAttribute("href");
  await page.getByRole("button", { name: "Cancel Subscription" }).click();
  await press(page, words.skip_to_cancel);
  await press(page, words.cancel);
  await heading(page, words.canceled_title);
  await press(page, words.done);
  const bank = await stage.page();
  await bank.goto(invoice);
  await bank.getByText(", void.").waitFor();
  assert.equal(await bank.getByRole("button").count(), 0);
  await link.waitFor({ state: "detached" });
});

test("back at the ledger nothing of it has happened", async () => {
  const page = await billedByStripe("user_2", "/");
  await page.getByLabel("Billed by").selectOption("ledger");
  const arrival = page.waitForEvent("load");
  await page.locator("form[action='/billed-by'] button").click();
  await arrival;
  await page.getByRole("button", { name: "Cancel Subscription" }).waitFor();
});
