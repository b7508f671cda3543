// Scripts of a host page that use libraries of npm, bundled as a merchant would.

import { build } from "esbuild";

import { root } from "./server.mjs";

/** A script with everything it imports in it. */
export async function bundled(source) {
  const { outputFiles } = await build({
    stdin: { contents: source, loader: "jsx", resolveDir: root },
    bundle: true,
    format: "esm",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"' },
    minify: true,
    write: false,
  });
  return outputFiles[0].text;
}
