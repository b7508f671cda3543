// Pages with a content security policy: nothing that it forbids is tried, and where it forbids the flow, there is another way.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { answer, heading, press } from "./stage/flow.mjs";
import { Stage } from "./stage/stage.mjs";
import { names, untilTold } from "./stage/told.mjs";
import { words } from "./stage/words.mjs";

let stage;
before(async () => (stage = await Stage.start()));
after(() => stage?.stop());
afterEach(() => stage.clear());

/** Everything is forbidden but what is named. */
const strict = (script, connect = stage.server.origin) => ({
  "Content-Security-Policy": [
    "default-src 'none'",
    `script-src ${script}`,
    `connect-src ${connect}`,
    "style-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; "),
});

/** Opens a page that keeps every violation of its policy, also those that nobody complains of in the console. */
async function guarded(customer, headers) {
  const page = await stage.billingPage(customer, { headers });
  await page.evaluate(() => {
    globalThis.violations = [];
    document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) =>
      violations.push(`${effectiveDirective} ${blockedURI}`),
    );
  });
  return page;
}

const ALLOWED = {
  "scripts of its own": "'self' 'wasm-unsafe-eval'",
  "scripts with a nonce": "'nonce-abc123' 'wasm-unsafe-eval'",
  "scripts with a nonce, and what they load": "'nonce-abc123' 'strict-dynamic' 'wasm-unsafe-eval'",
  "scripts that may evaluate text": "'self' 'unsafe-eval'",
};

for (const [what, script] of Object.entries(ALLOWED)) {
  test(`${what}: the whole flow, styled, and the policy is not violated`, async () => {
    const page = await guarded("cus_ada", strict(script));
    await press(page, "Cancel Subscription");
    await heading(page, words.survey_title);
    const look = await page.evaluate(() => {
      const dialog = document.querySelector("dialog");
      const button = dialog.firstElementChild.shadowRoot.querySelector("button.leave");
      return [getComputedStyle(dialog).borderRadius, getComputedStyle(button).borderRadius];
    });
    assert.equal(look[0], "16px");
    assert.notEqual(look[1], "0px");
    await answer(page, await page.getByRole("radio").first().evaluate((radio) => radio.labels[0].textContent));
    await page.getByRole("heading", { level: 2 }).waitFor();
    await page.keyboard.press("Escape");
    await untilTold(page, "onComplete");
    await press(page, "Cancel Subscription");
    await press(page, words.skip_to_cancel);
    await press(page, words.keep);
    await untilTold(page, "onRetained");
    assert.ok((await names(page)).includes("farewell:retained"));
    assert.deepEqual(await page.evaluate(() => globalThis.violations), []);
    assert.deepEqual(page.complaints, []);
    assert.deepEqual(page.errors, []);
  });
}

test("a failure is styled, and violates nothing", async () => {
  const page = await guarded("cus_ada", strict("'self' 'wasm-unsafe-eval'"));
  await page.route("**/v1/flow", (route) => route.fulfill({ status: 500, body: "" }));
  await press(page, "Cancel Subscription");
  await heading(page, "This did not load");
  const radius = await page.evaluate(() => {
    const again = document.querySelector("dialog").firstElementChild.shadowRoot.querySelector("button.leave");
    return getComputedStyle(again).borderRadius;
  });
  assert.notEqual(radius, "0px");
  assert.deepEqual(await page.evaluate(() => globalThis.violations), []);
  assert.deepEqual(page.complaints, []);
});

test("without 'wasm-unsafe-eval' the same session goes on as a page", async () => {
  const page = await guarded("cus_ben", strict("'self'"));
  await press(page, "Cancel Subscription");
  await page.waitForURL(/\/c\/[\w-]{16,}$/);
  await heading(page, words.survey_title);
  await press(page, words.skip_to_cancel);
  await press(page, words.cancel);
  await heading(page, words.canceled_title);
  assert.notEqual((await stage.server.subscription("cus_ben")).cancel_at, null);
});

test("a policy that forbids asking the server: said at once, and the same session as a page is one press away", async () => {
  const page = await guarded("cus_chloe", strict("'self' 'wasm-unsafe-eval'", "'none'"));
  await press(page, "Cancel Subscription");
  await heading(page, "This did not load");
  await page.getByRole("link", { name: "Open as page" }).click();
  await page.waitForURL(/\/c\/[\w-]{16,}$/);
  await heading(page, words.survey_title);
});

test("the default button has its look where the policy allows no styles, and the page's own come before it", async () => {
  const policy = "default-src 'none'; script-src 'self' 'nonce-x'; style-src 'none'";
  const look = (page) =>
    page.getByRole("button", { name: "Cancel Subscription" }).evaluate((button) => {
      const { borderRadius, paddingTop, backgroundColor } = getComputedStyle(button);
      return [borderRadius, paddingTop, backgroundColor];
    });
  const strict = await stage.billingPage("cus_ada", { headers: { "Content-Security-Policy": policy }, nonce: "x" });
  const [radius, padding, background] = await look(strict);
  assert.deepEqual([radius !== "0px", padding !== "1px", background], [true, true, "rgba(0, 0, 0, 0)"]);
  const own = await stage.billingPage("cus_ada", { body: "<style>button { border-radius: 3px }</style><div id=cancel></div>" });
  assert.equal((await look(own))[0], "3px");
});
