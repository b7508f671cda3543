use jiff::{SignedDuration, Timestamp};

use super::History;
use crate::billing::{Snapshot, Terms};
use crate::brand::{BrandOffer, When};

/// Whom an offer is weighed for, and when.
#[derive(Clone, Copy, Debug)]
pub struct Customer<'a> {
    /// What billing knows.
    pub snapshot: &'a Snapshot,
    /// When the contract began, as far as anybody knows.
    pub began_at: Option<Timestamp>,
    /// What the customer has taken before.
    pub history: &'a History,
    /// The moment.
    pub now: Timestamp,
}

/// Whether the merchant wants an offer to be made to a customer.
pub(super) fn fits(offer: &BrandOffer, customer: Customer<'_>) -> bool {
    let When { plans, price_from, price_below, currency, tenure_days_from, tenure_days_below, not_after } =
        &offer.when;
    let terms = customer.snapshot.terms.as_ref();
    let plan = plans.is_empty() || terms.is_some_and(|terms| plans.contains(&terms.plan));
    let price = currency.is_none()
        || terms.is_some_and(|Terms { amount, currency: theirs, .. }| {
            currency.as_ref() == Some(theirs) && within(*amount, *price_from, *price_below)
        });
    let days = customer.began_at.map(|began| customer.now.duration_since(began).as_hours() / 24);
    let (from, below) = (tenure_days_from.map(i64::from), tenure_days_below.map(i64::from));
    let tenure = (from.is_none() && below.is_none()) || days.is_some_and(|days| within(days, from, below));
    let fresh = not_after.iter().all(|id| customer.history.last(id).is_none());
    plan && price && tenure && fresh && !cooling(offer, customer)
}

/// Whether a customer has taken an offer so lately that it is not made again.
fn cooling(offer: &BrandOffer, Customer { history, now, .. }: Customer<'_>) -> bool {
    let cooldown = SignedDuration::from_hours(i64::from(offer.cooldown_days) * 24);
    history.last(&offer.id).is_some_and(|taken| now.duration_since(taken) < cooldown)
}

fn within(value: i64, from: Option<i64>, below: Option<i64>) -> bool {
    from.is_none_or(|from| value >= from) && below.is_none_or(|below| value < below)
}
