// Several instances, configurations and customers in one page: what belongs to one is never another's. Each of these went wrong in
// what we replace.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { pathToFileURL } from "node:url";

import { createElement } from "react";
import { renderToString } from "react-dom/server";

import { bundled } from "./stage/bundled.mjs";
import { closed, heading, press } from "./stage/flow.mjs";
import { root } from "./stage/server.mjs";
import { Stage } from "./stage/stage.mjs";
import { names, untilTold } from "./stage/told.mjs";
import { words } from "./stage/words.mjs";

let stage;
before(async () => (stage = await Stage.start()));
after(() => stage?.stop());
afterEach(() => stage.clear());

const pkg = process.env.FAREWELL_PKG ?? join(root, "pkg");
const packaged = (file) => import(pathToFileURL(join(pkg, file)));
const session = async () => stage.server.session(await stage.newcomer());
const page = (options) => stage.billingPage("cus_ben", options);

/** Opens a session in an instance of its own, called `globalThis[name]`, and waits for the first step. */
async function another(page, name) {
  const shown = await page.evaluateHandle(
    async ([name, session, publicKey]) => {
      const { Farewell } = await import("/farewell/index.js");
      globalThis[name] = new Farewell({ publicKey, callbacks: { onComplete: () => told.push([`${name} onComplete`]) } });
      return globalThis[name].showRetentionView(session);
    },
    [name, await session(), stage.server.key.public],
  );
  await page.waitForFunction((dialog) => dialog.firstElementChild.shadowRoot.querySelector("form.step"), shown);
  return shown;
}

/** How a dialog looks that has its style, and how one that has lost it does not. */
const look = (dialog) => dialog.evaluate((dialog) => [getComputedStyle(dialog).padding, getComputedStyle(dialog).borderRadius]);

test("cleaning up one instance leaves another's dialog where it is, with its style", async () => {
  const one = await page();
  const first = await another(one, "first");
  const before = await look(first);
  const second = await another(one, "second");
  await one.evaluate(() => globalThis.second.cleanup());
  assert.equal(await second.evaluate((dialog) => dialog.isConnected), false);
  assert.deepEqual(await look(first), before);
  await press(one, words.skip_to_cancel);
  await heading(one, words.confirm_title);
  await press(one, words.keep);
  await untilTold(one, "first onComplete");
  assert.ok(!(await names(one)).includes("second onComplete"));
  assert.deepEqual(one.complaints, []);
});

test("cleaning up takes an instance's last dialog; the one below goes on", async () => {
  const one = await page();
  const sessions = [await session(), await session()];
  await one.evaluate((sessions) => {
    for (const [i, session] of sessions.entries()) farewell.showRetentionView(session, { onComplete: () => told.push([`${i}`]) });
  }, sessions);
  await one.waitForFunction(() => {
    const hosts = [...document.querySelectorAll("dialog > div")];
    return hosts.every((host) => host.shadowRoot.querySelector("form.step"));
  });
  await one.evaluate(() => farewell.cleanup());
  assert.equal(await one.locator("dialog").count(), 1);
  await press(one, words.close);
  await untilTold(one, "0");
  await closed(one);
  assert.ok(!(await names(one)).includes("1"));
  assert.deepEqual(one.complaints, []);
});

test("initialized again and again, it still calls back once", async () => {
  const one = await page({ session: JSON.stringify(await session()) });
  await one.evaluate(() => [1, 2, 3].forEach(() => farewell.initialize()));
  await press(one, "Cancel Subscription");
  await press(one, words.skip_to_cancel);
  await press(one, words.cancel);
  await heading(one, words.canceled_title);
  await press(one, words.done);
  await untilTold(one, "onComplete");
  assert.deepEqual(await names(one), ["farewell:cancelled", "onCancelled", "farewell:complete", "onComplete"]);
});

test("a callback that is given as undefined leaves the call to the configuration's", async () => {
  const one = await page({ options: "{ classes: '', onComplete: undefined, onCancelled: undefined }" });
  await one.evaluate(() => farewell.setCallbacks({ onComplete: undefined }));
  assert.equal(await one.locator("#cancel button").getAttribute("class"), "farewell-cancel-btn", "and so does a class that is empty");
  await press(one, "Cancel Subscription");
  await heading(one, words.survey_title);
  await one.keyboard.press("Escape");
  await untilTold(one, "onComplete");
  assert.deepEqual(await names(one), ["farewell:complete", "onComplete"]);
});

test("callbacks that were set are taken back by setting none", async () => {
  const one = await page();
  await one.evaluate(() => {
    farewell.setCallbacks({ onComplete: () => told.push(["set"]) });
    farewell.setCallbacks();
  });
  await press(one, "Cancel Subscription");
  await one.keyboard.press("Escape");
  await untilTold(one, "onComplete");
  assert.ok(!(await names(one)).includes("set"));
});

test("a configuration that is updated counts for buttons that are there, and not for a dialog that is open", async () => {
  const one = await page();
  await one.evaluate(() => farewell.updateConfig({ fallbackEmail: "new@acme.example" }));
  await one.route("**/v1/flow", (route) => route.abort());
  await press(one, "Cancel Subscription");
  await heading(one, "This did not load");
  await one.getByRole("link", { name: "new@acme.example" }).waitFor();
  await one.evaluate(() => farewell.updateConfig({ callbacks: { onComplete: () => told.push(["later"]) } }));
  await press(one, "Close");
  await untilTold(one, "onComplete");
  assert.ok(!(await names(one)).includes("later"));
});

test("the page's one instance takes over the configuration it is asked for with", async () => {
  const one = await page();
  await one.route("**/v1/flow", (route) => route.abort());
  await one.evaluate(async (publicKey) => {
    const { Farewell } = await import("/farewell/index.js");
    Farewell.getInstance({ publicKey, fallbackEmail: "old@acme.example" });
    Farewell.getInstance({ fallbackEmail: "new@acme.example" }).showRetentionView("ret_x");
  }, stage.server.key.public);
  await heading(one, "This did not load");
  await one.getByRole("link", { name: "new@acme.example" }).waitFor();
});

test("after one customer another, in the same page: each gets their own, and nothing is kept", async () => {
  const ids = [await stage.server.session("cus_chloe"), await stage.server.session("cus_emma")];
  const one = await page({ body: '<div id="cancel"></div><div id="next"></div>', session: JSON.stringify(ids[0]) });
  const asked = [];
  one.on("request", (request) => request.url().endsWith("/v1/flow") && asked.push(new URLSearchParams(request.postData()).get("session")));
  await press(one, "Cancel Subscription");
  await heading(one, words.survey_title);
  await press(one, words.close);
  await closed(one);
  await one.evaluate((id) => {
    document.getElementById("cancel").replaceChildren();
    farewell.mountCancelButton("next", id);
  }, ids[1]);
  await press(one, "Cancel Subscription");
  await heading(one, words.survey_title);
  assert.deepEqual([...new Set(asked)], ids);
  const kept = await one.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]);
  assert.deepEqual(kept, [0, 0, ""]);
});

test("a session of the other kind opens a dialog at once, and it is said in it what is wrong", async () => {
  const one = await page();
  const open = await one.evaluate(() => farewell.showRetentionView("sub_1MowQVLkdIwHu7ixeRlqHVzs").matches("body > dialog:modal"));
  assert.equal(open, true);
  await one.getByRole("link", { name: "support@acme.example" }).waitFor();
  await one.keyboard.press("Escape");
  await untilTold(one, "onComplete");
  assert.ok(!one.errors.some((text) => text.includes("sub_1Mow")), "a billing system's id is nobody's business either");
  assert.deepEqual(one.complaints, []);
});

test("on a server, what needs a page says that there is none", async () => {
  const { Farewell } = await packaged("index.js");
  const one = new Farewell({ publicKey: stage.server.key.public });
  assert.throws(() => one.mountCancelButton("cancel", "ret_x"), /^ReferenceError: document is not defined$/);
  assert.throws(() => one.showRetentionView("ret_x"), /^ReferenceError: document is not defined$/);
});

test("React: outside of a provider the button says so, and a session that is none is said on the press", async () => {
  const { CancelButton, RenumerateProvider } = await packaged("react.js");
  const lost = () => renderToString(createElement(CancelButton, { sessionId: "ret_x" }));
  assert.throws(lost, /^Error: useRenumerate must be used within a RenumerateProvider$/);
  const provided = (properties) => createElement(RenumerateProvider, { config: { publicKey: "" } }, createElement(CancelButton, properties));
  assert.match(renderToString(provided({ sessionId: "nonsense" })), /^<button type="button"/);

  const module = await bundled(`
    import { createElement as h } from "react";
    import { createRoot } from "react-dom/client";
    import { CancelButton, RenumerateProvider } from "@farewell/js/react";
    const config = ${JSON.stringify({ publicKey: stage.server.key.public })};
    createRoot(document.getElementById("app")).render(h(RenumerateProvider, { config }, h(CancelButton, { sessionId: "nonsense" })));`);
  const one = await stage.page();
  await one.goto(stage.host.publish("/react-nonsense", { body: '<div id="app"></div>', module }));
  const thrown = one.waitForEvent("pageerror");
  await press(one, "Cancel Subscription");
  assert.equal((await thrown).message, "Invalid sessionId: nonsense. Expected a retention or subscription session ID.");
  assert.equal(await one.locator("dialog").count(), 0);
});

for (const file of ["react.js", "react.cjs"]) {
  test(`React Server Components take ${file} as it is: it says where it runs`, async () => {
    // Directives come before everything else, in any order.
    assert.match(await readFile(join(pkg, file), "utf8"), /^(["']use strict["'];)?\s*["']use client["'];/);
  });
}
