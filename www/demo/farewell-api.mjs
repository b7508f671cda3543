// The merchant's backend as a client of Farewell's API. The private key is here and never in a page.

/** Farewell did not answer, or not with what was asked for. The message is for a developer. */
export class FarewellError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export class FarewellApi {
  /**
   * @param {string} base the server's origin
   * @param {string} key the brand's private key, `sk_…`
   */
  constructor(base, key) {
    this.base = base;
    this.key = key;
  }

  /** A session for one customer: its id (`ret_…`), and the words the law of the customer's place wants on the button. */
  async createSession(customer, returnUrl) {
    const retention = { customer_id: customer.billingId, return_url: returnUrl, locale: customer.locale };
    const { id, label } = await this.#ask("/v1/retention/session", { retention });
    return { id, label };
  }

  /** A session of the subscription hub for one customer: its id, `sub_…`. */
  async createHub(customer) {
    const subscription = { customer_id: customer.billingId, locale: customer.locale };
    return (await this.#ask("/v1/subscription/session", { subscription })).id;
  }

  /** What a result token of this brand stands for, as the server that signed it says. Tokens of other brands are refused. */
  async verifyResult(token, brand) {
    return this.#ask("/api/public/cancel/result", { token, brand });
  }

  /** A customer's subscriptions in the built-in billing. */
  async ledgerCustomer(customer) {
    return this.#ask(`/v1/ledger/customers/${encodeURIComponent(customer.billingId)}`);
  }

  /** The public keys that result tokens are signed with. */
  async keys() {
    return (await this.#ask("/.well-known/jwks.json")).keys;
  }

  async #ask(path, body) {
    const headers = { "X-Brand-Key": this.key };
    if (body) headers["Content-Type"] = "application/json";
    const options = { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) };
    let answer, content;
    try {
      answer = await fetch(this.base + path, { ...options, signal: AbortSignal.timeout(10_000) });
      content = await answer.json();
    } catch (error) {
      throw new FarewellError(502, `Farewell at ${this.base} does not answer ${path}: ${error.cause?.code ?? error.name}`);
    }
    if (!answer.ok) throw new FarewellError(answer.status, content.error ?? `Farewell answered ${answer.status}`);
    return content;
  }
}
