// The merchant's page around the flow is never broken, whatever it is like.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { closed, focused, heading, press } from "./stage/flow.mjs";
import { Stage } from "./stage/stage.mjs";
import { untilTold } from "./stage/told.mjs";
import { words } from "./stage/words.mjs";

let stage;
before(async () => (stage = await Stage.start()));
after(() => stage?.stop());
afterEach(() => stage.clear());

async function through(page) {
  await press(page, "Cancel Subscription");
  await heading(page, words.survey_title);
  await press(page, words.close);
  await closed(page);
  await untilTold(page, "onComplete");
}

test("closed, the flow leaves no trace", async () => {
  const body = '<div id="cancel"></div><div style="height: 300vh"></div>';
  const page = await stage.billingPage("cus_ada", { body, config: { fragment: false } });
  const look = () =>
    page.evaluate(() => ({
      body: document.body.cloneNode(true).innerHTML,
      root: document.documentElement.getAttributeNames(),
      globals: Object.keys(globalThis).sort().join(),
      overflow: getComputedStyle(document.documentElement).overflowY,
      address: location.href,
    }));
  await page.getByRole("button", { name: "Cancel Subscription" }).waitFor();
  const before = await look();
  await through(page);
  assert.deepEqual(await look(), before);
  assert.equal(await focused(page), "BUTTON Cancel Subscription");
});

test("the page's own styles stay outside", async () => {
  const body = `<style>
      * { letter-spacing: 5px; }
      html { font-size: 16px; }
      body { text-transform: uppercase; pointer-events: none; visibility: visible; line-height: 4; color: red; }
      #cancel { pointer-events: auto; }
      dialog { display: flex; padding: 99px; transform: rotate(10deg); opacity: 0.1; width: 20px !ignored; background: red; }
      div { padding: 77px; border: 9px solid red; margin: 30px; }
      dialog::backdrop { background: red; }
      button, h2, p { font-size: 40px; color: red; }
    </style><div id="cancel"></div>`;
  const page = await stage.billingPage("cus_ada", { body });
  await press(page, "Cancel Subscription");
  await heading(page, words.survey_title);
  await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)));
  const found = await page.evaluate(() => {
    const dialog = document.querySelector("dialog");
    const host = dialog.firstElementChild;
    const title = host.shadowRoot.querySelector("h2");
    const of = (element, pseudo) => getComputedStyle(element, pseudo);
    return {
      padding: of(dialog).padding,
      transform: of(dialog).transform,
      backdrop: of(dialog, "::backdrop").backgroundColor,
      host: [of(host).padding, of(host).margin, of(host).borderWidth],
      title: [of(title).textTransform, of(title).letterSpacing, of(title).color],
      width: dialog.offsetWidth,
    };
  });
  assert.equal(found.padding, "0px");
  assert.equal(found.transform, "none");
  assert.equal(found.backdrop, "rgba(0, 0, 0, 0.6)");
  assert.deepEqual(found.host, ["0px", "0px", "0px"]);
  assert.equal(found.title[0], "none");
  assert.notEqual(found.title[1], "5px");
  assert.notEqual(found.title[2], "rgb(255, 0, 0)");
  assert.equal(found.width, 480);
  await press(page, words.close);
  await closed(page);
});

test("above a dialog of the page, Escape closes only ours, and the other stays modal", async () => {
  const body = `<dialog id="theirs"><p>Theirs</p><div id="cancel"></div></dialog>`;
  const page = await stage.billingPage("cus_ada", { body });
  await page.evaluate(() => document.getElementById("theirs").showModal());
  await press(page, "Cancel Subscription");
  await heading(page, words.survey_title);
  await page.getByRole("textbox", { name: words.feedback }).fill("typed");
  await page.keyboard.press("Escape");
  await closed(page);
  assert.ok(await page.evaluate(() => document.getElementById("theirs").matches(":modal")));
  assert.equal(await focused(page), "BUTTON Cancel Subscription");
});

test("inside a form the button sends nothing; a button that is there is taken as it is", async () => {
  const body = `<form id="cancel" action="/sent"><button data-farewell class="own">Leave <b>us</b></button></form>`;
  const page = await stage.billingPage("cus_ada", { body });
  const address = page.url();
  assert.equal(await page.locator("#cancel button").count(), 1);
  assert.equal(await page.locator("#cancel button").getAttribute("class"), "own");
  await page.getByRole("button", { name: "Leave us" }).locator("b").click();
  await heading(page, words.survey_title);
  assert.equal(page.url(), address);
  await press(page, words.close);
  await closed(page);

  const session = await stage.server.session("cus_ada");
  await page.evaluate((session) => farewell.mountCancelButton("cancel", session), session);
  await page.getByRole("button", { name: "Leave us" }).click();
  await heading(page, words.survey_title);
  assert.equal(await page.locator("dialog").count(), 1, "mounted twice, it still opens one dialog");
});

test("focus goes back into a shadow root that it came from", async () => {
  const page = await stage.billingPage("cus_ada", { body: '<div id="cancel"></div><div id="outer"></div>' });
  const session = await stage.server.session("cus_ada");
  await page.evaluate((session) => {
    const outer = document.getElementById("outer").attachShadow({ mode: "open" });
    const inner = outer.appendChild(document.createElement("div")).attachShadow({ mode: "open" });
    const button = inner.appendChild(document.createElement("button"));
    button.textContent = "Deep";
    button.onclick = () => farewell.showRetentionView(session);
    globalThis.deep = inner;
  }, session);
  await press(page, "Deep");
  await heading(page, words.survey_title);
  await press(page, words.close);
  await closed(page);
  assert.equal(await page.evaluate(() => globalThis.deep.activeElement?.textContent), "Deep");
});

test("a button that never had the focus gets it back all the same", async () => {
  const page = await stage.billingPage("cus_ada");
  // As in Safari, where a click does not focus a button.
  await page.evaluate(() => document.querySelector("#cancel button").click());
  await heading(page, words.survey_title);
  await page.keyboard.press("Escape");
  await closed(page);
  assert.equal(await focused(page), "BUTTON Cancel Subscription");
});

test("on a phone the dialog is a sheet at the bottom, and nothing has to be scrolled sideways", async () => {
  const context = { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true };
  const body = '<meta name="viewport" content="width=device-width"><div id="cancel"></div>';
  const page = await stage.billingPage("cus_ada", { body, context });
  await page.getByRole("button", { name: "Cancel Subscription" }).tap();
  await heading(page, words.survey_title);
  await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)));
  const box = await page.evaluate(() => {
    const { left, right, bottom } = document.querySelector("dialog").getBoundingClientRect();
    return { left, right, bottom: Math.round(bottom), wide: document.querySelector("dialog").scrollWidth };
  });
  assert.deepEqual(box, { left: 0, right: 320, bottom: 640, wide: 320 });
});
