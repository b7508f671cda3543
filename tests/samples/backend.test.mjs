// docs/backend.md shows the programs of `examples/backend` as they are. `UPDATE=1` writes them into it.

import assert from "node:assert/strict";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { root } from "../e2e/stage/server.mjs";

const page = join(root, "docs/backend.md");
/** A file's name at the end of a paragraph, and the block after it. */
const SHOWN = /`(examples\/backend\/[\w/.]+)`:\n\n```(\w+)\n([^]*?)```\n/g;

test("docs/backend.md shows every program of examples/backend, to the letter", async () => {
  const text = await readFile(page, "utf8");
  const shown = [...text.matchAll(SHOWN)];
  const files = new Map();
  for (const entry of await readdir(join(root, "examples/backend"), { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath ?? entry.path, entry.name);
    if (entry.isFile()) files.set(file.slice(root.length), await readFile(file, "utf8"));
  }
  assert.deepEqual(shown.map(([, file]) => file).sort(), [...files.keys()].sort());
  if (process.env.UPDATE) {
    await writeFile(page, text.replaceAll(SHOWN, (_, file, language) => `\`${file}\`:\n\n\`\`\`${language}\n${files.get(file)}\`\`\`\n`));
    return;
  }
  for (const [, file, , content] of shown) assert.equal(content, files.get(file), `${file}: UPDATE=1 writes it into docs/backend.md`);
});
