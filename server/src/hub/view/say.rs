use flow::{Interval, Money};
use jiff::Timestamp;

use crate::billing::{Length, PlanPrice, Terms};
use crate::clock;
use crate::format::Format;
use crate::locale::Pack;

/// Sentences of a language, with what is filled in.
pub(super) struct Say {
    pub(super) pack: &'static Pack,
    format: Format,
}

impl Say {
    /// In the language of a BCP 47 tag, with days as they are in a zone.
    pub(super) fn new(locale: &str, time_zone: &str) -> Self {
        Self { pack: Pack::of(locale), format: Format::new(locale, time_zone) }
    }

    pub(super) fn text(&self, key: &'static str) -> &'static str {
        self.pack.hub(key)
    }

    pub(super) fn price(&self, key: &'static str, price: &Money) -> String {
        self.text(key).replace("{price}", &self.format.money(price))
    }

    pub(super) fn day(&self, key: &'static str, at: Timestamp) -> String {
        self.text(key).replace("{date}", &self.date(at))
    }

    pub(super) fn both(&self, key: &'static str, (price, at): &(Money, Timestamp)) -> String {
        self.price(key, price).replace("{date}", &self.date(*at))
    }

    pub(super) fn between(&self, key: &'static str, from: Timestamp, to: Timestamp) -> String {
        self.day(key, from).replace("{until}", &self.date(to))
    }

    pub(super) fn money(&self, money: &Money) -> String {
        self.format.money(money)
    }

    pub(super) fn date(&self, at: Timestamp) -> String {
        self.format.date(&clock::instant(at))
    }

    pub(super) fn length(&self, length: Length) -> String {
        self.format.span(length.interval, length.count)
    }

    /// What a plan costs, and how often.
    pub(super) fn plan(&self, price: &PlanPrice) -> String {
        let money = Money { amount: price.amount, currency: price.currency.clone() };
        self.each(&money, price.interval, price.interval_count)
    }

    /// What a subscription costs, and how often.
    pub(super) fn terms(&self, terms: &Terms) -> String {
        self.each(&terms.price(), terms.cycle.interval, terms.cycle.interval_count)
    }

    fn each(&self, price: &Money, interval: Interval, count: u32) -> String {
        let key = match (count, interval) {
            (2.., _) => "each_span",
            (_, Interval::Day) => "each_day",
            (_, Interval::Week) => "each_week",
            (_, Interval::Month) => "each_month",
            (_, Interval::Year) => "each_year",
        };
        self.price(key, price).replace("{span}", &self.format.span(interval, count))
    }
}
