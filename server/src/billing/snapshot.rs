use flow::Money;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Cycle, RunningDiscount};
use crate::{clock, place::Place};

/// What billing knew of a customer's subscription at one moment. Kept with the session, as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Whose subscription it is.
    pub customer: Customer,
    /// The subscription's id in billing. None only where billing is the merchant's and the session named none.
    pub subscription: Option<String>,
    /// What it costs and when. None where billing is the merchant's.
    pub terms: Option<Terms>,
    /// Discounts that have not ended, in the order they were granted.
    pub discounts: Vec<RunningDiscount>,
    /// What can be done with it.
    pub can: Can,
    /// When the contract began, as far as billing knows.
    #[serde(default)]
    pub began_at: Option<Timestamp>,
    /// A pause that is agreed or runs.
    #[serde(default)]
    pub pause: Option<Pause>,
    /// When a trial ends, while there is one.
    #[serde(default)]
    pub trial_ends_at: Option<Timestamp>,
    /// Ids of the offers that billing would not carry out for this customer. They are not made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<String>,
}

/// A time in which nothing is paid and nothing is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// When what is paid for ends.
    pub from: Timestamp,
    /// When it goes on, with a payment.
    pub until: Timestamp,
}

/// What a discount means in money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The next payment, discount taken off.
    pub price: Money,
    /// When the next payment is due.
    pub at: Timestamp,
    /// What a payment costs once the discount has ended.
    pub returns_to: Money,
    /// From when on; None when the discount does not end.
    pub returns_at: Option<Timestamp>,
}

/// A customer, as far as a session needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// The customer's id in billing.
    pub id: String,
    /// The customer's id in the merchant's own system.
    pub user_id: Option<String>,
    /// Where billing says the customer lives.
    pub place: Option<Place>,
    /// The customer's name.
    #[serde(default)]
    pub name: Option<String>,
    /// The customer's e-mail address.
    #[serde(default)]
    pub email: Option<String>,
}

/// What can be done with a subscription.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Can {
    /// It can be canceled.
    pub cancel: bool,
    /// A cancellation at the end of the period can be taken back until then.
    pub undo: bool,
    /// A discount can be applied to its next payment.
    pub discount: bool,
    /// Its next payment can be put off.
    #[serde(default)]
    pub pause: bool,
    /// Its plan can be changed.
    #[serde(default)]
    pub change_plan: bool,
    /// Its trial can be extended.
    #[serde(default)]
    pub extend_trial: bool,
    /// A pause of it can be ended.
    #[serde(default)]
    pub resume: bool,
    /// Another plan can begin at once.
    #[serde(default)]
    pub switch: bool,
    /// It ends by itself, and one more term can be added.
    #[serde(default)]
    pub renew: bool,
}

/// What a subscription costs and when. Equal terms mean that what the customer was shown is still true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The plan's id in billing.
    pub plan: String,
    /// The plan's name.
    pub plan_name: String,
    /// The full price of one payment, in minor units. Never negative.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    /// How often it is paid.
    #[serde(flatten)]
    pub cycle: Cycle,
    /// When the period that is paid for ends, and the next payment is due.
    pub current_period_end: Timestamp,
}

impl Terms {
    /// The full price of one payment.
    #[must_use]
    pub fn price(&self) -> Money {
        self.money(self.amount)
    }

    pub(crate) fn money(&self, amount: i64) -> Money {
        Money { amount, currency: self.currency.clone() }
    }
}

impl Snapshot {
    /// Until when what is paid for is delivered. None where nobody knows, and when it is delivered no more.
    #[must_use]
    pub fn paid_until(&self, now: Timestamp) -> Option<Timestamp> {
        let end = self.terms.as_ref()?.current_period_end;
        match self.pause {
            Some(pause) if pause.until == end => Some(pause.from).filter(|from| *from > now),
            _ => Some(end),
        }
    }

    /// What the flow shows of it. The interval is left out where it is not one single day, week, month or year.
    #[must_use]
    pub fn subscription(&self) -> flow::Subscription {
        let Some(terms) = &self.terms else { return flow::Subscription::default() };
        flow::Subscription {
            plan: Some(terms.plan_name.clone()),
            price: Some(terms.price()),
            interval: Some(terms.cycle.interval).filter(|_| terms.cycle.interval_count == 1),
            renews_at: Some(clock::instant(terms.current_period_end)),
        }
    }
}
