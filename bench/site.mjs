// The pages of the contestants, served alike: every file compressed by brotli beforehand, from memory, with the same headers.

import { once } from "node:events";
import { readFile, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:http";
import { basename, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";

import * as build from "./build.mjs";

const here = fileURLToPath(new URL("./contestants", import.meta.url));
const TYPES = { ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript" };

/** What was bundled, as pairs of path and content. */
const named = (name, built) => built.outputFiles.map((file) => [`/${name}/${basename(file.path)}`, file.contents]);

const scripts = async (name, source) => named(name, await build.page(`${name}/${source}`, `/${name}`));

const style = async (name, frame) => [`/${name}/page.css`, await build.style(frame)];

function page(name, styled) {
  const link = styled ? `<link rel="stylesheet" href="/${name}/page.css">` : "";
  return [
    `/${name}/page.html`,
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
      `<link rel="icon" href="data:,"><title>Billing</title>${link}<body><h1>Billing</h1><div id="cancel"></div>` +
      `<script type="module" src="/${name}/page.js"></script>`,
  ];
}

/** The version in the address under which Sentry's loader asks for the modal. */
const sentryVersion = () => createRequire(import.meta.url)("@sentry/browser/package.json").version;

async function files(pkg) {
  const ours = (await readdir(pkg)).filter((name) => name.endsWith(".js"));
  const [[, modal]] = named("sentry", await build.script("sentry/modal.js", "/sentry"));
  return [
    ...(await Promise.all(ours.map(async (name) => [`/pkg/${name}`, await readFile(join(pkg, name))]))),
    ["/farewell/page.js", await readFile(join(here, "farewell/page.js"))],
    page("farewell", false),
    ...(await scripts("vanilla", "page.js")),
    await style("vanilla", build.frames.native),
    page("vanilla", true),
    ...(await scripts("sentry", "page.js")),
    [`/${sentryVersion()}/feedback-modal.min.js`, modal],
    page("sentry", false),
    ...(await scripts("react", "page.jsx")),
    await style("react", build.frames.radix),
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
