// Every step of the flow, as what a customer does to get there. Controls are found by what they send, so that a scene plays in
// any language.

/**
 * @typedef {object} Scene
 * @property {string} [plan] of the demo's ledger
 * @property {object} [who] more about the customer, such as `trial`
 * @property {object} [ask] more fields of the session, such as `country`
 * @property {[name: string, value: string][]} [steps] what is pressed or chosen in the flow, by name and value, in order
 * @property {Record<string, string>} [typed] what is typed at the end, by the field's name
 * @property {string} see a selector of what is there when the scene is set
 * @property {"hosted"} [where] without it a merchant's page
 * @property {string} [session] what stands there instead of a session id
 * @property {Record<string, "abort" | "silence">} [network] what becomes of requests, from the press on
 */

const because = (reason) => [["reason", reason], ["do", "answer"]];
const LEAVE = [["do", "leave"]];
const TAKE = [["do", "accept"]];
const CANCEL = [["do", "cancel"]];
const OFFER = "[value=decline]";
const RECEIPT = ".leave[value=close]";

/** A reason of the demo's brand that leads to its other plans. */
export const TOO_LONG = `
[[brand.reason]]
key = "too_long"
label = "It is more than I can read"
offers = ["headlines"]
`;

/** @type {Record<string, Scene>} */
export const SCENES = {
  "loading": { network: { "**/opening.js": "silence" }, see: "dialog[open]" },
  "failed": { network: { "**/v1/flow": "abort" }, see: "dialog[open] a" },
  "survey": { see: "[value=answer]" },
  "survey-answered": { steps: [["reason", "too_expensive"]], see: "[value=answer]" },
  "offer-discount": { steps: because("too_expensive"), see: OFFER },
  "offer-pause": { steps: because("not_reading"), see: OFFER },
  "offer-pause-chosen": { steps: [...because("not_reading"), ["choice", "2_month"]], see: OFFER },
  "offer-plans": { plan: "weekend_monthly", ask: { consumer: false }, steps: [...because("too_expensive"), ["do", "another"]], see: OFFER },
  "offer-order": { plan: "weekend_monthly", ask: { country: "IE" }, steps: because("too_long"), see: OFFER },
  "offer-trial": { who: { trial: true }, steps: because("not_reading"), see: OFFER },
  "offer-contact": { steps: because("service"), see: OFFER },
  "offer-redirect": { steps: because("missing_topics"), see: OFFER },
  "offer-custom": { steps: because("another_paper"), see: OFFER },
  "offer-of-two": { plan: "weekend_monthly", ask: { consumer: false }, steps: because("too_expensive"), see: OFFER },
  "offer-california": { ask: { country: "US", region: "CA" }, steps: because("too_expensive"), see: "[value=accept]" },
  "offer-not-sent": { network: { "**/v1/flow/actions": "abort" }, steps: [...because("too_expensive"), ...TAKE], see: ".notice" },
  "confirm": { steps: LEAVE, see: "[value=cancel]" },
  "declaration": { ask: { country: "DE" }, see: "[value=cancel]" },
  "declaration-for-cause": {
    ask: { country: "DE" },
    steps: [["kind", "extraordinary"], ["when", "date"]],
    typed: { cause: "Seit drei Wochen kommt die Zeitung nicht mehr an.", until: "2027-01-31" },
    see: "[value=cancel]",
  },
  "details": { ask: { country: "FR" }, see: "[value=declare]" },
  "recap": { ask: { country: "FR" }, steps: [["do", "declare"]], see: "[value=cancel]" },
  "withdrawal": { ask: { country: "IE", purpose: "withdraw" }, see: "[value=cancel]" },
  "receipt-canceled": { steps: [...LEAVE, ...CANCEL], see: RECEIPT },
  "receipt-declared": { ask: { country: "DE" }, steps: CANCEL, see: RECEIPT },
  "receipt-withdrawn": { ask: { country: "IE", purpose: "withdraw" }, steps: CANCEL, see: RECEIPT },
  "receipt-discount": { steps: [...because("too_expensive"), ...TAKE], see: RECEIPT },
  "receipt-pause": { steps: [...because("not_reading"), ["choice", "3_month"], ...TAKE], see: RECEIPT },
  "receipt-contact": { steps: [...because("service"), ...TAKE], see: RECEIPT },
  "receipt-redirect": { steps: [...because("missing_topics"), ...TAKE], see: RECEIPT },
  "receipt-undone": { steps: [...LEAVE, ...CANCEL, ["do", "undo"]], see: "[value=cancel], [value=shown]" },
  "hosted-survey": { where: "hosted", see: "[value=answer]" },
  "hosted-pause": { where: "hosted", steps: because("not_reading"), see: OFFER },
  "hosted-declaration": { where: "hosted", ask: { country: "DE" }, see: "[value=cancel]" },
  "hosted-receipt": { where: "hosted", steps: [...LEAVE, ...CANCEL], see: RECEIPT },
  "hosted-gone": { where: "hosted", session: "ret_altered", see: ".message" },
};

/**
 * Plays a scene in a page of its own, and gives the page.
 *
 * @param {import("./stage.mjs").Stage} stage with `TOO_LONG` in its configuration
 * @param {Scene} scene
 * @param {{ context?: object, locale?: string, text?: number }} [how] `text` is the size of the reader's text in px
 */
export async function play(stage, scene, { context, locale, text } = {}) {
  const customer = await stage.server.customer(scene.plan ?? "digital_monthly", scene.who);
  const ask = { country: "US", region: "TX", locale, ...scene.ask };
  if (ask.country !== "US" && !scene.ask?.region) delete ask.region;
  const body = '<meta name="viewport" content="width=device-width, initial-scale=1"><div id="cancel"></div>';
  const session = scene.session && JSON.stringify(scene.session);
  const page = await stage.billingPage(customer, { body, ask, session, context });
  if (text) {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Page.setFontSizes", { fontSizes: { standard: text } });
  }
  for (const [pattern, fate] of Object.entries(scene.network ?? {})) {
    await page.route(pattern, (route) => fate === "abort" && route.abort());
  }
  if (scene.where === "hosted") {
    await page.goto(`${stage.server.origin}/c#${scene.session ?? (await stage.server.session(customer, ask))}`);
  } else {
    await page.getByRole("button").click();
  }
  for (const [name, value] of scene.steps ?? []) {
    await page.locator(`:is(button, input)[name="${name}"][value="${value}"]`).click();
  }
  for (const [name, written] of Object.entries(scene.typed ?? {})) {
    await page.locator(`[name="${name}"]`).last().fill(written);
  }
  await page.locator(scene.see).first().waitFor();
  return page;
}
