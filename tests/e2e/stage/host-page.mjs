// Pages of a merchant that a test makes up: any markup, any headers, with the real package at /farewell/.

import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";

import { root } from "./server.mjs";

const pkg = process.env.FAREWELL_PKG ?? join(root, "pkg");
const TYPES = { ".js": "text/javascript", ".mjs": "text/javascript", ".map": "application/json", ".wasm": "application/wasm" };

export class HostPages {
  #pages = new Map();
  #folders = new Map();
  /** Files of the package that are answered with 404, as if a blocker or a broken deployment had taken them. */
  withheld = new Set();

  static async start(port) {
    const pages = new HostPages();
    pages.origin = `http://127.0.0.1:${port}`;
    pages.server = createServer((request, response) => pages.#answer(request, response)).listen(port, "127.0.0.1");
    await once(pages.server, "listening");
    return pages;
  }

  /**
   * Publishes a page, and gives its address.
   *
   * @param {string} path
   * @param {{ body?: string, module?: string, headers?: object }} page `module` is a script that can import the package; it
   *   gets the nonce of the page's policy, if that has one. Without it, the page has no script of ours
   */
  publish(path, { body = "", module = "", headers = {} }) {
    const nonce = /'nonce-(\w+)'/.exec(headers["Content-Security-Policy"])?.[1] ?? "";
    const script = module && `<script type="module" nonce="${nonce}" src="${path}.js"></script>`;
    const text = `<!doctype html><html lang="en"><title>Host</title><body>${body}${script}</body></html>`;
    this.#pages.set(path, { type: "text/html; charset=utf-8", headers, text });
    this.#pages.set(`${path}.js`, { type: "text/javascript", headers: {}, text: module });
    return this.origin + path;
  }

  /** Publishes the scripts in a folder, such as what a bundler has made: `/{name}/…`. */
  publishFolder(name, folder) {
    this.#folders.set(name, folder);
  }

  async #answer(request, response) {
    const { pathname } = new URL(request.url, this.origin);
    const page = this.#pages.get(pathname);
    const headers = { "Cache-Control": "no-store", ...page?.headers };
    if (page) return response.writeHead(200, { "Content-Type": page.type, ...headers }).end(page.text);
    const [, where, ...path] = pathname.split("/");
    const folder = where === "farewell" && path.length === 1 && !this.withheld.has(path[0]) ? pkg : this.#folders.get(where);
    const known = folder && !path.includes("..") && TYPES[extname(pathname)];
    const file = known && (await readFile(join(folder, ...path)).catch(() => undefined));
    if (!file) return response.writeHead(404, headers).end();
    return response.writeHead(200, { "Content-Type": known, ...headers }).end(file);
  }

  async stop() {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }
}
