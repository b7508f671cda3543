//! What the laws of a brand's markets demand of the rest of its configuration.

use super::table::Table;
use crate::brand::{BillingKind, PlaceSource};
use crate::lint::{law, market};
use crate::place::Place;

/// The id of the policy where no law is stricter.
const DEFAULT: &str = "default";
/// The most offers that can be asked for at all.
const MOST_OFFERS: i64 = 3;

/// Reads where a customer's place comes from, and tells when nothing says it although there are markets.
pub(super) fn place(table: &Table<'_>, billing: BillingKind, markets: &[Place]) -> Option<PlaceSource> {
    let usual = (billing != BillingKind::Merchant).then_some(PlaceSource::Billing);
    let found =
        table.choice("place", &[("billing", PlaceSource::Billing), ("session", PlaceSource::Session)]);
    if billing == BillingKind::Merchant && found == Some(PlaceSource::Billing) {
        let span = table.span("place").unwrap_or_default();
        table.wrong(
            span,
            "`place` is \"billing\", and with `billing = \"merchant\"` no address is known here; write `place = \"session\"` and \
             send `country` (and `region`, such as \"CA\") with every session.",
        );
        return None;
    }
    if found.or(usual).is_none() && !table.has("place") && !markets.is_empty() {
        let span = table.span("markets").unwrap_or_default();
        table.wrong(
            span,
            format!(
                "`markets` are declared, and nothing says in which of them a customer lives; add `place = \"session\"` and send \
                 `country` (and `region`, such as \"CA\") with every session. [place: {}]",
                laws(markets)
            ),
        );
    }
    found.or(usual)
}

/// Reads how many offers a brand makes at most. It can be fewer than the law allows, never more.
pub(super) fn max_offers(table: &Table<'_>, markets: &[Place]) -> Option<u32> {
    let wanted = table.integer_in("max_offers", 0..MOST_OFFERS + 1)?;
    let span = wanted.span();
    let wanted = u32::try_from(wanted.into_inner()).ok()?;
    let loosest = market::policies(markets).into_iter().max_by_key(|policy| policy.max_offers)?;
    let most = loosest.max_offers;
    if wanted <= most {
        return Some(wanted);
    }
    let right = match most {
        0 => "write 0".into(),
        most => format!("write a number from 0 to {most}"),
    };
    table.wrong(
        span,
        format!(
            "`max_offers` is {wanted}, and no market of this brand allows more than {most}; {right}, or leave it out. \
             [max-offers, {}: {}]",
            loosest.id,
            law::of(&loosest.id)
        ),
    );
    None
}

/// Tells what no customer will ever see, because every market forbids it.
pub(super) fn never_shown(table: &Table<'_>, markets: &[Place]) {
    let policies = market::policies(markets);
    let first = |field| Some(table.raw(field)?.get_ref().as_array()?.first()?.span());
    let never = |span, what: &str, right: &str| {
        let message = format!(
            "{what} on the way out: no market of this brand allows it; {right}. [never-shown: {}]",
            laws(markets)
        );
        table.suspect(span, message);
    };
    if let Some(offer) = first("offer")
        && policies.iter().all(|policy| policy.max_offers == 0 || !policy.survey)
    {
        never(offer, "an offer is never made", "leave the offers out");
    }
    if policies.iter().any(|policy| policy.survey) {
        return;
    }
    for field in ["survey", "feedback"] {
        if let Some(value) = table.raw(field).filter(|value| value.get_ref().as_bool() == Some(true)) {
            never(value.span(), &format!("`{field}` is never shown"), &format!("write `{field} = false`"));
        }
    }
    if let Some(reason) = first("reason") {
        never(reason, "a reason is never asked for", "leave the reasons out");
    }
}

/// The laws of the markets, each once; those of places without a law of their own only where there is no other.
fn laws(markets: &[Place]) -> String {
    let mut ids: Vec<String> = market::policies(markets).into_iter().map(|policy| policy.id).collect();
    if ids.iter().any(|id| id != DEFAULT) {
        ids.retain(|id| id != DEFAULT);
    }
    ids.iter().map(|id| law::of(id)).collect::<Vec<_>>().join("; ")
}
