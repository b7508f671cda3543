use crate::{Instant, Money};

/// Something better than leaving, already found eligible for this customer and computed for this subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
pub struct Offer {
    /// The merchant's key of the offer.
    pub id: String,
    /// What the offer is.
    #[cfg_attr(feature = "json", serde(flatten))]
    pub kind: OfferKind,
    /// The offer in a line, in the customer's language.
    pub headline: String,
    /// A sentence or two about it.
    pub body: Option<String>,
}

/// What an offer is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(tag = "kind", rename_all = "snake_case"))]
pub enum OfferKind {
    /// A lower price, once, for some months or for good.
    Discount(Discount),
    /// A kind this version does not know. It can be read and declined, never accepted.
    Other,
}

/// A lower price. Exactly one of `percent_off` and `amount_off` is set.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
pub struct Discount {
    /// Whole percent, 1 to 100.
    pub percent_off: Option<u32>,
    /// An amount off each payment, in the subscription's currency.
    pub amount_off: Option<Money>,
    /// For how many payments it holds.
    pub duration: Duration,
    /// For how many months, when `duration` is [`Duration::Repeating`].
    pub months: Option<u32>,
    /// What will be charged, computed by the server on the customer's own subscription. None where billing is not ours.
    pub preview: Option<Preview>,
}

/// For how long a discount holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "snake_case"))]
pub enum Duration {
    /// The next payment only.
    Once,
    /// Every payment within a number of months.
    Repeating,
    /// Every payment from now on.
    Forever,
}

/// What accepting means in money.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
pub struct Preview {
    /// The next charge, discount taken off.
    pub price: Money,
    /// When the next charge happens.
    pub at: Instant,
    /// What a payment costs once the discount has ended.
    pub returns_to: Money,
    /// From when on; None when the discount does not end.
    pub returns_at: Option<Instant>,
}

impl OfferKind {
    /// The kind as it is written everywhere.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Discount(_) => "discount",
            Self::Other => "other",
        }
    }
}
