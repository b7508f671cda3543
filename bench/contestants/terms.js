// What an offer's terms say: the document's sentences, filled in as people of its language write amounts and days.

function money({ amount, currency }, locale) {
  const format = new Intl.NumberFormat(locale, { style: "currency", currency });
  return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
}

function day(instant, { locale, time_zone: timeZone }) {
  return new Intl.DateTimeFormat(locale, { year: "numeric", month: "long", day: "numeric", timeZone }).format(new Date(instant));
}

/** The sentences of an offer that leaves nothing to choose. */
export function terms(flow, { choices: [only] }) {
  return only.lines.map(({ text, price, date }) => {
    const priced = price ? text.replace("{price}", money(price, flow.locale)) : text;
    return date ? priced.replace("{date}", day(date, flow)) : priced;
  });
}
