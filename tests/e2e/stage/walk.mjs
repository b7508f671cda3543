// A customer's way through the flow in any language and under any policy, by what buttons send rather than by what they say.

/** Ways to go, as what a customer presses if it is there: the first that is on the screen and was not pressed before. */
export const WAYS = {
  staying: ["accept", "answer", "keep"],
  leaving: ["cancel", "decline", "answer"],
  "leaving at once, then undoing": ["undo", "cancel", "leave"],
};

/** Steps in the page: the form on the screen, in the page itself or in the shadow root of an open flow. */
const FORM = "form.step";

/** @typedef {{ step: string, verbs: string[] }} Step a step's heading and what its buttons send */

/**
 * Walks, and stops at every step.
 *
 * @param {import("playwright-core").Page} page where the first step is shown, or about to be
 * @param {string[]} way of `WAYS`
 * @param {string} reason the key of the reason that is given
 * @returns {AsyncGenerator<Step>}
 */
export async function* walk(page, way, reason) {
  const pressed = new Set();
  await page.locator(FORM).waitFor();
  for (;;) {
    const form = page.locator(FORM);
    const verbs = await form.locator("button[name=do]").evaluateAll((buttons) => buttons.map((button) => button.value));
    yield { step: (await form.locator("h2").textContent()).trim(), verbs };
    const next = way.find((verb) => verbs.includes(verb) && !pressed.has(verb));
    if (!next) return;
    if (next === "answer") {
      pressed.add("keep"); // who has answered waits for what is offered
      await form.locator(`input[name=reason][value="${reason}"]`).check();
      yield { step: "with a reason given", verbs };
    }
    pressed.add(next);
    const position = await at(page);
    await form.locator(`button[name=do][value=${next}]`).first().click();
    if (!(await moved(page, position))) return;
  }
}

/** Which form is on the screen. */
const at = (page) =>
  page.locator(FORM).evaluate((form) => `${form.elements.run.value}.${form.elements.seq.value}`);

/** Waits until another form is there, or none. */
async function moved(page, position) {
  for (;;) {
    const now = await at(page).catch(() => undefined); // between two pages there is none
    if (now !== undefined && now !== position) return true;
    if (now === undefined && !(await page.locator(FORM).count().catch(() => 1))) return false;
    await page.waitForTimeout(20); // between two looks at a page that is changing
  }
}
