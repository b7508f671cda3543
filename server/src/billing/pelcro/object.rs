//! Pelcro's customer, as far as it is read. Amounts are in minor units.

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::value::{self, Id};

/// What most calls answer.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Of<T> {
    pub data: T,
}

/// A customer.
#[derive(Clone, Deserialize)]
pub(super) struct Customer {
    pub id: Id,
    /// The merchant's own id.
    pub external_id: Option<String>,
    pub email: Option<String>,
    pub name: Option<String>,
    pub full_name: Option<String>,
    #[serde(default, deserialize_with = "value::list")]
    pub addresses: Vec<Address>,
    #[serde(default, deserialize_with = "value::list")]
    pub subscriptions: Vec<Subscription>,
    #[serde(default, deserialize_with = "value::list")]
    pub expired_subscriptions: Vec<Subscription>,
    /// Read only where they are asked for: what is wrong in one keeps nobody from leaving.
    #[serde(default, deserialize_with = "value::list")]
    pub invoices: Vec<Value>,
    pub source: Option<Value>,
    pub auth_token: Option<String>,
    pub token: Option<String>,
}

/// Where a customer lives.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Address {
    pub country: Option<String>,
    pub state: Option<String>,
}

/// A subscription.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Subscription {
    pub id: Id,
    pub status: Option<String>,
    pub plan: Option<Plan>,
    #[serde(default, deserialize_with = "value::number")]
    pub quantity: Option<i64>,
    #[serde(default, deserialize_with = "value::flag")]
    pub auto_renew: Option<bool>,
    #[serde(default, deserialize_with = "value::moment")]
    pub cancel_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "value::flag")]
    pub cancel_at_period_end: Option<bool>,
    pub coupon: Option<CouponName>,
    #[serde(default, deserialize_with = "value::moment")]
    pub current_period_start: Option<Timestamp>,
    #[serde(default, deserialize_with = "value::moment")]
    pub current_period_end: Option<Timestamp>,
    #[serde(default, deserialize_with = "value::moment")]
    pub expires_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "value::moment")]
    pub end_date: Option<Timestamp>,
    #[serde(default, deserialize_with = "value::moment")]
    pub trial_end: Option<Timestamp>,
    #[serde(default, deserialize_with = "value::moment")]
    pub created_at: Option<Timestamp>,
    pub schedule: Option<Schedule>,
}

/// What runs and what follows.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Schedule {
    #[serde(default, deserialize_with = "value::list")]
    pub phases: Vec<Phase>,
}

/// A term of a schedule.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Phase {
    #[serde(default, deserialize_with = "value::moment")]
    pub start_date: Option<Timestamp>,
    #[serde(default, deserialize_with = "value::moment")]
    pub end_date: Option<Timestamp>,
    #[serde(default, deserialize_with = "value::list")]
    pub plans: Vec<Item>,
    pub coupon: Option<CouponName>,
}

/// A plan in a term.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Item {
    pub plan: PlanOrId,
    #[serde(default, deserialize_with = "value::number")]
    pub quantity: Option<i64>,
}

/// A plan, or its id alone.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum PlanOrId {
    Plan(Plan),
    Id(Id),
}

impl PlanOrId {
    pub(super) fn id(&self) -> &str {
        match self {
            Self::Plan(plan) => &plan.id.0,
            Self::Id(id) => &id.0,
        }
    }
}

/// A plan.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Plan {
    pub id: Id,
    pub nickname: Option<String>,
    #[serde(default, deserialize_with = "value::number")]
    pub amount: Option<i64>,
    pub currency: Option<String>,
    pub interval: Option<String>,
    #[serde(default, deserialize_with = "value::number")]
    pub interval_count: Option<i64>,
    #[serde(default, deserialize_with = "value::flag")]
    pub auto_renew: Option<bool>,
}

/// Which coupon: its code, or an object with it.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum CouponName {
    Code(String),
    Whole {
        code: String,
    },
    /// One whose code is not said.
    Other(IgnoredAny),
}

impl CouponName {
    pub(super) fn is(&self, wanted: &str) -> bool {
        match self {
            Self::Code(code) | Self::Whole { code } => code.eq_ignore_ascii_case(wanted),
            Self::Other(_) => false,
        }
    }
}

/// A coupon that is open to a customer.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Coupon {
    pub code: String,
    #[serde(default, deserialize_with = "value::number")]
    pub percent_off: Option<i64>,
    #[serde(default, deserialize_with = "value::number")]
    pub amount_off: Option<i64>,
    pub currency: Option<String>,
    pub duration: Option<String>,
    #[serde(default, deserialize_with = "value::number")]
    pub duration_in_months: Option<i64>,
}

/// What a plan would cost.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Order {
    #[serde(default, deserialize_with = "value::number")]
    pub total: Option<i64>,
}
