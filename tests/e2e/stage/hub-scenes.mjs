// Every state of the hub, as what a customer does to get there. Controls are found by what they send, so that a scene plays in any
// language.

/**
 * @typedef {object} HubScene
 * @property {string} [plan] of the demo's ledger
 * @property {object} [who] more about the customer
 * @property {string} [customer] one that the demo has
 * @property {[name: string, value: string][]} [steps] what is pressed or chosen, by name and value, in order
 * @property {string} [code] what is typed where a code is asked for, before the last step
 * @property {boolean} [novalidate] whether the browser's own check of fields is left out
 * @property {string} [from] the value of the step from which on `network` holds, or `start`
 * @property {string} see a selector of what is there when the scene is set
 * @property {"hosted"} [where] without it a merchant's page
 * @property {Record<string, object | "abort">} [network] what becomes of requests
 */

const go = (verb) => ["do", verb];
const PLAN = [go("plan")];
const PAUSE = [go("pause")];

/** @type {Record<string, HubScene>} */
export const HUB_SCENES = {
  "hub": { see: "article" },
  "hub-trial": { who: { trial: true }, see: "article" },
  "hub-plans": { steps: PLAN, see: ".turn" },
  "hub-plan-wrong": { steps: [...PLAN, go("preview")], see: ".wrong", novalidate: true },
  "hub-plan-preview": { steps: [...PLAN, ["choice", "headlines_monthly"], go("preview")], see: "[value=confirm]" },
  "hub-plan-now": { steps: [...PLAN, ["choice", "weekend_monthly"], go("preview")], see: "[value=confirm]" },
  "hub-plan-done": { steps: [...PLAN, ["choice", "headlines_monthly"], go("preview"), go("confirm")], see: ".told" },
  "hub-pauses": { steps: PAUSE, see: ".turn" },
  "hub-pause-preview": { steps: [...PAUSE, ["choice", "2_month"], go("preview")], see: "[value=confirm]" },
  "hub-renew": { plan: "digital_pass", steps: [go("renew")], see: "[value=confirm]" },
  "hub-code-preview": { steps: [go("code"), go("preview")], code: "SPRING20", see: "[value=confirm]" },
  "hub-card": { customer: "cus_ada", see: ".bills" },
  "hub-invoices": { customer: "cus_ada", steps: [go("invoices")], see: ".bills li:nth-child(5)" },
  "hub-pause-done": { steps: [...PAUSE, ["choice", "2_month"], go("preview"), go("confirm")], see: ".told" },
  "hub-resume": { steps: [...PAUSE, ["choice", "2_month"], go("preview"), go("confirm"), go("resume")], see: "[value=confirm]" },
  "hub-code": { steps: [go("code")], see: ".turn" },
  "hub-code-wrong": { steps: [go("code"), go("preview")], code: "WINTER25", see: "[aria-invalid]" },
  "hub-not-sent": {
    steps: [...PAUSE, ["choice", "1_month"], go("preview"), go("confirm")],
    network: { "**/v1/hub/actions": "abort" },
    from: "confirm",
    see: "[data-trouble=sent]:not([hidden])",
  },
  "hub-expired": {
    steps: PAUSE,
    network: { "**/v1/hub/actions": { status: 401, json: { error: "This session id has expired." } } },
    from: "pause",
    see: "[data-trouble=expired]:not([hidden])",
  },
  "hub-often": {
    steps: PAUSE,
    network: { "**/v1/hub/actions": { status: 429, json: { error: "Too many requests." } } },
    from: "pause",
    see: "[data-trouble=refused]:not([hidden])",
  },
  "hub-unloaded": { network: { "**/v1/hub": "abort" }, from: "start", see: ".hub a" },
  "hosted-hub": { where: "hosted", see: "article" },
  "hosted-hub-plans": { where: "hosted", steps: PLAN, see: ".turn" },
  "hosted-hub-preview": { where: "hosted", steps: [...PLAN, ["choice", "headlines_monthly"], go("preview")], see: "[value=confirm]" },
  "hosted-hub-done": { where: "hosted", steps: [...PAUSE, ["choice", "2_month"], go("preview"), go("confirm")], see: ".told" },
};

let played = 0;

/**
 * Plays a scene in a page of its own, and gives the page.
 *
 * @param {import("./stage.mjs").Stage} stage
 * @param {HubScene} scene
 * @param {{ context?: object, locale?: string, text?: number, head?: string }} [how] `text` is the size of the reader's text in px
 */
export async function playHub(stage, scene, { context, locale, text, head = "" } = {}) {
  const customer = scene.customer ?? await stage.server.customer(scene.plan ?? "digital_monthly", { country: "US", region: "TX", ...scene.who });
  const session = await stage.server.hub(customer, { locale });
  const page = await stage.page(context);
  if (text) {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Page.setFontSizes", { fontSizes: { standard: text } });
  }
  const fates = async () => {
    for (const [pattern, fate] of Object.entries(scene.network ?? {})) {
      await page.route(pattern, (route) => (fate === "abort" ? route.abort() : route.fulfill({ ...fate, headers: { "Access-Control-Allow-Origin": "*" } })));
    }
  };
  if (scene.from === "start") await fates();
  if (scene.where === "hosted") {
    const form = `<form method="post" action="${stage.server.origin}/c"><input type="hidden" name="session" value="${session}"><button>Go</button></form>`;
    await page.goto(stage.host.publish(`/hosted-${customer}-${++played}`, { body: form }));
    await page.getByRole("button").click();
  } else {
    const body = `<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">${head}<main><div id="place"></div></main>`;
    const module = `import { Farewell } from "/farewell/index.js";
      new Farewell({ publicKey: ${JSON.stringify(stage.server.key.public)}, fallbackEmail: "support@shop.example" })
        .mountSubscriptionHub("place", ${JSON.stringify(session)});`;
    await page.goto(stage.host.publish(`/hub-${customer}-${++played}`, { body, module }));
  }
  for (const [name, value] of scene.steps ?? []) {
    if (scene.from === value) await fates();
    if (value === "preview" && scene.code) await page.locator("input.text").fill(scene.code);
    if (value === "preview" && scene.novalidate) {
      await page.locator(".turn").waitFor();
      await page.locator("input[required]").evaluateAll((inputs) => inputs.forEach((input) => (input.required = false)));
    }
    await page.locator(`.hub :is(button, input)[name="${name}"][value="${value}"]`).click();
  }
  await page.locator(scene.see).first().waitFor();
  return page;
}
