// The pictures in the READMEs, written to docs/pictures: people look before they read.
//
//   node tests/e2e/pictures.mjs              all of them
//   node tests/e2e/pictures.mjs hub receipt  those whose names hold one of the words
//
// Nothing is drawn for them: it is the demo merchant, the real server and the package. Customers, windows and motion are always
// the same. What moves is the day, since the server knows no other than today's, and with it dates and a receipt's reference.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { answer, heading, press } from "./stage/flow.mjs";
import { root } from "./stage/server.mjs";
import { Stage } from "./stage/stage.mjs";
import { words } from "./stage/words.mjs";

const folder = join(root, "docs/pictures");
const wanted = process.argv.slice(2);

/** Twice the pixels, so that letters are sharp on every screen; a README shows a picture at half its width. */
const reader = { deviceScaleFactor: 2, reducedMotion: "reduce", locale: "en-US", timezoneId: "America/New_York" };
const desktop = { ...reader, viewport: { width: 920, height: 770 } };
const phone = { ...reader, viewport: { width: 375, height: 667 }, isMobile: true, hasTouch: true };
const dark = { colorScheme: "dark" };

/** How much of the page is seen around what a picture is of, in CSS px. */
const AROUND = 32;

/** In bytes, of one and of all: a README is read on the way, too. */
const BUDGET = 60_000;
const BUDGET_OF_ALL = 300_000;

const CANCEL = "Cancel Subscription";
const NOT_READ = "I don't read it enough";
const TOO_EXPENSIVE = "It costs too much";

/** How a customer gets to what a picture shows. `of` is what is cut out; without it the picture is the window. */
const PICTURES = {
  "survey": { look: desktop, go: toAnswer },
  "survey-dark": { look: { ...desktop, ...dark }, go: toAnswer },
  "phone": { look: phone, go: open },
  "phone-dark": { look: { ...phone, ...dark }, go: toOffer },
  "offer": { look: desktop, go: toOffer, of: "dialog" },
  "confirmation": { look: desktop, go: toConfirmation, of: "dialog" },
  "hub": { look: { ...desktop, viewport: { width: 920, height: 1000 } }, page: hub, of: "main" },
  "button": { look: desktop, page: button, of: "main" },
  "receipt": { look: desktop, go: toReceipt, of: "dialog" },
};

async function open(page) {
  await press(page, CANCEL);
  await heading(page, words.survey_title);
}

async function toAnswer(page) {
  await open(page);
  await page.getByRole("radio", { name: NOT_READ, exact: true }).check();
}

async function toOffer(page) {
  await open(page);
  await answer(page, TOO_EXPENSIVE);
  await heading(page, words.offer_title);
}

async function toConfirmation(page) {
  await open(page);
  await press(page, words.skip_to_cancel);
  await heading(page, words.confirm_title);
}

async function toReceipt(page) {
  await toConfirmation(page);
  await press(page, words.cancel);
  await heading(page, words.canceled_title);
}

/** Any page: its own letters and colours, and nothing said of the button or the hub, which is a card by itself. */
const PLAIN = `<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
  body { margin: 0; padding: 2rem; font: 1rem/1.5 system-ui, sans-serif; color: #1f2430; background: #f3f5f8 }
  main { max-width: 34rem; margin: auto; padding: 1.5rem 2rem; border-radius: 1rem; background: #fff }
  main:has(#hub) { padding: 0; background: none }
  h1 { margin: 0; font-size: 1.25rem }
  p { margin: .25rem 0 1.25rem }
</style>`;

async function button(stage, look) {
  const body = `${PLAIN}<main><h1>Your membership</h1><p>Digital, $12.00 a month. The next payment is due on the 12th.</p><div id="cancel"></div></main>`;
  const page = await stage.billingPage("cus_ada", { body, context: look });
  await page.getByRole("button", { name: CANCEL }).waitFor();
  return page;
}

async function hub(stage, look) {
  const given = { key: stage.server.key.public, session: await stage.server.hub("cus_ada") };
  const module = `import { Farewell } from "/farewell/index.js";
    const { key, session } = ${JSON.stringify(given)};
    new Farewell({ publicKey: key }).mountSubscriptionHub("hub", session);`;
  const page = await stage.page(look);
  await page.goto(stage.host.publish("/membership", { body: `${PLAIN}<main><div id="hub"></div></main>`, module }));
  await heading(page, "Your subscription");
  return page;
}

/** The window, or what of it is around an element; WebP, which is half of what PNG would be, is only to be had of DevTools. */
async function picture(page, of) {
  const { width, height } = page.viewportSize();
  const box = of ? await page.locator(of).first().boundingBox() : { x: 0, y: 0, width, height };
  const around = of ? AROUND : 0;
  const left = Math.max(0, Math.floor(box.x - around));
  const top = Math.max(0, Math.floor(box.y - around));
  const clip = {
    x: left,
    y: top,
    width: Math.min(width, Math.ceil(box.x + box.width + around)) - left,
    height: Math.min(height, Math.ceil(box.y + box.height + around)) - top,
    // The window's own factor does not count here.
    scale: reader.deviceScaleFactor,
  };
  const devtools = await page.context().newCDPSession(page);
  const { data } = await devtools.send("Page.captureScreenshot", { format: "webp", quality: 75, clip });
  return { clip, data: Buffer.from(data, "base64") };
}

/** A page whose letters are there and in which nothing blinks or is pointed at. */
async function still(page) {
  await page.mouse.move(0, 0);
  await page.evaluate(async () => {
    await document.fonts.ready;
    await Promise.all(document.getAnimations().map((one) => one.finished));
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  });
}

/** Takes one. It has a stage for itself, so that it shows the same whichever others were taken: a flow is remembered. */
async function take({ look, page: made, go, of }) {
  const stage = await Stage.start();
  try {
    const page = made ? await made(stage, look) : await stage.signedIn("user_1", "/", look);
    await go?.(page);
    await still(page);
    return await picture(page, of);
  } finally {
    await stage.stop();
  }
}

await mkdir(folder, { recursive: true });
let all = 0;
for (const [name, how] of Object.entries(PICTURES)) {
  if (wanted.length > 0 && !wanted.some((word) => name.includes(word))) continue;
  const { clip, data } = await take(how);
  if (data.length > BUDGET) throw new Error(`${name}.webp has ${data.length} bytes, more than ${BUDGET}: cut out less`);
  all += data.length;
  await writeFile(join(folder, `${name}.webp`), data);
  console.log(`${name}.webp  ${clip.width} x ${clip.height}  ${(data.length / 1000).toFixed(1)} kB`);
}
if (all > BUDGET_OF_ALL) throw new Error(`the pictures have ${all} bytes together, more than ${BUDGET_OF_ALL}`);
