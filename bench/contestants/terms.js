// What an offer's terms say: the document's sentences, filled in as people of its language write amounts and days.

function money({ amount, currency }, locale) {
  const format = new Intl.NumberFormat(locale, { style: "currency", currency });
  return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
}

function day(instant, { locale, time_zone: timeZone }) {
  return new Intl.DateTimeFormat(locale, { year: "numeric", month: "long", day: "numeric", timeZone }).format(new Date(instant));
}

/** The sentences of an offer that is a discount for some months. */
export function terms(flow, { preview }) {
  const fill = (sentence, price, at) =>
    sentence.replace("{price}", money(price, flow.locale)).replace("{date}", day(at, flow));
  return [
    fill(flow.words.offer_next, preview.price, preview.at),
    fill(flow.words.offer_returns, preview.returns_to, preview.returns_at),
  ];
}
