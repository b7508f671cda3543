//! From a brand's configuration and what billing knows to the flow of one customer.

use flow::{Cancellation, Declaration, Flow, Page, Policy};
use jiff::Timestamp;

use crate::billing::{Customer, PlanTerms, Snapshot};
use crate::brand::{Brand, BrandOffer, CancelTiming, OfferTerms};
use crate::clock;
use crate::format::Format;
use crate::locale::{self, Pack};
use crate::offer::{self, Deals, For, History, Prepared};
use crate::place::Place;
use crate::policy;

/// What a session adds to its brand's configuration.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// Where the customer lives, if the merchant said so.
    pub place: Option<&'a Place>,
    /// The language the customer is to be spoken to in.
    pub locale: Option<&'a str>,
    /// False when the merchant has said that the customer is a business.
    pub consumer: bool,
    /// Whether the customer withdraws from the contract, within its first days, instead of cancelling.
    pub withdrawal: bool,
    /// When the contract began, if the merchant said so.
    pub contract_started_at: Option<Timestamp>,
}

/// What a customer's offers are made from.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// What billing knows.
    pub snapshot: &'a Snapshot,
    /// What the customer has taken before.
    pub history: &'a History,
    /// The plans that offers name, as billing has them. None where billing is the merchant's.
    pub plans: Option<&'a [PlanTerms]>,
    /// The moment.
    pub now: Timestamp,
}

/// Chooses the policy of a customer, as strict as the brand wants it.
#[must_use]
pub fn policy(brand: &Brand, customer: &Customer, wish: Wish<'_>) -> Policy {
    if wish.withdrawal {
        return policy::WITHDRAWAL.policy();
    }
    let place = wish.place.or(customer.place.as_ref());
    let mut policy = policy::choose(place, &brand.markets, wish.consumer);
    policy.survey &= brand.survey;
    policy.max_offers = policy.max_offers.min(brand.max_offers.unwrap_or(u32::MAX));
    policy
}

/// Writes the flow for one customer, and what billing has to do for each offer in it. Offers the customer is not eligible for
/// are not in it.
///
/// # Errors
/// The system has no randomness to give.
pub fn resolve(
    brand: &Brand,
    policy: &Policy,
    circumstances: Circumstances<'_>,
    wish: Wish<'_>,
    page: Page,
) -> Result<(Flow, Deals), getrandom::Error> {
    let Circumstances { snapshot, history, plans, now } = circumstances;
    let locale = wish.locale.unwrap_or(&brand.locale).to_owned();
    let pack = Pack::of(&locale);
    let format = Format::new(&locale, &brand.time_zone);
    let began_at = wish.contract_started_at.or(snapshot.began_at);
    let customer = For { snapshot, began_at, history, now };
    let made = offer::prepare(&candidates(brand, policy), customer, plans, pack, &format)?;
    let Prepared { offers, deals } = made;
    let mut reasons = if policy.survey { brand.reasons.clone() } else { Vec::new() };
    for reason in &mut reasons {
        reason.offers.retain(|id| offers.iter().any(|offer| offer.id == *id));
    }
    let mut flow = Flow {
        brand: brand.name.clone(),
        rtl: locale::is_rtl(&locale),
        words: pack.words(&policy.id, brand.own_words(&locale)),
        locale,
        time_zone: brand.time_zone.clone(),
        support_email: brand.support_email.clone(),
        page,
        subscription: snapshot.subscription(),
        reasons,
        feedback: policy.survey && brand.feedback,
        offers,
        cancellation: Cancellation { effective_at: None },
        declaration: Declaration {
            name: snapshot.customer.name.clone().filter(|_| policy.declares),
            email: snapshot.customer.email.clone().filter(|_| policy.declares),
            ends: policy.declares && !wish.withdrawal,
        },
    };
    let cancel = if wish.withdrawal { CancelTiming::Immediately } else { brand.cancel };
    renew(&mut flow, cancel, snapshot, now);
    Ok((flow, deals))
}

/// The ids of the plans that a brand's offers name.
#[must_use]
pub fn plans_named(brand: &Brand) -> Vec<String> {
    let plans = brand.offers.iter().filter_map(|offer| match &offer.terms {
        OfferTerms::PlanChange(choices) => Some(choices.iter().map(|choice| choice.id.clone())),
        _ => None,
    });
    plans.flatten().collect()
}

/// The flow as it is after billing has changed: prices, dates and eligible offers anew, everything else as it was frozen.
#[must_use]
pub fn refresh(
    frozen: &Flow,
    policy: &Policy,
    deals: &Deals,
    brand: &Brand,
    circumstances: Circumstances<'_>,
) -> Flow {
    let Circumstances { snapshot, history, now, .. } = circumstances;
    let mut flow = frozen.clone();
    renew(&mut flow, brand.cancel, snapshot, now);
    let pack = Pack::of(&flow.locale);
    let format = Format::of(&flow);
    let customer = For { snapshot, began_at: snapshot.began_at, history, now };
    let again = |frozen: &flow::Offer| {
        let offer = brand.offers.iter().find(|offer| offer.id == frozen.id);
        offer::reprice(frozen, deals, offer, customer, pack, &format)
    };
    flow.offers = frozen.offers.iter().filter_map(again).collect();
    if policy.max_offers == 0 {
        flow.offers.clear();
    }
    for reason in &mut flow.reasons {
        reason.offers.retain(|id| flow.offers.iter().any(|offer| offer.id == *id));
    }
    flow
}

/// Writes what is canceled, and when that takes effect, as billing says now. Offers stay as they were shown.
pub fn renew(flow: &mut Flow, cancel: CancelTiming, snapshot: &Snapshot, now: Timestamp) {
    flow.subscription = snapshot.subscription();
    flow.cancellation.effective_at = match cancel {
        CancelTiming::AtPeriodEnd => snapshot.paid_until(now).map(clock::instant),
        CancelTiming::Immediately => None,
    };
}

/// The offers that a policy leaves room for, and that a reason leads to.
fn candidates<'b>(brand: &'b Brand, policy: &Policy) -> Vec<&'b BrandOffer> {
    if policy.max_offers == 0 || !policy.survey || policy.declares {
        return Vec::new();
    }
    let asked_for = |offer: &&BrandOffer| brand.reasons.iter().any(|r| r.offers.contains(&offer.id));
    brand.offers.iter().filter(asked_for).collect()
}
