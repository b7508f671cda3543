use std::collections::BTreeMap;

use flow::{Choice, Offer, OfferKind};

use super::fit::{self, Customer};
use super::lines::lines;
use crate::billing::{Deal, DiscountTerms, PlanTerms, Reduction, Span};
use crate::brand::{BrandOffer, Cut, Duration, OfferTerms};
use crate::format::Format;
use crate::locale::Pack;
use crate::secret::random_bytes;

pub use super::fit::Customer as For;

/// What taking an offer makes billing do, by offer and choice. Stays on the server.
pub type Deals = BTreeMap<String, BTreeMap<String, Deal>>;

/// The choice of an offer that has only one.
const ONLY: &str = "only";

/// The offers of one customer.
#[derive(Clone, Debug, Default)]
pub struct Prepared {
    /// As the customer is shown them.
    pub offers: Vec<Offer>,
    /// What billing has to do for each.
    pub deals: Deals,
}

/// Finds the offers that fit a customer, gives each a claim, and says what it means in money.
///
/// `plans` are those that plan changes name, as billing has them; None where billing is the merchant's.
///
/// # Errors
/// The system has no randomness to give.
pub fn prepare(
    offers: &[&BrandOffer],
    customer: Customer<'_>,
    plans: Option<&[PlanTerms]>,
    pack: &Pack,
    format: &Format,
) -> Result<Prepared, getrandom::Error> {
    let mut prepared = Prepared::default();
    for offer in offers {
        if !fit::fits(offer, customer) {
            continue;
        }
        let candidates = deals(&offer.terms, plans, format);
        let elsewhere = kind(&offer.terms).leads_elsewhere();
        let (mut choices, mut kept) = (Vec::new(), BTreeMap::new());
        for (id, label, deal) in candidates {
            if let Some(lines) = lines(&deal, customer.snapshot, pack, format) {
                choices.push(Choice { id: id.clone(), label, lines });
                kept.insert(id, deal);
            }
        }
        if choices.is_empty() && !elsewhere {
            continue;
        }
        prepared.offers.push(Offer {
            id: offer.id.clone(),
            claim_id: claim()?,
            kind: kind(&offer.terms),
            headline: offer.headline.clone(),
            body: offer.body.clone(),
            choices,
            pays: matches!(offer.terms, OfferTerms::PlanChange(_)),
            link: match &offer.terms {
                OfferTerms::Contact(link) | OfferTerms::Redirect(link) => Some(link.clone()),
                _ => None,
            },
        });
        prepared.deals.insert(offer.id.clone(), kept);
    }
    Ok(prepared)
}

/// An offer as billing has it now: other sentences, fewer choices. None when it can be made no more.
#[must_use]
pub fn reprice(
    frozen: &Offer,
    deals: &Deals,
    offer: Option<&BrandOffer>,
    customer: Customer<'_>,
    pack: &Pack,
    format: &Format,
) -> Option<Offer> {
    if offer.is_some_and(|offer| !fit::fits(offer, customer)) {
        return None;
    }
    if frozen.choices.is_empty() {
        return Some(frozen.clone());
    }
    let of_offer = deals.get(&frozen.id)?;
    let still = |choice: &Choice| {
        let lines = lines(of_offer.get(&choice.id)?, customer.snapshot, pack, format)?;
        Some(Choice { lines, ..choice.clone() })
    };
    let choices: Vec<Choice> = frozen.choices.iter().filter_map(still).collect();
    if choices == frozen.choices {
        return Some(frozen.clone());
    }
    // Another claim: whoever answers the old one has not seen this.
    let claim_id = claim().ok()?;
    (!choices.is_empty()).then(|| Offer { claim_id, choices, ..frozen.clone() })
}

/// What billing has to do for an offer that was taken. None for one that only leads elsewhere.
#[must_use]
pub fn deal<'a>(deals: &'a Deals, offer: &str, choice: Option<&str>) -> Option<&'a Deal> {
    deals.get(offer)?.get(choice?)
}

/// What an offer consists of: key, label and deal of each choice.
fn deals(terms: &OfferTerms, plans: Option<&[PlanTerms]>, format: &Format) -> Vec<(String, String, Deal)> {
    let only = |deal| vec![(ONLY.to_owned(), String::new(), deal)];
    match terms {
        OfferTerms::Discount { cut, duration, months } => {
            only(Deal::Discount(discount_of(cut, *duration, *months)))
        }
        OfferTerms::Pause(lengths) => {
            let choice = |length: &crate::billing::Length| {
                let label = format.span(length.interval, length.count);
                (format!("{}_{}", length.count, length.interval.name()), label, Deal::Pause(*length))
            };
            lengths.iter().map(choice).collect()
        }
        OfferTerms::PlanChange(choices) => {
            let choice = |choice: &crate::brand::PlanChoice| {
                let known = match plans {
                    Some(plans) => plans.iter().find(|plan| plan.id == choice.id)?.clone(),
                    None => PlanTerms { id: choice.id.clone(), name: choice.id.clone(), price: None },
                };
                let label = choice.name.clone().unwrap_or_else(|| known.name.clone());
                Some((choice.id.clone(), label, Deal::ChangePlan(known)))
            };
            choices.iter().filter_map(choice).collect()
        }
        OfferTerms::TrialExtension { days } => only(Deal::ExtendTrial { days: *days }),
        OfferTerms::Custom => only(Deal::Custom),
        OfferTerms::Contact(_) | OfferTerms::Redirect(_) => Vec::new(),
    }
}

/// What an offer of a discount promises.
#[must_use]
pub fn discount_of(cut: &Cut, duration: Duration, months: Option<u32>) -> DiscountTerms {
    let off = match cut {
        Cut::Percent(percent) => Reduction::Percent(*percent),
        Cut::Amount(money) => Reduction::Amount { amount: money.amount, currency: money.currency.clone() },
    };
    let lasts = match duration {
        Duration::Once => Span::Once,
        Duration::Repeating => Span::Months(months.unwrap_or(1)),
        Duration::Forever => Span::Forever,
    };
    DiscountTerms { off, lasts }
}

fn kind(terms: &OfferTerms) -> OfferKind {
    match terms {
        OfferTerms::Discount { .. } => OfferKind::Discount,
        OfferTerms::Pause(_) => OfferKind::Pause,
        OfferTerms::PlanChange(_) => OfferKind::PlanChange,
        OfferTerms::TrialExtension { .. } => OfferKind::TrialExtension,
        OfferTerms::Contact(_) => OfferKind::Contact,
        OfferTerms::Redirect(_) => OfferKind::Redirect,
        OfferTerms::Custom => OfferKind::Custom,
    }
}

/// A new claim: 80 random bits.
fn claim() -> Result<String, getrandom::Error> {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    random_bytes::<10>().map(|bytes| format!("clm_{}", URL_SAFE_NO_PAD.encode(bytes)))
}
