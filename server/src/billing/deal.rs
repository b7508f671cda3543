use serde::{Deserialize, Serialize};

use super::{Cycle, DiscountTerms, Interval};

/// What taking an offer makes billing do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "deal", rename_all = "snake_case")]
pub enum Deal {
    /// A lower price from the next payment on.
    Discount(DiscountTerms),
    /// The next payment comes later. What is paid for ends when it would have come, and begins again with it.
    Pause(Length),
    /// Another plan from the next payment on.
    ChangePlan(PlanTerms),
    /// A longer trial.
    ExtendTrial {
        /// By how many days. At least 1.
        days: u32,
    },
    /// Something the merchant does, once told.
    Custom,
}

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Length {
    /// The unit.
    pub interval: Interval,
    /// How many of them. At least 1.
    pub count: u32,
}

/// A plan, and what it costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanTerms {
    /// The plan's id in billing.
    pub id: String,
    /// The plan's name.
    pub name: String,
    /// The price of one payment. None where billing is the merchant's.
    pub price: Option<PlanPrice>,
}

/// What a plan costs, and how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanPrice {
    /// Minor units. Never negative.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    /// The unit it is paid by.
    pub interval: Interval,
    /// How many units lie between two payments. At least 1.
    pub interval_count: u32,
}

impl Length {
    /// The same time of day, that much later; on the last day of a month that is too short. None beyond the end of the calendar.
    #[must_use]
    pub fn after(self, moment: jiff::Timestamp) -> Option<jiff::Timestamp> {
        let anchor_day = moment.to_zoned(jiff::tz::TimeZone::UTC).day();
        Cycle { interval: self.interval, interval_count: self.count, anchor_day }.after(moment, 1)
    }
}

impl Deal {
    /// The deal's kind, as the ledger notes it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Discount(_) => "discount",
            Self::Pause(_) => "pause",
            Self::ChangePlan(_) => "plan_change",
            Self::ExtendTrial { .. } => "trial_extension",
            Self::Custom => "custom",
        }
    }
}
