// What a page asks the network for.

/** Where a page tells the server what was done. Nothing waits for it, so it is not a part of opening. */
const TELLING = "/v1/flow/actions";

export class Traffic {
  #requests = new Map();
  #quiet = Date.now();

  constructor(devtools) {
    devtools.on("Network.requestWillBeSent", ({ requestId, request, timestamp }) => {
      const { pathname, protocol } = new URL(request.url);
      if (protocol === "data:") return;
      this.#quiet = undefined;
      this.#requests.set(requestId, { method: request.method, pathname, timestamp, bytes: 0, open: true });
    });
    devtools.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => this.#end(requestId, encodedDataLength));
    devtools.on("Network.loadingFailed", ({ requestId }) => this.#end(requestId, 0));
  }

  #end(requestId, bytes) {
    const request = this.#requests.get(requestId);
    if (!request) return;
    Object.assign(request, { bytes, open: false });
    if (![...this.#requests.values()].some(({ open }) => open)) this.#quiet = Date.now();
  }

  /** Forgets what there was until now. */
  clear() {
    this.#requests.clear();
    this.#quiet = Date.now();
  }

  /** Waits until nothing has been under way for so many milliseconds. */
  async settled(milliseconds) {
    const patience = Date.now() + 20_000;
    while (!this.#quiet || Date.now() - this.#quiet < milliseconds) {
      if (Date.now() > patience) throw new Error(`the network does not come to rest: ${JSON.stringify([...this.#requests.values()])}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Requests since `clear`, and the bytes of their answers with headers. A preflight counts as what it is: a request. */
  get loaded() {
    const loaded = [...this.#requests.values()].filter(({ pathname }) => pathname !== TELLING);
    return { requests: loaded.length, bytes: loaded.reduce((sum, { bytes }) => sum + bytes, 0) };
  }
}
