// One customer on one contestant's page, in a browser context of its own: nothing is cached, and nobody else shares its process.

import { fileURLToPath } from "node:url";

import { impose } from "./condition.mjs";
import { go, reason } from "./contestant.mjs";
import { memory } from "./memory.mjs";
import { Traffic } from "./traffic.mjs";

const stopwatch = fileURLToPath(new URL("./stopwatch.js", import.meta.url));

/** When a step counts as not coming at all, in milliseconds. */
const PATIENCE = 30_000;

export class Visit {
  /** Opens the page and waits until it rests. */
  static async begin({ browser, site, server }, contestant) {
    const visit = new Visit();
    visit.contestant = contestant;
    // Without motion every step is there in full in its first frame. Fading in would be counted, or not, at will.
    visit.context = await browser.newContext({ reducedMotion: "reduce", viewport: { width: 1280, height: 900 }, hasTouch: true });
    try {
      await visit.#arrive(site, server);
      return visit;
    } catch (error) {
      await visit.end();
      throw error;
    }
  }

  async #arrive(site, server) {
    const contest = { apiBase: server.origin, publicKey: server.key.public, session: await server.session("cus_ada") };
    await this.context.addInitScript({ path: stopwatch });
    await this.context.addInitScript((contest) => (globalThis.contest = contest), contest);
    this.page = await this.context.newPage();
    this.page.on("pageerror", (error) => (this.trouble = error));
    this.devtools = await this.context.newCDPSession(this.page);
    await this.devtools.send("Network.enable");
    this.traffic = new Traffic(this.devtools);
    await this.page.goto(`${site.origin}/${this.contestant.name}/page.html`);
    await this.page.getByRole("button", { name: "Cancel Subscription" }).waitFor();
    await this.traffic.settled(100);
  }

  async end() {
    await this.context.close();
    if (this.trouble) throw new Error(`${this.contestant.title} failed`, { cause: this.trouble });
  }

  /** The middle of the button, wherever the contestant's page has it. */
  async #button() {
    const { x, y, width, height } = await this.page.getByRole("button", { name: "Cancel Subscription" }).boundingBox();
    return [x + width / 2, y + height / 2];
  }

  /** Shows intent, and leaves time enough for all of it: loading, compiling, and getting over it. */
  async warm() {
    await this.page.mouse.move(...(await this.#button()));
    await this.traffic.settled(300);
  }

  /** Starts the clock for a step, does what is to be timed, and gives the milliseconds. */
  async #timed(step, act) {
    await this.page.evaluate((step) => void (globalThis.time = globalThis.stopwatch(step)), step);
    await act();
    const late = new Promise((_, fail) => {
      this.patience = setTimeout(fail, PATIENCE, new Error(`${this.contestant.title} does not show ${JSON.stringify(step)}`));
    });
    return Promise.race([this.page.evaluate(() => globalThis.time), late]).finally(() => clearTimeout(this.patience));
  }

  /**
   * From the click to the first step.
   *
   * Warm, the click is that of the mouse that showed intent. Cold, it is a finger's: down and up at once, so that nothing is
   * gained in between.
   */
  async open(condition) {
    if (condition.warm) await this.warm();
    const [x, y] = await this.#button();
    await impose(condition, this.devtools);
    this.traffic.clear();
    const milliseconds = await this.#timed(this.contestant.first, () =>
      condition.warm ? this.page.mouse.click(x, y) : this.page.touchscreen.tap(x, y),
    );
    await this.traffic.settled(50);
    return { milliseconds, ...this.traffic.loaded };
  }

  /** From the press on "Continue" to the next step. */
  async step() {
    await this.page.getByRole("radio", { name: reason }).check();
    const button = this.page.getByRole("button", { name: go, exact: true });
    await button.hover();
    const { x, y, width, height } = await button.boundingBox();
    return this.#timed(this.contestant.next, () => this.page.mouse.click(x + width / 2, y + height / 2));
  }

  /** Bytes in use. */
  memory() {
    return memory(this.devtools);
  }
}
