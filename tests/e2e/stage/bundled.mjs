// Scripts of a host page that use libraries of npm, bundled as a merchant would.

import { join } from "node:path";

import { build } from "esbuild";

import { root } from "./server.mjs";

const pkg = process.env.FAREWELL_PKG ?? join(root, "pkg");

/**
 * A script with everything it imports in it; our package under its own name.
 *
 * @param {string} source
 * @param {Record<string, string>} [alias] other names of packages, such as another version of React
 */
export async function bundled(source, alias) {
  const { outputFiles } = await build({
    stdin: { contents: source, loader: "jsx", resolveDir: root },
    bundle: true,
    alias: { "@farewell/js": pkg, ...alias },
    format: "esm",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"' },
    minify: true,
    write: false,
  });
  return outputFiles[0].text;
}
