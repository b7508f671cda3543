// Whether a result is genuine, and what it says. Nothing but Node's own modules.

import { createPublicKey, verify } from "node:crypto";

/** Nothing to act on: malformed, forged, expired, or of another brand. The message is for your log. */
export class Refused extends Error {}

const KEEP = 3_600_000; // ms until known keys are fetched again
const PAUSE = 10_000; // ms between two fetches, however many tokens name a key that nobody knows

export class ResultTokens {
  #keys = new Map();
  #asked = -Infinity;
  #answer;

  /**
   * @param {string} server Farewell's address, the `public_url` of its configuration
   * @param {string} brand your slug
   */
  constructor(server, brand) {
    this.server = new URL(server).origin;
    this.brand = brand;
  }

  /** Offline: what the token says, as of when it was signed. */
  async verify(token) {
    if (typeof token !== "string" || token.length > 8192 || !/^[\w-]+\.[\w-]+\.[\w-]{86}$/.test(token)) {
      throw new Refused("this is not a token");
    }
    const [header, claims, signature] = token.split(".");
    const { alg, typ, crit, kid } = object(header);
    // One algorithm and one type. Whoever sends a token has no say in how it is checked.
    if (alg !== "EdDSA" || typ !== "JWT" || crit !== undefined) throw new Refused("this is not a result token");
    const key = await this.#key(kid);
    const bytes = Buffer.from(signature, "base64url");
    // Node reads base64 generously; a signature is accepted in one spelling only.
    const exact = bytes.toString("base64url") === signature;
    if (!exact || !verify(null, Buffer.from(`${header}.${claims}`), key, bytes)) throw new Refused("the signature is wrong");
    const result = object(claims);
    if (result.iss !== this.server) throw new Refused("it is from another server");
    if (result.aud !== this.brand) throw new Refused("it is of another brand");
    if (!(result.exp * 1000 > Date.now())) throw new Refused("it has expired");
    return result;
  }

  /** By asking: what has become of it as of now. */
  async ask(token) {
    const answer = await fetch(`${this.server}/api/public/cancel/result`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ token, brand: this.brand }),
      signal: AbortSignal.timeout(5000),
    });
    const content = await answer.json();
    if ([400, 401, 413].includes(answer.status)) throw new Refused(content.error);
    if (!answer.ok) throw new Error(`Farewell answers ${answer.status}`);
    return content;
  }

  async #key(kid) {
    if (performance.now() - this.#asked > (this.#keys.has(kid) ? KEEP : PAUSE)) {
      this.#asked = performance.now();
      this.#answer = this.#fetch();
    }
    // Whoever comes meanwhile waits for the same answer. Keys that are known hold also where there is none.
    const failure = await this.#answer.catch((error) => error);
    const key = this.#keys.get(kid);
    if (key) return key;
    throw failure ?? new Refused("no published key has this id");
  }

  async #fetch() {
    const answer = await fetch(`${this.server}/.well-known/jwks.json`, { signal: AbortSignal.timeout(5000) });
    if (!answer.ok) throw new Error(`Farewell answers ${answer.status}`);
    const ours = (await answer.json()).keys.filter(isForResults);
    this.#keys = new Map(ours.map((key) => [key.kid, createPublicKey({ key, format: "jwk" })]));
  }
}

/** Whether a key signs results. One whose `exp` is past is published for the receipts it has signed, years ago. */
function isForResults({ kty, crv, exp }) {
  return kty === "OKP" && crv === "Ed25519" && !(exp <= Date.now() / 1000);
}

function object(part) {
  try {
    const value = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    if (value && typeof value === "object") return value;
  } catch {
    // What is no JSON is refused like JSON that is no object.
  }
  throw new Refused("this is not a token");
}
