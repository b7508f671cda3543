// A customer's way through the flow in any language and under any policy, by what buttons send rather than by what they say.

/** Ways to go, as what a customer presses if it is there: the first that is on the screen and was not pressed before. */
export const WAYS = {
  staying: ["accept", "answer", "keep"],
  leaving: ["another", "cancel", "decline", "answer", "declare"],
  "leaving at once, then undoing": ["undo", "cancel", "leave", "declare"],
};

/** A step: the form on the screen, in the page itself or in the shadow root of an open flow. */
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
      const given = form.locator(`input[name=reason][value="${reason}"]`);
      if (await given.count()) {
        await given.check();
        yield { step: "with a reason given", verbs };
      }
    }
    const cause = form.locator("input[name=kind]");
    if ((await cause.count()) && !pressed.has("kind")) {
      pressed.add("kind");
      await cause.last().check();
      await form.locator("input[name=when]").last().check();
      yield { step: "with everything unfolded", verbs };
      await cause.first().check();
      await form.locator("input[name=when]").first().check();
    }
    // Nothing is chosen beforehand, and an offer with choices is not taken without one.
    const choices = form.locator("input[name=choice]");
    if (next === "accept" && (await choices.count())) await choices.first().check();
    pressed.add(next);
    const position = await at(page);
    await form.locator(`button[name=do][value=${next}]`).first().click();
    if (!(await moved(page, position, next))) return;
  }
}

/** Which form is on the screen: null when there is none, undefined while a page is on its way. */
const at = (page) =>
  page
    .evaluate(() => {
      const hosts = [...document.querySelectorAll("dialog[data-farewell] > div, main section > div")];
      const root = hosts.find(({ shadowRoot }) => shadowRoot)?.shadowRoot ?? document;
      const form = root.querySelector("form.step");
      if (!form && document.readyState !== "complete") return undefined;
      return form && `${form.elements.run?.value}.${form.elements.seq?.value}`;
    })
    .catch(() => undefined);

/** Waits until another form is there, or none, and tells which. */
async function moved(page, position, verb) {
  const patience = AbortSignal.timeout(15_000);
  while (!patience.aborted) {
    const now = await at(page);
    if (now === null) return false;
    if (now !== undefined && now !== position) return true;
    await page.waitForTimeout(20); // between two looks at a page that is changing
  }
  throw new Error(`pressing "${verb}" leads nowhere: ${await page.locator(FORM).textContent()}`);
}
