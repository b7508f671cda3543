//! From a brand's configuration and what billing knows to the flow of one customer.

use flow::{Cancellation, Discount, Flow, Offer, OfferKind, Page, Policy};

use crate::billing::{Billing, DiscountTerms, Snapshot};
use crate::brand::{Brand, CancelTiming, Cut, DiscountOffer};
use crate::locale::{self, Pack};
use crate::place::Place;
use crate::{clock, policy};

/// What a session adds to its brand's configuration.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// Where the customer lives, if the merchant said so.
    pub place: Option<&'a Place>,
    /// The language the customer is to be spoken to in.
    pub locale: Option<&'a str>,
}

/// Chooses the policy and writes the flow for one customer. Offers the customer is not eligible for are not in it.
#[must_use]
pub fn resolve(
    brand: &Brand,
    billing: &dyn Billing,
    snapshot: &Snapshot,
    wish: Wish<'_>,
    page: Page,
) -> (Flow, Policy) {
    let place = wish.place.or(snapshot.customer.place.as_ref());
    let mut policy = policy::choose(place, &brand.markets);
    policy.max_offers = policy.max_offers.min(brand.max_offers.unwrap_or(u32::MAX));
    let locale = wish.locale.unwrap_or(&brand.locale).to_owned();
    let offers = eligible(brand, &policy, billing, snapshot);
    let mut reasons = if brand.survey { brand.reasons.clone() } else { Vec::new() };
    for reason in &mut reasons {
        reason.offers.retain(|id| offers.iter().any(|offer| offer.id == *id));
    }
    let flow = Flow {
        brand: brand.name.clone(),
        rtl: locale::is_rtl(&locale),
        words: Pack::of(&locale).with(|key| brand.word(&policy.id, &locale, key).map(Into::into)),
        locale,
        time_zone: brand.time_zone.clone(),
        support_email: brand.support_email.clone(),
        page,
        subscription: snapshot.subscription(),
        reasons,
        feedback: brand.survey && brand.feedback,
        offers,
        cancellation: cancellation(brand.cancel, snapshot),
    };
    (flow, policy)
}

/// The flow as it is after billing has changed: prices, dates and eligible offers anew, everything else as it was frozen.
#[must_use]
pub fn refresh(
    frozen: &Flow,
    policy: &Policy,
    brand: &Brand,
    billing: &dyn Billing,
    snapshot: &Snapshot,
) -> Flow {
    let mut flow = frozen.clone();
    renew(&mut flow, brand.cancel, snapshot);
    flow.offers = frozen.offers.iter().filter_map(|offer| repriced(offer, billing, snapshot)).collect();
    if policy.max_offers == 0 {
        flow.offers.clear();
    }
    for reason in &mut flow.reasons {
        reason.offers.retain(|id| flow.offers.iter().any(|offer| offer.id == *id));
    }
    flow
}

/// Writes what is canceled, and when that takes effect, as billing says now. Offers stay as they were shown.
pub fn renew(flow: &mut Flow, cancel: CancelTiming, snapshot: &Snapshot) {
    flow.subscription = snapshot.subscription();
    flow.cancellation = cancellation(cancel, snapshot);
}

/// Whether an offer can be made: its preview, if billing knows one. None when it cannot.
#[allow(clippy::option_option, reason = "an offer without a preview is one the merchant applies")]
fn previewed(
    billing: &dyn Billing,
    snapshot: &Snapshot,
    discount: &Discount,
) -> Option<Option<flow::Preview>> {
    if !snapshot.can.discount {
        return None;
    }
    let terms = DiscountTerms::of(discount)?;
    let preview = billing.preview(snapshot, &terms);
    (preview.is_some() || snapshot.terms.is_none()).then_some(preview)
}

fn repriced(offer: &Offer, billing: &dyn Billing, snapshot: &Snapshot) -> Option<Offer> {
    let OfferKind::Discount(discount) = &offer.kind else { return Some(offer.clone()) };
    let preview = previewed(billing, snapshot, discount)?;
    let kind = OfferKind::Discount(Discount { preview, ..discount.clone() });
    Some(Offer { kind, ..offer.clone() })
}

fn eligible(brand: &Brand, policy: &Policy, billing: &dyn Billing, snapshot: &Snapshot) -> Vec<Offer> {
    if policy.max_offers == 0 || !policy.survey || !brand.survey {
        return Vec::new();
    }
    let asked_for = |offer: &&DiscountOffer| brand.reasons.iter().any(|r| r.offers.contains(&offer.id));
    brand
        .offers
        .iter()
        .filter(asked_for)
        .filter_map(|offer| repriced(&unpriced(offer), billing, snapshot))
        .collect()
}

fn unpriced(offer: &DiscountOffer) -> Offer {
    let (percent_off, amount_off) = match &offer.cut {
        Cut::Percent(percent) => (Some(*percent), None),
        Cut::Amount(money) => (None, Some(money.clone())),
    };
    Offer {
        id: offer.id.clone(),
        kind: OfferKind::Discount(Discount {
            percent_off,
            amount_off,
            duration: offer.duration,
            months: offer.months,
            preview: None,
        }),
        headline: offer.headline.clone(),
        body: offer.body.clone(),
    }
}

fn cancellation(cancel: CancelTiming, snapshot: &Snapshot) -> Cancellation {
    let effective_at = match cancel {
        CancelTiming::AtPeriodEnd => {
            snapshot.terms.as_ref().map(|terms| clock::instant(terms.current_period_end))
        }
        CancelTiming::Immediately => None,
    };
    Cancellation { effective_at }
}
