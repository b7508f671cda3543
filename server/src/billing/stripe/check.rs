//! Whether a key may do what is needed, and what of an account can only be canceled. Nothing is changed.

use std::collections::BTreeMap;

use hyper::Method;
use serde::{Deserialize, Serialize};

use super::api::{Allowed, Failure, Form};
use super::holding::counts_otherwise;
use super::mark::Marks;
use super::object::{List, Subscription};
use super::{EVENTS, Stripe};
use crate::clock::Clock;

/// What is to be found out, and how: what is written to is not there, so that nothing is changed.
struct Need {
    /// As the Dashboard calls it.
    resource: &'static str,
    level: &'static str,
    method: Method,
    path: &'static str,
}

const NEEDS: [Need; 12] = [
    Need { resource: "Customers", level: "read", method: Method::GET, path: "v1/customers" },
    Need { resource: "Subscriptions", level: "read", method: Method::GET, path: "v1/subscriptions" },
    Need {
        resource: "Subscriptions",
        level: "write",
        method: Method::POST,
        path: "v1/subscriptions/sub_farewell_is_not_there",
    },
    Need {
        resource: "Subscription schedules",
        level: "write",
        method: Method::POST,
        path: "v1/subscription_schedules/sub_sched_farewell_is_not_there/release",
    },
    Need { resource: "Prices", level: "read", method: Method::GET, path: "v1/prices" },
    Need { resource: "Products", level: "read", method: Method::GET, path: "v1/products" },
    Need { resource: "Coupons", level: "read", method: Method::GET, path: "v1/coupons" },
    Need {
        resource: "Coupons",
        level: "write",
        method: Method::POST,
        path: "v1/coupons/farewell_is_not_there",
    },
    Need { resource: "Promotion codes", level: "read", method: Method::GET, path: "v1/promotion_codes" },
    Need { resource: "Invoices", level: "read", method: Method::GET, path: "v1/invoices" },
    Need {
        resource: "Invoices",
        level: "write",
        method: Method::POST,
        path: "v1/invoices/in_farewell_is_not_there/void",
    },
    // Without a customer there is no session to be made.
    Need {
        resource: "Customer portal",
        level: "write",
        method: Method::POST,
        path: "v1/billing_portal/sessions",
    },
];

/// Whether something may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It may.
    Ok,
    /// It may not.
    Missing,
    /// Stripe did not say.
    Unknown,
}

/// A permission that is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Permission {
    /// As the Dashboard calls it.
    pub resource: &'static str,
    /// `read` or `write`.
    pub level: &'static str,
    /// Whether the key has it.
    pub standing: Standing,
    /// Why not, in Stripe's words.
    pub why: Option<String>,
}

/// An endpoint at Stripe that tells this server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Webhook {
    /// Where it should tell.
    pub url: String,
    /// Whether there is one that is enabled. Unknown where the key may not look.
    pub standing: Standing,
    /// Events of use that it does not tell.
    pub missing_events: Vec<&'static str>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether the key is for what counts.
    pub live: bool,
    /// Whether the key is restricted, as it should be.
    pub restricted: bool,
    /// What is needed.
    pub permissions: Vec<Permission>,
    /// Whether Stripe tells what happens.
    pub webhook: Webhook,
    /// Subscriptions that have not ended. None where they cannot be read.
    pub subscriptions: Option<u64>,
    /// How many of them are special, and how.
    pub special: BTreeMap<&'static str, u64>,
}

impl Report {
    /// Whether everything is there that is needed.
    #[must_use]
    pub fn is_enough(&self) -> bool {
        self.permissions.iter().all(|one| one.standing == Standing::Ok)
    }
}

/// What is special about a subscription, and what follows from that.
pub const SPECIAL: [(&str, &str); 9] = [
    ("several_items", "can be canceled; nothing is offered on several items"),
    ("metered", "can be canceled; nobody knows what will be paid by use"),
    ("tiered", "can be canceled; a price in tiers cannot be told in advance"),
    ("fractional", "can be canceled; a price in fractions of minor units cannot be told"),
    ("currency", "can be canceled; Stripe counts ISK, UGX and MGA in other units than ISO 4217"),
    ("scheduled", "can be canceled, which releases it from its schedule; nothing is offered on it"),
    (
        "discounted_in_fractions",
        "can be canceled; nothing is offered on a discount that is no whole percentage",
    ),
    ("paused_elsewhere", "is treated as if it were not paused: what was paused elsewhere is not known here"),
    ("paid_by_invoice", "is treated as any other; its customer pays invoices by hand"),
];

fn specials(subscription: &Subscription, clock: &Clock) -> Vec<&'static str> {
    let items = &subscription.items;
    let several = items.has_more || items.data.len() != 1;
    let of_price = |is: fn(&str) -> bool, part: fn(&super::object::Item) -> Option<&String>| {
        items.data.iter().filter_map(part).any(|text| is(text))
    };
    let usage = |item: &super::object::Item| match (&item.price, &item.plan) {
        (Some(price), _) => price.recurring.as_ref().and_then(|recurring| recurring.usage_type.clone()),
        (None, plan) => plan.as_ref().and_then(|plan| plan.usage_type.clone()),
    };
    let scheme = |item: &super::object::Item| match (&item.price, &item.plan) {
        (Some(price), _) => price.billing_scheme.clone(),
        (None, plan) => plan.as_ref().and_then(|plan| plan.billing_scheme.clone()),
    };
    let metered = items.data.iter().filter_map(usage).any(|usage| usage != "licensed");
    let tiered = items.data.iter().filter_map(scheme).any(|scheme| scheme == "tiered");
    let whole = items.data.iter().all(|item| match (&item.price, &item.plan) {
        (Some(price), _) => price.unit_amount.is_some(),
        (None, plan) => plan.as_ref().is_some_and(|plan| plan.amount.is_some()),
    });
    let otherwise = of_price(counts_otherwise, |item| match (&item.price, &item.plan) {
        (Some(price), _) => Some(&price.currency),
        (None, plan) => plan.as_ref().map(|plan| &plan.currency),
    });
    let found = [
        ("several_items", several),
        ("metered", metered),
        ("tiered", tiered),
        ("fractional", !whole && !tiered && !metered),
        ("currency", otherwise),
        ("scheduled", subscription.schedule.is_some()),
        ("discounted_in_fractions", subscription.running(clock.now()).is_none()),
        (
            "paused_elsewhere",
            subscription.pause_collection.is_some() && Marks::of(subscription).pause.is_none(),
        ),
        ("paid_by_invoice", subscription.collection_method.as_deref() == Some("send_invoice")),
    ];
    found.into_iter().filter(|(_, is)| *is).map(|(name, _)| name).collect()
}

#[derive(Deserialize)]
struct Endpoint {
    url: String,
    status: String,
    enabled_events: Vec<String>,
}

impl Stripe {
    /// Looks whether the key may do what is needed, whether Stripe tells what happens to `url`, and what is special about the
    /// subscriptions there are; `told` is told how many were looked at so far. Nothing is changed.
    pub async fn check(&self, url: &str, told: impl Fn(u64)) -> Report {
        let mut permissions = Vec::new();
        for Need { resource, level, method, path } in &NEEDS {
            let form: Form = match *method {
                Method::GET => vec![("limit".into(), "1".into())],
                _ => Form::new(),
            };
            let (standing, why) = match self.api.allows(method.clone(), path, &form).await {
                Allowed::Yes => (Standing::Ok, None),
                Allowed::No(why) => (Standing::Missing, Some(why)),
                Allowed::Unknown(why) => (Standing::Unknown, Some(why)),
            };
            permissions.push(Permission { resource, level, standing, why });
        }
        let mut special = BTreeMap::new();
        let subscriptions = self.count(&mut special, told).await.ok();
        Report {
            live: self.api.is_live(),
            restricted: self.api.is_restricted(),
            permissions,
            webhook: self.webhook(url).await,
            subscriptions,
            special,
        }
    }

    async fn webhook(&self, url: &str) -> Webhook {
        let query = vec![("limit".into(), "100".into())];
        let list = self.api.get::<List<Endpoint>>("v1/webhook_endpoints", &query).await;
        let Ok(list) = list else {
            return Webhook { url: url.into(), standing: Standing::Unknown, missing_events: Vec::new() };
        };
        let ours: Vec<Endpoint> =
            list.data.into_iter().filter(|one| one.url == url && one.status == "enabled").collect();
        let tells = |event: &str| {
            ours.iter().any(|one| one.enabled_events.iter().any(|told| told == event || told == "*"))
        };
        Webhook {
            url: url.into(),
            standing: if ours.is_empty() { Standing::Missing } else { Standing::Ok },
            missing_events: EVENTS.into_iter().filter(|event| !tells(event)).collect(),
        }
    }

    /// Counts subscriptions that have not ended, and those that are special.
    async fn count(
        &self,
        special: &mut BTreeMap<&'static str, u64>,
        told: impl Fn(u64),
    ) -> Result<u64, Failure> {
        let (mut count, mut after) = (0, None);
        loop {
            let mut query: Form =
                vec![("limit".into(), "100".into()), ("expand[]".into(), "data.discounts".into())];
            query.extend(after.take().map(|id| ("starting_after".into(), id)));
            let page = self.api.get::<List<Subscription>>("v1/subscriptions", &query).await?;
            for subscription in &page.data {
                count += 1;
                for name in specials(subscription, &self.clock) {
                    *special.entry(name).or_default() += 1;
                }
            }
            told(count);
            match page.data.last() {
                Some(last) if page.has_more => after = Some(last.id.clone()),
                _ => return Ok(count),
            }
        }
    }
}
