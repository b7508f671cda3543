// Chromium, Firefox and WebKit, each driven by its own driver over WebDriver. They are the system's own: nothing is downloaded.
// `cargo xtask test` names them by environment variables; without those they are where Debian puts them.

import { existsSync } from "node:fs";
import { join } from "node:path";

import { Builder, Capabilities } from "selenium-webdriver";

import { DrivenPage } from "./driven-page.mjs";
import { Program, freePort } from "./program.mjs";
import { root } from "./server.mjs";

const { CHROME, CHROMEDRIVER, FIREFOX, GECKODRIVER, WEBKIT_DRIVER, MINIBROWSER, XVFB } = process.env;

/** What each browser needs, and how it is told to run without a screen, or without JavaScript. */
export const BROWSERS = {
  chromium: {
    program: CHROME ?? "/usr/bin/chromium",
    driver: CHROMEDRIVER ?? "/usr/bin/chromedriver",
    args: (port) => [`--port=${port}`],
    capabilities: (binary, javascript) => ({
      browserName: "chrome",
      "goog:chromeOptions": {
        binary,
        args: ["--headless=new", "--no-sandbox", "--disable-background-networking", "--no-first-run"],
        prefs: javascript ? {} : { "profile.managed_default_content_settings.javascript": 2 },
      },
    }),
  },
  firefox: {
    program: FIREFOX ?? "/usr/bin/firefox-esr",
    driver: GECKODRIVER ?? join(root, "target/tools/bin/geckodriver"),
    args: (port) => ["--port", port, "--websocket-port", "0"],
    capabilities: (binary, javascript) => ({
      browserName: "firefox",
      "moz:firefoxOptions": { binary, args: ["-headless"], prefs: { "javascript.enabled": javascript } },
    }),
  },
  webkit: {
    program: MINIBROWSER ?? "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
    driver: WEBKIT_DRIVER ?? "/usr/bin/WebKitWebDriver",
    // It knows no headless mode, so it gets a screen that nobody sees.
    screen: XVFB ?? "/usr/bin/Xvfb",
    args: (port) => [`--port=${port}`],
    capabilities: (binary, javascript) => ({
      browserName: "MiniBrowser",
      "webkitgtk:browserOptions": { binary, args: ["--automation", `--enable-javascript=${javascript ? "TRUE" : "FALSE"}`] },
    }),
  },
};

/** A browser with one window, to be stopped after use. */
export class Driven {
  #parts = [];
  #session;

  /**
   * @param {keyof typeof BROWSERS} name
   * @param {{ javascript?: boolean }} [options]
   */
  static async launch(name, { javascript = true } = {}) {
    const { program, driver, screen, args, capabilities } = BROWSERS[name];
    for (const file of [program, driver, screen].filter(Boolean)) {
      if (!existsSync(file)) throw new Error(`${name} needs ${file}, which is not there: run \`cargo xtask setup\`.`);
    }
    const driven = new Driven();
    try {
      const env = screen && { DISPLAY: await driven.#screen(screen) };
      const port = await freePort();
      const server = new Program({ name: `the driver of ${name}`, command: driver, args: args(port), env });
      driven.#parts.push(server);
      const address = `http://127.0.0.1:${port}`;
      await server.answers(`${address}/status`);
      const session = await new Builder()
        .usingServer(address)
        .withCapabilities(new Capabilities(capabilities(program, javascript)))
        .build();
      driven.#parts.push({ stop: () => session.quit() });
      driven.#session = session;
      await driven.size(1280, 900);
      driven.page = new DrivenPage(session);
      return driven;
    } catch (error) {
      await driven.stop();
      throw error;
    }
  }

  /** Makes the window as large as this, in px; browsers have a smallest size of their own. */
  async size(width, height) {
    await this.#session.manage().window().setRect({ width, height, x: 0, y: 0 });
  }

  /** Starts a screen, and gives its name. */
  async #screen(command) {
    const args = ["-displayfd", "1", "-screen", "0", "1400x1000x24", "-nolisten", "tcp"];
    const screen = new Program({ name: "Xvfb", command, args });
    this.#parts.push(screen);
    return `:${(await screen.says(/\d+(?=\n)/))[0]}`;
  }

  async stop() {
    for (const part of this.#parts.reverse()) await part.stop();
  }
}
