// A process that a test starts, and stops again: never anybody else's.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";

/** A port that was free a moment ago. */
export async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

export class Program {
  #child;
  #said = "";
  #ended;

  /** @param {{ name: string, command: string, args: string[], cwd?: string, env?: object }} what */
  constructor({ name, command, args, cwd, env }) {
    this.name = name;
    this.#child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => (this.#said += text));
    }
    this.#ended = new Promise((resolve) => {
      this.#child.on("error", (error) => resolve(`could not be started: ${error.message}`));
      this.#child.on("exit", (code, signal) => resolve(`ended with ${signal ?? code}`));
    });
  }

  /** Everything it has written. */
  get said() {
    return this.#said;
  }

  /** Waits until it has written something, and gives the match. Fails at once when the program ends, and after 20 seconds. */
  async says(pattern) {
    const patience = AbortSignal.timeout(20_000);
    let over;
    this.#ended.then((how) => (over = how));
    for (;;) {
      const match = pattern.exec(this.#said);
      if (match) return match;
      if (over) throw new Error(`${this.name} ${over}\n${this.#said}`);
      if (patience.aborted) throw new Error(`${this.name} does not say ${pattern}\n${this.#said}`);
      await new Promise((resolve) => setTimeout(resolve, 25)); // between two looks at a program that is starting
    }
  }

  /** Waits until a URL is answered by anything. Fails at once when the program ends, and after 20 seconds. */
  async answers(url) {
    const patience = AbortSignal.timeout(20_000);
    let over;
    this.#ended.then((how) => (over = how));
    for (;;) {
      if (over) throw new Error(`${this.name} ${over}\n${this.#said}`);
      if (patience.aborted) throw new Error(`${this.name} does not answer ${url}\n${this.#said}`);
      const answer = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(2000) }).catch(() => undefined);
      if (answer) return;
      await new Promise((resolve) => setTimeout(resolve, 25)); // between two questions to a program that is starting
    }
  }

  /** Holds the process where it is, as a server that hangs. */
  pause() {
    this.#child.kill("SIGSTOP");
  }

  resume() {
    this.#child.kill("SIGCONT");
  }

  async stop() {
    this.#child.kill("SIGCONT");
    this.#child.kill("SIGTERM");
    const slow = setTimeout(() => this.#child.kill("SIGKILL"), 5000);
    await this.#ended;
    clearTimeout(slow);
  }
}
