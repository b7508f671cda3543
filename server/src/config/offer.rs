use flow::Link;
use serde_spanned::Spanned;

use super::brand::checked;
use super::discount;
use super::pelcro;
use super::table::Table;
use super::value;
use super::when;
use crate::billing::{Interval, Length};
use crate::brand::{BrandOffer, OfferTerms, PlanChoice};

/// For how many days an offer that was taken is not made again, unless the merchant says otherwise: half a year, so that nobody
/// learns to press the button for a lower price.
const COOLDOWN_DAYS: u32 = 180;

/// The kinds of offers, as they are written.
#[derive(Clone, Copy)]
enum Kind {
    Discount,
    Pause,
    PlanChange,
    TrialExtension,
    Contact,
    Redirect,
    Custom,
}

const KINDS: &[(&str, Kind)] = &[
    ("discount", Kind::Discount),
    ("pause", Kind::Pause),
    ("plan_change", Kind::PlanChange),
    ("trial_extension", Kind::TrialExtension),
    ("contact", Kind::Contact),
    ("redirect", Kind::Redirect),
    ("custom", Kind::Custom),
];

/// Reads one `[[brand.offer]]`. None when something in it is wrong.
pub(super) fn read(table: Table<'_>) -> Option<(Spanned<String>, Option<BrandOffer>)> {
    let id = table.required("id", "\"half-off\"").and_then(|id| {
        let span = id.span();
        match value::name(id.get_ref(), &['_', '-']) {
            Ok(id) => Some(Spanned::new(span, id)),
            Err(message) => {
                table.wrong(span, message);
                None
            }
        }
    });
    if !table.has("kind") {
        table.wrong_here("[[brand.offer]] has no `kind`; add one, such as `kind = \"discount\"`.");
    }
    let kind = table.choice("kind", KINDS);
    let headline = table.required("headline", "\"Half price for three months\"");
    let body = table.text("body");
    let cooldown_days = days(&table, "cooldown_days", 0);
    let when = table.table("when", "[brand.offer.when]").map(when::read);
    let mut pelcro_coupon = None;
    let terms = match kind {
        None => None,
        Some(Kind::Discount) => {
            pelcro_coupon = checked(&table, "pelcro_coupon", pelcro::code);
            discount::read(&table)
        }
        Some(Kind::Pause) => pause(&table),
        Some(Kind::PlanChange) => plan_change(&table),
        Some(Kind::TrialExtension) => {
            if !table.has("days") {
                table.wrong_here(
                    "[[brand.offer]] has no `days`; add by how many the trial grows, `days = 7`.",
                );
            }
            days(&table, "days", 1).map(|days| OfferTerms::TrialExtension { days })
        }
        Some(Kind::Contact) => contact(&table),
        Some(Kind::Redirect) => link(&table, "Have a look").map(OfferTerms::Redirect),
        Some(Kind::Custom) => Some(OfferTerms::Custom),
    };
    if kind.is_some() {
        table.finish();
    }
    let id = id?;
    let offer = (|| {
        Some(BrandOffer {
            id: id.get_ref().clone(),
            headline: headline?.into_inner().into(),
            body: body.map(|body| body.into_inner().into()),
            terms: terms?,
            when: when.unwrap_or_default(),
            cooldown_days: cooldown_days.unwrap_or(COOLDOWN_DAYS),
            pelcro_coupon,
        })
    })();
    Some((id, offer))
}

/// A number of days.
pub(super) fn days(table: &Table<'_>, field: &'static str, least: i64) -> Option<u32> {
    let number = table.integer_in(field, least..36_501)?;
    u32::try_from(number.into_inner()).ok()
}

fn pause(table: &Table<'_>) -> Option<OfferTerms> {
    let all = table.raw("lengths").and_then(|list| list.get_ref().as_array()).map_or(0, |list| list.len());
    let lengths = lengths(table, "lengths");
    if all == 0 {
        table.wrong_here(
            "[[brand.offer]] has no `lengths`; add some, such as `lengths = [\"1 month\", \"3 months\"]`.",
        );
    }
    (!lengths.is_empty() && lengths.len() == all).then_some(OfferTerms::Pause(lengths))
}

/// A list of lengths of time, those of it that are right.
pub(super) fn lengths(table: &Table<'_>, field: &'static str) -> Vec<Length> {
    let mut lengths = Vec::new();
    for text in table.texts(field) {
        match length(text.get_ref()) {
            Some(length) => lengths.push(length),
            None => table.wrong(
                text.span(),
                format!(
                    "\"{}\" is not a length; write a number and a unit, such as \"2 weeks\" or \"1 month\".",
                    text.get_ref()
                ),
            ),
        }
    }
    lengths
}

/// `1 month`, `2 weeks`: at most two years.
fn length(text: &str) -> Option<Length> {
    let (count, unit) = text.split_once(' ')?;
    let count: u32 = count.parse().ok()?;
    let interval = Interval::named(unit.strip_suffix('s').unwrap_or(unit))?;
    let most = match interval {
        Interval::Day => 731,
        Interval::Week => 104,
        Interval::Month => 24,
        Interval::Year => 2,
    };
    (1..=most).contains(&count).then_some(Length { interval, count })
}

fn plan_change(table: &Table<'_>) -> Option<OfferTerms> {
    let tables = table.tables("plan", "[[brand.offer.plan]]");
    if tables.is_empty() {
        table.wrong_here("[[brand.offer]] has no plans; add a `[[brand.offer.plan]]` with an `id` for each.");
    }
    let all = tables.len();
    let mut plans: Vec<PlanChoice> = Vec::new();
    for plan in tables {
        let id = plan.required("id", "\"basic_monthly\"");
        let name = plan.text("name").map(|name| name.into_inner().into());
        if let Some(id) = id {
            if plans.iter().any(|other| other.id == *id.get_ref()) {
                plan.wrong(
                    id.span(),
                    format!("the plan \"{}\" is there twice; write it once.", id.get_ref()),
                );
            } else {
                plans.push(PlanChoice { id: id.into_inner().into(), name });
            }
        }
        plan.finish();
    }
    (!plans.is_empty() && plans.len() == all).then_some(OfferTerms::PlanChange(plans))
}

fn contact(table: &Table<'_>) -> Option<OfferTerms> {
    match (table.has("email"), table.has("url")) {
        (true, false) => {
            let email = checked(table, "email", value::email);
            let label = table.text("label").map_or("Write to us", Spanned::into_inner).into();
            email.map(|email| OfferTerms::Contact(Link { url: format!("mailto:{email}"), label }))
        }
        (false, true) => link(table, "Talk to us").map(OfferTerms::Contact),
        _ => {
            table.wrong_here("[[brand.offer]] needs either `email` or `url`: where a person answers.");
            None
        }
    }
}

fn link(table: &Table<'_>, label: &'static str) -> Option<Link> {
    if !table.has("url") {
        table.wrong_here(
            "[[brand.offer]] has no `url`; add where it leads, such as `url = \"https://help.example.com\"`.",
        );
    }
    let url = checked(table, "url", value::page);
    let label = table.text("label").map_or(label, Spanned::into_inner).into();
    url.map(|url| Link { url: url.into(), label })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_a_number_and_a_unit() {
        let months = |count| Some(Length { interval: Interval::Month, count });
        assert_eq!(length("1 month"), months(1));
        assert_eq!(length("3 months"), months(3));
        assert_eq!(length("2 weeks"), Some(Length { interval: Interval::Week, count: 2 }));
        for wrong in ["", "month", "0 months", "25 months", "-1 month", "1month", "1 fortnight", "3 years"] {
            assert_eq!(length(wrong), None, "{wrong}");
        }
    }
}
