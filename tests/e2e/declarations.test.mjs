// The public pages in a real browser: without script, by keyboard, on a small phone, and as axe sees them.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import axe from "axe-core";

import { Stage } from "./stage/stage.mjs";

let stage;
before(async () => {
  stage = await Stage.start();
});
after(() => stage?.stop());
afterEach(() => stage.clear());

const at = (path) => `${stage.server.origin}/b/acme/${path}`;

test("a browser without JavaScript cancels, corrects a mistake and keeps the receipt", async () => {
  const page = await stage.page({ javaScriptEnabled: false, locale: "de-DE" });
  await page.goto(at("cancel"));
  await page.getByRole("heading", { level: 1, name: "Verträge hier kündigen" }).waitFor();
  await page.getByLabel("Ihr Name").fill("Ada Lovelace");
  await page.getByLabel("E-Mail-Adresse").fill("ada@example.com");
  await page.getByRole("button", { name: "jetzt kündigen" }).click();
  await page.getByRole("alert").waitFor();
  assert.equal(await page.getByLabel("Ihr Name").inputValue(), "Ada Lovelace");
  assert.equal(await page.getByRole("textbox", { name: /^Vertrag$/ }).getAttribute("aria-invalid"), "true");
  await page.getByRole("textbox", { name: /^Vertrag$/ }).fill("Kundennummer 17");
  await page.getByRole("button", { name: "jetzt kündigen" }).click();
  await page.getByRole("heading", { level: 1, name: "Ihre Kündigung ist eingegangen" }).waitFor();
  const reference = (await page.locator("main").textContent()).match(/FW-[\w-]{9}/)[0];
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Als Text speichern" }).click(),
  ]);
  assert.equal(download.suggestedFilename(), `${reference}.txt`);

  assert.equal((await stage.server.subscription("cus_ada")).cancel_at, null, "nobody has confirmed it");
  await stage.server.ask(`/v1/declarations/${reference}`, { do: "confirm", subscription_id: "sub_ada" });
  const deadline = Date.now() + 10_000;
  while ((await stage.server.ask(`/v1/declarations/${reference}`)).status !== "done" && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.notEqual((await stage.server.subscription("cus_ada")).cancel_at, null);
});

test("the cause is asked for only where the cancellation is extraordinary, and everything else is in sight", async () => {
  const page = await stage.page();
  await page.goto(at("cancel?lang=en"));
  for (const label of ["Your name", "Contract", "End of the contract", "E-mail address"]) {
    assert.ok(await page.getByRole("textbox", { name: label }).or(page.getByLabel(label)).first().isVisible(), label);
  }
  assert.ok(await page.getByRole("button", { name: "cancel now" }).isVisible());
  const cause = page.getByLabel("Cause of the extraordinary cancellation");
  assert.ok(!(await cause.isVisible()));
  await page.getByRole("radio", { name: "Extraordinary cancellation" }).check();
  assert.ok(await cause.isVisible());
  await page.getByRole("radio", { name: "Ordinary cancellation", exact: true }).check();
  assert.ok(!(await cause.isVisible()));
  assert.deepEqual(page.complaints, []);
});

test("somebody withdraws by keyboard alone", async () => {
  const page = await stage.page();
  await page.goto(at("withdraw?lang=en"));
  for (const text of ["Ben", "Plan Pro", "ben@example.com"]) {
    await page.keyboard.press("Tab");
    await page.keyboard.type(text);
  }
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "confirm withdrawal");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Your withdrawal has arrived" }).waitFor();
  assert.deepEqual(page.complaints, []);
});

test("the mistakes have the focus, and each leads to its field", async () => {
  const page = await stage.page();
  await page.goto(at("cancel?lang=en"));
  await page.getByRole("button", { name: "cancel now" }).click();
  await page.getByRole("alert").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("role")), "alert");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.waitForFunction(() => location.hash === "#name");
});

for (const colorScheme of ["light", "dark"]) {
  test(`every page fits a small phone and axe finds nothing (${colorScheme})`, async () => {
    const page = await stage.page({ colorScheme, viewport: { width: 320, height: 640 } });
    const check = async (name) => {
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes[0].html]), [], name);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${name} is ${wide} px too wide`);
    };
    for (const path of ["cancel?lang=de", "withdraw?lang=de", "cancel?lang=en", "nothing"]) {
      await page.goto(at(path));
      await check(path);
    }
    await page.goto(at("cancel?lang=de"));
    await page.getByRole("radio", { name: "Außerordentliche Kündigung" }).check();
    await page.getByRole("button").click();
    await page.getByRole("alert").waitFor();
    await check("mistakes");
    await page.getByLabel("Grund der").fill("W".repeat(300));
    await page.getByLabel("Ihr Name").fill("Wolfeschlegelsteinhausenbergerdorff".repeat(3));
    await page.getByRole("textbox", { name: /^Vertrag$/ }).fill("17");
    await page.getByLabel("E-Mail-Adresse").fill(`${colorScheme}@example.com`);
    await page.getByRole("button").click();
    await page.getByRole("heading", { level: 1, name: "Ihre Kündigung ist eingegangen" }).waitFor();
    await check("receipt");
  });
}
