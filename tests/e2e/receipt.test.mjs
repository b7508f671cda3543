// Receipts in a browser: read, printed and saved without a script, and handed to the merchant who mails them.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, afterEach, before, test } from "node:test";

import { verifyOffline } from "../../www/demo/result-token.mjs";
import { HostedPage } from "./stage/hosted-page.mjs";
import { Stage } from "./stage/stage.mjs";
import { words } from "./stage/words.mjs";

let stage;
before(async () => (stage = await Stage.start()));
after(() => stage?.stop());
afterEach(() => stage.clear());

/** A customer who has canceled without a script; gives the address of the receipt. */
async function canceled(customer) {
  const page = await HostedPage.open(stage.server.origin, await stage.server.session(customer));
  await page.press(words.skip_to_cancel);
  await page.press(words.cancel);
  assert.equal(page.heading, words.canceled_title);
  return `${page.url}/receipt`;
}

/** What a label of the receipt stands beside. */
const line = (page, label) => page.locator("dl div", { has: page.locator(`dt:text-is("${label}")`) }).locator("dd").innerText();

test("a receipt is read, printed and saved without a script", async () => {
  const page = await stage.page({ javaScriptEnabled: false, acceptDownloads: true });
  await page.goto(await canceled("cus_ada"));
  assert.match(await page.locator("h1").innerText(), /cancellation has been received/);
  const reference = await line(page, "Reference");
  assert.match(reference, /^FW-\w{4}-\w{4}$/);
  assert.match(await line(page, "Received"), /E[SD]T \(America\/New_York\)$/);
  assert.equal(await line(page, "Status now"), "Carried out");

  await page.emulateMedia({ media: "print" });
  assert.equal(await page.getByText("Save as a text file").isVisible(), false, "paper has no links");
  assert.equal(await page.getByText(reference).first().isVisible(), true);
  await page.emulateMedia({ media: "screen" });

  const [download] = await Promise.all([page.waitForEvent("download"), page.getByText("Save as a text file").click()]);
  assert.equal(download.suggestedFilename(), `${reference}.txt`);
  const text = await readFile(await download.path(), "utf8");
  const { keys } = await (await fetch(`${stage.server.origin}/.well-known/jwks.json`)).json();
  const expected = { issuer: stage.server.origin, audience: "acme", type: "receipt+jwt" };
  const receipt = verifyOffline(text.trim().split("\n").at(-1), keys, expected);
  assert.equal(receipt.reference, reference);
  for (const { text: said } of receipt.lines) {
    assert.ok(text.replace(/\s+/g, " ").includes(said.replace(/\s+/g, " ")), said);
  }
  assert.deepEqual(page.complaints, []);
});

test("a receipt fits a phone", async () => {
  const page = await stage.page({ viewport: { width: 320, height: 640 } });
  await page.goto(await canceled("cus_ben"));
  const overflow = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
  assert.equal(await page.evaluate(overflow), 0);
});

test("the merchant is handed the receipt, and mails it", async () => {
  const address = await canceled("cus_chloe");
  const page = await stage.signedIn("user_3", "/mails");
  const mail = page.locator(".mail", { hasText: "chloe@example.com" });
  // The server looks every second for what is to be handed over.
  for (let tries = 0; (await mail.count()) === 0; tries++) {
    assert.ok(tries < 100, "it was not handed over");
    await page.waitForTimeout(100);
    await page.reload();
  }
  await page.goto(address);
  const reference = await line(page, "Reference");
  await page.goBack();
  assert.match(await mail.locator("h2").innerText(), new RegExp(reference));
  assert.match(await mail.locator("pre").innerText(), new RegExp(`Reference: ${reference}`));
  assert.deepEqual(page.complaints, []);
});

test("the merchant takes nothing that Farewell has not signed", async () => {
  const forged = JSON.stringify({ type: "receipt.issued", to: "eve@example.com", subject: "Hello", text: "x", receipt: { reference: "FW-EVE" } });
  const headers = { "Content-Type": "application/json", "Farewell-Signature": "e30.e30.e30" };
  const answer = await fetch(`${stage.merchant}/farewell/receipts`, { method: "POST", headers, body: forged });
  assert.equal(answer.status, 400);
  assert.ok(!(await (await fetch(`${stage.merchant}/mails`)).text()).includes("eve@example.com"));
});
