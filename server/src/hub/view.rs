//! How the hub looks: a card for each subscription.

use flow::{Element, Interval, Money};
use jiff::Timestamp;

use super::Overview;
use crate::billing::{Holding, Terms};
use crate::brand::Brand;
use crate::clock;
use crate::format::Format;
use crate::locale::{self, Pack};

/// What a customer can do with a subscription, and the session of the retention flow in which they do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Cancel it.
    Cancel {
        /// The session id.
        session: String,
        /// The policy that says what the button is called.
        policy: String,
    },
    /// Take its cancellation back.
    Undo {
        /// The session id.
        session: String,
    },
}

/// Draws the hub. Everything in it is text: whoever shows it formats nothing.
pub(super) fn overview(
    brand: &Brand,
    locale: &str,
    action: &str,
    subscriptions: &[(Holding, Option<Way>)],
) -> Overview {
    let say = Say { pack: Pack::of(locale), format: Format::new(locale, &brand.time_zone) };
    let title = say.pack.page(if subscriptions.len() > 1 { "hub_title_several" } else { "hub_title" });
    let mut hub = Element::new("section", "step hub");
    hub.set("lang", locale).set("dir", if locale::is_rtl(locale) { "rtl" } else { "ltr" });
    hub.add("h2", "").text(title);
    if subscriptions.is_empty() {
        hub.add("p", "lead").text(say.pack.page("hub_empty"));
    }
    for (holding, way) in subscriptions {
        let card = hub.add("article", "card");
        subscription(card, holding, &say);
        if let Some(way) = way {
            offer_way(card, way, brand, locale, action, &say);
        }
    }
    Overview { locale: locale.into(), title: title.into(), drawing: hub }
}

fn subscription(card: &mut Element, holding: &Holding, say: &Say) {
    let terms = holding.terms.as_ref();
    card.add("h3", "headline")
        .text(terms.map_or(say.pack.page("hub_subscription"), |terms| &terms.plan_name));
    if let Some(standing) = say.standing(holding) {
        card.add("p", "lead standing").text(&standing);
    }
    let facts = card.add("dl", "");
    if let Some(terms) = terms {
        row(facts, say.pack.page("hub_price"), &say.price(terms));
    }
    if let Some((price, at)) = &holding.next_payment {
        let next = say.fill("hub_next_on", Some(price), Some(*at));
        row(facts, say.pack.page("hub_next"), &next);
    }
}

/// A form that opens the flow: as a page by itself, in the page where a script is there.
fn offer_way(card: &mut Element, way: &Way, brand: &Brand, locale: &str, action: &str, say: &Say) {
    let (session, label) = match way {
        Way::Cancel { session, policy } => (session, say.pack.button(policy, brand.own_words(locale))),
        Way::Undo { session } => (session, say.pack.text("undo").unwrap_or("Undo")),
    };
    let form = card.add("form", "");
    form.set("method", "post").set("action", action);
    form.add("input", "").set("type", "hidden").set("name", "session").set("value", session);
    form.add("button", "plain").text(label);
}

fn row(list: &mut Element, label: &str, value: &str) {
    let row = list.add("div", "");
    row.add("dt", "").text(label);
    row.add("dd", "").text(value);
}

/// Sentences of a language.
struct Say {
    pack: &'static Pack,
    format: Format,
}

impl Say {
    /// How a subscription stands, where that is not just: it runs.
    fn standing(&self, holding: &Holding) -> Option<String> {
        let (key, at) = match (holding.ends_at, holding.pause, holding.trial_ends_at) {
            (end, ..) if holding.ended => (if end.is_some() { "hub_ended" } else { "hub_over" }, end),
            (Some(end), ..) => ("hub_ends", Some(end)),
            (_, Some(pause), _) => ("hub_paused", Some(pause.until)),
            (.., Some(end)) => ("hub_trial", Some(end)),
            _ if holding.terms.is_some() => ("hub_active", None),
            _ => return None,
        };
        Some(self.fill(key, None, at))
    }

    fn price(&self, terms: &Terms) -> String {
        let count = terms.cycle.interval_count;
        let key = match (count, terms.cycle.interval) {
            (2.., _) => "hub_each_span",
            (_, Interval::Day) => "hub_each_day",
            (_, Interval::Week) => "hub_each_week",
            (_, Interval::Month) => "hub_each_month",
            (_, Interval::Year) => "hub_each_year",
        };
        self.fill(key, Some(&terms.price()), None)
            .replace("{span}", &self.format.span(terms.cycle.interval, count))
    }

    fn fill(&self, key: &str, price: Option<&Money>, at: Option<Timestamp>) -> String {
        let price = price.map(|price| self.format.money(price)).unwrap_or_default();
        let date = at.map(|at| self.format.date(&clock::instant(at))).unwrap_or_default();
        self.pack.page(key).replace("{price}", &price).replace("{date}", &date)
    }
}
