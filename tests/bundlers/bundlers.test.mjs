// The packed tarball, installed as a merchant installs it, in every bundler without a line of configuration for us: the button opens the
// flow in a real browser.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

import { heading, press } from "../e2e/stage/flow.mjs";
import { Stage } from "../e2e/stage/stage.mjs";
import { words } from "../e2e/stage/words.mjs";
import { install } from "./tarball.mjs";

const run = promisify(execFile);
const tool = (name) => import(pathToFileURL(createRequire(join(folder, "package.json")).resolve(name)));

let folder;
let stage;
before(async () => {
  folder = await install(import.meta.dirname, "bundlers");
  stage = await Stage.start();
});
after(() => stage?.stop());

const ENTRY = `
  import { Farewell } from "@farewell/js";
  const { key, session } = window.merchant;
  new Farewell({ publicKey: key }).mountCancelButton("cancel", session);
`;

/** An app of one page in a folder of its own. */
async function app(name) {
  const source = join(folder, "apps", name);
  await rm(source, { recursive: true, force: true });
  await mkdir(source, { recursive: true });
  await writeFile(join(source, "main.js"), ENTRY);
  return { entry: join(source, "main.js"), source, out: join(source, "dist") };
}

/** Opens a page with what was built, and presses the button in it. */
async function opens(name, out, script, { type = "module", head = "" } = {}) {
  stage.host.publishFolder(name, out);
  const session = await stage.server.session(await stage.newcomer());
  const merchant = `<script>merchant = ${JSON.stringify({ key: stage.server.key.public, session })}</script>`;
  const body = `${head}<div id="cancel"></div>${merchant}<script type="${type}" src="/${name}/${script}"></script>`;
  await opened(stage.host.publish(`/with-${name}`, { body }));
}

async function opened(address) {
  const page = await stage.page();
  await page.goto(address);
  await press(page, "Cancel Subscription");
  await heading(page, words.survey_title);
  await press(page, words.skip_to_cancel);
  await heading(page, words.confirm_title);
  assert.ok(page.url().startsWith(address), "in the page itself, and not as a page of the server");
  assert.deepEqual(page.complaints, []);
}

const BUNDLERS = {
  "Vite 8": async ({ source, entry, out }) => {
    const { build } = await tool("vite");
    await build({ root: source, base: "/vite-8/", logLevel: "error", build: { outDir: out, rollupOptions: { input: entry, output: { entryFileNames: "main.js" } } } });
  },
  "Vite 5": async ({ source, entry, out }) => {
    const { build } = await import(pathToFileURL(join(folder, "node_modules/vite-5/dist/node/index.js")));
    await build({ root: source, base: "/vite-5/", logLevel: "error", build: { outDir: out, rollupOptions: { input: entry, output: { entryFileNames: "main.js" } } } });
  },
  "webpack 5": async ({ source, entry, out }) => {
    const { default: webpack } = await tool("webpack");
    await packed(webpack({ mode: "production", context: source, entry, output: { path: out, filename: "main.js" } }));
  },
  "Rspack 2": async ({ source, entry, out }) => {
    const { rspack } = await tool("@rspack/core");
    await packed(rspack({ mode: "production", context: source, entry, output: { path: out, filename: "main.js" } }));
  },
  Rollup: async ({ entry, out }) => {
    const [{ rollup }, { nodeResolve }] = [await tool("rollup"), await tool("@rollup/plugin-node-resolve")];
    const bundle = await rollup({ input: entry, plugins: [nodeResolve({ browser: true })], onwarn: (warning) => assert.fail(warning.message) });
    await bundle.write({ dir: out, entryFileNames: "main.js" });
  },
  "esbuild with splitting": async ({ entry, out }) => {
    const { build } = await tool("esbuild");
    const { warnings } = await build({ entryPoints: [entry], bundle: true, splitting: true, format: "esm", minify: true, outdir: out, logLevel: "silent" });
    assert.deepEqual(warnings, []);
  },
};

/** Runs a compiler of webpack's kind. Warnings are failures: a merchant would see them, too. */
async function packed(compiler) {
  const stats = await promisify(compiler.run.bind(compiler))();
  await promisify(compiler.close.bind(compiler))();
  const { errors, warnings } = stats.toJson({ errors: true, warnings: true });
  // What it says of the size of files is about merchants' pages.
  const said = [...errors, ...warnings].map(({ message }) => message).filter((text) => !/size limit|performance/.test(text));
  assert.deepEqual(said, []);
}

for (const [bundler, build] of Object.entries(BUNDLERS)) {
  test(`${bundler}: built without configuration, the flow opens`, async () => {
    const name = bundler.toLowerCase().replaceAll(/\W+/g, "-");
    const files = await app(name);
    await build(files);
    // These two find their chunks by the address of a script that is not a module.
    const type = /webpack|Rspack/.test(bundler) ? "text/javascript" : "module";
    await opens(name, files.out, "main.js", { type });
  });
}

test("an import map in a plain page", async () => {
  const installed = join(folder, "node_modules/@farewell/js");
  const { source } = await app("plain");
  stage.host.publishFolder("package", installed);
  const head = `<script type="importmap">{ "imports": { "@farewell/js": "/package/index.js" } }</script>`;
  await opens("plain", source, "main.js", { head });
});

test("a plain script tag", async () => {
  stage.host.publishFolder("package", join(folder, "node_modules/@farewell/js"));
  const session = await stage.server.session(await stage.newcomer());
  const attributes = `data-public-key="${stage.server.key.public}" data-session="${session}" data-mount="cancel"`;
  const body = `<div id="cancel"></div><script async src="/package/embed.js" ${attributes}></script>`;
  await opened(stage.host.publish("/with-script-tag", { body }));
});

test("Node takes it by import and by require, and the same class stands behind both names", async () => {
  const script = (how) => `${how}
    const instance = new Farewell({ publicKey: "pk_x" });
    if (!(instance instanceof Renumerate)) throw new Error("two classes");
    // Nothing was begun that would keep a server's process from ending.
    if (process.getActiveResourcesInfo().includes("Timeout")) throw new Error("importing has started something");
    console.log(typeof openFlow, typeof define);`;
  const imported = `import { Farewell, Renumerate } from "@farewell/js"; import { openFlow } from "@farewell/js/headless";
    import { define } from "@farewell/js/element";`;
  const required = `const { Farewell, Renumerate } = require("@farewell/js"); const { openFlow } = require("@farewell/js/headless");
    const { define } = require("@farewell/js/element");`;
  for (const [type, how] of [["module", imported], ["commonjs", required]]) {
    const { stdout, stderr } = await run("node", [`--input-type=${type}`, "--eval", script(how)], { cwd: folder });
    assert.deepEqual([stdout.trim(), stderr], ["function function", ""], type);
  }
});
