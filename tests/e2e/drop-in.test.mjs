// Code written for `@renumerate/js` runs as it is where the package has been exchanged under its name, as by
// `"@renumerate/js": "npm:@farewell/js"`. The samples in `drop-in` are those of Renumerate's documentation, word by word; what they
// call an example or a placeholder is filled in here.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { promisify } from "node:util";

import { build, transform } from "esbuild";

import { closed, heading, press } from "./stage/flow.mjs";
import { root } from "./stage/server.mjs";
import { Stage } from "./stage/stage.mjs";
import { words } from "./stage/words.mjs";

const run = promisify(execFile);
const folder = join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "drop-in");
const pkg = process.env.FAREWELL_PKG ?? join(root, "pkg");

let stage;
before(async () => {
  await install();
  stage = await Stage.start();
});
after(() => stage?.stop());
afterEach(() => stage.clear());

/** The application's folder, with the package packed and installed under the other's name. */
async function install() {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  const { stdout } = await run("npm", ["pack", pkg, "--json", "--pack-destination", folder], { cwd: folder });
  const [{ filename }] = JSON.parse(stdout);
  const quiet = ["--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--offline"];
  await run("npm", ["install", ...quiet, `@renumerate/js@file:${filename}`], { cwd: folder });
  for (const name of ["react", "react-dom", "@types"]) {
    await symlink(join(root, "node_modules", name), join(folder, "node_modules", name));
  }
}

const sample = (name) => readFile(join(import.meta.dirname, "drop-in", name), "utf8");

/** Bundles a script as a merchant's build does, chunks and all, and opens a page with it. */
async function opened(name, script, { body, account = {} }) {
  const file = `${name.replaceAll(/\W/g, "-")}.tsx`;
  await writeFile(join(folder, file), script);
  const outdir = join(folder, "built", name);
  const entryPoints = { main: join(folder, file) };
  await build({ entryPoints, bundle: true, splitting: true, format: "esm", outdir, logLevel: "error" });
  stage.host.publishFolder(name, outdir);
  const page = await stage.page();
  const given = `<script>globalThis.account = ${JSON.stringify({ told: [], ...account })}; account.opens = new Set();</script>`;
  page.addresses = [];
  page.on("request", (request) => page.addresses.push(request.url()));
  page.said = [];
  page.on("console", (message) => page.said.push(message.text()));
  const main = `<script type="module" src="/${name}/main.js"></script>`;
  await page.goto(stage.host.publish(`/drop-in-${name}`, { body: body + given + main }));
  return page;
}

/** Goes through the flow that is open, and cancels. */
async function leave(page) {
  await heading(page, words.survey_title);
  await press(page, words.skip_to_cancel);
  await press(page, words.cancel);
  await heading(page, words.canceled_title);
  await press(page, words.done);
  await closed(page);
  assert.ok(page.url().startsWith(stage.host.origin), "in the page itself");
  assert.deepEqual(page.complaints, []);
}

const session = async () => stage.server.session(await stage.newcomer());
const told = (page) => page.evaluate(() => account.told);

/** A sample with its placeholders filled. Those that are not in it are a mistake of the test. */
async function filled(name, placeholders) {
  let text = await sample(name);
  for (const [placeholder, value] of Object.entries(placeholders)) {
    assert.ok(text.includes(placeholder), `${name} has ${placeholder}`);
    text = text.replaceAll(placeholder, value);
  }
  return text;
}

const CONSTRUCTED = () => `
  import { Renumerate } from "@renumerate/js";
  const renumerate = new Renumerate({ publicKey: "${stage.server.key.public}" });
`;

test("the sample that mounts a cancel button", async () => {
  const script = CONSTRUCTED() + (await filled("cancel-button.ts", { sessionId: await session() }));
  const page = await opened("mounted", script, { body: '<div id="elementId"></div>' });
  const button = page.locator("#elementId > button");
  const made = await button.evaluate(({ className, type, textContent }) => [className, type, textContent]);
  assert.deepEqual(made, ["classes", "button", "Cancel Subscription"]);
  await button.click();
  await leave(page);
});

test("the sample that shows the retention view at once", async () => {
  const script = CONSTRUCTED() + (await filled("retention-view.ts", { sessionId: await session() }));
  const page = await opened("shown", script, { body: "" });
  assert.ok(await page.locator("body > dialog").evaluate((dialog) => dialog.matches(":modal")));
  await leave(page);
});

const APP = '<div id="app"></div>';
const RENDERED = (component) => `
  import { createRoot } from "react-dom/client";
  createRoot(document.getElementById("app")!).render(<${component} />);`;

test("the React sample with two buttons", async () => {
  const filling = { ret_example123: await session(), "your-public-key": stage.server.key.public };
  const script = (await filled("basic-setup.tsx", filling)) + RENDERED("MyComponent");
  const page = await opened("basic-setup", script, { body: APP });
  const buttons = page.getByRole("button", { name: "Cancel Subscription" });
  await buttons.nth(1).waitFor();
  const styled = "bg-red-500 hover:bg-red-600 text-white px-6 py-2 rounded-lg font-medium transition-colors";
  assert.deepEqual(await buttons.evaluateAll((all) => all.map(({ className }) => className)), ["farewell-cancel-btn", styled]);
  await buttons.last().click();
  await leave(page);
});

test("the React sample with the hook, behind a question of the page's own", async () => {
  const filling = { ret_example123: await session(), "your-public-key": stage.server.key.public };
  const script = (await filled("use-hook.tsx", filling)) + RENDERED("App");
  const page = await opened("use-hook", script, { body: APP });
  page.once("dialog", (question) => question.dismiss());
  await press(page, "Cancel My Subscription");
  assert.equal(await page.locator("dialog").count(), 0);
  page.once("dialog", (question) => question.accept());
  await press(page, "Cancel My Subscription");
  await leave(page);
});

for (const name of ["backend-id.ts", "backend-session.ts"]) {
  test(`the backend sample that takes the id as in ${name}`, async () => {
    // The ids of the sample, as a customer of the ledger.
    const subscription = { external_id: "sub_1MowQVLkdIwHu7ixeRlqHVzs", plan: "digital_monthly" };
    const customer = { external_id: "cus_NffrFeUfNV2Hib", country: "US", region: "NY", subscriptions: [subscription] };
    await stage.server.import({ customers: [customer] });
    const text = await filled(name, { "https://api.renumerate.com": stage.server.origin });
    const { code } = await transform(`${text}\nconsole.log(id);`, { loader: "ts", format: "esm" });
    const env = { ...process.env, RENUMERATE_PRIVATE_KEY: stage.server.key.secret };
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", code], { env });
    assert.match(stdout, /^ret_[\w-]+=*\n$/);
    const script = CONSTRUCTED() + (await filled("retention-view.ts", { sessionId: stdout.trim() }));
    const page = await opened(name.replace(".ts", ""), script, { body: "" });
    await heading(page, words.survey_title);
    await press(page, words.close);
  });
}

test("the backend sample of the hub, and the hub mounted with what it got", async () => {
  const subscription = { external_id: "sub_hub", plan: "digital_monthly" };
  await stage.server.import({ customers: [{ external_id: "cus_hub", country: "US", region: "NY", subscriptions: [subscription] }] });
  const filling = { "https://api.renumerate.com": stage.server.origin, cus_NffrFeUfNV2Hib: "cus_hub" };
  const { code } = await transform(`${await filled("backend-hub.ts", filling)}\nconsole.log(id);`, { loader: "ts", format: "esm" });
  const env = { ...process.env, RENUMERATE_PRIVATE_KEY: stage.server.key.secret };
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", code], { env });
  assert.match(stdout, /^sub_[\w-]+=*\n$/);
  const script = `${CONSTRUCTED()} renumerate.mountSubscriptionHub("elementId", "${stdout.trim()}", "wrapper", "frame");`;
  const page = await opened("backend-hub", script, { body: '<div id="elementId"></div>' });
  await heading(page, "Your subscription");
  assert.equal(await page.locator("#elementId > div.wrapper > .frame").count(), 1);
});

test("the hub in React: the flow opens in it, and its callbacks are called", async () => {
  const account = { publicKey: stage.server.key.public, sessionId: await stage.server.hub(await stage.newcomer()) };
  const page = await opened("hub", (await sample("hub.tsx")) + RENDERED("Account"), { body: APP, account });
  await page.locator(".account-hub").waitFor();
  await press(page, "Cancel Subscription");
  await leave(page);
  await page.getByText(/You can use it until/).waitFor();
  assert.deepEqual(await told(page), ["the hub's onCancelled"]);
});

test("an application: its own callbacks before those that were set, those before the configuration's, each once", async () => {
  const account = { publicKey: stage.server.key.public, sessionId: await session() };
  const buttons = '<a id="link" href="#">Leave</a><button id="away">Away</button><button id="back">Back</button>';
  const body = `<form id="plan" action="/sent"></form>${buttons}`;
  const page = await opened("application", await sample("application.ts"), { body, account });
  assert.equal(await page.locator("#plan button").getAttribute("class"), "btn btn-danger");

  await page.locator("#link").click();
  await heading(page, words.survey_title);
  await page.keyboard.press("Escape");
  await closed(page);
  assert.deepEqual((await told(page)).sort(), ["close", "the link's onComplete"]);

  await page.evaluate(() => (account.told.length = 0));
  await page.locator("#link").click();
  await heading(page, words.survey_title);
  await page.evaluate(() => document.getElementById("away").click());
  await closed(page);
  await page.locator("#back").click();
  assert.deepEqual(await told(page), [], "who tidies up is not called back");

  await press(page, "Cancel Subscription");
  await leave(page);
  await page.waitForFunction(() => account.told.length > 1);
  assert.deepEqual(await told(page), ["the button's onCancelled", "default onComplete"]);
  assert.equal(new URL(page.url()).pathname, "/drop-in-application", "the form that it stands in was not sent");
  const seen = [...page.addresses, ...page.said].filter((text) => text.includes(account.sessionId));
  assert.deepEqual(seen, [], "the session is in no address that is asked for, nor in the console, also with debug");
  assert.deepEqual(await page.evaluate(() => [localStorage.length, sessionStorage.length]), [0, 0]);
});

test("an application in React: the button in a form, the hook, and `open` stays the same function", async () => {
  const account = { publicKey: stage.server.key.public, sessionId: await session() };
  const script = (await sample("application.tsx")) + RENDERED("App");
  const page = await opened("application-react", script, { body: APP, account });
  await page.getByRole("link", { name: "Leave (0)" }).waitFor();
  await page.evaluate(() => account.opens.clear());
  await page.getByRole("link", { name: "Leave (0)" }).click();
  await heading(page, words.survey_title);
  await press(page, words.close);
  await closed(page);
  await page.getByRole("link", { name: "Leave (1)" }).waitFor();
  assert.equal(await page.evaluate(() => account.opens.size), 1, "what was drawn again has the same function");
  assert.deepEqual(await told(page), ["the hook's onComplete"]);
  await press(page, "Cancel Subscription");
  await leave(page);
  await page.waitForFunction(() => account.told.length > 2);
  assert.deepEqual(await told(page), ["the hook's onComplete", "the button's onCancelled", "the button's onComplete"]);
  assert.equal(new URL(page.url()).pathname, "/drop-in-application-react", "the form that it stands in was not sent");
});

test("TypeScript takes the applications and the React samples as they are", async () => {
  const files = ["application.ts", "application.tsx", "basic-setup.tsx", "hub.tsx", "use-hook.tsx"];
  // A sample is no module to others, and two of them have an `App`.
  for (const file of files) await writeFile(join(folder, `typed-${file}`), `${await sample(file)}\nexport {};\n`);
  const compilerOptions = {
    target: "es2022",
    module: "esnext",
    moduleResolution: "bundler",
    lib: ["es2022", "dom", "dom.iterable"],
    jsx: "react",
    allowSyntheticDefaultImports: true,
    strict: true,
    noEmit: true,
    types: [],
  };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: files.map((file) => `typed-${file}`) }));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const { stdout } = await run(process.execPath, [tsc, "--project", folder]).catch((failure) => failure);
  assert.equal(stdout, "");
});
