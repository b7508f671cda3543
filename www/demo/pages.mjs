// The pages of Acme News. Everything on them is drawn on the server, so that they also work without JavaScript.

import { customers } from "./customers.mjs";
import { day, every, money } from "./format.mjs";
import { elements, html } from "./html.mjs";

const VARIANTS = [
  ["/", "In the page"],
  ["/return", "With a return address"],
  ["/plain", "Without JavaScript"],
  ["/membership", "The subscription hub"],
];

const INTRODUCTIONS = {
  "/": "The button opens the flow in this page. The result comes to callbacks and into the address, as #ci_result_token.",
  "/return": "The same button, and a session with a return address: leaving the receipt leads to the callback page.",
  "/plain": "A form posts the session to the hosted page. No script is needed, here or there.",
};

function page({ title, path, customer, script, shop, body }) {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Acme News</title>
<link rel="stylesheet" href="/public/acme.css">
${script && html`<script type="module" src="/public/${script}"></script>`}
</head>
<body data-public-key="${shop.publicKey}">
<header>
<a class="masthead" href="/">Acme News</a>
<form class="who" method="post" action="/login">
<label for="customer">Signed in as</label>
<select id="customer" name="customer">
${customers.map((one) => html`<option value="${one.id}"${one === customer && html` selected`}>${one.name}</option>`)}
</select>
<input type="hidden" name="path" value="${path}">
<button>Switch</button>
</form>
${shop.kinds.length > 1 && html`<form class="who" method="post" action="/billed-by">
<label for="billed">Billed by</label>
<select id="billed" name="kind">
${shop.kinds.map(([kind, name]) => html`<option value="${kind}"${kind === shop.kind && html` selected`}>${name}</option>`)}
</select>
<input type="hidden" name="path" value="${path}">
<button>Switch</button>
</form>`}
</header>
<nav aria-label="Ways to show the flow">
${VARIANTS.map(([to, name]) => html`<a href="${to}"${to === path && html` aria-current="page"`}>${name}</a>`)}
</nav>
<main>
${body}
</main>
<footer>A demo merchant. It talks to Farewell as any merchant would: by its public API. <a href="/mails">Mails it sent</a>${shop.account && html` · <a href="${shop.account}">What has arrived at Stripe's stand-in</a>`}</footer>
</body>
</html>
`;
}

/** What is drawn for a subscription, as elements: here at first, and in the page whenever it has changed. */
export function subscription(found) {
  if (!found) return [["p", {}, "There is no subscription."]];
  const { plan, next_payment: next, cancel_at: ends, status, discounts } = found;
  const state = status === "canceled" ? "Ended" : ends ? "Ends soon" : "Active";
  const line = (term, text) => ["div", {}, ["dt", {}, term], ["dd", {}, text]];
  return [
    ["div", { class: "plan" }, ["h2", {}, plan.name], ["span", { class: "state", "data-state": state }, state]],
    [
      "p",
      { class: "price" },
      money(plan.amount, plan.currency),
      ["span", {}, ` every ${every(plan.interval, plan.interval_count)}`],
    ],
    [
      "dl",
      {},
      line("Next charge", next ? `${money(next.amount, next.currency)} on ${day(next.at)}` : "None"),
      ...(ends ? [line(status === "canceled" ? "Ended on" : "Ends on", day(ends))] : []),
      ...discounts.map((one) => line("Discount", discount(one))),
    ],
  ];
}

function discount({ percent_off: percent, amount_off: amount, currency, ends_at: until }) {
  return `${percent ? `${percent}% off` : `${money(amount, currency)} off`}${until ? ` until ${day(until)}` : ""}`;
}

/** The billing page, in each of its variants. */
export function billing({ path, customer, ledger, session, returning, shop, api }) {
  const found = ledger.subscriptions[0];
  const over = found?.status === "canceled" || (found?.cancel_at && !session);
  const { text, lang } = session?.label ?? { text: "Cancel Subscription", lang: "en" };
  const label = found?.cancel_at ? "See your cancellation" : text;
  const form = html`<form method="post" action="${api}/c">
<input type="hidden" name="session" value="${session?.id}">
<button class="cancel" lang="${lang}">${label}</button>
</form>`;
  const mounted = html`<div id="cancel" data-label="${label}" data-session="${!returning && session?.id}"></div>`;
  const button = path === "/plain" ? form : mounted;
  return page({
    title: "Billing",
    path,
    customer,
    shop,
    script: path !== "/plain" && "billing.js",
    body: html`<h1>Billing</h1>
<p class="introduction">${INTRODUCTIONS[path]}</p>
<section class="card" aria-label="Subscription">
<div id="subscription">${elements(subscription(found))}</div>
${over ? html`<p class="hint">There is nothing left to cancel.</p>` : button}
</section>
${path !== "/plain" && html`<section class="log" aria-labelledby="log-title">
<h2 id="log-title">What this page was told</h2>
<p id="log-empty">Nothing yet. Callbacks, events and verified results appear here.</p>
<ol id="log"></ol>
</section>`}`,
  });
}

/** Where customers come back to. The script sends the token to our backend, which verifies it. */
export function callback({ customer, ledger, shop }) {
  return page({
    title: "Your cancellation",
    path: "/billing/cancel/callback",
    customer,
    shop,
    script: "callback.js",
    body: html`<h1>Welcome back</h1>
<p id="verdict" role="status">Checking what was decided …</p>
<noscript><p>Without JavaScript this page cannot read the result. What billing says is below.</p></noscript>
<section class="card" aria-label="Subscription">
<div id="subscription">${elements(subscription(ledger.subscriptions[0]))}</div>
<p><a href="/">Back to billing</a></p>
</section>
<section class="log" aria-labelledby="log-title">
<h2 id="log-title">What our backend verified</h2>
<p id="log-empty">Nothing yet.</p>
<ol id="log"></ol>
</section>`,
  });
}

/** Where an offer leads that only shows something. */
export function newsletters({ customer, shop }) {
  return page({
    title: "Newsletters",
    path: "/newsletters",
    customer,
    shop,
    body: html`<h1>Newsletters</h1>
<p class="introduction">Science on Mondays, books on Thursdays, the week on Sundays. All of them come with your subscription.</p>
<p><a href="/">Back to billing</a></p>`,
  });
}

/** What a customer pays for and can change, in one place: Farewell's hub, in our page. */
export function membership({ customer, session, api, shop }) {
  return page({
    title: "Membership",
    path: "/membership",
    customer,
    shop,
    script: "membership.js",
    body: html`<h1>Membership</h1>
<p class="introduction">The hub shows what is paid for. Plan, pause, promotion codes, and the way to cancel: codes to try are
SPRING20, WINTER25 and WEEKEND.</p>
<div id="hub" data-session="${session}"></div>
<form method="post" action="${api}/c"><input type="hidden" name="session" value="${session}"><p><button>The same as a page of its own</button></p></form>
<section class="log" aria-labelledby="log-title">
<h2 id="log-title">What this page was told</h2>
<p id="log-empty">Nothing yet. Changes appear here.</p>
<ol id="log"></ol>
</section>`,
  });
}

/** Where a real merchant's payment provider has its form. */
export function payment({ customer, shop }) {
  return page({
    title: "Payment method",
    path: "/payment",
    customer,
    shop,
    body: html`<h1>Payment method</h1>
<p class="introduction">This is where your payment provider asks for a card. The demo takes no money, and none.</p>
<p><a href="/membership">Back to your membership</a></p>`,
  });
}

/** The receipts we were handed, as the mails we make of them. A real merchant's mail server would have them. */
export function mails({ customer, sent, shop }) {
  return page({
    title: "Mails",
    path: "/mails",
    customer,
    shop,
    body: html`<h1>Mails</h1>
<p class="introduction">Farewell hands us a receipt as soon as something is done, and we mail it. This demo only shows it.</p>
${sent.length === 0 && html`<p class="hint">Nothing yet.</p>`}
${sent.map(
  ({ to, subject, text }) => html`<article class="card mail">
<h2>${subject}</h2>
<p class="hint">To ${to ?? "somebody whose address nobody knows"}</p>
<pre>${text}</pre>
</article>`,
)}`,
  });
}

/** Something is wrong with the demo itself. */
export function trouble({ message, shop }) {
  return page({
    shop,
    title: "Trouble",
    path: "",
    body: html`<h1>This page cannot be shown</h1>
<p>${message}</p>
<p><a href="/">Try again</a></p>`,
  });
}
