//! An account with one customer, at a time that stands still.

use farewell_server::billing::stripe::Stripe;
use farewell_server::billing::{Billing, Change, Deal, Instruction, Lookup, Snapshot};
use farewell_server::clock::{self, Clock};
use farewell_server::secret::SecretText;
use jiff::Timestamp;
use serde_json::json;

use crate::stand_in::{KEY, StandIn};

pub fn at(text: &str) -> Timestamp {
    clock::parse(text).expect("a moment")
}

/// Ada pays 12.50 USD on the 28th of each month.
pub struct World {
    pub stripe: StandIn,
    pub billing: Stripe,
    pub clock: Clock,
}

impl World {
    pub async fn new() -> Self {
        let stripe = StandIn::start().await;
        stripe.price("price_pro", 1250, "month", 1);
        stripe.price("price_lite", 500, "month", 1);
        stripe.price("price_year", 9900, "year", 1);
        let address = json!({ "country": "US", "state": "MN" });
        let ada = json!({ "email": "ada@example.com", "name": "Ada", "address": address, "metadata": { "user_id": "u-1" } });
        stripe.customer("cus_1", ada);
        let end = at("2026-02-28T10:00:00Z").as_second();
        stripe.subscription("sub_1", "cus_1", "price_pro", end, json!({}));
        let clock = Clock::manual(at("2026-02-10T12:00:00Z"));
        let billing = at_time(&stripe, &clock);
        Self { stripe, billing, clock }
    }

    pub async fn snapshot(&self) -> Snapshot {
        self.billing.snapshot(&customer("cus_1")).await.expect("a subscription")
    }

    pub fn instruction(&self, change: Change) -> Instruction {
        Instruction {
            customer: "cus_1".into(),
            subscription: Some("sub_1".into()),
            session: None,
            event: None,
            reason: Some("too_expensive".into()),
            requested_at: self.clock.now(),
            change,
        }
    }

    /// Taking an offer with this deal, on the terms as they are.
    pub async fn accept(&self, deal: Deal) -> Instruction {
        let agreed = self.snapshot().await.terms;
        self.instruction(Change::Accept { offer: "half".into(), deal, agreed })
    }
}

fn at_time(stripe: &StandIn, clock: &Clock) -> Stripe {
    let url = stripe.url.parse().expect("an address");
    Stripe::new(url, SecretText::new(KEY), clock.clone()).expect("certificates")
}

/// The account of another world.
pub fn billing(stripe: &StandIn) -> Stripe {
    at_time(stripe, &Clock::manual(at("2026-02-10T12:00:00Z")))
}

pub fn customer(id: &str) -> Lookup {
    Lookup { customer: Some(id.into()), ..Lookup::default() }
}
