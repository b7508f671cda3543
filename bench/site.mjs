// The pages of the contestants, served alike: every file compressed by brotli beforehand, from memory, with the same headers.

import { once } from "node:events";
import { readFile, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:http";
import { basename, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";

import * as esbuild from "esbuild";

const here = fileURLToPath(new URL("./contestants", import.meta.url));
const root = fileURLToPath(new URL("..", import.meta.url));
const TYPES = { ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript" };

/** As an application's own build does it. */
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

/** What was bundled, as pairs of path and content. */
async function bundle(name, options) {
  const built = await esbuild.build({ ...BUILD, ...options });
  return built.outputFiles.map((file) => [`/${name}/${basename(file.path)}`, file.contents]);
}

const scripts = (name, page) =>
  bundle(name, { entryPoints: [join(here, name, page)], format: "esm", splitting: true, outdir: `/${name}` });

/** The style of every step, minified, with the frame of this contestant around it. Farewell and Sentry bring their own. */
async function style(name, frame) {
  const files = [join(root, "flow/src/style.css"), frame];
  const text = (await Promise.all(files.map((file) => readFile(file, "utf8")))).join("\n");
  return [`/${name}/page.css`, (await esbuild.transform(text, { loader: "css", minify: true })).code];
}

function page(name, styled) {
  const link = styled ? `<link rel="stylesheet" href="/${name}/page.css">` : "";
  return [
    `/${name}/page.html`,
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">` +
      `<title>Billing</title>${link}<body><h1>Billing</h1><div id="cancel"></div><script type="module" src="/${name}/page.js"></script>`,
  ];
}

/** The version in the address under which Sentry's loader asks for the modal. */
const sentryVersion = () => createRequire(import.meta.url)("@sentry/browser/package.json").version;

async function files(pkg) {
  const ours = (await readdir(pkg)).filter((name) => name.endsWith(".js"));
  const [[, modal]] = await bundle("sentry", { entryPoints: [join(here, "sentry/modal.js")], format: "iife", outdir: "/sentry" });
  return [
    ...(await Promise.all(ours.map(async (name) => [`/pkg/${name}`, await readFile(join(pkg, name))]))),
    ["/farewell/page.js", await readFile(join(here, "farewell/page.js"))],
    page("farewell", false),
    ...(await scripts("vanilla", "page.js")),
    await style("vanilla", join(root, "flow/src/dialog.css")),
    page("vanilla", true),
    ...(await scripts("sentry", "page.js")),
    [`/${sentryVersion()}/feedback-modal.min.js`, modal],
    page("sentry", false),
    ...(await scripts("react", "page.jsx")),
    await style("react", join(here, "react/dialog.css")),
    page("react", true),
  ];
}

export class Site {
  /**
   * Bundles the contestants and serves them on 127.0.0.1.
   *
   * @param {number} port
   * @param {string} pkg the folder of the npm package as it is published
   */
  static async start(port, pkg) {
    const site = new Site();
    site.origin = `http://127.0.0.1:${port}`;
    const served = new Map();
    for (const [path, content] of await files(pkg)) served.set(path, brotliCompressSync(content));
    site.server = createServer((request, response) => {
      const { pathname } = new URL(request.url, site.origin);
      const body = served.get(pathname);
      if (!body) return response.writeHead(404).end();
      const headers = { "Content-Type": TYPES[extname(pathname)], "Content-Encoding": "br", "Content-Length": body.length };
      response.writeHead(200, { ...headers, "Cache-Control": "max-age=31536000", "Access-Control-Allow-Origin": "*" }).end(body);
    });
    site.server.listen(port, "127.0.0.1");
    await once(site.server, "listening");
    return site;
  }

  async stop() {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }
}
