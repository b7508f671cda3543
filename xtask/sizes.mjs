// What files weigh: for each file of the command line one line with its raw, gzip -9 and brotli 11 bytes.
// Run by `cargo xtask bench size`.

import { readFile } from "node:fs/promises";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

for (const path of process.argv.slice(2)) {
  const content = await readFile(path);
  const gzip = gzipSync(content, { level: 9 });
  const brotli = brotliCompressSync(content, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length },
  });
  console.log(content.length, gzip.length, brotli.length);
}
