// What a customer sees and does in the flow, wherever it is shown.

import { words } from "./words.mjs";

/** Presses the button with this text. */
export const press = (page, name) => page.getByRole("button", { name, exact: true }).click();

/** Waits for the step with this heading. */
export const heading = (page, name) => page.getByRole("heading", { name, exact: true }).waitFor();

/** Waits for the dialog that has nothing to show yet. */
export const loading = (page) => page.getByRole("dialog", { name: "One moment" }).waitFor();

/** Gives a reason, and goes on. */
export async function answer(page, reason) {
  await page.getByRole("radio", { name: reason, exact: true }).check();
  await press(page, words.continue);
}

/** Waits until no dialog is left in the page. */
export const closed = (page) => page.waitForFunction(() => !document.querySelector("dialog[data-farewell]"));

/** What has the focus, outside of shadow roots: `BUTTON Cancel Subscription`. */
export const focused = (page) =>
  page.evaluate(() => `${document.activeElement.tagName} ${document.activeElement.textContent}`);
