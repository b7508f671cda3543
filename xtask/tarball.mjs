// The npm package as one file, from pkg/. Run by `cargo xtask package`.
//
// Who publishes names the repository it is built from: npm's provenance statement is refused where the manifest names another.

import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";

const option = { type: "string" };
const { values: options } = parseArgs({ options: { pkg: option, out: option, repository: option } });

const folder = await mkdtemp(join(tmpdir(), "farewell-tarball-"));
try {
  await cp(options.pkg, folder, { recursive: true });
  if (options.repository) {
    const url = options.repository.replace(/(\.git)?\/?$/, "");
    const path = join(folder, "package.json");
    const manifest = JSON.parse(await readFile(path, "utf8"));
    manifest.repository = { type: "git", url: `git+${url}.git`, directory: "pkg-template" };
    manifest.bugs = `${url}/issues`;
    manifest.homepage = `${url}#readme`;
    await writeFile(path, JSON.stringify(manifest, null, 2) + "\n");
  }
  const args = ["pack", folder, "--json", "--pack-destination", options.out];
  const { stdout } = await promisify(execFile)("npm", args, { maxBuffer: 1 << 24 });
  const [{ filename, size, unpackedSize, files }] = JSON.parse(stdout);
  console.log(`    ${join(options.out, filename)}: ${files.length} files, ${size} bytes, ${unpackedSize} unpacked`);
  console.log(`    npm publish ${options.repository ? "--provenance " : ""}${join(options.out, filename)}`);
} catch (error) {
  console.error(error.stderr || error.message);
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
