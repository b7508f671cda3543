// Customers with a content blocker cancel like everybody else: no list has a rule for an address, a name or a class of ours.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { Blocker } from "./stage/blocker.mjs";
import { heading, press } from "./stage/flow.mjs";
import { Stage } from "./stage/stage.mjs";
import { words } from "./stage/words.mjs";

let stage;
let blocker;
before(async () => {
  blocker = await Blocker.start();
  stage = await Stage.start();
});
after(() => stage?.stop());
afterEach(() => stage.clear());

const SHOP = "https://www.shop.example/account/billing?tab=plan";

/** Where a Farewell server may be: on a site of its own, or on the merchant's. */
const SERVERS = ["https://farewell.example.com", "https://farewell.shop.example", "https://cancel.shop.example", "https://www.shop.example"];

/** What the browser calls a request, in the words of blockers. */
const TYPES = { document: "main_frame", script: "script", fetch: "xmlhttprequest", stylesheet: "stylesheet", image: "image", font: "font" };

const HASH = "0123456789abcdef";
const HANDLE = "pK3vX9qTzL2mW8dRfYc4Ng";

/** Everything a Farewell server answers to browsers, and to backends, which may be behind a filter as well. */
const ADDRESSES = {
  script: [...["v0", HASH].flatMap((version) => ["embed", "opening", "engine"].map((name) => `/js/${version}/${name}.js`)), "/c/open.js"],
  xmlhttprequest: [
    "/v1/flow",
    "/v1/flow/actions",
    "/v1/retention/session",
    "/api/public/cancel/result",
    "/.well-known/jwks.json",
    "/api/health",
  ],
  main_frame: [
    "/c",
    `/c#ret_${HANDLE}`,
    `/c/${HANDLE}`,
    `/c/${HANDLE}/receipt?run=1`,
    `/c/${HANDLE}/receipt.txt?run=1`,
    "/b/acme/cancel?lang=de",
    "/b/acme/withdraw?lang=de",
    `/b/acme/declarations/${HANDLE}`,
    `/b/acme/declarations/${HANDLE}/receipt.txt`,
    `/b/acme/confirm/${HANDLE}`,
  ],
};

/** The package where merchants' own servers and public ones have it: as it is, from development servers, as bundlers name chunks. */
const FILES = [
  ...["index", "opening", "engine", "react", "element", "embed", "headless"].flatMap((name) => [
    `/node_modules/@farewell/js/${name}.js`,
    `/node_modules/.vite/deps/@farewell_js_${name}.js?v=1a2b3c4d`,
    `/assets/${name}-abc123.js`,
    `/static/js/${name}.1a2b3c4d.chunk.js`,
    `/_next/static/chunks/${name}-1a2b3c4d5e6f.js`,
    `/farewell/${name}.js`,
  ]),
  "/node_modules/@farewell/js/farewell.wasm",
  "/node_modules/.vite/deps/@farewell_js.js?v=1a2b3c4d",
];

/** The rules there are against these requests. */
const against = (requests) =>
  requests
    .map((request) => ({ ...request, rule: blocker.against(request) }))
    .filter(({ rule }) => rule)
    .map(({ rule, type, url }) => `${rule}: ${type} ${url}`);

test("the lists are there, and block and hide what they are for", async () => {
  assert.ok(blocker.size > 40, `${blocker.size} lists`);
  assert.ok(blocker.selectors.length > 10_000, `${blocker.selectors.length} selectors`);
  const trackers = [
    { type: "script", url: "https://www.google-analytics.com/analytics.js", from: SHOP },
    { type: "xmlhttprequest", url: "https://us.i.posthog.com/e/?ip=1&ver=1.200.0", from: SHOP },
    { type: "script", url: "https://static.hotjar.com/c/hotjar-123456.js?sv=6", from: SHOP },
    { type: "main_frame", url: "https://farewell.example.com/c?utm_source_platform=letters", from: SHOP },
  ];
  assert.deepEqual(trackers.filter((request) => !blocker.against(request)), []);
  const page = await stage.page();
  const body = '<div class="sponsored-ad">Buy</div><div id="cookie-law-info-bar">Cookies</div>';
  await page.goto(stage.host.publish("/advertised", { body }));
  const hidden = (await blocker.hides(page)).join("\n");
  assert.match(hidden, /class="sponsored-ad"/);
  assert.match(hidden, /id="cookie-law-info-bar"/);
});

test("no rule is against an address of a server, wherever it is", () => {
  const requests = SERVERS.flatMap((server) =>
    // The server's own pages ask, too.
    [SHOP, `${server}/c/${HANDLE}`].flatMap((from) =>
      Object.entries(ADDRESSES).flatMap(([type, paths]) => paths.map((path) => ({ type, url: server + path, from }))),
    ),
  );
  assert.deepEqual(against(requests), []);
});

test("no rule is against a file of the package, wherever it comes from", () => {
  const cdns = ["https://cdn.jsdelivr.net/npm/@farewell/js@0.1.0", "https://unpkg.com/@farewell/js@0.1.0"];
  const requests = ["https://www.shop.example", "https://static.shop.example", ...cdns].flatMap((place) =>
    FILES.map((file) => ({ type: file.endsWith(".wasm") ? "xmlhttprequest" : "script", url: place + file, from: SHOP })),
  );
  assert.deepEqual(against(requests), []);
});

test("no rule is against anything that a visit asks for, and nothing of ours is hidden at any step of it", async () => {
  const asked = [];
  const hidden = [];
  const look = async (page, where) => hidden.push(...(await blocker.hides(page)).map((found) => `${where}: ${found}`));
  const note = (page) =>
    page.on("request", (request) => {
      const type = TYPES[request.resourceType()];
      assert.ok(type, `${request.resourceType()} is a kind of request that blockers have a word for`);
      asked.push({ type, url: request.url(), from: page.url() });
    });

  const session = async () => stage.server.session(await stage.newcomer());
  const [mine, theirs] = [await session(), await session()];
  const page = await stage.page();
  note(page);
  await page.goto(
    stage.host.publish("/blocked", {
      body: `<div id="cancel"></div><farewell-cancel-button session="${theirs}" label="End it"></farewell-cancel-button>
        <script src="${stage.server.origin}/js/v0/embed.js" data-session="${mine}" data-mount="cancel"
          data-fallback-email="support@acme.example"></script>`,
    }),
  );
  await page.getByRole("button", { name: "End it" }).waitFor();
  await look(page, "the buttons");
  let goOn;
  const seen = new Promise((resolve) => (goOn = resolve));
  await page.route("**/v1/flow", (route) => seen.then(() => route.abort()), { times: 1 });
  await press(page, "End it");
  await page.getByRole("dialog", { name: "One moment" }).waitFor();
  await look(page, "while it loads");
  goOn();
  await heading(page, "This did not load");
  await look(page, "when it does not load");
  await press(page, "Close");
  await press(page, "Cancel Subscription");
  await heading(page, words.survey_title);
  await look(page, "the first step");
  await page.getByRole("radio").first().check();
  await press(page, words.continue);
  await heading(page, words.offer_title);
  await look(page, "an offer");
  await press(page, words.decline);
  await heading(page, words.confirm_title);
  await look(page, "the confirmation");
  await press(page, words.cancel);
  await heading(page, words.canceled_title);
  await look(page, "the receipt");

  const plain = await stage.page();
  note(plain);
  await plain.goto(`${stage.server.origin}/c#${theirs}`);
  await plain.waitForURL(/\/c\/[\w-]{16,}$/);
  await heading(plain, words.survey_title);
  await look(plain, "the hosted page");
  await plain.goto(`${stage.server.origin}/b/acme/cancel`);
  await look(plain, "the public page");

  // The merchant and the server are two addresses of one machine here, and two sites in the world.
  const world = (url) => url.replace(stage.server.origin, SERVERS[0]).replace(stage.host.origin, "https://www.shop.example");
  const requests = asked.map(({ type, url, from }) => ({ type, url: world(url), from: world(from) }));
  assert.ok(requests.some(({ type, url }) => type === "script" && url.includes("/engine.js")), "the visit was a whole one");
  assert.ok(requests.some(({ type, url }) => type === "xmlhttprequest" && url.includes("/v1/flow/actions")), "and was told to the server");
  assert.deepEqual(against(requests), []);
  assert.deepEqual(hidden, []);
});
