// The real Farewell server, with a configuration and a database of its own in a temporary directory.

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { Program } from "./program.mjs";

export const root = fileURLToPath(new URL("../../../", import.meta.url));
const demo = join(root, "www/demo");
const binary = process.env.FAREWELL_BIN ?? join(root, "target/debug/farewell");
const run = promisify(execFile);

export class Server {
  #customers = 0;

  /**
   * @param {number} port
   * @param {number} merchantPort where the demo merchant will be
   * @param {string[]} origins of further pages that may ask
   * @param {(config: string, folder: string) => string} configure changes the demo's configuration, in the folder of the server's data
   */
  static async start(port, merchantPort, origins, configure = (config) => config) {
    const server = new Server();
    server.port = port;
    server.origin = `http://127.0.0.1:${port}`;
    server.folder = await mkdtemp(join(tmpdir(), "farewell-e2e-"));
    const config = (await readFile(join(demo, "farewell.toml"), "utf8"))
      .replaceAll(/878[78]/g, (found) => (found === "8787" ? port : merchantPort))
      .replace(/^(origins|return_urls) = \[/gm, (line) => line + origins.map((origin) => `"${origin}", `).join(""));
    await writeFile(join(server.folder, "farewell.toml"), configure(config, server.folder));
    await server.command("ledger", "import", "--brand", "acme", join(demo, "ledger.json"));
    server.key = await server.keyOf("acme");
    await server.serve();
    return server;
  }

  /** Runs a command of the program on this server's data, and gives what it wrote. */
  async command(...args) {
    return (await run(binary, args, { cwd: this.folder })).stdout;
  }

  /** A new key of a brand: `secret` and `public`. */
  async keyOf(brand) {
    return JSON.parse(await this.command("keys", "create", "--brand", brand, "--json"));
  }

  /** Adds customers and subscriptions to the ledger, in the form of `www/demo/ledger.json`. */
  async import(ledger) {
    const file = join(this.folder, "ledger.json");
    await writeFile(file, JSON.stringify(ledger));
    await this.command("ledger", "import", "--brand", "acme", file);
  }

  /**
   * Adds a customer of its own for a test, and gives the id.
   *
   * @param {string} plan of the demo's ledger
   * @param {{ trial?: boolean, country?: string, region?: string }} [more] without a country there is no place
   */
  async customer(plan, { trial, ...place } = {}) {
    const id = `cus_new_${++this.#customers}`;
    const person = { external_id: id, user_id: id, email: `${id}@example.com`, name: "Robin Winter", ...place };
    const subscription = { external_id: `sub_new_${this.#customers}`, plan, ...(trial && { trial }) };
    await this.import({ customers: [{ ...person, subscriptions: [subscription] }] });
    return id;
  }

  /** Starts to answer; also after `halt`, on the same data. */
  async serve() {
    this.program = new Program({ name: "farewell serve", command: binary, args: ["serve"], cwd: this.folder });
    await this.program.answers(`${this.origin}/api/health`);
  }

  /** Stops answering. Data stays. */
  async halt() {
    await this.program.stop();
  }

  async stop() {
    await this.halt();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Asks as a merchant's backend does. */
  async ask(path, body) {
    const headers = { "X-Brand-Key": this.key.secret, ...(body && { "Content-Type": "application/json" }) };
    const answer = await fetch(this.origin + path, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) });
    const content = await answer.json();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${content.error}`);
    return content;
  }

  /** A session id for a customer of the demo's ledger, such as `cus_ada`. */
  async session(customer, more) {
    return (await this.ask("/v1/retention/session", { retention: { customer_id: customer, ...more } })).id;
  }

  /** A session id of the hub. */
  async hub(customer, more) {
    return (await this.ask("/v1/subscription/session", { subscription: { customer_id: customer, ...more } })).id;
  }

  /** A customer's first subscription, as the ledger has it. */
  async subscription(customer) {
    return (await this.ask(`/v1/ledger/customers/${customer}`)).subscriptions[0];
  }
}
