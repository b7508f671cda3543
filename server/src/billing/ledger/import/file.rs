use std::collections::HashMap;

use jiff::Timestamp;
use serde::Deserialize;

use super::{Address, Coupon, ImportError, PaymentMethod, Segment};
pub use crate::billing::Interval;
use crate::{clock, place::Place};

/// What a file holds.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Import {
    /// Groups of customers.
    pub segments: Vec<Segment>,
    /// Plans that subscriptions may name.
    pub plans: Vec<Plan>,
    /// Codes that lower what is paid.
    pub coupons: Vec<Coupon>,
    /// Customers with their subscriptions.
    pub customers: Vec<Customer>,
}

/// A plan.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The plan's id, unique within the brand.
    pub external_id: String,
    /// What customers know it as.
    pub name: String,
    /// The price of one payment, in minor units.
    pub amount: i64,
    /// ISO 4217, three capital letters.
    pub currency: String,
    /// The unit it is paid by.
    pub interval: Interval,
    /// How many units lie between two payments; 1 when left out.
    #[serde(default = "one")]
    pub interval_count: u32,
    /// Whether it goes on by itself when a term ends; it does when this is left out.
    #[serde(default = "yes")]
    pub auto_renew: bool,
    /// Whether it is delivered to an address.
    #[serde(default)]
    pub needs_address: bool,
    /// The countries it is delivered to, ISO 3166-1 alpha-2; everywhere when left out.
    pub countries: Option<Vec<String>>,
    /// Keys of the segments it is for; everybody when left out.
    #[serde(default)]
    pub segments: Vec<String>,
}

/// A customer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Customer {
    /// The customer's id, unique within the brand.
    pub external_id: String,
    /// The customer's id in the merchant's own system.
    pub user_id: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// ISO 3166-2, with or without the country; needs `country`.
    pub region: Option<String>,
    /// Keys of the segments the customer is in.
    pub segments: Option<Vec<String>>,
    /// Where something is delivered.
    #[serde(default)]
    pub addresses: Vec<Address>,
    /// What the customer pays with, the latest last.
    #[serde(default)]
    pub payment_methods: Vec<PaymentMethod>,
    /// The customer's subscriptions.
    #[serde(default)]
    pub subscriptions: Vec<Subscription>,
}

/// A subscription.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subscription {
    /// The subscription's id, unique within the brand.
    pub external_id: String,
    /// External id of its plan.
    pub plan: String,
    /// Whether it goes on; active when it is new and this is left out.
    pub status: Option<Status>,
    /// When the paid period began, RFC 3339.
    pub current_period_start: Option<String>,
    /// When the paid period ends, RFC 3339.
    pub current_period_end: Option<String>,
    /// When the contract began, RFC 3339; now when it is new and this is left out.
    pub began_at: Option<String>,
    /// Whether the period is a trial, for which nothing was paid.
    #[serde(default)]
    pub trial: bool,
    /// How many of the plan; 1 when it is new and this is left out.
    pub quantity: Option<u32>,
    /// Who else renews it.
    pub managed_by: Option<ManagedBy>,
    /// Whether what was charged last is not paid yet.
    pub payment_pending: Option<bool>,
}

/// Whose it is to renew a subscription, where it is not the customer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum ManagedBy {
    Agency,
    GiftDonor,
    Apple,
}

impl ManagedBy {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Agency => "agency",
            Self::GiftDonor => "gift_donor",
            Self::Apple => "apple",
        }
    }
}

/// Whether a subscription goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Status {
    Active,
    Canceled,
}

const fn one() -> u32 {
    1
}

const fn yes() -> bool {
    true
}

/// Whether a text has the form of an ISO 4217 code.
pub(super) fn is_currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|letter| letter.is_ascii_uppercase())
}

/// More than any plan has, and few enough for all dates to exist.
const MOST_UNITS: u32 = 1000;

pub(super) fn read(text: &str) -> Result<Import, ImportError> {
    let mut json = serde_json::Deserializer::from_str(text);
    let import: Import = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        ImportError::wrong(if path == "." { String::new() } else { path }, error.inner().to_string())
    })?;
    json.end().map_err(|error| ImportError::wrong("", error.to_string()))?;
    check(&import)?;
    Ok(import)
}

fn check(import: &Import) -> Result<(), ImportError> {
    let mut ids = Ids::default();
    for (n, plan) in import.plans.iter().enumerate() {
        let at = format!("plans[{n}]");
        ids.check("plan", &plan.external_id, &at, "external_id")?;
        if plan.name.trim().is_empty() {
            return Err(ImportError::wrong(format!("{at}.name"), "give the plan a name"));
        }
        if plan.amount < 0 {
            return Err(ImportError::wrong(
                format!("{at}.amount"),
                "write 0 or more minor units, such as 1200 for 12.00",
            ));
        }
        if !is_currency(&plan.currency) {
            let message = format!(
                "\"{}\" is not a currency; write three capital letters, such as \"USD\"",
                plan.currency
            );
            return Err(ImportError::wrong(format!("{at}.currency"), message));
        }
        if !(1..=MOST_UNITS).contains(&plan.interval_count) {
            return Err(ImportError::wrong(
                format!("{at}.interval_count"),
                format!("write 1 to {MOST_UNITS}"),
            ));
        }
        for (n, country) in plan.countries.iter().flatten().enumerate() {
            Place::new(country, None)
                .map_err(|message| ImportError::wrong(format!("{at}.countries[{n}]"), message))?;
        }
    }
    for (n, segment) in import.segments.iter().enumerate() {
        ids.check("segment", &segment.key, &format!("segments[{n}]"), "key")?;
    }
    for (n, coupon) in import.coupons.iter().enumerate() {
        let at = format!("coupons[{n}]");
        coupon.check(&at)?;
        ids.check("coupon", &coupon.code, &at, "code")?;
    }
    for (n, customer) in import.customers.iter().enumerate() {
        let at = format!("customers[{n}]");
        ids.check("customer", &customer.external_id, &at, "external_id")?;
        customer.place(&at)?;
        for (n, address) in customer.addresses.iter().enumerate() {
            address.check(&format!("{at}.addresses[{n}]"))?;
        }
        for (n, method) in customer.payment_methods.iter().enumerate() {
            method.check(&format!("{at}.payment_methods[{n}]"))?;
        }
        for (n, subscription) in customer.subscriptions.iter().enumerate() {
            let at = format!("{at}.subscriptions[{n}]");
            ids.check("subscription", &subscription.external_id, &at, "external_id")?;
            subscription.period(&at)?;
            subscription.began(&at)?;
            if subscription.quantity == Some(0) {
                return Err(ImportError::wrong(format!("{at}.quantity"), "write 1 or more"));
            }
        }
    }
    Ok(())
}

/// Ids seen so far, by kind, and where.
#[derive(Default)]
struct Ids<'a>(HashMap<(&'static str, &'a str), String>);

impl<'a> Ids<'a> {
    fn check(&mut self, kind: &'static str, id: &'a str, at: &str, field: &str) -> Result<(), ImportError> {
        let path = format!("{at}.{field}");
        if id.trim().is_empty() {
            return Err(ImportError::wrong(path, format!("give the {kind} an id")));
        }
        match self.0.insert((kind, id), at.into()) {
            Some(first) => Err(ImportError::wrong(path, format!("{first} has the id \"{id}\" already"))),
            None => Ok(()),
        }
    }
}

impl Customer {
    /// Where the customer lives, if the file says.
    pub(super) fn place(&self, at: &str) -> Result<Option<Place>, ImportError> {
        match (&self.country, &self.region) {
            (Some(country), region) => Place::new(country, region.as_deref())
                .map(Some)
                .map_err(|message| ImportError::wrong(format!("{at}.country"), message)),
            (None, Some(_)) => {
                Err(ImportError::wrong(format!("{at}.region"), "a region needs a `country` beside it"))
            }
            (None, None) => Ok(None),
        }
    }
}

impl Subscription {
    /// The dates of the paid period, as far as the file says.
    pub(super) fn period(&self, at: &str) -> Result<(Option<Timestamp>, Option<Timestamp>), ImportError> {
        let start = moment(at, "current_period_start", &self.current_period_start)?;
        let end = moment(at, "current_period_end", &self.current_period_end)?;
        if start.zip(end).is_some_and(|(start, end)| end <= start) {
            return Err(ImportError::wrong(
                format!("{at}.current_period_end"),
                "a period ends after it begins",
            ));
        }
        Ok((start, end))
    }

    /// When the contract began, if the file says.
    pub(super) fn began(&self, at: &str) -> Result<Option<Timestamp>, ImportError> {
        moment(at, "began_at", &self.began_at)
    }
}

pub(super) fn moment(at: &str, name: &str, text: &Option<String>) -> Result<Option<Timestamp>, ImportError> {
    let wrong = || {
        let message = "write a moment after 1970 in RFC 3339, such as \"2026-01-31T00:00:00Z\"";
        ImportError::wrong(format!("{at}.{name}"), message)
    };
    let read =
        |text| clock::parse(text).ok().filter(|moment| *moment > Timestamp::UNIX_EPOCH).ok_or_else(wrong);
    text.as_deref().map(read).transpose()
}
