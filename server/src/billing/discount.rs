use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A lower price, and for how long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscountTerms {
    /// How much lower.
    pub off: Reduction,
    /// For how long.
    pub lasts: Span,
}

/// How much lower a price is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reduction {
    /// Whole percent, 1 to 100. The part taken off is rounded half up to a minor unit.
    Percent(u32),
    /// An amount off each payment, at most the whole payment.
    Amount {
        /// Minor units, more than 0.
        amount: i64,
        /// ISO 4217; must be the subscription's.
        currency: String,
    },
}

/// For how long a discount holds, counted from the next payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// The next payment only.
    Once,
    /// The next payment, and every other less than this many months after it. At least 1.
    Months(u32),
    /// Every payment.
    Forever,
}

/// A discount that was granted and has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningDiscount {
    /// Id of the offer it came from.
    pub offer: String,
    /// How much lower payments are.
    pub off: Reduction,
    /// Payments at or after this moment are lower.
    pub starts_at: Timestamp,
    /// Payments at or after this moment are not lower any more. None: it does not end.
    pub ends_at: Option<Timestamp>,
}

impl RunningDiscount {
    pub(super) fn covers(&self, payment: Timestamp) -> bool {
        self.starts_at <= payment && self.ends_at.is_none_or(|end| payment < end)
    }
}

impl DiscountTerms {
    /// Whether there is such a discount.
    #[must_use]
    pub fn in_range(&self) -> bool {
        let off = match &self.off {
            Reduction::Percent(percent) => (1..=100).contains(percent),
            Reduction::Amount { amount, .. } => *amount > 0,
        };
        off && self.lasts != Span::Months(0)
    }
}
