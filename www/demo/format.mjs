// Amounts and dates as a reader in New York expects them.

const LOCALE = "en-US";
const TIME_ZONE = "America/New_York";

/** Minor units to text. How many of them make a whole is the currency's to say: 100 cents, but 1 yen. */
export function money(amount, currency) {
  const format = new Intl.NumberFormat(LOCALE, { style: "currency", currency });
  return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
}

export function day(instant) {
  return new Intl.DateTimeFormat(LOCALE, { dateStyle: "long", timeZone: TIME_ZONE }).format(new Date(instant));
}

/** `month`, `3 months`. */
export function every(interval, count) {
  return count === 1 ? interval : `${count} ${interval}s`;
}
