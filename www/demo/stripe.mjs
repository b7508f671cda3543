// What stands in for Stripe in the demo: one account in memory, the requests that Farewell makes, and a page that shows what has
// arrived. It is no Stripe: nobody is charged, time does not pass, and it forgets everything when it stops.
//
//   PORT       where to listen on 127.0.0.1 (8789)
//   FAREWELL   the Farewell server, which is told what has happened (http://127.0.0.1:8787)
//   SECRET     what its webhooks are signed with

import { createHmac, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

import { html } from "./html.mjs";

const port = Number(process.env.PORT ?? 8789);
const farewell = process.env.FAREWELL ?? "http://127.0.0.1:8787";
const secret = process.env.SECRET ?? "";
const origin = `http://127.0.0.1:${port}`;
const ledger = JSON.parse(await readFile(new URL("ledger.json", import.meta.url), "utf8"));

const now = () => Math.floor(Date.now() / 1000);
const list = (data) => ({ object: "list", has_more: false, data });

/** An answer that says no, as Stripe says it. */
class Refused extends Error {
  constructor(status, code, message) {
    super(message);
    Object.assign(this, { status, code });
  }
}
const missing = () => new Refused(404, "resource_missing", "No such object.");

/** The account: everything of one kind, by id. */
const account = { customers: new Map(), prices: new Map(), subscriptions: new Map(), coupons: new Map(), codes: new Map(), invoices: [] };
/** What was answered to a key; and what was asked, the latest first. */
const answered = new Map();
const asked = [];
const MOST_ASKED = 50;

for (const { external_id: id, name, amount, currency, interval, interval_count = 1 } of ledger.plans) {
  const recurring = { interval, interval_count, usage_type: "licensed" };
  account.prices.set(id, { id, object: "price", nickname: name, unit_amount: amount, currency: currency.toLowerCase(), product: "prod_news", recurring });
}
for (const { code, percent_off, amount_off, currency, duration = "once", months } of ledger.coupons ?? []) {
  const coupon = { id: `co_${code}`, valid: true, percent_off, amount_off, currency: currency?.toLowerCase(), duration, duration_in_months: months };
  account.codes.set(`promo_${code}`, { id: `promo_${code}`, code, active: true, coupon, times_redeemed: 0 });
}
for (const { external_id: id, user_id, email, name, country, region, subscriptions } of ledger.customers) {
  const card = { type: "card", card: { brand: "visa", last4: "4242", exp_month: 7, exp_year: 2031 } };
  const settings = { default_payment_method: card };
  account.customers.set(id, { id, object: "customer", email, name, address: { country, state: region }, metadata: { user_id }, invoice_settings: settings });
  for (const { external_id, plan, trial } of subscriptions ?? []) {
    const price = account.prices.get(plan);
    const start = now() - 10 * 86_400;
    const end = later(start, price.recurring);
    account.subscriptions.set(external_id, {
      id: external_id, object: "subscription", customer: id, status: trial ? "trialing" : "active", start_date: start,
      billing_cycle_anchor: start, trial_end: trial ? end : null, cancel_at: null, cancel_at_period_end: false, ended_at: null,
      pause_collection: null, schedule: null, discounts: [], metadata: {}, pending_update: null, latest_invoice: null,
      items: list([{ id: `si_${external_id}`, price, quantity: 1, current_period_end: end }]),
    });
    if (!trial) charge(account.subscriptions.get(external_id), price.unit_amount, start);
  }
}

/** One payment later. */
function later(from, { interval, interval_count: count }) {
  const at = new Date(from * 1000);
  const day = at.getUTCDate();
  if (interval === "day" || interval === "week") return from + count * (interval === "week" ? 7 : 1) * 86_400;
  at.setUTCDate(1);
  at.setUTCMonth(at.getUTCMonth() + count * (interval === "year" ? 12 : 1));
  at.setUTCDate(Math.min(day, new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0)).getUTCDate()));
  return at.getTime() / 1000;
}

function charge(subscription, total, created = now(), status = "paid") {
  const id = `in_${account.invoices.length + 1}`;
  const { currency } = subscription.items.data[0].price;
  const parent = { subscription_details: { subscription: subscription.id } };
  const invoice = { id, object: "invoice", number: `ACME-${String(account.invoices.length + 1).padStart(4, "0")}`, created, total, currency, status,
    customer: subscription.customer, hosted_invoice_url: `${origin}/invoice/${id}`, invoice_pdf: null, parent };
  account.invoices.unshift(invoice);
  return invoice;
}

/** What another price would cost at once: less what is left of the period. */
function due(subscription, price, at) {
  const [item] = subscription.items.data;
  const start = subscription.billing_cycle_anchor;
  const left = Math.max(0, item.current_period_end - at) / (item.current_period_end - start);
  return price.unit_amount - Math.round(item.price.unit_amount * left);
}

/** Makes another price what is paid for, from now on. */
function begin(subscription, price, at) {
  const [item] = subscription.items.data;
  Object.assign(item, { price, current_period_end: later(at, price.recurring) });
  subscription.billing_cycle_anchor = at;
  Object.assign(subscription, { status: "active", trial_end: null });
}

function update(subscription, form) {
  if (subscription.status === "canceled") throw new Refused(400, "resource_missing", "The subscription is canceled.");
  const [item] = subscription.items.data;
  const price = form.get("items[0][price]") ? account.prices.get(form.get("items[0][price]")) : undefined;
  if (form.get("items[0][price]") && !price) throw missing();
  const discounts = [...form].filter(([name]) => name.startsWith("discounts["));
  if (discounts.length) {
    subscription.discounts = discounts.map(([name, id]) => {
      if (name.endsWith("[discount]")) return subscription.discounts.find((one) => one.id === id) ?? fail();
      const code = name.endsWith("[promotion_code]") ? (account.codes.get(id) ?? fail()) : undefined;
      const coupon = code?.coupon ?? account.coupons.get(id) ?? fail();
      const months = coupon.duration === "repeating" ? coupon.duration_in_months : undefined;
      const end = months ? later(now(), { interval: "month", interval_count: months }) : null;
      return { id: `di_${randomUUID().slice(0, 8)}`, coupon, promotion_code: code?.id ?? null, start: now(), end };
    });
  }
  const seconds = (name) => (form.get(name) ? Number(form.get(name)) : null);
  if (form.has("cancel_at_period_end")) subscription.cancel_at_period_end = form.get("cancel_at_period_end") === "true";
  if (form.has("cancel_at")) subscription.cancel_at = seconds("cancel_at");
  if (form.has("trial_end")) {
    Object.assign(subscription, { trial_end: seconds("trial_end"), status: "trialing" });
    item.current_period_end = seconds("trial_end");
  }
  if (form.get("pause_collection") === "") subscription.pause_collection = null;
  if (form.has("pause_collection[behavior]"))
    subscription.pause_collection = { behavior: form.get("pause_collection[behavior]"), resumes_at: seconds("pause_collection[resumes_at]") };
  if (price && form.has("payment_behavior")) {
    const at = Number(form.get("proration_date"));
    const total = due(subscription, price, at);
    // Banks want to hear from customers about large payments. In the demo those are of more than a hundred.
    if (total > 10_000) {
      const invoice = charge(subscription, total, now(), "open");
      subscription.pending_update = { billing_cycle_anchor: at, subscription_items: [{ id: item.id, price, quantity: 1 }] };
      subscription.latest_invoice = { ...invoice, confirmation_secret: { client_secret: `pi_${invoice.id}_secret_demo` } };
    } else {
      begin(subscription, price, at);
      subscription.latest_invoice = charge(subscription, total);
    }
  } else if (price) {
    item.price = price;
  }
  for (const [name, value] of form) {
    const [, member] = /^metadata\[(\w+)\]$/.exec(name) ?? [];
    if (member && value) subscription.metadata[member] = value;
    else if (member) delete subscription.metadata[member];
  }
  return subscription;
}

function fail() {
  throw missing();
}

const of = (kind, id) => account[kind].get(id) ?? fail();

/** What is read, by path. */
const reads = [
  ["v1/customers", (_, query) => list([...account.customers.values()].filter((one) => one.email === query.get("email")))],
  ["v1/customers/:id", (id) => of("customers", id)],
  ["v1/subscriptions", (_, query) => list([...account.subscriptions.values()].reverse().filter((one) => one.customer === query.get("customer")))],
  ["v1/subscriptions/:id", (id) => of("subscriptions", id)],
  ["v1/prices", () => list([...account.prices.values()])],
  ["v1/prices/:id", (id) => of("prices", id)],
  ["v1/products/:id", () => ({ id: "prod_news", object: "product", name: "Acme News" })],
  ["v1/promotion_codes", (_, query) => list([...account.codes.values()].filter((one) => one.code === query.get("code")?.toUpperCase()))],
  ["v1/promotion_codes/:id", (id) => of("codes", id)],
  ["v1/invoices", (_, query) => list(account.invoices.filter((one) => one.customer === query.get("customer")).slice(0, Number(query.get("limit") ?? 10)))],
];

/** What is changed, by method and path. */
const changes = [
  ["POST v1/subscriptions/:id", (id, form) => update(of("subscriptions", id), form)],
  ["DELETE v1/subscriptions/:id", (id) => Object.assign(of("subscriptions", id), { status: "canceled", ended_at: now() })],
  ["POST v1/coupons", (_, form) => {
    const id = form.get("id");
    if (account.coupons.has(id)) throw new Refused(400, "resource_already_exists", "There is one.");
    const number = (name) => (form.has(name) ? Number(form.get(name)) : null);
    const coupon = { id, valid: true, percent_off: number("percent_off"), amount_off: number("amount_off"), currency: form.get("currency"),
      duration: form.get("duration"), duration_in_months: number("duration_in_months") };
    account.coupons.set(id, coupon);
    return coupon;
  }],
  ["POST v1/invoices/:id/void", (id) => {
    const invoice = account.invoices.find((one) => one.id === id) ?? fail();
    if (invoice.status !== "open") throw new Refused(400, "invoice_not_open", "The invoice is not open.");
    invoice.status = "void";
    // What waits for its payment does not happen.
    const subscription = account.subscriptions.get(invoice.parent.subscription_details.subscription);
    if (subscription.latest_invoice?.id === id) subscription.pending_update = null;
    return invoice;
  }],
  ["POST v1/invoices/create_preview", (_, form) => {
    const subscription = of("subscriptions", form.get("subscription"));
    const price = of("prices", form.get("subscription_details[items][0][price]"));
    return { amount_due: due(subscription, price, Number(form.get("subscription_details[proration_date]"))), currency: price.currency };
  }],
  ["POST v1/billing_portal/sessions", (_, form) => ({
    url: `${origin}/portal?${new URLSearchParams({ customer: form.get("customer"), back: form.get("return_url") })}`,
  })],
];

/** The one that answers this, and the id in its path. */
function find(routes, wanted) {
  for (const [path, run] of routes) {
    const found = new RegExp(`^${path.replace(":id", "([\\w-]+)")}$`).exec(wanted);
    if (found) return () => [run, found[1]];
  }
  throw missing();
}

function api(request, url, text) {
  const path = url.pathname.slice(1);
  if (!/^Bearer [rs]k_test_/.test(request.headers.authorization ?? "")) throw new Refused(401, "invalid_api_key", "No key.");
  if (request.method === "GET") {
    const [run, id] = find(reads, path)();
    return run(id, url.searchParams);
  }
  const key = request.headers["idempotency-key"];
  const before = answered.get(key);
  if (before && before.text !== text) throw new Refused(400, "idempotency_error", "The key is of another request.");
  if (before) return before.answer;
  const [run, id] = find(changes, `${request.method} ${path}`)();
  const form = new URLSearchParams(text);
  if (!path.endsWith("create_preview")) {
    asked.unshift({ at: new Date(), what: `${request.method} /${path}`, form: [...form].filter(([name]) => name !== "expand[]") });
    asked.splice(MOST_ASKED);
  }
  const answer = structuredClone(run(id, form));
  answered.set(key, { text, answer });
  return answer;
}

/** Tells Farewell that something has happened to a subscription. It asks what, by itself. */
async function tell(subscription, type) {
  const body = JSON.stringify({ id: `evt_${randomUUID()}`, object: "event", type, data: { object: subscription } });
  const time = now();
  const signature = createHmac("sha256", secret).update(`${time}.${body}`).digest("hex");
  const headers = { "Content-Type": "application/json", "Stripe-Signature": `t=${time},v1=${signature}` };
  await fetch(`${farewell}/api/stripe/webhook`, { method: "POST", headers, body }).catch((error) => console.error(`no webhook: ${error.message}`));
}

const money = (amount, currency) => new Intl.NumberFormat("en", { style: "currency", currency }).format(
  amount / 10 ** new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits,
);
const day = (seconds) => (seconds ? new Date(seconds * 1000).toISOString().slice(0, 10) : "–");

const shell = (title, body) => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · In the place of Stripe</title>
<style>
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: start; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); vertical-align: top; }
.wide { overflow-x: auto; }
code { overflow-wrap: anywhere; }
button { font: inherit; padding: .5rem 1rem; }
</style>
</head>
<body>
<h1>${title}</h1>
${body}
</body>
</html>
`;

function state(one) {
  if (one.status === "canceled") return "canceled";
  if (one.pending_update) return "waits for the customer's bank";
  if (one.cancel_at_period_end || one.cancel_at) return `ends ${day(one.cancel_at ?? one.items.data[0].current_period_end)}`;
  if (one.pause_collection) return `not collected until ${day(one.pause_collection.resumes_at)}`;
  return one.status;
}

/** Pages for people: the account, an invoice, and where somebody would say what to pay with. */
const pages = {
  "/": () => shell("The account", html`<p>This stands in for Stripe in the demo, in memory. Reload to see what has arrived.</p>
<h2>Subscriptions</h2>
<div class="wide"><table><thead><tr><th>Customer</th><th>Price</th><th>State</th><th>Next payment</th><th>Discounts</th></tr></thead><tbody>
${[...account.subscriptions.values()].map((one) => {
  const [{ price, current_period_end: end }] = one.items.data;
  const off = one.discounts.map(({ coupon }) => (coupon.percent_off ? `${coupon.percent_off}%` : money(coupon.amount_off, coupon.currency)));
  return html`<tr><td>${account.customers.get(one.customer).name}</td><td>${price.nickname}, ${money(price.unit_amount, price.currency)}</td>
<td>${state(one)}</td><td>${day(one.status !== "canceled" && !one.cancel_at_period_end && end)}</td><td>${off.join(", ") || "–"}</td></tr>`;
})}
</tbody></table></div>
<h2>What Farewell has asked for</h2>
${asked.length ? html`<ol>${asked.map(({ at, what, form }) => html`<li><time>${at.toISOString().slice(11, 19)}</time> <strong>${what}</strong><br>
<code>${form.map(([name, value]) => `${name}=${value}`).join(" & ") || "nothing more"}</code></li>`)}</ol>` : html`<p>Nothing yet.</p>`}`),
  "/portal": (url) => shell("Payment method", html`<p>This is where Stripe asks for a card. The demo takes no money, and none.</p>
<p><a href="${/^https?:/.test(url.searchParams.get("back") ?? "") ? url.searchParams.get("back") : "/"}">Back to where you came from</a></p>`),
};

function invoicePage(id) {
  const invoice = account.invoices.find((one) => one.id === id) ?? fail();
  return shell(`Invoice ${invoice.number}`, html`<p>${money(invoice.total, invoice.currency)}, ${invoice.status}.</p>
${invoice.status === "open" && html`<p>The bank wants to know that it is really you.</p>
<form method="post" action="/invoice/${id}"><button>It is me: pay</button></form>`}`);
}

/** The customer authenticates a payment: what waits for it begins. */
async function pay(id) {
  const invoice = account.invoices.find((one) => one.id === id) ?? fail();
  const subscription = account.subscriptions.get(invoice.parent.subscription_details.subscription);
  if (invoice.status === "open" && subscription.pending_update) {
    const { billing_cycle_anchor: at, subscription_items: [{ price }] } = subscription.pending_update;
    begin(subscription, price, at);
    Object.assign(subscription, { pending_update: null, latest_invoice: invoice });
    invoice.status = "paid";
    await tell(subscription, "customer.subscription.updated");
  }
  return shell("Paid", html`<p>Thank you. The new plan has begun; close this page and go on where you were.</p>`);
}

async function answer(request, text) {
  const url = new URL(request.url, origin);
  const [, invoice] = /^\/invoice\/(\w+)$/.exec(url.pathname) ?? [];
  if (url.pathname.startsWith("/v1/")) {
    return { type: "application/json", status: 200, content: JSON.stringify(api(request, url, text)) };
  }
  const content = invoice ? await (request.method === "POST" ? pay(invoice) : invoicePage(invoice)) : (pages[url.pathname] ?? fail)(url);
  return { type: "text/html; charset=utf-8", status: 200, content: String(content) };
}

const server = createServer(async (request, response) => {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  const { type, status, content } = await answer(request, text).catch((error) => {
    if (!(error instanceof Refused)) console.error(error);
    const { status = 500, code = "internal", message } = error;
    const kind = code === "idempotency_error" ? code : status === 500 ? "api_error" : "invalid_request_error";
    return { type: "application/json", status, content: JSON.stringify({ error: { type: kind, code, message } }) };
  });
  response.writeHead(status, { "Content-Type": type, "Cache-Control": "no-store", "Request-Id": `req_${randomUUID().slice(0, 8)}` });
  response.end(content);
  if (/^(POST|DELETE) v1\/subscriptions\//.test(`${request.method} ${request.url.slice(1)}`) && status === 200) {
    await tell(JSON.parse(content), "customer.subscription.updated");
  }
});

server.listen(port, "127.0.0.1", () => console.log(`In the place of Stripe: ${origin}/`));
server.on("error", (error) => {
  console.error(error.code === "EADDRINUSE" ? `Port ${port} is in use. Choose another one with PORT.` : error.message);
  process.exit(1);
});
