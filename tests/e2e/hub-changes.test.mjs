// What a customer does in the hub itself: with a keyboard alone, on any screen, without JavaScript, and when the server is away.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { bundled } from "./stage/bundled.mjs";
import { heading, press } from "./stage/flow.mjs";
import { HUB_SCENES, playHub } from "./stage/hub-scenes.mjs";
import { measured, tabbed, violations } from "./stage/inspect.mjs";
import { given, reach } from "./stage/keyboard.mjs";
import { Stage } from "./stage/stage.mjs";
import { fill, hubWords } from "./stage/words.mjs";

let stage;
before(async () => (stage = await Stage.start()));
after(() => stage?.stop());
afterEach(() => stage.clear());

const newcomer = ({ plan = "digital_monthly" } = {}) => stage.server.customer(plan, { country: "US", region: "TX" });

const MOUNT = `
  import { Farewell } from "@farewell/js";
  globalThis.farewell = new Farewell({ publicKey: merchant.key });
  const onChanged = ({ kind, effect }) => told.push("onChanged " + kind + " " + effect);
  document.addEventListener("farewell:changed", ({ detail }) => told.push("farewell:changed " + detail.kind + " " + detail.effect));
  globalThis.hub = farewell.mountSubscriptionHub("place", globalThis.session ?? merchant.session, "", "", { onChanged });`;

/** A page with the hub of a customer in it. */
async function page(customer, { script = MOUNT, head = "", ...context } = {}) {
  const module = await bundled(script);
  const merchant = { key: stage.server.key.public, session: await stage.server.hub(customer), another: await stage.server.hub(customer) };
  const body = `<script>merchant = ${JSON.stringify(merchant)}; told = [];${head}</script><main><div id="place"></div></main>`;
  const one = await stage.page(context);
  await one.goto(stage.host.publish(`/hub-${customer}`, { body, module }));
  await heading(one, hubWords.title);
  return one;
}

const told = (one) => one.evaluate(() => told);
const status = (one, text) => one.getByRole("status").filter({ hasText: text }).waitFor();

/** Presses what has this name, by Tab and a key. */
async function key(one, name, pressed = "Enter") {
  await reach(one, `button ${name}`);
  await one.keyboard.press(pressed);
}

/** Chooses by the arrows, and goes on by Enter. */
async function choose(one, first, wanted) {
  await reach(one, `radio ${first}`);
  await one.keyboard.press("Space");
  await reach(one, `radio ${wanted}`, "ArrowDown");
  await one.keyboard.press("Enter");
}

/** As the keyboard finds it: its name and its price. */
const YEARLY = "Digital, paid yearly$120.00 a year";

test("a pause, by the keyboard alone: chosen, shown, agreed to, called off", async () => {
  const customer = await newcomer();
  const one = await page(customer);
  await key(one, hubWords.do_pause);
  await given(one, `heading ${hubWords.pause_title}`);
  await choose(one, "1 month", "2 months");
  await given(one, `heading ${hubWords.pause_title}`);
  await one.getByText(hubWords.pause_span, { exact: true }).waitFor();
  const confirm = await one.locator("[value=confirm]").textContent();
  assert.ok(confirm.startsWith(fill(hubWords.go_pause, { date: "" })), confirm);
  await key(one, confirm, "Space");
  await one.waitForFunction(() => told.length === 2);
  await given(one, `status ${await one.locator(".told p").textContent()}`);
  assert.deepEqual(await told(one), ["farewell:changed pause applied", "onChanged pause applied"]);
  const paused = await stage.server.subscription(customer);
  assert.notEqual(paused.pause, null);
  await key(one, hubWords.do_keep);
  await given(one, `heading ${hubWords.keep_title}`);
  await key(one, hubWords.do_keep);
  await status(one, hubWords.told_resume);
  assert.equal((await stage.server.subscription(customer)).pause, null);
  assert.deepEqual(one.complaints, []);
});

test("another plan at once, by the keyboard alone: what is charged is what the button said", async () => {
  const customer = await newcomer();
  const one = await page(customer);
  await key(one, hubWords.do_plan);
  await given(one, `heading ${hubWords.plan_title}`);
  await choose(one, YEARLY, "Digital and weekend paper$24.50 a month");
  const confirm = one.locator("[value=confirm]");
  await confirm.waitFor();
  const label = await confirm.textContent();
  const [, price] = /Pay (\$[\d.]+) and change plan/.exec(label);
  await key(one, label);
  await status(one, fill(hubWords.told_plan_now, { plan: "Digital and weekend paper" }));
  assert.equal(await one.locator(".bills .total").first().textContent(), price);
  assert.equal((await stage.server.subscription(customer)).plan.external_id, "weekend_monthly");
});

test("a code, by the keyboard alone: wrong ones are told at the field, a right one lowers the price", async () => {
  const customer = await newcomer();
  const one = await page(customer);
  await key(one, hubWords.do_code);
  await given(one, `heading ${hubWords.code_title}`);
  for (const [code, wrong] of [["NOPE", "wrong_unknown_coupon"], ["WINTER25", "wrong_coupon_expired"], ["WEEKEND", "wrong_coupon_not_for_plan"]]) {
    await one.getByRole("textbox", { name: hubWords.code_label }).focus();
    await one.keyboard.press("ControlOrMeta+A");
    await one.keyboard.type(code);
    await one.keyboard.press("Enter");
    await one.getByText(hubWords[wrong], { exact: true }).waitFor();
    const field = one.getByRole("textbox", { name: hubWords.code_label, description: hubWords[wrong] });
    assert.equal(await field.inputValue(), code);
    assert.ok(await field.evaluate((field) => field.matches(":focus")), "the focus is where it is wrong");
  }
  await one.keyboard.press("ControlOrMeta+A");
  await one.keyboard.type("spring20");
  await one.keyboard.press("Enter");
  await one.getByText("$9.60 on").first().waitFor();
  await key(one, hubWords.go_code);
  await status(one, hubWords.told_code);
  assert.equal((await stage.server.subscription(customer)).next_payment.amount, 960);
});

test("one more term, by the keyboard alone", async () => {
  const customer = await newcomer({ plan: "digital_pass" });
  const one = await page(customer);
  await key(one, hubWords.do_renew);
  await given(one, `heading ${hubWords.renew_title}`);
  await key(one, await one.locator("[value=confirm]").textContent());
  await status(one, hubWords.told_renew);
});

test("Back and Escape leave a step where it was begun", async () => {
  const one = await page(await newcomer());
  await key(one, hubWords.do_plan);
  await given(one, `heading ${hubWords.plan_title}`);
  await one.keyboard.press("Escape");
  await given(one, `button ${hubWords.do_plan}`);
  await one.keyboard.press("Enter");
  await choose(one, YEARLY, "Headlines$5.00 a month");
  await one.locator("[value=confirm]").waitFor();
  await one.keyboard.press("Escape");
  await one.getByText(hubWords.plan_question).waitFor();
  assert.ok(await one.getByRole("radio", { name: "Headlines" }).isChecked(), "what was chosen is chosen still");
  await key(one, hubWords.back);
  await given(one, `button ${hubWords.do_plan}`);
});

test("the browser itself asks for a choice, and nothing is sent without one", async () => {
  const one = await page(await newcomer());
  await press(one, hubWords.do_pause);
  await one.getByText(hubWords.pause_question).waitFor();
  const before = one.requests.length;
  await press(one, hubWords.continue);
  assert.equal(one.requests.length, before);
});

test("cancel is there on every step, and opens the flow", async () => {
  const one = await page(await newcomer());
  await press(one, hubWords.do_plan);
  await heading(one, hubWords.plan_title);
  await press(one, "Cancel Subscription");
  await one.getByRole("dialog").waitFor();
});

test("a button pressed twice sends once, and a form sent twice is done once", async () => {
  const customer = await newcomer();
  const one = await page(customer);
  await press(one, hubWords.do_pause);
  await one.getByRole("radio", { name: "1 month" }).check();
  await press(one, hubWords.continue);
  await one.locator("[value=confirm]").waitFor();
  const asked = () => one.requests.filter((request) => request === "POST /v1/hub/actions").length;
  const before = asked();
  await one.locator("[value=confirm]").dblclick();
  await status(one, "Done.");
  assert.equal(asked(), before + 1);
});

test("an answer that gets lost: the customer is told so, sends the same again, and it was done once", async () => {
  const customer = await newcomer();
  const one = await page(customer);
  await press(one, hubWords.do_pause);
  await one.getByRole("radio", { name: "1 month" }).check();
  await press(one, hubWords.continue);
  await one.locator("[value=confirm]").waitFor();
  // It arrives, and the answer does not.
  await one.route("**/v1/hub/actions", async (route) => {
    await route.fetch();
    await route.abort();
  });
  await one.locator("[value=confirm]").click();
  await one.getByText(hubWords.not_sent).waitFor();
  await given(one, `status ${hubWords.not_sent}`);
  assert.notEqual((await stage.server.subscription(customer)).pause, null, "it was done");
  await one.unroute("**/v1/hub/actions");
  await one.locator("[value=confirm]").click();
  await status(one, "Done.");
  assert.deepEqual(await told(one), ["farewell:changed pause applied", "onChanged pause applied"]);
});

test("a session that runs out under an open hub is renewed by its function, and what was shown is asked again", async () => {
  const head = "asked = 0; session = async () => (asked++ ? merchant.another : merchant.session)";
  const one = await page(await newcomer(), { head });
  await press(one, hubWords.do_pause);
  await one.getByRole("radio", { name: "1 month" }).check();
  await press(one, hubWords.continue);
  await one.locator("[value=confirm]").waitFor();
  assert.equal(await one.evaluate(() => asked), 1, "one session is used as long as it can be");
  let over = true;
  await one.route("**/v1/hub/actions", (route) => {
    if (!over) return route.continue();
    over = false;
    return route.fulfill({ status: 401, json: { error: "expired" }, headers: { "Access-Control-Allow-Origin": "*" } });
  });
  await one.locator("[value=confirm]").click();
  await one.getByText(hubWords.changed).waitFor();
  assert.equal(await one.evaluate(() => asked), 2);
  await one.locator("[value=confirm]").click();
  await status(one, "Done.");
});

test("React's component and the custom element tell of changes", async () => {
  const react = await page(await newcomer(), {
    script: `import { createElement } from "react";
      import { createRoot } from "react-dom/client";
      import { RenumerateProvider, SubscriptionHub } from "@farewell/js/react";
      const callbacks = { onChanged: ({ kind, effect }) => told.push(kind + " " + effect) };
      const hub = createElement(SubscriptionHub, { sessionId: merchant.session, callbacks });
      createRoot(document.getElementById("place")).render(createElement(RenumerateProvider, { config: { publicKey: merchant.key } }, hub));`,
  });
  const element = await page(await newcomer(), {
    script: `import "@farewell/js/element";
      const hub = document.createElement("farewell-hub");
      hub.addEventListener("changed", ({ detail }) => told.push(detail.kind + " " + detail.effect));
      hub.setAttribute("public-key", merchant.key);
      hub.session = merchant.session;
      document.getElementById("place").append(hub);`,
  });
  for (const one of [react, element]) {
    await press(one, hubWords.do_pause);
    await one.getByRole("radio", { name: "1 month" }).check();
    await press(one, hubWords.continue);
    await one.locator("[value=confirm]").click();
    await status(one, "Done.");
    assert.deepEqual(await told(one), ["pause applied"]);
    assert.deepEqual(one.complaints, []);
  }
});

test("as a page, without JavaScript: a change from the hub to what became of it, and a reload does nothing twice", async () => {
  const customer = await newcomer();
  const one = await stage.page({ javaScriptEnabled: false });
  const session = await stage.server.hub(customer);
  const form = `<form method="post" action="${stage.server.origin}/c"><input type="hidden" name="session" value="${session}"><button>My plan</button></form>`;
  await one.goto(stage.host.publish(`/plain-${customer}`, { body: form }));
  await press(one, "My plan");
  await press(one, hubWords.do_plan);
  await one.getByRole("radio", { name: "Headlines" }).check();
  await press(one, hubWords.continue);
  await one.locator("[value=confirm]").click();
  await status(one, "your plan is Headlines");
  assert.match(one.url(), /\/c\/[\w-]{22}$/);
  await one.reload();
  await status(one, "your plan is Headlines");
  assert.match((await stage.server.subscription(customer)).next_payment.amount.toString(), /^500$/);
  await one.goBack();
  assert.deepEqual(one.complaints, []);
});

test("cancelled on its page, without JavaScript, a customer comes back to the hub", async () => {
  const one = await playHub(stage, { where: "hosted", see: "article" }, { context: { javaScriptEnabled: false } });
  await press(one, "Cancel Subscription");
  await press(one, "Skip to cancel");
  await press(one, "Cancel subscription");
  await press(one, "Done");
  await one.getByText(/You can use it until/).waitFor();
});

const LOOKS = {
  "on a phone": { viewport: { width: 375, height: 667 }, isMobile: true, hasTouch: true },
  "on a narrow dark one": { viewport: { width: 320, height: 640 }, colorScheme: "dark" },
  "on a desktop": { viewport: { width: 1280, height: 800 } },
};
for (const [where, look] of Object.entries(LOOKS)) {
  for (const [scene, what] of Object.entries(HUB_SCENES)) {
    test(`nobody is shut out ${where}: ${scene}`, async () => {
      const one = await playHub(stage, what, { context: { ...look, reducedMotion: "reduce" } });
      assert.deepEqual([...(await violations(one)), ...(await measured(one)), ...(look.isMobile ? [] : (await tabbed(one)).found)], []);
    });
  }
}

for (const locale of ["de", "fr", "es", "ja", "ar"]) {
  test(`every state is whole in another language: ${locale}`, async () => {
    for (const scene of ["hub", "hub-plans", "hub-plan-now", "hub-pause-done", "hub-code-wrong"]) {
      const look = { viewport: { width: 320, height: 640 }, reducedMotion: "reduce" };
      const one = await playHub(stage, HUB_SCENES[scene], { context: look, locale });
      assert.deepEqual([...(await violations(one)), ...(await measured(one))], [], scene);
    }
  });
}
