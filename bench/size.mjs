// Builds the page of everybody who is weighed, and says which files a visitor loads when. `cargo xtask bench size` runs this, and
// weighs the files.
//
// On standard output, as JSON: `[{ title, page, opens, finishes, unknown, note }]`; the three moments are lists of paths.

import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";

import * as build from "./build.mjs";
import { weighed } from "./weighed.mjs";

const { values: options } = parseArgs({
  options: { pkg: { type: "string" }, peers: { type: "string" }, out: { type: "string" } },
});
const MOMENTS = ["page", "opens", "finishes"];

/** Ours is the package as it is published. What the repository has anyway is its own; the other peers are in a folder apart. */
const resolving = {
  alias: { "@farewell/js": resolve(options.pkg) },
  nodePaths: [join(options.peers, "node_modules")],
  // Where the package is installed, in node_modules, esbuild does not say so either.
  logOverride: { "ignored-bare-import": "silent" },
};

/** The files that a page loads with its script, and those that it loads later: what is imported lazily, and what that imports. */
function moments({ outputs }, source, never) {
  const entry = Object.keys(outputs).find((file) => outputs[file].entryPoint?.endsWith(source));
  const now = new Set([entry]);
  for (const file of now) {
    for (const { path, kind, external } of outputs[file].imports) if (kind === "import-statement" && !external) now.add(path);
  }
  const later = (file) => !now.has(file) && !never.includes(basename(outputs[file].entryPoint ?? ""));
  return { page: [...now], opens: Object.keys(outputs).filter(later) };
}

async function write(path, content) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return path;
}

/** A page's own files, by the moment at which they are loaded. */
async function built({ page, never = [], external, style }, folder) {
  const loaded = { page: [], opens: [], finishes: [] };
  if (page) {
    const { outputFiles, metafile } = await build.page(page, folder, { ...resolving, external, metafile: true });
    for (const { path, contents } of outputFiles) await write(path, contents);
    Object.assign(loaded, moments(metafile, `/${page}`, never));
  }
  if (style) loaded.page.push(await write(join(folder, "page.css"), await build.style(build.frames[style])));
  return loaded;
}

async function found({ built, published, ours }, folder) {
  if (ours) return join(options.pkg, ours);
  if (published) return join(options.peers, "node_modules", published);
  const { outputFiles } = await build.script(built, folder, resolving);
  return write(join(folder, basename(built)), outputFiles[0].contents);
}

/** The version of a package that was weighed. */
async function version(name) {
  for (const folder of [".", options.peers]) {
    const manifest = await readFile(join(folder, "node_modules", name, "package.json"), "utf8").catch(() => undefined);
    if (manifest) return JSON.parse(manifest).version;
  }
  throw new Error(`${name} is not installed`);
}

async function weigh(contestant, folder) {
  const loaded = await built(contestant, folder);
  for (const moment of MOMENTS) {
    for (const file of contestant.files?.[moment] ?? []) loaded[moment].push(await found(file, folder));
  }
  for (const moment of MOMENTS) loaded[moment] = loaded[moment].map((file) => resolve(file));
  const { title, unknown, note } = contestant;
  return { title: await versioned(title), ...loaded, unknown, note: note && (await versioned(note)) };
}

/** A text with the versions of the packages that it names in braces. */
async function versioned(text) {
  const parts = text.split(/[{}]/);
  return (await Promise.all(parts.map((part, index) => (index % 2 ? version(part) : part)))).join("");
}

await rm(options.out, { recursive: true, force: true });
const answer = [];
for (const [index, contestant] of weighed.entries()) answer.push(await weigh(contestant, join(options.out, String(index + 1))));
console.log(JSON.stringify(answer));
