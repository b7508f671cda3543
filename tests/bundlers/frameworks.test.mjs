// The packed tarball in what takes long: dev servers, and frameworks that draw on a server. Each app in `frameworks` is as merchants
// write it, without a line of configuration for us, and runs as its own tool serves it: the button opens the flow in a real browser,
// and the console stays empty. Run by `cargo xtask test --full`.
//
// Astro and SvelteKit are of the newest majors that run on the Node.js which this repository asks for.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { heading, press } from "../e2e/stage/flow.mjs";
import { Program, freePort } from "../e2e/stage/program.mjs";
import { Stage } from "../e2e/stage/stage.mjs";
import { words } from "../e2e/stage/words.mjs";
import { install } from "./tarball.mjs";

const run = promisify(execFile);
const sources = join(import.meta.dirname, "frameworks");
/** Nobody is told that a test runs here, and what tools say is plain text. */
const QUIET = { NEXT_TELEMETRY_DISABLED: "1", ASTRO_TELEMETRY_DISABLED: "1", FORCE_COLOR: "0" };

/** Each an app of `frameworks`, the tool, its arguments to build, and those to serve, but for address and port. */
const APPS = {
  "Vite 8, dev server": { app: "vite", tool: "vite/bin/vite.js", serve: ["dev"] },
  "Vite 5, dev server": { app: "vite", tool: "vite-5/bin/vite.js", serve: ["dev"] },
  "Next.js, dev server": { app: "next", tool: "next/dist/bin/next", serve: ["dev"], drawn: true },
  "Next.js, built by Turbopack": { app: "next", tool: "next/dist/bin/next", build: ["build"], serve: ["start"], drawn: true },
  "Next.js, built by webpack": { app: "next", tool: "next/dist/bin/next", build: ["build", "--webpack"], serve: ["start"], drawn: true },
  Astro: { app: "astro", tool: "astro/astro.js", build: ["build"], serve: ["preview"] },
  SvelteKit: { app: "sveltekit", tool: "vite/bin/vite.js", build: ["build"], serve: ["preview"] },
};

let folder;
let stage;
/** Where each app will be: the server answers pages of these origins only, so they are settled before it starts. */
const ports = new Map();
before(async () => {
  folder = await install(sources, "frameworks");
  for (const name of Object.keys(APPS)) ports.set(name, await freePort());
  const origins = [...ports.values()].map((port) => `http://127.0.0.1:${port}`);
  stage = await Stage.start({ origins });
});
after(() => stage?.stop());

for (const [name, { app, tool, build, serve, drawn }] of Object.entries(APPS)) {
  test(`${name}: without configuration, the flow opens and the console stays empty`, async (context) => {
    const cwd = await copied(app, name);
    const script = join(folder, "node_modules", tool);
    const env = { ...process.env, ...QUIET };
    if (build) await run(process.execPath, [script, ...build], { cwd, env });
    const port = ports.get(name);
    const origin = `http://127.0.0.1:${port}`;
    const host = app === "next" ? "--hostname" : "--host";
    const args = [script, ...serve, "--port", String(port), host, "127.0.0.1"];
    const server = new Program({ name, command: process.execPath, args, cwd, env });
    context.after(() => server.stop());
    await server.answers(origin);
    await opens(origin, drawn);
  });
}

/** The app in a folder of its own, where nothing is left of an earlier run: tools keep what they have made of a package. */
async function copied(app, name) {
  const target = join(folder, "apps", name.toLowerCase().replaceAll(/\W+/g, "-"));
  await rm(target, { recursive: true, force: true });
  await cp(join(sources, app), target, { recursive: true });
  await writeFile(join(target, "package.json"), JSON.stringify({ private: true, type: "module" }));
  return target;
}

/** Presses the button in the page. */
async function opens(origin, drawn) {
  const session = await stage.server.session(await stage.newcomer());
  const address = `${origin}/?${new URLSearchParams({ key: stage.server.key.public, session })}`;
  if (drawn) assert.match(await (await fetch(address)).text(), />Cancel Subscription</, "the server has drawn the button");
  const page = await stage.page();
  const said = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) said.push(`${message.text()} (${message.location().url})`);
  });
  await page.goto(address);
  if (drawn) await page.locator("body[data-alive]").waitFor();
  await press(page, "Cancel Subscription");
  await heading(page, words.survey_title);
  await press(page, words.skip_to_cancel);
  await heading(page, words.confirm_title);
  assert.ok(page.url().startsWith(address), "in the page itself, and not as a page of the server");
  assert.deepEqual([...page.complaints, ...said], []);
}
