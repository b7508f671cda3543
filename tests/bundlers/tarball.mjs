// The package as merchants get it: packed, and installed from the tarball beside what they build with.

import { execFile } from "node:child_process";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { root } from "../e2e/stage/server.mjs";

const run = promisify(execFile);
const pkg = process.env.FAREWELL_PKG ?? join(root, "pkg");
const QUIETLY = ["--ignore-scripts", "--no-audit", "--no-fund"];

/**
 * Installs what the manifest and the lock file in a folder name, once for each lock file, and the package, every time.
 *
 * @param {string} from the folder of the manifest
 * @param {string} name of a folder in `target`, with its `node_modules`; its whole path is given
 */
export async function install(from, name) {
  const folder = join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), name);
  await mkdir(folder, { recursive: true });
  for (const file of ["package.json", "package-lock.json"]) await cp(join(from, file), join(folder, file));
  const lock = await readFile(join(folder, "package-lock.json"), "utf8");
  const installed = await readFile(join(folder, ".installed-from"), "utf8").catch(() => "");
  if (installed !== lock) {
    // Not `npm ci`: it refuses a lock file that npm itself wrote without the binaries of other platforms.
    // https://github.com/npm/cli/issues/4828
    await run("npm", ["install", ...QUIETLY], { cwd: folder });
    await writeFile(join(folder, ".installed-from"), lock);
  }
  const { stdout } = await run("npm", ["pack", pkg, "--json", "--pack-destination", folder], { cwd: folder });
  const [{ filename }] = JSON.parse(stdout);
  await run("npm", ["install", "--no-save", ...QUIETLY, `./${filename}`], { cwd: folder });
  return folder;
}
