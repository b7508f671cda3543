// Every kind of offer: what is shown, what taking it makes of the subscription, and what the receipt says afterwards.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { day, money } from "../../www/demo/format.mjs";
import { answer, heading, press } from "./stage/flow.mjs";
import { HostedPage } from "./stage/hosted-page.mjs";
import { TOO_LONG } from "./stage/scenes.mjs";
import { Stage } from "./stage/stage.mjs";
import { told, untilTold } from "./stage/told.mjs";
import { fill, law, sentences, words } from "./stage/words.mjs";

let stage;
before(async () => (stage = await Stage.start({ configure: (config) => config + TOO_LONG })));
after(() => stage?.stop());
afterEach(() => stage.clear());

const TEXAS = { country: "US", region: "TX" };

/** A customer who has given a reason, and the page with the offer. */
async function offered(reason, { plan = "digital_monthly", ask, ...who } = {}) {
  const customer = await stage.server.customer(plan, { ...TEXAS, ...who });
  const page = await stage.billingPage(customer, { ask });
  await press(page, "Cancel Subscription");
  await answer(page, reason);
  await heading(page, words.offer_title);
  return { customer, page };
}

const subscription = (customer) => stage.server.subscription(customer);

/** The sentences about money and time that are on the screen, in order. */
const terms = (page) => page.locator(".terms").allTextContents();

const paid = ({ amount, currency }) => money(amount, currency);

/** Takes the offer, and gives what the page is told. */
async function take(page, button = words.accept, title = words.saved_title) {
  await press(page, button);
  await heading(page, title);
  await untilTold(page, "onRetained");
  const [[name, result]] = await told(page);
  assert.equal(name, "farewell:retained");
  assert.equal(result.outcome, "saved");
  assert.deepEqual(page.complaints, []);
  return result;
}

const radios = (page) => page.getByRole("radio");

/** An offer with choices is refused by the browser until one is made; nothing is sent, and nothing was chosen before. */
async function mustChoose(page, button, count) {
  assert.equal(await radios(page).count(), count);
  assert.equal(await page.locator("input:checked").count(), 0, "nothing is chosen beforehand");
  const asked = page.requests.length;
  await press(page, button);
  assert.equal(await page.locator("input:invalid").count(), count, "the browser asks for a choice");
  await heading(page, words.offer_title);
  assert.equal(page.requests.length, asked, "nothing was sent");
}

test("a discount says the next payments, and they are what billing has", async () => {
  const { customer, page } = await offered("It costs too much");
  const shown = await terms(page);
  const result = await take(page);
  assert.deepEqual(result.offer, { id: "twenty_percent", kind: "discount", choice: "only" });
  const { next_payment: next, discounts } = await subscription(customer);
  assert.equal(next.amount, 960);
  const [{ percent_off: percent, ends_at: ends }] = discounts;
  assert.equal(percent, 20);
  assert.deepEqual(shown, [
    fill(sentences.discount_next, { price: paid(next), date: day(next.at) }),
    fill(sentences.discount_returns, { price: "$12.00", date: day(ends) }),
  ]);
  assert.deepEqual(await terms(page), shown, "the receipt says what was agreed");
  assert.ok(await page.getByText("20% off for three months").isVisible());
});

test("a pause takes a chosen length, and billing waits as long", async () => {
  const { customer, page } = await offered("I don't read it enough");
  await mustChoose(page, words.accept, 3);
  const shown = await terms(page);
  await page.getByRole("radio", { name: "2 months" }).check();
  const { current_period_end: end } = await subscription(customer);
  const result = await take(page);
  assert.deepEqual(result.offer, { id: "break", kind: "pause", choice: "2_month" });
  const { pause, next_payment: next } = await subscription(customer);
  assert.equal(next.at, pause.until);
  assert.equal(next.amount, 1200);
  const months = (from, to) => to.getUTCFullYear() * 12 + to.getUTCMonth() - from.getUTCFullYear() * 12 - from.getUTCMonth();
  assert.equal(months(new Date(end), new Date(pause.until)), 2);
  const agreed = [
    fill(sentences.pause_until, { date: day(pause.until) }),
    fill(sentences.pause_then, { price: paid(next) }),
  ];
  assert.deepEqual(shown.slice(2, 4), agreed);
  assert.deepEqual(await terms(page), agreed, "the receipt has the chosen length alone");
});

test("another plan is one of several, and its button says that it obliges to pay", async () => {
  const { customer, page } = await offered("It is more than I can read", { plan: "weekend_monthly" });
  await mustChoose(page, words.accept_and_pay, 2);
  assert.equal(await page.getByRole("button", { name: words.accept, exact: true }).count(), 0);
  const { current_period_end: end } = await subscription(customer);
  await page.getByRole("radio", { name: /^Headlines/ }).check();
  const result = await take(page, words.accept_and_pay);
  assert.deepEqual(result.offer, { id: "headlines", kind: "plan_change", choice: "headlines_monthly" });
  const { plan, next_payment: next } = await subscription(customer);
  assert.equal(plan.external_id, "weekend_monthly", "until the period ends, everything stays");
  assert.equal(next.amount, 500);
  assert.equal(next.at, end);
  assert.deepEqual(await terms(page), [
    fill(sentences.plan_month, { price: "$5.00", date: day(end) }),
    sentences.plan_until,
  ]);
});

test("in the Union, who changes the plan presses a button with the law's words", async () => {
  const { customer, page } = await offered("It is more than I can read", { plan: "weekend_monthly", ask: { country: "IE" } });
  const order = law("eu").accept_and_pay;
  assert.equal(order, "Order with obligation to pay");
  await mustChoose(page, order, 2);
  await page.getByRole("radio", { name: /^Student/ }).check();
  const [, , line] = await terms(page);
  const result = await take(page, order);
  assert.equal(result.offer.choice, "student_quarterly");
  const { next_payment: next } = await subscription(customer);
  assert.equal(next.amount, 1500);
  assert.equal(line, fill(sentences.plan_span, { price: "$15.00", date: day(next.at), span: "3 months" }));
});

test("an offer with choices is turned down without making one", async () => {
  const { page } = await offered("I don't read it enough");
  await press(page, words.decline);
  await heading(page, words.confirm_title);
  await press(page, words.cancel);
  await heading(page, words.canceled_title);
});

test("a longer trial says until when nothing is paid, and what then", async () => {
  const { customer, page } = await offered("I don't read it enough", { trial: true });
  const before = await subscription(customer);
  const shown = await terms(page);
  const result = await take(page);
  assert.deepEqual(result.offer, { id: "more_time", kind: "trial_extension", choice: "only" });
  const { current_period_end: end, next_payment: next } = await subscription(customer);
  assert.equal(Date.parse(end) - Date.parse(before.current_period_end), 14 * 86_400_000);
  assert.equal(next.at, end);
  assert.deepEqual(shown, [
    fill(sentences.trial_until, { date: day(end) }),
    fill(sentences.trial_then, { price: paid(next) }),
  ]);
  assert.deepEqual(await terms(page), shown);
});

for (const [kind, reason, offer, label, href] of [
  ["contact", "I was not happy with the service", "editor", "Write to Marta", "mailto:marta@acme.example"],
  ["redirect", "My topics are missing", "letters", "Have a look", /\/newsletters$/],
]) {
  test(`a ${kind} changes nothing by itself: the receipt leads there, and cancelling stays one press away`, async () => {
    const { customer, page } = await offered(reason);
    const before = await subscription(customer);
    assert.deepEqual(await terms(page), [], "there is no money in it");
    assert.equal(await page.getByRole("link", { name: label }).count(), 0, "nothing leads away before it is decided");
    const result = await take(page, words.accept, words.unchanged_title);
    assert.deepEqual(result.offer, { id: offer, kind, choice: null });
    assert.equal(result.effect, null);
    const link = page.getByRole("link", { name: label });
    assert.match(await link.getAttribute("href"), href instanceof RegExp ? href : new RegExp(`^${href}$`));
    assert.deepEqual(await subscription(customer), before);
    await press(page, words.open_again);
    await heading(page, words.survey_title);
  });
}

test("an offer of the merchant's own is told to the merchant, and billing is left alone", async () => {
  const { customer, page } = await offered("I read another newspaper now");
  const before = await subscription(customer);
  assert.deepEqual(await terms(page), []);
  await press(page, words.accept);
  await page.getByText("Give the rest of it to a friend").waitFor();
  await untilTold(page, "onRetained");
  const [[, result]] = await told(page);
  assert.deepEqual(result.offer, { id: "gift_a_friend", kind: "custom", choice: "only" });
  assert.equal(result.effect, "requested");
  assert.deepEqual(await subscription(customer), before);
});

test("a reason that no offer answers leads straight to the confirmation", async () => {
  const page = await stage.billingPage(await stage.server.customer("digital_monthly", TEXAS));
  await press(page, "Cancel Subscription");
  await answer(page, "Something else");
  await heading(page, words.confirm_title);
});

test("without a script, an offer is chosen, taken and kept as a receipt", async () => {
  const customer = await stage.server.customer("digital_monthly", TEXAS);
  const page = await HostedPage.open(stage.server.origin, await stage.server.session(customer));
  await page.press(words.continue, { reason: "not_reading" });
  assert.doesNotMatch(page.html, /<input[^>]*name="choice"[^>]*checked/, "nothing is chosen beforehand");
  assert.match(page.html, /<input[^>]*name="choice"[^>]*required/);
  await page.press(words.accept, { choice: "3_month" });
  assert.equal(page.heading, words.saved_title);
  const { pause, next_payment: next } = await subscription(customer);
  assert.equal(next.at, pause.until);
  assert.ok(page.text.includes(day(pause.until)), page.text);
});

test("without a script, the receipt of a contact has the link", async () => {
  const customer = await stage.server.customer("digital_monthly", TEXAS);
  const page = await HostedPage.open(stage.server.origin, await stage.server.session(customer));
  await page.press(words.continue, { reason: "service" });
  assert.doesNotMatch(page.html, /mailto:/);
  await page.press(words.accept);
  assert.equal(page.heading, words.unchanged_title);
  assert.match(page.html, /href="mailto:marta@acme\.example"[^>]*>Write to Marta</);
});
