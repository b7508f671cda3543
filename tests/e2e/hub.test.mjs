// The subscription hub: what a customer pays for, in the page, by whichever way it got there.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { bundled } from "./stage/bundled.mjs";
import { heading, press } from "./stage/flow.mjs";
import { Stage } from "./stage/stage.mjs";
import { words } from "./stage/words.mjs";

let stage;
before(async () => (stage = await Stage.start()));
after(() => stage?.stop());
afterEach(() => stage.clear());

const hubOf = (customer) => stage.server.hub(customer);

/** A page with a hub in it, mounted by this script. */
async function page(script, { session, body = '<div id="place"></div>', ...more } = {}) {
  const module = await bundled(script);
  const given = { key: stage.server.key.public, session };
  const head = `<script>merchant = ${JSON.stringify(given)}; told = []</script>`;
  const one = await stage.page();
  await one.goto(stage.host.publish("/hub", { body: head + body, module, ...more }));
  return one;
}

const MOUNT = `
  import { Farewell } from "@farewell/js";
  globalThis.farewell = new Farewell({ publicKey: merchant.key, fallbackEmail: "support@shop.example" });
  const callbacks = Object.fromEntries(["onRetained", "onCancelled", "onComplete"].map((name) => [name, ({ outcome }) => told.push(name + " " + outcome)]));
  globalThis.hub = farewell.mountSubscriptionHub("place", merchant.session, "around", "inside", callbacks);`;

test("it shows the plan, its price and the next payment, in the page itself", async () => {
  const one = await page(MOUNT, { session: await hubOf(await stage.newcomer()) });
  await heading(one, "Your subscription");
  for (const text of ["Active", "Price", "Next payment"]) await one.getByText(text, { exact: true }).waitFor();
  assert.deepEqual(await one.evaluate(() => [hub.className, hub.parentNode.id, hub.firstElementChild.className]), ["around", "place", "inside"]);
  assert.equal(await one.locator("iframe").count(), 0);
  assert.deepEqual(one.requests.filter((request) => /engine|flow/.test(request)), [], "nothing of the flow, before somebody points at it");
  assert.deepEqual(one.complaints, []);
});

test("cancel in it: the flow opens in place, the hub shows the end, and takes it back", async () => {
  const customer = await stage.newcomer();
  const one = await page(MOUNT, { session: await hubOf(customer) });
  await press(one, "Cancel Subscription");
  await press(one, words.skip_to_cancel);
  await press(one, words.cancel);
  await heading(one, words.canceled_title);
  await press(one, words.done);
  await one.getByText(/You can use it until/).waitFor();
  assert.notEqual((await stage.server.subscription(customer)).cancel_at, null);
  assert.deepEqual(await one.evaluate(() => told), ["onCancelled canceled", "onComplete canceled"]);
  await one.getByRole("button", { name: words.undo }).click();
  await one.getByRole("dialog").getByRole("button", { name: words.undo }).click();
  await heading(one, words.undone_title);
  await press(one, words.done);
  await one.getByText("Next payment", { exact: true }).waitFor();
  assert.equal((await stage.server.subscription(customer)).cancel_at, null);
  assert.deepEqual(one.complaints, []);
});

test("after the flow the focus is back in the hub", async () => {
  const one = await page(MOUNT, { session: await hubOf(await stage.newcomer()) });
  await press(one, "Cancel Subscription");
  await heading(one, words.survey_title);
  const again = one.waitForResponse((response) => response.url().endsWith("/v1/hub"));
  await one.keyboard.press("Escape");
  await again;
  await one.waitForFunction(() => hub.firstElementChild.shadowRoot.activeElement?.tagName === "BUTTON");
});

test("taken away, it leaves another where it is", async () => {
  const second = await hubOf(await stage.newcomer());
  const one = await page(MOUNT, { session: await hubOf(await stage.newcomer()), body: '<div id="place"></div><div id="other"></div>' });
  await heading(one, "Your subscription");
  await one.evaluate((session) => {
    farewell.mountSubscriptionHub("other", session);
    hub.remove();
  }, second);
  await heading(one, "Your subscription");
  assert.equal(await one.getByRole("heading", { name: "Your subscription" }).count(), 1);
});

test("what is wrong is said at once: ids of another kind, elements that are not there", async () => {
  const one = await page(MOUNT, { session: await hubOf(await stage.newcomer()) });
  await heading(one, "Your subscription");
  const said = (...call) =>
    one.evaluate(([method, ...given]) => {
      try {
        return farewell[method](...given);
      } catch (error) {
        return `${error.name}: ${error.message}`;
      }
    }, call);
  const wrong = "Error: Invalid sessionId: ret_1. Expected a subscription session ID.";
  assert.equal(await said("mountSubscriptionHub", "nowhere", "ret_1"), wrong);
  assert.equal(await said("getSubscriptionHubUrl", "ret_1"), wrong);
  assert.equal(await said("mountSubscriptionHub", "nowhere", "sub_1"), "Error: Element with id nowhere not found");
  assert.equal(await said("getSubscriptionHubUrl", "sub_1"), `${stage.server.origin}/c#sub_1`);
});

test("a server that is away: a word, the page, an address, and another try that works", async () => {
  const session = await hubOf(await stage.newcomer());
  const one = await page(MOUNT, { session, body: '<div id="place"></div>' });
  await heading(one, "Your subscription");
  await stage.server.program.stop();
  try {
    await one.evaluate(() => farewell.mountSubscriptionHub("place", merchant.session));
    await one.getByText("This did not load. Nothing was changed.").waitFor();
    assert.match(await one.getByRole("link", { name: "Open as page" }).getAttribute("href"), /\/c#sub_/);
    assert.ok(await one.getByRole("link", { name: "support@shop.example" }).isVisible());
  } finally {
    await stage.server.serve();
  }
  await press(one, "Try again");
  await one.getByText("This did not load. Nothing was changed.").waitFor({ state: "detached" });
  assert.equal(await one.getByRole("heading", { name: "Your subscription" }).count(), 2);
  const [line] = one.errors.filter((line) => line.includes("no hub"));
  assert.ok(line && !line.includes(session.slice(4, 20)), "one line, without the session");
});

for (const [what, blocked] of [["the opening", "**/opening.js"], ["the hub's script", "**/hub.js"]]) {
  test(`${what} is blocked: a link leads to the hub as a page`, async () => {
    const session = await hubOf(await stage.newcomer());
    const one = await stage.page();
    await one.route(blocked, (route) => route.abort());
    const body = `<script>merchant = ${JSON.stringify({ key: stage.server.key.public, session })}; told = []</script><div id="place"></div>`;
    const module = MOUNT.replace("@farewell/js", "/farewell/index.js");
    await one.goto(stage.host.publish("/blocked-hub", { body, module }));
    await one.getByRole("link", { name: "Open as page" }).click();
    await heading(one, "Your subscription");
    assert.ok(!one.url().includes("sub_"), "the session stays out of the address");
  });
}

test("the hub as a page, without JavaScript: cancel leads to the flow as a page", async () => {
  const session = await hubOf(await stage.newcomer());
  const one = await stage.page({ javaScriptEnabled: false });
  const form = `<form method="post" action="${stage.server.origin}/c"><input type="hidden" name="session" value="${session}"><button>My plan</button></form>`;
  await one.goto(stage.host.publish("/plain-hub", { body: form }));
  await press(one, "My plan");
  await heading(one, "Your subscription");
  await press(one, "Cancel Subscription");
  await heading(one, words.survey_title);
});

test("React's component shows it, in strict mode too, and takes it along when it goes", async () => {
  const one = await page(
    `import { createElement, StrictMode, useState } from "react";
     import { createRoot } from "react-dom/client";
     import { RenumerateProvider, SubscriptionHub } from "@farewell/js/react";
     const App = () => {
       const [shown, show] = useState(true);
       globalThis.show = show;
       return shown && createElement(SubscriptionHub, { sessionId: merchant.session, wrapperClassName: "around" });
     };
     const config = { publicKey: merchant.key };
     createRoot(document.getElementById("place")).render(
       createElement(StrictMode, null, createElement(RenumerateProvider, { config }, createElement(App))));`,
    { session: await hubOf(await stage.newcomer()) },
  );
  await heading(one, "Your subscription");
  assert.equal(await one.locator(".around").count(), 1);
  await one.evaluate(() => globalThis.show(false));
  await one.locator(".around").waitFor({ state: "detached" });
  assert.deepEqual(one.complaints, []);
});

test("what is wrong with a call is said, and the hub is there: classes that are none, sessions that are none", async () => {
  const one = await page(MOUNT.replace('"around", "inside", callbacks', "{ onComplete() {} }"), { session: await hubOf(await stage.newcomer()) });
  await heading(one, "Your subscription");
  assert.equal(await one.evaluate(() => hub.className), "");
  assert.deepEqual(one.errors, ["Farewell: wrapperClasses is object, not string. The callbacks are the fifth argument."]);
  for (const [session, named] of [
    ["async () => undefined", /^Farewell: the session function gave no id: TypeError/],
    ['async () => { throw new RangeError("nobody is logged in"); }', /^Farewell: the session function gave no id: RangeError: nobody is logged in/],
  ]) {
    const other = await page(MOUNT.replace("merchant.session", session), {});
    await other.getByText("This did not load. Nothing was changed.").waitFor();
    assert.equal(await other.getByRole("link", { name: "Open as page" }).count(), 0, "there is no page without an id");
    assert.ok(!other.requests.some((request) => request.endsWith("/v1/hub")));
    assert.match(other.errors.join(), named);
  }
});

test("a malformed id: the line says where ids of a hub are from, and does not blame the address", async () => {
  const one = await page(MOUNT, { session: "sub_nonsense" });
  await one.getByText("This page has expired").waitFor();
  const [line] = one.errors.filter((text) => text.startsWith("Farewell:"));
  assert.match(line, /subscription\/session/);
  assert.doesNotMatch(line, /apiBase/);
});

for (const [file, session] of [["hub.js", false], ["opening.js", false], ["hub.js", true], ["opening.js", true]]) {
  test(`${file} does not come: a link leads to the hub as a page, also where a function gives the id${session ? " (function)" : ""}`, async () => {
    stage.host.withheld.add(file);
    try {
      const id = await hubOf(await stage.newcomer());
      const one = await page(
        `import(location.origin + "/farewell/index.js").then(({ Farewell }) => {
           const farewell = new Farewell({ publicKey: merchant.key });
           farewell.mountSubscriptionHub("place", ${session ? "async () => merchant.session" : "merchant.session"});
         });`,
        { session: id },
      );
      const link = one.getByRole("link", { name: "Open as page" });
      await link.waitFor();
      assert.equal(await link.getAttribute("href"), `${stage.server.origin}/c#${id}`);
      if (file === "hub.js") assert.ok(one.errors.some((text) => text.startsWith("Farewell: no hub.js")));
      assert.deepEqual(one.complaints, []);
    } finally {
      stage.host.withheld.clear();
    }
  });
}

test("the custom element takes its attributes in any order, and leaves nothing of the customer without its session", async () => {
  const session = await hubOf(await stage.newcomer());
  const one = await page(`import "@farewell/js/element";`, { session, body: "" });
  const asked = () => one.requests.filter((request) => request.endsWith("/v1/hub")).length;
  await one.evaluate(() => {
    const hub = document.body.appendChild(document.createElement("farewell-hub"));
    hub.setAttribute("session", merchant.session);
    hub.setAttribute("public-key", merchant.key);
  });
  await heading(one, "Your subscription");
  assert.equal(asked(), 1, "what is set in one go is shown once");
  await one.evaluate(() => document.querySelector("farewell-hub").removeAttribute("session"));
  await one.waitForFunction(() => !document.querySelector("farewell-hub").childNodes.length);
  await one.evaluate(() => (document.querySelector("farewell-hub").session = async () => merchant.session));
  await heading(one, "Your subscription");
  await one.evaluate(() => (document.querySelector("farewell-hub").session = null));
  await one.waitForFunction(() => !document.querySelector("farewell-hub").childNodes.length);
  await one.evaluate(() => {
    const hub = document.querySelector("farewell-hub");
    hub.removeAttribute("public-key");
    hub.setAttribute("session", merchant.session);
  });
  await one.getByRole("link", { name: "Open as page" }).waitFor(); // this page's own origin is no server of ours
  await one.evaluate(() => document.querySelector("farewell-hub").setAttribute("public-key", merchant.key));
  await heading(one, "Your subscription");
  assert.deepEqual(one.complaints, []);
});

test("the custom element shows it, by attribute and by a function", async () => {
  const session = await hubOf(await stage.newcomer());
  const body = `<farewell-hub session="${session}" public-key="${stage.server.key.public}"></farewell-hub>`;
  const one = await page(`import "@farewell/js/element";`, { session, body });
  await heading(one, "Your subscription");
  await one.evaluate(() => {
    document.querySelector("farewell-hub").remove();
    const another = document.createElement("farewell-hub");
    another.setAttribute("public-key", merchant.key);
    another.session = async () => merchant.session;
    document.body.append(another);
  });
  await heading(one, "Your subscription");
  assert.deepEqual(one.complaints, []);
});
