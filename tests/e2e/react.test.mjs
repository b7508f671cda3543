// The React bindings, in the oldest React they are for, the newest, and the one between.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { pathToFileURL } from "node:url";

import { createElement } from "react";
import { renderToString } from "react-dom/server";

import { bundled } from "./stage/bundled.mjs";
import { closed, focused, heading, press } from "./stage/flow.mjs";
import { root } from "./stage/server.mjs";
import { Stage } from "./stage/stage.mjs";
import { words } from "./stage/words.mjs";

let stage;
before(async () => (stage = await Stage.start()));
after(() => stage?.stop());
afterEach(() => stage.clear());

const VERSIONS = {
  17: { react: "react-17", "react-dom": "react-dom-17", mount: `import { render } from "react-dom"; const mount = (app) => render(app, at);` },
  18: { react: "react-18", "react-dom": "react-dom-18" },
  19: {},
};
const MOUNT = `import { createRoot } from "react-dom/client"; const mount = (app) => createRoot(at).render(app);`;

const APP = (config, session) => `
  import { createElement, StrictMode, useState } from "react";
  import { CancelButton, RenumerateProvider, useRenumerate } from "@farewell/js/react";

  const at = document.getElementById("app");
  globalThis.told = [];
  const note = (name) => (result) => told.push([name, result.outcome]);
  const callbacks = { onRetained: note("onRetained"), onCancelled: note("onCancelled"), onComplete: note("onComplete") };
  const h = createElement;

  function Own({ sessionId }) {
    const { open, isReady, result } = useRenumerate({ sessionId });
    return h("p", null, h("button", { onClick: open, disabled: !isReady }, "Leave"), h("output", null, result ? result.outcome : "open"));
  }

  function App() {
    const [there, set] = useState(true);
    globalThis.show = set;
    const mine = { config: ${JSON.stringify(config)} };
    return h(StrictMode, null,
      there && h(RenumerateProvider, mine, h(CancelButton, { sessionId: ${JSON.stringify(session)}, callbacks, label: "Cancel my plan", id: "theirs" })),
      h(RenumerateProvider, mine, h(Own, { sessionId: ${JSON.stringify(session)} }), h(CancelButton, { sessionId: null })));
  }
`;

async function app(version) {
  const { mount = MOUNT, ...alias } = VERSIONS[version];
  const config = { publicKey: stage.server.key.public };
  const session = await stage.server.session(await stage.newcomer());
  const script = `${mount}\n${APP(config, session)}\nmount(h(App));`;
  const module = await bundled(script, alias);
  const page = await stage.page();
  await page.goto(stage.host.publish(`/react-${version}-${session.slice(-8)}`, { body: '<div id="app"></div>', module }));
  await page.getByRole("button", { name: "Cancel my plan" }).waitFor();
  return page;
}

const told = (page) => page.evaluate(() => globalThis.told);

for (const version of Object.keys(VERSIONS)) {
  test(`React ${version}: the button, its callbacks, the hook and its result`, async () => {
    const page = await app(version);
    const ours = page.getByRole("button", { name: "Cancel my plan" });
    assert.deepEqual(
      await ours.evaluate(({ type, className, id }) => [type, className, id]),
      ["button", "farewell-cancel-btn", "theirs"],
    );
    assert.ok(await page.getByRole("button", { name: "Cancel Subscription" }).isDisabled(), "there is no session yet");
    await ours.click();
    await press(page, words.skip_to_cancel);
    await press(page, words.cancel);
    await heading(page, words.canceled_title);
    await press(page, words.done);
    await closed(page);
    await page.waitForFunction(() => globalThis.told.length > 1);
    assert.deepEqual(await told(page), [["onCancelled", "canceled"], ["onComplete", "canceled"]], "once each, also in StrictMode");
    assert.equal(await focused(page), "BUTTON Cancel my plan");

    await press(page, "Leave");
    await heading(page, words.canceled_title);
    await press(page, words.done);
    await page.getByText("canceled", { exact: true }).waitFor();
    assert.deepEqual(page.complaints, []);
    assert.deepEqual(page.errors.filter((text) => !text.includes("404")), []);
  });
}

test("a component that goes in the middle of a flow takes its dialog along, and nothing of another's", async () => {
  const page = await app(19);
  await press(page, "Cancel my plan");
  await heading(page, words.survey_title);
  await page.evaluate(() => globalThis.show(false));
  await closed(page);
  await press(page, "Leave");
  await heading(page, words.survey_title);
  await page.evaluate(() => globalThis.show(true));
  await page.getByRole("button", { name: "Cancel my plan", includeHidden: true }).waitFor({ state: "attached" });
  await page.evaluate(() => globalThis.show(false));
  await page.evaluate(() => new Promise(requestAnimationFrame));
  await press(page, words.skip_to_cancel);
  await heading(page, words.confirm_title);
  assert.deepEqual(page.complaints, []);
});

/** What a server draws, with the package as Node takes it. */
async function rendered(properties) {
  const { CancelButton, RenumerateProvider } = await import(pathToFileURL(join(process.env.FAREWELL_PKG ?? join(root, "pkg"), "react.js")));
  const config = { publicKey: stage.server.key.public };
  return renderToString(createElement(RenumerateProvider, { config }, createElement(CancelButton, properties)));
}

test("drawn by a server, the button is there at once, and React takes it over as it is", async () => {
  const session = await stage.server.session(await stage.newcomer());
  const body = `<div id="app">${await rendered({ sessionId: session })}</div>`;
  assert.ok(!body.includes(session), "the session is not in the page");
  const module = await bundled(`
    import { createElement as h } from "react";
    import { hydrateRoot } from "react-dom/client";
    import { CancelButton, RenumerateProvider } from "@farewell/js/react";
    globalThis.before = document.querySelector("button");
    const config = ${JSON.stringify({ publicKey: stage.server.key.public })};
    hydrateRoot(document.getElementById("app"), h(RenumerateProvider, { config }, h(CancelButton, { sessionId: "${session}" })),
      { onRecoverableError: (error) => console.error("Trusted: " + error) });`);
  const page = await stage.page();
  await page.goto(stage.host.publish("/hydrated", { body, module }));
  await page.waitForFunction(() => Object.keys(globalThis.before ?? {}).some((key) => key.startsWith("__reactProps")));
  await press(page, "Cancel Subscription");
  await heading(page, words.survey_title);
  assert.ok(await page.evaluate(() => globalThis.before.isConnected));
  assert.deepEqual(page.complaints, []);
});

test("drawn as a form it works without JavaScript", async () => {
  const session = await stage.server.session(await stage.newcomer());
  const body = await rendered({ sessionId: session, form: true });
  const page = await stage.page({ javaScriptEnabled: false });
  await page.goto(stage.host.publish("/react-form", { body }));
  await press(page, "Cancel Subscription");
  await page.waitForURL(/\/c\/[\w-]{16,}$/);
  await heading(page, words.survey_title);
});

test("what a button cannot be given is an error as it is drawn, not as it is pressed", async () => {
  await assert.rejects(rendered({ sessionId: "ret_x", callbacks: { onComplete: "x" } }), /^TypeError: onComplete is string, not function$/);
  await assert.rejects(rendered({ sessionId: async () => "ret_x", form: true }), /^TypeError: form takes a session id, not a function/);
  assert.ok(await rendered({ sessionId: null, form: true, callbacks: { onComplete: undefined } }));
});

test("outside of a provider it says so", async () => {
  const { useRenumerate } = await import(pathToFileURL(join(process.env.FAREWELL_PKG ?? join(root, "pkg"), "react.js")));
  const Lost = () => useRenumerate({ sessionId: "ret_x" }) && null;
  assert.throws(() => renderToString(createElement(Lost)), /^Error: useRenumerate must be used within a RenumerateProvider$/);
});
