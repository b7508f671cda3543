//! Stripe's objects, as far as they are read. Amounts are in minor units, moments in seconds since 1970.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// A page of a list.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct List<T> {
    pub data: Vec<T>,
    #[serde(default)]
    pub has_more: bool,
}

/// A customer.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Customer {
    pub id: String,
    pub email: Option<String>,
    pub name: Option<String>,
    pub address: Option<Address>,
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// Only the id is left then.
    #[serde(default)]
    pub deleted: bool,
}

impl Customer {
    /// Whether this is the customer's address, in whatever letters.
    pub(super) fn has_email(&self, given: &str) -> bool {
        self.email.as_ref().is_some_and(|email| email.eq_ignore_ascii_case(given.trim()))
    }
}

/// Where a customer lives.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Address {
    pub country: Option<String>,
    pub state: Option<String>,
}

/// A subscription, with its discounts expanded.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Subscription {
    pub id: String,
    pub customer: String,
    pub status: String,
    pub items: List<Item>,
    #[serde(default)]
    pub cancel_at_period_end: bool,
    pub cancel_at: Option<i64>,
    pub ended_at: Option<i64>,
    /// Of the subscription until version `2025-03-31.basil`, of its items since then.
    pub current_period_end: Option<i64>,
    pub start_date: Option<i64>,
    pub billing_cycle_anchor: Option<i64>,
    pub trial_end: Option<i64>,
    /// Invoices are not collected for a time.
    pub pause_collection: Option<Any>,
    /// A schedule decides what comes next.
    pub schedule: Option<String>,
    /// `charge_automatically`, or `send_invoice`.
    pub collection_method: Option<String>,
    #[serde(default)]
    pub discounts: Vec<Discount>,
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// A change that waits for its payment: that of the latest invoice.
    #[serde(default)]
    pub pending_update: Value,
    /// Its id, or all of it where that was asked for.
    #[serde(default)]
    pub latest_invoice: Value,
}

/// What is paid for.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Item {
    pub id: String,
    pub price: Option<Price>,
    /// The price, as it was called before.
    pub plan: Option<Plan>,
    pub quantity: Option<u32>,
    pub current_period_end: Option<i64>,
}

/// A price.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Price {
    pub id: String,
    pub nickname: Option<String>,
    /// None for prices in tiers and with fractions of minor units.
    pub unit_amount: Option<i64>,
    pub currency: String,
    /// `per_unit`, or `tiered`.
    pub billing_scheme: Option<String>,
    pub recurring: Option<Recurring>,
    pub product: Option<Product>,
}

/// How often a price is paid.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Recurring {
    pub interval: String,
    pub interval_count: u32,
    /// `licensed`, or `metered`, where nobody knows what will be paid.
    pub usage_type: Option<String>,
}

/// The old form of a price.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Plan {
    pub id: String,
    pub nickname: Option<String>,
    pub amount: Option<i64>,
    pub currency: String,
    pub billing_scheme: Option<String>,
    pub interval: String,
    pub interval_count: u32,
    pub usage_type: Option<String>,
    pub product: Option<Product>,
}

/// What is sold: its id, or all of it where that was asked for.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Product {
    Id(String),
    Whole { name: String },
}

/// A discount that was granted.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Discount {
    pub id: String,
    pub coupon: Coupon,
    /// The code it came by.
    pub promotion_code: Option<String>,
    pub start: i64,
    pub end: Option<i64>,
}

/// How much is taken off.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Coupon {
    pub id: String,
    pub percent_off: Option<f64>,
    pub amount_off: Option<i64>,
    pub currency: Option<String>,
}

/// What was deleted, or made, where nothing but that matters.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Any {}
