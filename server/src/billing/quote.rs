//! What a change would mean, before it is made.

use flow::Money;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Change, Length, LookupError, Renewal};

/// For how long a quote that is charged at once holds.
pub const QUOTE_HOLDS: SignedDuration = SignedDuration::from_hours(1);

/// What a customer wants of a subscription, other than to leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "want", rename_all = "snake_case")]
pub enum Wanted {
    /// The next payment comes later.
    Pause {
        /// By how much.
        length: Length,
    },
    /// A pause ends now, or does not begin.
    Resume,
    /// Another plan.
    ChangePlan {
        /// The plan's id in billing.
        plan: String,
        /// When it begins.
        start: Start,
    },
    /// One more term.
    Renew(Renewal),
    /// A promotion code.
    ApplyCode {
        /// As the customer typed it.
        code: String,
    },
}

/// When another plan begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// At once: what is left of the running period is taken off its first payment.
    Now,
    /// With the next payment.
    NextPayment,
}

/// What a change would mean now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The change, as it is to be carried out. It holds what the quote says, and is refused once that is no longer true.
    pub change: Change,
    /// What is charged at once. None: nothing is.
    pub due_now: Option<Money>,
    /// The first payment after that, discounts taken off, and when it is due. None when there is none, or nobody knows.
    pub next_payment: Option<(Money, Timestamp)>,
    /// The first payment that costs something else than that one, where a discount ends. None when none does.
    pub then: Option<(Money, Timestamp)>,
    /// The term that is added, or the period that begins at once.
    pub term: Option<(Timestamp, Timestamp)>,
}

/// Why there is no quote. The text is for the developer of the merchant's backend, and names no customer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuoteError {
    /// The customer or the subscription is not there, or billing cannot be asked.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// This billing never does that.
    #[error("This billing cannot do that.")]
    Unsupported,
    /// It cannot be done with the subscription as it is. The text says why.
    #[error("It cannot be done now: {0}.")]
    NotNow(&'static str),
    /// There is no such plan.
    #[error("Invalid plan provided.")]
    UnknownPlan,
    /// The plan is for other customers.
    #[error("The customer is not eligible for this plan: it is for another segment.")]
    PlanNotForCustomer,
    /// The plan is paid in another currency.
    #[error("The plan is paid in another currency than the subscription.")]
    PlanOtherCurrency,
    /// It is the plan the subscription has.
    #[error("The subscription has this plan already.")]
    SamePlan,
    /// There is no such coupon.
    #[error("Invalid coupon code provided.")]
    UnknownCoupon,
    /// It could be used until a moment that is past.
    #[error("This coupon has expired.")]
    CouponExpired,
    /// It has been used as often as it may.
    #[error("This coupon has been redeemed as often as it can be.")]
    CouponUsedUp,
    /// It is for other plans.
    #[error("This coupon does not apply to this plan.")]
    CouponNotForPlan,
    /// It is for other customers.
    #[error("The customer is not eligible for this coupon: it is for another segment.")]
    CouponNotForCustomer,
    /// It takes off an amount in another currency.
    #[error("This coupon is in another currency than the plan.")]
    CouponOtherCurrency,
    /// It runs on the subscription already.
    #[error("This coupon is applied to the subscription already.")]
    CouponApplied,
    /// Nothing is bought, or more than anybody needs.
    #[error("The quantity must be 1 to 10000.")]
    Quantity,
    /// As many terms are scheduled as there may be.
    #[error(
        "A subscription has at most {} phases. Send replace_upcoming_phases to put this one in the place of those to come.",
        super::MOST_PHASES
    )]
    TooManyPhases,
    /// It is delivered to an address, and none was given.
    #[error("The address ID is required for this plan.")]
    AddressNeeded,
    /// The customer has no such address.
    #[error("Invalid address provided.")]
    UnknownAddress,
    /// It is not delivered there.
    #[error("This plan is not available in the country of the address.")]
    AddressCountry,
    /// The customer has no such payment method.
    #[error("Invalid source provided.")]
    UnknownPaymentMethod,
    /// The customer has as many payment methods as one may have.
    #[error("A customer has at most 20 payment methods. Send source_id to use one of them.")]
    TooManyPaymentMethods,
    /// A campaign is not called so.
    #[error("The campaign key must be 3 to 191 letters, numbers, dashes and underscores.")]
    CampaignKey,
}

impl QuoteError {
    /// A word for it, for the log and for the texts customers read.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Lookup(error) => error.name(),
            Self::Unsupported => "unsupported",
            Self::NotNow(_) => "not_now",
            Self::UnknownPlan => "unknown_plan",
            Self::PlanNotForCustomer => "plan_not_for_customer",
            Self::PlanOtherCurrency => "plan_other_currency",
            Self::SamePlan => "same_plan",
            Self::UnknownCoupon => "unknown_coupon",
            Self::CouponExpired => "coupon_expired",
            Self::CouponUsedUp => "coupon_used_up",
            Self::CouponNotForPlan => "coupon_not_for_plan",
            Self::CouponNotForCustomer => "coupon_not_for_customer",
            Self::CouponOtherCurrency => "coupon_other_currency",
            Self::CouponApplied => "coupon_applied",
            Self::Quantity => "quantity",
            Self::TooManyPhases => "too_many_phases",
            Self::AddressNeeded => "address_needed",
            Self::UnknownAddress => "unknown_address",
            Self::AddressCountry => "address_country",
            Self::UnknownPaymentMethod => "unknown_payment_method",
            Self::TooManyPaymentMethods => "too_many_payment_methods",
            Self::CampaignKey => "campaign_key",
        }
    }
}
