// What the law of a customer's place makes of the way out: which steps come, what they hold, and the words that are fixed.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { answer, heading, press } from "./stage/flow.mjs";
import { HostedPage } from "./stage/hosted-page.mjs";
import { Stage } from "./stage/stage.mjs";
import { told } from "./stage/told.mjs";
import { law, words, wordsOf } from "./stage/words.mjs";

let stage;
before(async () => (stage = await Stage.start()));
after(() => stage?.stop());
afterEach(() => stage.clear());

const TEXAS = { country: "US", region: "TX" };
const CALIFORNIA = { country: "US", region: "CA" };
const MINNESOTA = { country: "US", region: "MN" };
const IRELAND = { country: "IE" };
const GERMANY = { country: "DE" };
const FRANCE = { country: "FR" };
const BUSINESS = { country: "DE", consumer: false };
const WITHDRAWAL = { country: "IE", purpose: "withdraw" };

/** A new customer's page of a place, with the flow open. */
async function opened(ask, plan = "digital_monthly") {
  const customer = await stage.server.customer(plan);
  const page = await stage.billingPage(customer, { ask });
  await press(page, "Cancel Subscription");
  return { customer, page };
}

/** The same on the hosted page, without a script. */
async function hosted(ask) {
  const customer = await stage.server.customer("digital_monthly");
  return { customer, page: await HostedPage.open(stage.server.origin, await stage.server.session(customer, ask)) };
}

const policyOf = async (ask) => {
  const customer = await stage.server.customer("digital_monthly");
  return (await stage.server.ask("/v1/retention/session", { retention: { customer_id: customer, ...ask } })).policy;
};

const buttons = (page) => page.locator("form.step button:not(.close)").allTextContents();

/** What a step asks: the names of its controls, each once, and the text of its questions. */
const asked = (page) =>
  page.locator("form.step").evaluate((form) => ({
    fields: [...new Set([...form.querySelectorAll("input:not([type=hidden]), textarea")].map(({ name }) => name))],
    known: [...form.querySelectorAll("dt")].map((term) => term.textContent),
  }));

/** Whether two buttons of a step are of one size. */
async function equallyLarge(page, one, other) {
  const box = async (name) => page.getByRole("button", { name, exact: true }).boundingBox();
  const [a, b] = [await box(one), await box(other)];
  assert.ok(Math.abs(a.width - b.width) < 1 && Math.abs(a.height - b.height) < 1, JSON.stringify([a, b]));
}

const gone = async (customer) => {
  const { status, cancel_at: end, next_payment: next } = await stage.server.subscription(customer);
  assert.ok(end !== null || status === "canceled");
  assert.equal(next, null);
};

const WAYS_OUT = [
  ["default", TEXAS, [words.skip_to_cancel, words.cancel]],
  ["us-ca", CALIFORNIA, [words.skip_to_cancel, words.cancel]],
  ["us-mn", MINNESOTA, [words.skip_to_cancel, words.cancel]],
  ["eu", IRELAND, [words.skip_to_cancel, words.cancel]],
  ["business", BUSINESS, [words.skip_to_cancel, words.cancel]],
  ["de+eu", GERMANY, [law("de").cancel]],
  ["fr+eu", FRANCE, [words.continue, law("fr").cancel]],
  ["eu-withdrawal", WITHDRAWAL, [law("eu-withdrawal").cancel]],
];

for (const [policy, ask, way] of WAYS_OUT) {
  test(`under ${policy}, whoever wants to leave is out in ${way.length === 1 ? "one press" : "two presses"}`, async () => {
    assert.equal(await policyOf(ask), policy);
    const { customer, page } = await opened(ask);
    for (const label of way) await press(page, label);
    await page.locator("dl").getByText(/^FW-/).waitFor();
    await gone(customer);
    assert.deepEqual(page.complaints, []);
  });

  test(`under ${policy}, the same way leads out without a script`, async () => {
    const { customer, page } = await hosted(ask);
    for (const label of way) await page.press(label);
    assert.match(page.text, / FW-\w/);
    await gone(customer);
  });
}

test("where no law is stricter, one offer comes before the confirmation", async () => {
  const { page } = await opened(TEXAS);
  await answer(page, "It costs too much");
  await heading(page, words.offer_title);
  assert.deepEqual(await buttons(page), [words.accept, words.decline, words.back]);
  await equallyLarge(page, words.accept, words.decline);
  await press(page, words.decline);
  await heading(page, words.confirm_title);
  assert.deepEqual(await buttons(page), [words.cancel, words.keep, words.back]);
  await equallyLarge(page, words.cancel, words.keep);
});

test("in California, the button beside an offer cancels at once", async () => {
  const { customer, page } = await opened(CALIFORNIA);
  await answer(page, "It costs too much");
  await heading(page, words.offer_title);
  const label = law("us-ca").click_to_cancel;
  assert.equal(label, "Click to cancel");
  assert.deepEqual(await buttons(page), [words.accept, label, words.back]);
  await equallyLarge(page, words.accept, label);
  await press(page, label);
  await heading(page, words.canceled_title);
  await gone(customer);
  assert.equal((await told(page))[0][1].outcome, "canceled");
});

for (const [where, ask] of [
  ["in Minnesota", MINNESOTA],
  ["where the region of a country with regional laws is not known", { country: "US" }],
]) {
  test(`${where}, no reason leads to an offer`, async () => {
    const { page } = await opened(ask);
    await heading(page, words.survey_title);
    const reasons = await page.getByRole("radio").evaluateAll((all) => all.map((radio) => radio.labels[0].textContent));
    assert.equal(reasons.length, 6);
    for (const reason of reasons) {
      await answer(page, reason);
      await heading(page, words.confirm_title);
      await press(page, words.back);
      await heading(page, words.survey_title);
    }
  });
}

test("between businesses a second offer may follow, and one press still leads past it", async () => {
  const { page } = await opened(BUSINESS, "weekend_monthly");
  await answer(page, "It costs too much");
  await page.getByText("20% off for three months").waitFor();
  await press(page, words.another);
  await page.getByText("Just the headlines").waitFor();
  assert.ok((await buttons(page)).includes(words.accept_and_pay), "the words of the Union's law are for consumers");
  assert.equal(await page.getByRole("button", { name: words.another }).count(), 0);
  await press(page, words.decline);
  await heading(page, words.confirm_title);
});

test("in Germany, the confirmation holds what the law names, and nothing else", async () => {
  const { page } = await opened({ ...GERMANY, locale: "de" });
  const german = wordsOf("de");
  await heading(page, law("de", "de").confirm_title);
  assert.deepEqual(await buttons(page), ["jetzt kündigen"]);
  assert.deepEqual(await asked(page), {
    fields: ["kind", "cause", "when", "until", "email"],
    known: [german.name, german.plan],
  });
  const text = await page.locator("form.step").textContent();
  assert.doesNotMatch(text, /\$|€|Angebot|behalten/, "no price, no offer, no way to stay");
  assert.equal(await page.locator("form.step").getByRole("link").count(), 0);
  assert.ok(await page.getByRole("radio", { name: german.ordinary, exact: true }).isChecked());
  assert.equal(await page.getByLabel(german.cause, { exact: true }).isVisible(), false, "a cause is for those who have one");

  await page.getByRole("radio", { name: german.extraordinary }).check();
  await page.getByLabel(german.cause, { exact: true }).fill("Drei Wochen ohne Zeitung");
  await press(page, "jetzt kündigen");
  await heading(page, german.canceled_title);
});

test("in Germany, a day can be named, and nothing that is left empty keeps anybody", async () => {
  const { customer, page } = await opened(GERMANY);
  await page.getByRole("radio", { name: words.on_date }).check();
  await page.getByLabel(words.email).fill("");
  await press(page, law("de").cancel);
  await heading(page, words.canceled_title);
  await gone(customer);
});

test("in France, what was filled in is shown once more before it is notified", async () => {
  const french = wordsOf("fr");
  const own = law("fr", "fr");
  const { customer, page } = await opened({ ...FRANCE, locale: "fr" });
  await heading(page, own.details_title);
  assert.deepEqual(await buttons(page), [french.continue]);
  await page.getByRole("radio", { name: french.extraordinary }).check();
  await page.getByLabel(french.cause, { exact: true }).fill("Trois semaines sans journal");
  await page.getByLabel(french.email).fill("robin@example.org");
  await press(page, french.continue);

  await heading(page, own.confirm_title);
  assert.deepEqual(await buttons(page), ["notification de la résiliation", french.back]);
  assert.deepEqual((await asked(page)).fields, []);
  for (const said of [french.extraordinary, "Trois semaines sans journal", "robin@example.org"]) {
    assert.ok(await page.getByText(said, { exact: true }).isVisible(), said);
  }
  await press(page, french.back);
  await heading(page, own.details_title);
  assert.equal(await page.getByLabel(french.email).inputValue(), "robin@example.org", "nothing is lost on the way back");
  await press(page, french.continue);
  await press(page, own.cancel);
  await heading(page, french.canceled_title);
  await gone(customer);
});

test("who withdraws from a contract says who they are, and confirms it", async () => {
  const own = law("eu-withdrawal");
  const { customer, page } = await opened(WITHDRAWAL);
  await heading(page, own.confirm_title);
  assert.deepEqual(await buttons(page), ["confirm withdrawal"]);
  assert.deepEqual(await asked(page), { fields: ["email"], known: [words.name, words.plan] });
  await press(page, own.cancel);
  await heading(page, own.canceled_title);
  assert.equal((await stage.server.subscription(customer)).status, "canceled", "a withdrawal waits for no period's end");
});

for (const [user, label, lang] of [
  ["user_1", "Cancel Subscription", "en"],
  ["user_7", "Verträge hier kündigen", "de"],
  ["user_8", "résilier votre contrat", "fr"],
]) {
  test(`the merchant's button says "${label}" where the law of the place says so`, async () => {
    for (const path of ["/", "/return", "/plain"]) {
      const page = await stage.signedIn(user, path);
      await page.getByRole("button", { name: label, exact: true }).waitFor();
    }
    const plain = await stage.signedIn(user, "/plain");
    assert.equal(await plain.getByRole("button", { name: label }).getAttribute("lang"), lang);
  });
}
