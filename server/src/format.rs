//! Amounts and dates as people of a language write them, from the CLDR data of ICU4X.

use fixed_decimal::Decimal;
use flow::{Flow, Instant, Interval, Line, Money};
use icu_datetime::DateTimeFormatter;
use icu_datetime::fieldsets::{YMD, zone::SpecificShort};
use icu_datetime::input::{Date, ZonedDateTime};
use icu_experimental::dimension::currency::CurrencyType;
use icu_experimental::dimension::currency::formatter::CurrencyFormatter;
use icu_experimental::dimension::units::categorized_formatter::CategorizedFormatter;
use icu_experimental::dimension::units::options::Width;
use icu_experimental::measure::category::Duration;
use icu_locale::Locale;
use icu_time::zone::IanaParser;
use iso_currency::Currency;
use jiff::Zoned;
use jiff::tz::TimeZone;

use crate::clock;

/// Writes values in one language and one time zone. What it cannot write it leaves as it came: better plain than missing.
#[derive(Debug)]
pub struct Format {
    locale: Locale,
    zone: TimeZone,
}

impl Format {
    /// The language and zone of a flow.
    #[must_use]
    pub fn of(flow: &Flow) -> Self {
        Self::new(&flow.locale, &flow.time_zone)
    }

    /// A language (BCP 47) and a zone (IANA).
    #[must_use]
    pub fn new(locale: &str, time_zone: &str) -> Self {
        Self {
            locale: Locale::try_from_str(locale).unwrap_or(Locale::UNKNOWN),
            zone: TimeZone::get(time_zone).unwrap_or(TimeZone::UTC),
        }
    }

    /// An amount, such as `$12.50`.
    #[must_use]
    pub fn money(&self, money: &Money) -> String {
        self.try_money(money).unwrap_or_else(|| format!("{} {}", money.amount, money.currency))
    }

    /// A day, such as `December 1, 2026`.
    #[must_use]
    pub fn date(&self, at: &Instant) -> String {
        self.try_date(at).unwrap_or_else(|| at.0.clone())
    }

    /// A moment and the name of its zone, such as `December 1, 2026 at 9:30 AM GMT+1`.
    #[must_use]
    pub fn moment(&self, at: &Instant) -> String {
        self.try_moment(at).unwrap_or_else(|| at.0.clone())
    }

    /// A sentence, with its amount and its day.
    #[must_use]
    pub fn line(&self, line: &Line) -> String {
        let price = line.price.as_ref().map(|price| self.money(price));
        let date = line.date.as_ref().map(|date| self.date(date));
        line.text.replace("{price}", &price.unwrap_or_default()).replace("{date}", &date.unwrap_or_default())
    }

    /// A length of time, such as `3 months`.
    #[must_use]
    pub fn span(&self, interval: Interval, count: u32) -> String {
        self.try_span(interval, count).unwrap_or_else(|| format!("{count} {}", interval.name()))
    }

    fn try_span(&self, interval: Interval, count: u32) -> Option<String> {
        let unit = match interval {
            Interval::Day => Duration::day(),
            Interval::Week => Duration::week(),
            Interval::Month => Duration::month(),
            Interval::Year => Duration::year(),
        };
        // The only constructor that has the data of every unit.
        let format =
            CategorizedFormatter::try_new_outlier((&self.locale).into(), unit, Width::Long.into()).ok()?;
        Some(format.format_fixed_decimal(&Decimal::from(count)).to_string())
    }

    fn try_money(&self, money: &Money) -> Option<String> {
        let digits = i16::try_from(Currency::from_code(&money.currency)?.exponent()?).ok()?;
        let mut amount = Decimal::from(money.amount);
        amount.multiply_pow10(-digits);
        let currency = CurrencyType::try_from_str(&money.currency).ok()?;
        let format =
            CurrencyFormatter::try_new_symbol((&self.locale).into(), currency, Default::default()).ok()?;
        Some(format.format_fixed_decimal(&amount).to_string())
    }

    fn try_date(&self, at: &Instant) -> Option<String> {
        let day = self.zoned(at)?.date();
        let [month, date] = [day.month(), day.day()].map(i8::unsigned_abs);
        let day = Date::try_new_iso(day.year().into(), month, date).ok()?;
        let format = DateTimeFormatter::try_new((&self.locale).into(), YMD::long()).ok()?;
        Some(format.format(&day).to_string())
    }

    fn try_moment(&self, at: &Instant) -> Option<String> {
        let fields = YMD::long().with_time_hm().with_zone(SpecificShort);
        let format = DateTimeFormatter::try_new((&self.locale).into(), fields).ok()?;
        let text = self.zoned(at)?.to_string();
        let zoned = ZonedDateTime::try_strict_from_str(&text, format.calendar(), IanaParser::new()).ok()?;
        Some(format.format(&zoned).to_string())
    }

    fn zoned(&self, at: &Instant) -> Option<Zoned> {
        Some(clock::parse(&at.0).ok()?.to_zoned(self.zone.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(locale: &str, zone: &str) -> Format {
        Format { locale: locale.parse().unwrap(), zone: TimeZone::get(zone).unwrap() }
    }

    fn money(locale: &str, amount: i64, currency: &str) -> String {
        format(locale, "UTC").money(&Money { amount, currency: currency.into() })
    }

    #[test]
    fn amounts_are_written_as_intl_writes_them() {
        assert_eq!(money("en", 1250, "USD"), "$12.50");
        assert_eq!(money("en-US", 123_456_789, "EUR"), "€1,234,567.89");
        assert_eq!(money("en", 1250, "JPY"), "¥1,250");
        assert_eq!(money("en", 1250, "KWD"), "KWD\u{a0}1.250");
        assert_eq!(money("de", 1250, "EUR"), "12,50\u{a0}€");
        assert_eq!(money("en", 0, "GBP"), "£0.00");
        assert_eq!(money("en", -500, "USD"), "-$5.00");
        assert_eq!(money("en", i64::MAX, "USD"), "$92,233,720,368,547,758.07");
    }

    #[test]
    fn dates_are_written_in_the_zone_of_the_brand() {
        let midnight = Instant("2026-12-01T00:30:00.000Z".into());
        assert_eq!(format("en", "UTC").date(&midnight), "December 1, 2026");
        assert_eq!(format("en", "America/New_York").date(&midnight), "November 30, 2026");
        assert_eq!(format("en-GB", "UTC").date(&midnight), "1 December 2026");
        assert_eq!(format("de", "Europe/Berlin").date(&midnight), "1. Dezember 2026");
    }

    #[test]
    fn spans_are_counted_as_the_language_counts() {
        let span = |locale, count| format(locale, "UTC").span(Interval::Month, count);
        assert_eq!([span("en", 1), span("en", 3)], ["1 month", "3 months"]);
        assert_eq!([span("de", 1), span("de", 2)], ["1 Monat", "2 Monate"]);
        assert_eq!(span("ja", 2), "2 か月");
        assert_ne!(span("ar", 2), span("ar", 3));
    }

    #[test]
    fn moments_name_their_zone() {
        let at = Instant("2026-12-01T15:05:00.000Z".into());
        let written = |locale, zone| format(locale, zone).moment(&at).replace('\u{202f}', " ");
        assert_eq!(written("en", "America/New_York"), "December 1, 2026 at 10:05 AM EST");
        assert_eq!(written("en", "Europe/Berlin"), "December 1, 2026 at 4:05 PM GMT+1");
        assert_eq!(written("en", "UTC"), "December 1, 2026 at 3:05 PM UTC");
    }

    #[test]
    fn what_cannot_be_written_stays_as_it_came() {
        assert_eq!(money("en", 5, "XYZ"), "5 XYZ");
        assert_eq!(format("en", "UTC").date(&Instant("soon".into())), "soon");
        assert_eq!(format("en", "UTC").moment(&Instant("soon".into())), "soon");
    }
}
