// Acme News: a merchant that uses Farewell. Plain Node, a process of its own; all it has of Farewell is an address, its keys
// and the npm package.
//
//   PORT                 where to listen on 127.0.0.1 (8788)
//   FAREWELL_API         the Farewell server (http://127.0.0.1:8787)
//   FAREWELL_KEY         the brand's private key, from `farewell keys create`
//   FAREWELL_PUBLIC_KEY  the key for browsers, from the same command
//   FAREWELL_PKG         the directory of the npm package, served at /farewell/
//   FAREWELL_STRIPE_KEY, FAREWELL_STRIPE_PUBLIC_KEY
//                        the same of a second brand, which Stripe bills; without them there is none
//   STRIPE               where what stands in for Stripe is

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

import { find, loggedIn } from "./customers.mjs";
import { FarewellApi, FarewellError } from "./farewell-api.mjs";
import { billing, callback, mails, membership, newsletters, payment, subscription, trouble } from "./pages.mjs";
import { verifyOffline } from "./result-token.mjs";
import { stripeCustomer } from "./stripe-customer.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const port = Number(process.env.PORT ?? 8788);
const api = process.env.FAREWELL_API ?? "http://127.0.0.1:8787";
const pkg = process.env.FAREWELL_PKG ?? join(here, "../../pkg");

/** Who can bill, with the brand that stands for it. A real shop has one. */
const shops = [shop("ledger", "The built-in ledger", required("FAREWELL_KEY"), required("FAREWELL_PUBLIC_KEY"))];
if (process.env.FAREWELL_STRIPE_KEY) {
  const account = required("STRIPE");
  const keys = [process.env.FAREWELL_STRIPE_KEY, required("FAREWELL_STRIPE_PUBLIC_KEY")];
  shops.push({ ...shop("stripe", "Stripe (a stand-in)", ...keys), account, billed: (customer) => stripeCustomer(account, customer) });
}

function shop(kind, name, key, publicKey) {
  const farewell = new FarewellApi(api, key);
  // The brand's slug is in the public key: `pk_<slug>_…`.
  return { kind, name, farewell, publicKey, brand: publicKey.split("_")[1], billed: (customer) => farewell.ledgerCustomer(customer) };
}

/** The shop a request is for: the one that was picked last. */
function shopOf(request) {
  const cookie = /(?:^|;\s*)billed=([^;]*)/.exec(request.headers.cookie ?? "");
  const found = shops.find(({ kind }) => kind === cookie?.[1]) ?? shops[0];
  return { ...found, kinds: shops.map(({ kind, name }) => [kind, name]) };
}

/** Sessions that pages were drawn with, so that a reload finds the same one, with its receipt and undo. */
const sessions = new Map();
const HOUR = 3_600_000;

/** Results that were acted on. A token may come again, by a reload; what it stands for is done once. */
const handled = new Set();

/** Receipts that Farewell handed over, by reference: what a real merchant mails to the customer. The latest are kept. */
const receipts = new Map();
const MOST_RECEIPTS = 100;

function required(name) {
  const value = process.env[name];
  if (value) return value;
  console.error(`${name} is not set. \`farewell keys create --brand acme\` prints it; \`cargo xtask demo\` does all of this.`);
  process.exit(1);
}

/** The customer's session for one kind of page: the one of the last hour, or a new one. */
async function sessionFor(shop, customer, returnUrl) {
  const key = `${shop.kind} ${customer.id} ${returnUrl ?? ""}`;
  const known = sessions.get(key);
  if (known && Date.now() - known.since < HOUR) return known;
  const session = { ...(await shop.farewell.createSession(customer, returnUrl)), since: Date.now() };
  sessions.set(key, session);
  return session;
}

function knownSession(shop, customer, returnUrl) {
  const known = sessions.get(`${shop.kind} ${customer.id} ${returnUrl ?? ""}`);
  return known && Date.now() - known.since < HOUR ? known : undefined;
}

/** A billing page. A subscription that ends already is only shown with the session that ended it. */
async function showBilling(request, path, returnUrl) {
  const [customer, shop] = [loggedIn(request), shopOf(request)];
  const ledger = await shop.billed(customer);
  const going = ledger.subscriptions.some((one) => one.status === "active" && !one.cancel_at);
  const session = going ? await sessionFor(shop, customer, returnUrl) : knownSession(shop, customer, returnUrl);
  const returning = path === "/return";
  return page(billing({ path, customer, ledger, session, returning, shop, api }));
}

const routes = {
  "GET /": (request) => showBilling(request, "/"),
  "GET /return": (request) => showBilling(request, "/return", callbackUrl(request)),
  "GET /plain": (request) => showBilling(request, "/plain", callbackUrl(request)),

  "GET /membership": async (request) => {
    const [customer, shop] = [loggedIn(request), shopOf(request)];
    return page(membership({ customer, session: await shop.farewell.createHub(customer), api, shop }));
  },
  "GET /payment": (request) => page(payment({ customer: loggedIn(request), shop: shopOf(request) })),
  "GET /newsletters": (request) => page(newsletters({ customer: loggedIn(request), shop: shopOf(request) })),
  "GET /billing/cancel/callback": async (request) => {
    const [customer, shop] = [loggedIn(request), shopOf(request)];
    return page(callback({ customer, ledger: await shop.billed(customer), shop }));
  },

  // A session is made for whoever is logged in, never for somebody a page names.
  "POST /api/session": async (request) => {
    return json({ id: (await sessionFor(shopOf(request), loggedIn(request), callbackUrl(request))).id });
  },

  // Twice verified, to show both ways: by asking the server, and offline with its published key.
  "POST /api/billing/cancel-callback": async (request) => {
    const { token } = JSON.parse(await body(request));
    if (typeof token !== "string") return json({ error: "token is missing" }, 400);
    const customer = loggedIn(request);
    const { farewell, brand } = shopOf(request);
    let claims;
    try {
      claims = verifyOffline(token, await farewell.keys(), { issuer: new URL(api).origin, audience: brand });
    } catch (error) {
      if (error instanceof FarewellError) throw error;
      return json({ error: error.message }, 400);
    }
    if (claims.sub !== customer.id) return json({ error: "this result is another customer's" }, 403);
    const result = await farewell.verifyResult(token, brand);
    const repeated = handled.has(claims.jti);
    handled.add(claims.jti);
    return json({ result, claims, repeated });
  },

  // Farewell hands over a receipt. Its signature is of the body as it came, so that nobody else can have us send mails.
  "POST /farewell/receipts": async (request) => {
    const text = await body(request);
    const handed = JSON.parse(text);
    if (handed.type === "ping") return { status: 204, headers: {} };
    try {
      const keys = await shops[0].farewell.keys();
      const { sha256 } = signedForUs(request.headers["farewell-signature"] ?? "", keys);
      if (sha256 !== createHash("sha256").update(text).digest("base64url")) throw new Error("the signature is of another body");
    } catch (error) {
      if (error instanceof FarewellError) throw error;
      return json({ error: error.message }, 400);
    }
    // The same may come twice, and a receipt is followed by another mail where billing refused afterwards.
    receipts.set(`${handed.type} ${handed.receipt.reference}`, handed);
    if (receipts.size > MOST_RECEIPTS) receipts.delete(receipts.keys().next().value);
    return { status: 204, headers: {} };
  },

  "GET /mails": (request) => page(mails({ customer: loggedIn(request), sent: [...receipts.values()].reverse(), shop: shopOf(request) })),

  "GET /api/ledger": async (request) => {
    const ledger = await shopOf(request).billed(loggedIn(request));
    return json({ ledger, drawn: subscription(ledger.subscriptions[0]) });
  },

  "POST /login": async (request) => {
    const form = new URLSearchParams(await body(request));
    const customer = find(form.get("customer"));
    const path = ["/return", "/plain"].includes(form.get("path")) ? form.get("path") : "/";
    const headers = { Location: path };
    if (customer) headers["Set-Cookie"] = `customer=${customer.id}; Path=/; HttpOnly; SameSite=Lax`;
    return { status: 303, headers };
  },
};

routes["POST /billed-by"] = async (request) => {
  const form = new URLSearchParams(await body(request));
  const found = shops.find(({ kind }) => kind === form.get("kind"));
  const path = ["/return", "/plain", "/membership"].includes(form.get("path")) ? form.get("path") : "/";
  const headers = { Location: path };
  if (found) headers["Set-Cookie"] = `billed=${found.kind}; Path=/; HttpOnly; SameSite=Lax`;
  return { status: 303, headers };
};

/** What a handover's signature says. It is for one of our brands. */
function signedForUs(signature, keys) {
  const [first, ...others] = shops.map(({ brand }) => () => {
    return verifyOffline(signature, keys, { issuer: new URL(api).origin, audience: brand, type: "handover+jwt" });
  });
  for (const verify of others) {
    try {
      return verify();
    } catch {
      // Of another brand, or of nobody: the first says which.
    }
  }
  return first();
}

function callbackUrl(request) {
  return `http://${request.headers.host}/billing/cancel/callback`;
}

/** A strict policy: what a merchant has to allow for Farewell is `'wasm-unsafe-eval'` and the server's address. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  `connect-src 'self' ${api}`,
  `form-action 'self' ${api}`,
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

function page(content, status = 200) {
  const headers = { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": POLICY };
  return { status, headers, content: String(content) };
}

function json(value, status = 200) {
  return { status, headers: { "Content-Type": "application/json" }, content: JSON.stringify(value) };
}

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".wasm": "application/wasm",
};

/** A file below one of two directories. */
async function file(path) {
  const [, where, ...rest] = path.split("/");
  const root = { farewell: pkg, public: join(here, "public") }[where];
  const type = TYPES[extname(path)];
  const name = normalize(rest.join("/"));
  if (!root || !type || name.startsWith("..")) return undefined;
  const content = await readFile(join(root, name)).catch(() => undefined);
  return content && { status: 200, headers: { "Content-Type": type }, content };
}

async function body(request) {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk;
    if (text.length > 65_536) throw new FarewellError(413, "The request is too large.");
  }
  return text;
}

async function answer(request) {
  const { pathname } = new URL(request.url, "http://localhost");
  const route = routes[`${request.method === "HEAD" ? "GET" : request.method} ${pathname}`];
  try {
    if (route) return await route(request);
    const found = request.method === "GET" && (await file(pathname));
    return found || page(trouble({ message: "There is nothing at this address.", shop: shopOf(request) }), 404);
  } catch (error) {
    if (!(error instanceof FarewellError || error instanceof SyntaxError)) console.error(error);
    const status = error instanceof SyntaxError ? 400 : (error.status ?? 500);
    if (pathname.startsWith("/api/")) return json({ error: error.message }, status);
    return page(trouble({ message: error.message, shop: shopOf(request) }), status);
  }
}

const server = createServer(async (request, response) => {
  const { status, headers, content } = await answer(request);
  response.writeHead(status, { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", ...headers });
  response.end(request.method === "HEAD" ? undefined : content);
});

server.listen(port, "127.0.0.1", () => {
  console.log(`Acme News: http://127.0.0.1:${server.address().port}/`);
});
server.on("error", (error) => {
  const busy = error.code === "EADDRINUSE" && `Port ${port} is in use. Choose another one with PORT.`;
  console.error(busy || error.message);
  process.exit(1);
});
