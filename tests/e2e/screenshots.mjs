// Pictures of every state, on a phone and a desktop, light and dark, in target/screenshots. For people to look at:
//
//   node tests/e2e/screenshots.mjs

import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { answer, heading, press } from "./stage/flow.mjs";
import { root } from "./stage/server.mjs";
import { Stage } from "./stage/stage.mjs";
import { words } from "./stage/words.mjs";

const folder = process.argv[2] ?? join(root, "target/screenshots");
const DEVICES = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 375, height: 667 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
};

await mkdir(folder, { recursive: true });
for (const [device, shape] of Object.entries(DEVICES)) {
  for (const colorScheme of ["light", "dark"]) {
    const stage = await Stage.start();
    try {
      await pictures(stage, { ...shape, colorScheme, reducedMotion: "reduce" }, `${device}-${colorScheme}`);
    } finally {
      await stage.stop();
    }
  }
}
console.log(`pictures are in ${folder}`);

/** Every state, one after the other, each from a page of its own where that is simplest. */
async function pictures(stage, context, name) {
  const take = async (page, state, options) => {
    await page.screenshot({ path: join(folder, `${state}-${name}.png`), ...options });
  };

  let page = await stage.signedIn("user_1", "/", context);
  await take(page, "01-billing");
  await page.route("**/engine.js", () => {}); // never answered
  await press(page, "Cancel Subscription");
  await heading(page, "One moment");
  await take(page, "02-loading");
  await page.getByText("Still loading.").waitFor();
  await take(page, "03-loading-slowly");

  page = await stage.signedIn("user_1", "/", context);
  await page.route("**/v1/flow", (route) => route.abort());
  await press(page, "Cancel Subscription");
  await heading(page, "This did not load");
  await take(page, "04-failed");

  const body = '<meta name="viewport" content="width=device-width"><div id="cancel"></div>';
  page = await stage.billingPage("cus_ada", { session: '"ret_altered"', body, context });
  await press(page, "Cancel Subscription");
  await heading(page, "This page has expired");
  await take(page, "05-expired");

  page = await stage.signedIn("user_1", "/", context);
  await press(page, "Cancel Subscription");
  await heading(page, words.survey_title);
  await take(page, "06-survey");
  await page.getByRole("radio", { name: "It costs too much" }).check();
  await take(page, "07-survey-answered");
  await press(page, words.continue);
  await page.getByText("20% off for three months").waitFor();
  await take(page, "08-offer");
  await page.route("**/v1/flow/actions", (route) => route.abort());
  await press(page, words.accept);
  await page.getByText(words.notice_failed).waitFor();
  await take(page, "09-offer-not-sent");
  await page.unroute("**/v1/flow/actions");
  await press(page, words.try_again);
  await heading(page, words.saved_title);
  await take(page, "10-receipt-saved");
  await press(page, words.done);
  await page.getByText(/20% off until/).waitFor();
  await take(page, "11-billing-saved", { fullPage: true });

  page = await stage.signedIn("user_2", "/return", context);
  await press(page, "Cancel Subscription");
  await answer(page, "Something else");
  await heading(page, words.confirm_title);
  await take(page, "12-confirm");
  await press(page, words.cancel);
  await heading(page, words.canceled_title);
  await take(page, "13-receipt-canceled");
  await press(page, words.done);
  await page.getByText("Verified offline").waitFor();
  await take(page, "14-callback", { fullPage: true });

  page = await stage.signedIn("user_4", "/plain", context);
  await take(page, "15-billing-without-script");
  await press(page, "Cancel Subscription");
  await heading(page, words.survey_title);
  await take(page, "16-hosted-survey", { fullPage: true });
  await answer(page, "It costs too much");
  await page.getByText("20% off for three months").waitFor();
  await take(page, "17-hosted-offer", { fullPage: true });
  await press(page, words.decline);
  await press(page, words.cancel);
  await heading(page, words.canceled_title);
  await take(page, "18-hosted-receipt", { fullPage: true });
  await stage.clear();
}
