// Every step of the flow for everyone who meets it: axe-core, and what it does not measure, with place, language, direction,
// colours, size, text and surface varied so that any two of their values meet.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { DIRECTIONS, LOCALES, PLACES, POLICIES, REASONS, SURFACES, TEXT_SIZES, THEMES, VIEWPORTS } from "./stage/factors.mjs";
import { closed, focused, heading, press } from "./stage/flow.mjs";
import { measured, tabbed, violations } from "./stage/inspect.mjs";
import { pairwise } from "./stage/pairwise.mjs";
import { Stage } from "./stage/stage.mjs";
import { WAYS, walk } from "./stage/walk.mjs";
import { words } from "./stage/words.mjs";

let stage;
before(async () => (stage = await Stage.start()));
after(() => stage?.stop());
afterEach(() => stage.clear());

const ROWS = pairwise({
  surface: SURFACES,
  locale: LOCALES,
  direction: DIRECTIONS,
  place: Object.keys(PLACES),
  reason: REASONS,
  way: Object.keys(WAYS),
  viewport: Object.keys(VIEWPORTS),
  textSize: TEXT_SIZES,
  colorScheme: ["light", "dark"],
  forcedColors: ["none", "active"],
  theme: Object.keys(THEMES),
});

/** Opens the flow as a row says, up to where the first step is about to be shown. */
async function open({ surface = "widget", locale = "en", place = "default", viewport = "desktop", theme = "none", ...more }) {
  const { textSize, colorScheme, forcedColors } = more;
  const customer = await stage.newcomer(PLACES[place]);
  const page = await stage.page({ viewport: VIEWPORTS[viewport], textSize, colorScheme, forcedColors, reducedMotion: "reduce" });
  const ask = { locale, ...PLACES[place] };
  const body = `<style>${THEMES[theme]}</style><div id="cancel"></div>`;
  if (surface === "plain") await page.route(`${stage.server.origin}/**/*.js`, (route) => route.abort());
  const widget = () => stage.billingAddress(customer, { ask, body });
  await page.goto(await (surface === "widget" ? widget() : stage.formAddress(customer, ask)));
  await press(page, "Cancel Subscription");
  return page;
}

test("every policy of the server is among what is varied", () => {
  assert.deepEqual(Object.keys(PLACES).sort(), [...POLICIES].sort());
});

for (const row of ROWS) {
  test(`nobody is shut out: ${Object.values(row).join(", ")}`, async () => {
    const page = await open(row);
    const found = [];
    let last;
    for await (const { step, verbs } of walk(page, WAYS[row.way], row.reason)) {
      last = verbs;
      const form = await page.locator("form.step").evaluate((form, turned) => {
        const own = { lang: form.lang, dir: form.dir, focus: form.getRootNode().activeElement?.tagName };
        if (turned) form.dir = form.dir === "rtl" ? "ltr" : "rtl";
        return own;
      }, row.direction === "turned");
      assert.equal(new Intl.Locale(form.lang).language, new Intl.Locale(row.locale).language, step);
      // A page that was loaded is read from its top; in the widget the focus says where the new step begins.
      if (row.surface === "widget" && !step.startsWith("with ") && form.focus !== "H2") found.push(`${step}: the focus is on ${form.focus}`);
      const told = [...(await violations(page)), ...(await measured(page)), ...(await tabbed(page)).found];
      found.push(...told.map((what) => `${step}: ${what}`));
    }
    if (row.way !== "staying") assert.ok(!last.includes("cancel"), `the way ends before the receipt, with ${last}`);
    assert.deepEqual(found, []);
  });
}

const TROUBLE = {
  "while the flow is on its way": ["**/opening.js", (page) => page.getByText("Not loaded yet.").waitFor(), () => {}],
  "when it did not load": ["**/v1/flow", (page) => heading(page, "This did not load")],
};
for (const [when, [blocked, until, answer = (route) => route.abort()]] of Object.entries(TROUBLE)) {
  for (const colorScheme of ["light", "dark"]) {
    test(`nobody is shut out ${when}, ${colorScheme}`, async () => {
      const context = { viewport: VIEWPORTS.phone, colorScheme, reducedMotion: "reduce" };
      const page = await stage.billingPage(await stage.newcomer(), { context });
      await page.route(blocked, answer);
      await press(page, "Cancel Subscription");
      await until(page);
      assert.deepEqual([...(await violations(page)), ...(await measured(page))], []);
    });
  }
}

for (const [what, path] of [["a link that is over", "/c/AAAAAAAAAAAAAAAAAAAAAA"], ["no address of ours", "/c/x/y"], ["a link without a session", "/c"]]) {
  test(`nobody is shut out by the answer to ${what}`, async () => {
    const page = await stage.page({ viewport: VIEWPORTS.phone });
    await page.goto(stage.server.origin + path);
    assert.deepEqual([...(await violations(page)), ...(await measured(page))], []);
  });
}

test("in forced colours the focus and the choice can be seen", async () => {
  const page = await open({ forcedColors: "active" });
  await heading(page, words.survey_title);
  const picture = (locator) => locator.screenshot({ animations: "disabled" });
  const choice = page.locator(".choice").nth(1); // one without a question that unfolds
  const unchosen = await picture(choice);
  await choice.getByRole("radio").check();
  await page.getByRole("textbox", { name: words.feedback }).focus();
  assert.ok(!unchosen.equals(await picture(choice)), "a choice looks like no choice");
  for (const name of [words.continue, words.skip_to_cancel, words.keep, words.close]) {
    const button = page.getByRole("button", { name, exact: true });
    const bar = page.locator("form.step");
    const before = await picture(bar);
    for (let presses = 0; presses < 9 && !(await button.evaluate((button) => button.matches(":focus-visible"))); presses++) {
      await page.keyboard.press("Tab");
    }
    assert.ok(await button.evaluate((button) => button.matches(":focus-visible")), `${name} is not reached`);
    assert.ok(!before.equals(await picture(bar)), `the focus on ${name} cannot be seen`);
  }
});

test("a part of the page that is wrong is found", async () => {
  const body = `<form class="step" style="width: 300px"><button style="width: 9px; height: 9px; padding: 0">x</button>
    <button style="outline: none">y</button><textarea aria-invalid="true" aria-label="z"></textarea>
    <p style="width: 200vw">wide</p><p style="height: 1px; overflow: hidden">cut off</p></form>`;
  const page = await stage.page();
  await page.goto(stage.host.publish("/wrong", { body, headers: { "Content-Type": "text/html" } }));
  const found = (await measured(page)).join("\n");
  for (const expected of ["scrolled sideways", '"wide" lies outside', '"cut off" is cut off', '"x" is a target', '"z" is wrong, and does not say why']) {
    assert.ok(found.includes(expected), `${expected} is not among\n${found}`);
  }
  assert.ok((await tabbed(page)).found.includes("button y shows no focus"));
  await page.evaluate(() => document.querySelector("textarea").removeAttribute("aria-label"));
  assert.match((await violations(page)).join("\n"), /axe label/);
});

for (const [how, close] of [
  ["Escape", (page) => page.keyboard.press("Escape")],
  ["the close button", (page) => press(page, words.close)],
  ["keeping the subscription", (page) => press(page, words.keep)],
]) {
  test(`after ${how} the focus is back at the opener`, async () => {
    const page = await open({});
    await heading(page, words.survey_title);
    await close(page);
    await closed(page);
    assert.equal(await focused(page), "BUTTON Cancel Subscription");
  });
}
