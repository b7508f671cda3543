// The main paths of a customer in every browser engine there is: Chromium, Firefox and WebKit, the system's own.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { verifyOffline } from "../../www/demo/result-token.mjs";
import { BROWSERS, Driven } from "./stage/driver.mjs";
import { Stage } from "./stage/stage.mjs";
import { names, told } from "./stage/told.mjs";
import { hubWords, words } from "./stage/words.mjs";

let stage;
before(async () => (stage = await Stage.start({ browser: false })));
after(() => stage?.stop());

/** What a result token says, if it is one of ours. */
async function claims(url) {
  const token = new URLSearchParams(new URL(url).hash.slice(1)).get("ci_result_token");
  const { keys } = await (await fetch(`${stage.server.origin}/.well-known/jwks.json`)).json();
  return verifyOffline(token, keys, { issuer: stage.server.origin, audience: "acme" });
}

const untilTold = (page, name) => page.until(async () => (await names(page)).includes(name), `the page to be told ${name}`);

/** Goes from the first question to the receipt of a cancellation. */
async function leave(page) {
  await page.heading(words.survey_title);
  await page.press(words.skip_to_cancel);
  await page.heading(words.confirm_title);
  await page.press(words.cancel);
  await page.heading(words.canceled_title);
}

/** Goes from the first question to the receipt of an accepted offer. */
async function stay(page) {
  await page.heading(words.survey_title);
  await page.choose("It costs too much");
  await page.fill("What would be a fair price for you?", "Ten");
  await page.press(words.continue);
  await page.find("text", "20% off for three months");
  await page.press(words.accept);
  await page.heading(words.saved_title);
}

/** The address of a page with the hub of a new customer in it, and the customer. */
async function hubAddress() {
  const customer = await stage.newcomer();
  const given = JSON.stringify([stage.server.key.public, await stage.server.hub(customer)]);
  const module = `import { Farewell } from "/farewell/index.js";
    const [publicKey, session] = ${given};
    document.addEventListener("farewell:changed", ({ detail }) => (document.title = detail.kind + " " + detail.effect));
    new Farewell({ publicKey }).mountSubscriptionHub("place", session);`;
  return { customer, address: stage.host.publish(`/hub-${customer}`, { body: '<div id="place"></div>', module }) };
}

/** Changes to the smaller plan, from the hub to what became of it. */
async function change(page) {
  await page.heading(hubWords.title);
  await page.press(hubWords.do_plan);
  await page.heading(hubWords.plan_title);
  await page.choose("Headlines$5.00 a month");
  await page.press(hubWords.continue);
  await page.find("text", "Headlines");
  const confirm = () => page.evaluate(() => {
    const root = document.querySelector("[data-farewell-hub]")?.shadowRoot ?? document;
    return root.querySelector("[value=confirm]")?.textContent;
  });
  await page.until(confirm, "what it would mean");
  await page.press(await confirm());
  const done = () => page.evaluate(() => {
    const root = document.querySelector("[data-farewell-hub]")?.shadowRoot ?? document;
    return root.querySelector(".told [role=status]")?.textContent.endsWith("your plan is Headlines.");
  });
  await page.until(done, "what became of it");
}

for (const name of Object.keys(BROWSERS)) {
  describe(name, () => {
    let browser, page;
    before(async () => ({ page } = browser = await Driven.launch(name)));
    after(() => browser?.stop());

    test("from the button by survey and offer to the receipt", async () => {
      const customer = await stage.newcomer();
      await page.goto(await stage.billingAddress(customer));
      await page.press("Cancel Subscription");
      await stay(page);
      assert.deepEqual(await names(page), ["farewell:retained", "onRetained"]);
      await page.press(words.done);
      await page.closed();
      await untilTold(page, "onComplete");
      assert.deepEqual(await names(page), ["farewell:retained", "onRetained", "farewell:complete", "onComplete"]);
      const [[, result]] = await told(page);
      assert.equal(result.outcome, "saved");
      assert.equal(result.offer.id, "twenty_percent");
      assert.equal((await stage.server.subscription(customer)).next_payment.amount, 960);
    });

    test("straight out: canceled in billing, told to the page, proved by a token in the address", async () => {
      const customer = await stage.newcomer();
      await page.goto(await stage.billingAddress(customer));
      await page.press("Cancel Subscription");
      await leave(page);
      assert.deepEqual(await names(page), ["farewell:cancelled", "onCancelled"]);
      const [[, result]] = await told(page);
      await page.find("text", result.receipt.reference);
      await page.press(words.done);
      await page.closed();
      await untilTold(page, "onComplete");
      assert.deepEqual(await names(page), ["farewell:cancelled", "onCancelled", "farewell:complete", "onComplete"]);
      assert.equal((await claims(await page.url())).outcome, "canceled");
      assert.notEqual((await stage.server.subscription(customer)).cancel_at, null);
    });

    test("an offer with choices is taken with one, and not without", async () => {
      const customer = await stage.newcomer();
      await page.goto(await stage.billingAddress(customer));
      await page.press("Cancel Subscription");
      await page.choose("I don't read it enough");
      await page.press(words.continue);
      await page.find("text", "Take a break");
      await page.press(words.accept); // the browser itself asks for a choice
      await page.find("text", "Take a break");
      assert.deepEqual(await names(page), []);
      await page.evaluate(() => document.querySelector("dialog").firstElementChild.shadowRoot.querySelector("input[name=choice]").focus());
      await page.key("SPACE");
      await page.press(words.accept);
      await page.heading(words.saved_title);
      assert.equal((await told(page))[0][1].offer.kind, "pause");
    });

    test("where the law wants one page without questions, it holds everything that can be said", async () => {
      const customer = await stage.newcomer({ country: "DE" });
      await page.goto(await stage.billingAddress(customer, { ask: { country: "DE", locale: "en" } }));
      await page.press("Cancel Subscription");
      await page.choose("For cause, at once");
      await page.fill("The cause", "It never came");
      await page.press("Cancel now");
      await untilTold(page, "onCancelled");
      await page.press(words.done);
      await page.closed();
      assert.equal((await claims(await page.url())).outcome, "canceled");
    });

    test("Escape closes, decides nothing and gives the focus back", async () => {
      const customer = await stage.newcomer();
      await page.goto(await stage.billingAddress(customer));
      await page.press("Cancel Subscription");
      await page.heading(words.survey_title);
      await page.until(async () => (await page.focused()) === `H2 ${words.survey_title}`, "the focus on the heading");
      await page.key("ESCAPE");
      await page.closed();
      await untilTold(page, "onComplete");
      assert.equal((await told(page))[0][1].outcome, "aborted");
      assert.equal(await page.focused(), "BUTTON Cancel Subscription");
      assert.equal((await stage.server.subscription(customer)).cancel_at, null);
    });

    test("what is behind an open flow cannot be reached with Tab", async () => {
      const body = '<button>Before</button><div id="cancel"></div><button>Behind</button>';
      await page.goto(await stage.billingAddress(await stage.newcomer(), { body }));
      await page.press("Cancel Subscription");
      await page.heading(words.survey_title);
      const seen = new Set();
      for (let presses = 0; presses < 20; presses++) {
        await page.key("TAB");
        seen.add(await page.focused());
      }
      assert.ok(seen.has(`BUTTON ${words.skip_to_cancel}`), [...seen].join("\n"));
      assert.ok(!seen.has("BUTTON Before") && !seen.has("BUTTON Behind"), [...seen].join("\n"));
    });

    test("without what opens the flow the same session goes on as a page", async () => {
      const customer = await stage.newcomer();
      stage.host.withheld.add("opening.js");
      try {
        await page.goto(await stage.billingAddress(customer));
        await page.press("Cancel Subscription");
        await page.until(async () => /\/c\/[\w-]{16,}$/.test(await page.url()), "the hosted page");
      } finally {
        stage.host.withheld.clear();
      }
      await leave(page);
      assert.notEqual((await stage.server.subscription(customer)).cancel_at, null);
    });

    test("without the engine the first step is sent as a form, and the same session goes on as a page", async () => {
      const customer = await stage.newcomer();
      stage.host.withheld.add("engine.js");
      try {
        await page.goto(await stage.billingAddress(customer));
        await page.press("Cancel Subscription");
        await page.choose("It costs too much");
        await page.press(words.continue);
        await page.until(async () => /\/c\/[\w-]{16,}$/.test(await page.url()), "the hosted page");
      } finally {
        stage.host.withheld.clear();
      }
      await page.find("text", "20% off for three months");
      await page.press(words.accept);
      await page.heading(words.saved_title);
      assert.equal((await stage.server.subscription(customer)).next_payment.amount, 960);
    });

    test("a policy that forbids WebAssembly: the same session goes on as a page", async () => {
      const policy = `script-src 'self'; connect-src ${stage.server.origin}; style-src 'none'`;
      const headers = { "Content-Security-Policy": policy };
      await page.goto(await stage.billingAddress(await stage.newcomer(), { headers }));
      await page.press("Cancel Subscription");
      await page.until(async () => /\/c\/[\w-]{16,}$/.test(await page.url()), "the hosted page");
      await page.heading(words.survey_title);
    });

    test("the strictest policy that allows WebAssembly leaves the flow whole", async () => {
      const policy = [
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        `connect-src ${stage.server.origin}`,
        "style-src 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
      ].join("; ");
      const headers = { "Content-Security-Policy": policy };
      await page.goto(await stage.billingAddress(await stage.newcomer(), { headers }));
      await page.press("Cancel Subscription");
      await page.heading(words.survey_title);
      const corner = await page.evaluate(() => getComputedStyle(document.querySelector("dialog")).borderTopLeftRadius);
      assert.equal(corner, "16px", "the dialog has its style");
      await page.press(words.close);
      await page.closed();
    });

    test("the hub: another plan, chosen, shown, agreed to and told to the page", async () => {
      const { customer, address } = await hubAddress();
      await page.goto(address);
      await change(page);
      assert.equal(await page.title(), "plan applied");
      assert.equal((await stage.server.subscription(customer)).next_payment.amount, 500);
    });

    test("the hub: Escape leaves a step, and the focus is where it was begun", async () => {
      const { address } = await hubAddress();
      await page.goto(address);
      await page.press(hubWords.do_pause);
      await page.heading(hubWords.pause_title);
      await page.until(async () => (await page.focused()) === `H4 ${hubWords.pause_title}`, "the focus on the step");
      await page.key("ESCAPE");
      await page.until(async () => (await page.focused()) === `BUTTON ${hubWords.do_pause}`, "the focus on the button");
    });

    test("the hub: cancel opens the flow in place, and the hub shows the end", async () => {
      const { address } = await hubAddress();
      await page.goto(address);
      await page.press("Cancel Subscription");
      await leave(page);
      await page.press(words.done);
      await page.closed();
      await page.find("button", words.undo);
    });

    hosted(() => page, "the hosted page");
  });

  describe(`${name} without JavaScript`, () => {
    let browser, page;
    before(async () => ({ page } = browser = await Driven.launch(name, { javascript: false })));
    after(() => browser?.stop());

    test("scripts are off", async () => {
      await page.goto(stage.host.publish("/script", { module: 'document.title = "ran";', body: "<noscript><p>None</p></noscript>" }));
      await page.find("text", "None");
      assert.equal(await page.title(), "Host");
    });

    hosted(() => page, "the hosted page");
  });
}

/** The hosted page, from the merchant's form and back to the merchant; and the hub as one. */
function hosted(page, where) {
  test(`${where} is the hub, and changes the plan`, async () => {
    const customer = await stage.newcomer();
    const session = await stage.server.hub(customer);
    const body = `<form method="post" action="${stage.server.origin}/c"><input type="hidden" name="session" value="${session}"><button>My plan</button></form>`;
    await page().goto(stage.host.publish(`/plain-${customer}`, { body }));
    await page().press("My plan");
    await change(page());
    assert.equal((await stage.server.subscription(customer)).next_payment.amount, 500);
  });

  test(`${where} saves a customer by an offer`, async () => {
    const customer = await stage.newcomer();
    await page().goto(await stage.formAddress(customer, { return_url: `${stage.host.origin}/back` }));
    await page().press("Cancel Subscription");
    await stay(page());
    await page().press(words.done);
    await page().until(async () => (await page().url()).startsWith(`${stage.host.origin}/back`), "the merchant's page");
    assert.equal((await claims(await page().url())).outcome, "saved");
    assert.equal((await stage.server.subscription(customer)).next_payment.amount, 960);
  });

  test(`${where} cancels`, async () => {
    const customer = await stage.newcomer();
    await page().goto(await stage.formAddress(customer, { return_url: `${stage.host.origin}/back` }));
    await page().press("Cancel Subscription");
    await leave(page());
    await page().press(words.done);
    await page().until(async () => (await page().url()).startsWith(`${stage.host.origin}/back`), "the merchant's page");
    assert.equal((await claims(await page().url())).outcome, "canceled");
    assert.notEqual((await stage.server.subscription(customer)).cancel_at, null);
  });
}
