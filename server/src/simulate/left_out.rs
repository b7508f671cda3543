use std::fmt;

use flow::{Flow, Policy};

use crate::brand::Brand;
use crate::offer::{For, Misfit, misfit};

/// Why an offer of a brand is not made to a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// The law, or the brand itself, leaves no room for any.
    NoneAllowed,
    /// Customers are not asked why, and offers follow reasons.
    NoSurvey,
    /// No reason leads to it.
    NoReason,
    /// One of its own conditions is not met.
    Condition(Misfit),
    /// Billing cannot do it for this subscription.
    Billing,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoneAllowed => {
                "no offer may come before the cancellation, by the policy or by `max_offers`"
            }
            Self::NoSurvey => "customers are not asked why, and offers answer reasons",
            Self::NoReason => "no reason has it in `offers`",
            Self::Condition(Misfit::Plan) => "`when.plans`: the customer has another plan",
            Self::Condition(Misfit::Price) => {
                "`when.price_from`, `price_below` or `currency`: the price is another"
            }
            Self::Condition(Misfit::Tenure) => {
                "`when.tenure_days_from` or `tenure_days_below`: the customer has been here for another time"
            }
            Self::Condition(Misfit::After) => "`when.not_after`: the customer has taken one of those",
            Self::Condition(Misfit::Cooling) => "`cooldown_days`: the customer has taken it lately",
            Self::Billing => {
                "billing cannot do it for this subscription (currency, plan, trial, or what runs already)"
            }
        })
    }
}

/// The offers of a brand that are not in a customer's flow, each with why.
#[must_use]
pub fn left_out(brand: &Brand, policy: &Policy, flow: &Flow, customer: For<'_>) -> Vec<(String, LeftOut)> {
    let why = |offer: &crate::brand::BrandOffer| {
        if policy.max_offers == 0 || policy.declares {
            return LeftOut::NoneAllowed;
        }
        if !policy.survey {
            return LeftOut::NoSurvey;
        }
        if !brand.reasons.iter().any(|reason| reason.offers.contains(&offer.id)) {
            return LeftOut::NoReason;
        }
        misfit(offer, customer).map_or(LeftOut::Billing, LeftOut::Condition)
    };
    let missing = brand.offers.iter().filter(|offer| flow.offer(&offer.id).is_none());
    missing.map(|offer| (offer.id.clone(), why(offer))).collect()
}
