// How a contestant's page is built: as an application's own build does it, and alike for all of them.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import * as esbuild from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const contestants = join(root, "bench/contestants");

const BUILD = {
  bundle: true,
  minify: true,
  legalComments: "none",
  target: "es2022",
  define: { "process.env.NODE_ENV": '"production"', __SENTRY_DEBUG__: "false", __SENTRY_TRACING__: "false" },
  conditions: ["production"],
  jsx: "automatic",
  write: false,
  logLevel: "warning",
};

/** A page's script, with a chunk of its own for everything that it imports lazily. */
export function page(source, outdir, options) {
  return esbuild.build({ ...BUILD, entryPoints: [join(contestants, source)], format: "esm", splitting: true, outdir, ...options });
}

/** A script that a contestant loads from a CDN and that npm has as sources only. */
export function script(source, outdir, options) {
  return esbuild.build({ ...BUILD, entryPoints: [join(contestants, source)], format: "iife", outdir, ...options });
}

/** The style of every step, minified, with the frame of a contestant around it. Farewell and Sentry bring their own. */
export async function style(frame) {
  const text = await Promise.all([join(root, "flow/src/style.css"), frame].map((file) => readFile(file, "utf8")));
  return (await esbuild.transform(text.join("\n"), { loader: "css", minify: true })).code;
}

/** The frame of the native dialogs, and that of Radix's. */
export const frames = { native: join(root, "flow/src/dialog.css"), radix: join(contestants, "react/dialog.css") };
