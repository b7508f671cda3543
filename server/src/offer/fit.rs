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

/// The condition of an offer that a customer does not meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// The plan is another.
    Plan,
    /// The price is another, or in another currency.
    Price,
    /// The contract has run for another time.
    Tenure,
    /// One of the offers that exclude it was taken.
    After,
    /// It was taken lately.
    Cooling,
}

/// Whether the merchant wants an offer to be made to a customer, and billing would carry it out.
pub(super) fn fits(offer: &BrandOffer, customer: Customer<'_>) -> bool {
    !customer.snapshot.withheld.contains(&offer.id) && misfit(offer, customer).is_none()
}

/// Why the merchant does not want an offer to be made to a customer. None: it is wanted.
#[must_use]
pub fn misfit(offer: &BrandOffer, customer: Customer<'_>) -> Option<Misfit> {
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
    let conditions = [
        (plan, Misfit::Plan),
        (price, Misfit::Price),
        (tenure, Misfit::Tenure),
        (fresh, Misfit::After),
        (!cooling(offer, customer), Misfit::Cooling),
    ];
    conditions.into_iter().find(|(met, _)| !met).map(|(_, misfit)| misfit)
}

/// Whether a customer has taken an offer so lately that it is not made again.
fn cooling(offer: &BrandOffer, Customer { history, now, .. }: Customer<'_>) -> bool {
    let cooldown = SignedDuration::from_hours(i64::from(offer.cooldown_days) * 24);
    history.last(&offer.id).is_some_and(|taken| now.duration_since(taken) < cooldown)
}

fn within(value: i64, from: Option<i64>, below: Option<i64>) -> bool {
    from.is_none_or(|from| value >= from) && below.is_none_or(|below| value < below)
}
