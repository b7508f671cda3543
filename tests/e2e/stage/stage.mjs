// Everything a test needs, started for it alone: server, demo merchant, pages of its own, a browser.

import { join } from "node:path";

import { launch } from "./browser.mjs";
import { HostPages } from "./host-page.mjs";
import { Program, freePort } from "./program.mjs";
import { Server, root } from "./server.mjs";
import { startAccount, withStripe } from "./stripe.mjs";
import { recording } from "./told.mjs";

export class Stage {
  #contexts = [];
  #parts = [];
  #readers = new Map();
  #published = 0;
  #newcomers = 0;

  /**
   * @param {object} [options]
   * @param {(config: string) => string} [options.configure] changes the demo's configuration
   * @param {string[]} [options.origins] of pages that a test serves by itself
   * @param {boolean} [options.stripe] whether the demo's shop can also be billed by what stands in for Stripe
   * @param {boolean} [options.browser] whether Chromium is started; tests that bring a browser of their own go without
   */
  static async start({ configure = (config) => config, origins = [], stripe = false, browser = true } = {}) {
    const stage = new Stage();
    try {
      const [port, merchantPort, hostPort] = [await freePort(), await freePort(), await freePort()];
      const keep = (part) => (stage.#parts.push(part), part);
      stage.host = keep(await HostPages.start(hostPort));
      const stripePort = stripe && (await freePort());
      if (stripe) keep(await startAccount(stripePort, port));
      const configured = (config, folder) => (stripe ? withStripe(configure(config), folder, stripePort) : configure(config));
      stage.server = keep(await Server.start(port, merchantPort, [stage.host.origin, ...origins], configured));
      stage.stripe = stripe && `http://127.0.0.1:${stripePort}`;
      const atStripe = stripe && (await stage.server.keyOf("acme-stripe"));
      stage.merchant = `http://127.0.0.1:${merchantPort}`;
      const merchant = keep(
        new Program({
          name: "the demo merchant",
          command: process.execPath,
          args: [join(root, "www/demo/server.mjs")],
          env: {
            PORT: merchantPort,
            FAREWELL_API: stage.server.origin,
            FAREWELL_KEY: stage.server.key.secret,
            FAREWELL_PUBLIC_KEY: stage.server.key.public,
            ...(stripe && { STRIPE: stage.stripe, FAREWELL_STRIPE_KEY: atStripe.secret, FAREWELL_STRIPE_PUBLIC_KEY: atStripe.public }),
            ...(process.env.FAREWELL_PKG && { FAREWELL_PKG: process.env.FAREWELL_PKG }),
          },
        }),
      );
      await merchant.answers(`${stage.merchant}/public/acme.css`);
      if (browser) {
        stage.browser = await launch();
        keep({ stop: () => stage.browser.close() });
      }
      return stage;
    } catch (error) {
      await stage.stop();
      throw error;
    }
  }

  async stop() {
    for (const part of this.#parts.reverse()) await part.stop();
  }

  /**
   * A page in a browser context of its own, that keeps what went wrong in it.
   *
   * `page.complaints` are uncaught errors, unhandled rejections and violations of a policy; `page.errors` are console errors;
   * `page.requests` are requests, as `METHOD /path`.
   *
   * @param {object} [options] of the context
   * @param {number} [options.textSize] the one that a reader has set, in px; such a browser is started once
   */
  async page({ textSize, ...options } = {}) {
    const browser = textSize ? await this.#withText(textSize) : this.browser;
    const context = await browser.newContext(options);
    context.setDefaultTimeout(10_000);
    this.#contexts.push(context);
    const page = await context.newPage();
    page.complaints = [];
    page.errors = [];
    page.requests = [];
    page.on("pageerror", (error) => page.complaints.push(String(error)));
    page.on("console", (message) => {
      if (message.type() !== "error") return;
      page.errors.push(message.text());
      if (/Content Security Policy|Trusted/.test(message.text())) page.complaints.push(message.text());
    });
    page.on("request", (request) => {
      const { pathname } = new URL(request.url());
      page.requests.push(`${request.method()} ${pathname}`);
    });
    return page;
  }

  async #withText(textSize) {
    if (!this.#readers.has(textSize)) {
      const browser = await launch({ textSize });
      this.#readers.set(textSize, browser);
      this.#parts.push({ stop: () => browser.close() });
    }
    return this.#readers.get(textSize);
  }

  /**
   * The address of a page of the host with the button of a customer of the ledger, which keeps what it is told. See `recording`.
   *
   * @param {string} customer such as `cus_ada`
   * @param {object} [options]
   * @param {object} [options.config] of the instance
   * @param {string} [options.session] a JavaScript expression to use instead of a session id of the customer
   * @param {string} [options.options] a JavaScript expression: the third argument of `mountCancelButton`
   * @param {object} [options.ask] more fields of the session, such as `return_url`
   * @param {string} [options.body] the markup; holds an element with the id `cancel`
   * @param {object} [options.headers] of the page
   */
  async billingAddress(customer, { config, session, options, ask, body, headers } = {}) {
    const module = recording({
      config: { publicKey: this.server.key.public, fallbackEmail: "support@acme.example", ...config },
      session: session ?? JSON.stringify(await this.server.session(customer, ask)),
      options,
    });
    const path = `/${customer}-${++this.#published}`;
    return this.host.publish(path, { body: body ?? '<div id="cancel"></div>', module, headers });
  }

  /**
   * The page of that address, opened in Chromium. Takes the same options, and two more.
   *
   * @param {string} customer
   * @param {object} [options]
   * @param {string} [options.fragment] with its `#`
   * @param {object} [options.context] of the browser
   */
  async billingPage(customer, { fragment = "", context, ...options } = {}) {
    const address = await this.billingAddress(customer, options);
    const page = await this.page(context);
    await page.goto(address + fragment);
    return page;
  }

  /**
   * The address of a page of the host without any script: a form that opens a customer's hosted page.
   *
   * @param {string} customer
   * @param {object} [ask] more fields of the session
   */
  async formAddress(customer, ask) {
    const session = await this.server.session(customer, ask);
    const body = `<form method="post" action="${this.server.origin}/c"><input type="hidden" name="session" value="${session}"><button>Cancel Subscription</button></form>`;
    return this.host.publish(`/form-${customer}-${++this.#published}`, { body });
  }

  /**
   * Adds a customer to the ledger, for a test that must not meet what another one left.
   *
   * @param {{ plan?: string, country?: string, region?: string }} [who]
   * @returns {Promise<string>} the customer's id
   */
  async newcomer({ plan = "digital_monthly", country = "US", region = country === "US" ? "NY" : undefined } = {}) {
    const name = `new_${++this.#newcomers}`;
    const subscription = { external_id: `sub_${name}`, plan };
    const customer = { external_id: `cus_${name}`, country, region, subscriptions: [subscription] };
    await this.server.import({ customers: [customer] });
    return customer.external_id;
  }

  /** A merchant's page signed in as a customer of the demo, such as `user_1`. */
  async signedIn(user, path = "/", options) {
    const page = await this.page(options);
    await page.context().addCookies([{ name: "customer", value: user, url: this.merchant }]);
    await page.goto(this.merchant + path);
    return page;
  }

  /** Closes the pages of a test; the rest goes on. */
  async clear() {
    for (const context of this.#contexts.splice(0)) {
      // What still answers a request in the place of a server has nobody to answer any more.
      for (const page of context.pages()) await page.unrouteAll({ behavior: "ignoreErrors" });
      await context.close();
    }
  }
}
