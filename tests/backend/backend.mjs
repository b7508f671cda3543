// A merchant's backend: one of the programs of `examples/backend`, running.

import { join } from "node:path";

import { Program, freePort } from "../e2e/stage/program.mjs";
import { root } from "../e2e/stage/server.mjs";

const serve = (name) => join(root, "tests/backend/login", name);

/** How each example is started; `xtask` says where the languages are. */
const COMMANDS = {
  Node: () => [process.execPath, serve("serve.mjs")],
  Python: () => [process.env.PYTHON ?? "python3", serve("serve.py")],
  PHP: (port) => [process.env.PHP ?? "php", "-S", `127.0.0.1:${port}`, serve("serve.php")],
  Ruby: () => [process.env.RUBY ?? "ruby", serve("serve.rb")],
};

export const LANGUAGES = Object.keys(COMMANDS);

/** A merchant's backend in one of the languages. */
export class Backend {
  /**
   * @param {import("../e2e/stage/server.mjs").Server} server
   * @param {string} language of `LANGUAGES`
   * @param {{ brand?: string, farewell?: string, name?: string }} [options] `name` is that of the file in which PHP keeps keys
   */
  static async start(server, language, { brand = "acme", farewell = server.origin, name = "keys" } = {}) {
    const backend = new Backend();
    const port = await freePort();
    const [command, ...args] = COMMANDS[language](port);
    const cache = join(server.folder, `${language}-${brand}-${name}.json`);
    const env = { PORT: port, FAREWELL_API: farewell, FAREWELL_KEY: server.key.secret, FAREWELL_BRAND: brand, FAREWELL_CACHE: cache };
    backend.origin = `http://127.0.0.1:${port}`;
    backend.program = new Program({ name: language, command, args, env });
    await backend.program.answers(backend.origin);
    return backend;
  }

  /** Asks as a page does, in whose browser somebody is logged in, or nobody. */
  async post(path, body, who) {
    const headers = { "Content-Type": "application/json", ...(who && { "X-Login": `${who.user} ${who.customer}` }) };
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const answer = await fetch(this.origin + path, { method: "POST", headers, body: text });
    return { status: answer.status, type: answer.headers.get("content-type"), cache: answer.headers.get("cache-control"), ...(await answer.json()) };
  }

  stop() {
    return this.program.stop();
  }
}
