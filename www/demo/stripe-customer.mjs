// A customer's subscriptions at Stripe, in the form in which the billing page draws them. A real shop asks Stripe with its own key.

import { FarewellError } from "./farewell-api.mjs";

/** The account's key. What stands in for Stripe takes any. */
const headers = { Authorization: "Bearer sk_test_demo" };
const instant = (seconds) => seconds && new Date(seconds * 1000).toISOString();

export async function stripeCustomer(account, customer) {
  let answer;
  try {
    const query = new URLSearchParams({ customer: customer.billingId, status: "all", "expand[]": "data.discounts" });
    answer = await fetch(`${account}/v1/subscriptions?${query}`, { headers, signal: AbortSignal.timeout(10_000) });
  } catch (error) {
    throw new FarewellError(502, `Stripe's stand-in at ${account} does not answer: ${error.cause?.code ?? error.name}`);
  }
  if (!answer.ok) throw new FarewellError(502, `Stripe's stand-in answered ${answer.status}`);
  const { data } = await answer.json();
  return { subscriptions: data.reverse().map(drawn) };
}

function drawn(one) {
  const [{ price, current_period_end: end }] = one.items.data;
  const currency = price.currency.toUpperCase();
  const { interval, interval_count } = price.recurring;
  const ends = one.ended_at ?? one.cancel_at ?? (one.cancel_at_period_end ? end : null);
  const discounts = one.discounts.map(({ coupon, end: until }) => {
    return { percent_off: coupon.percent_off, amount_off: coupon.amount_off, currency, ends_at: instant(until) };
  });
  const off = (amount, { percent_off, amount_off }) => (percent_off ? amount - Math.round((amount * percent_off) / 100) : Math.max(0, amount - amount_off));
  return {
    plan: { name: price.nickname, amount: price.unit_amount, currency, interval, interval_count },
    status: one.status === "canceled" ? "canceled" : "active",
    cancel_at: instant(ends),
    next_payment: ends ? null : { amount: discounts.reduce(off, price.unit_amount), currency, at: instant(end) },
    discounts,
  };
}
