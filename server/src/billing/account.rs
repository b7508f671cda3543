use flow::Money;
use jiff::Timestamp;

use super::{Can, Customer, Pause, Terms};

/// A customer and every subscription of theirs, as billing knows them now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Who it is.
    pub customer: Customer,
    /// All subscriptions, oldest first, ended ones too.
    pub subscriptions: Vec<Holding>,
}

/// One subscription of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The subscription's id in billing. None only where billing is the merchant's.
    pub id: Option<String>,
    /// What it costs and when. None where billing is the merchant's.
    pub terms: Option<Terms>,
    /// The next payment, discounts taken off, and when it is due. None when there will be none, or nobody knows.
    pub next_payment: Option<(Money, Timestamp)>,
    /// When it ends or ended. None: it goes on.
    pub ends_at: Option<Timestamp>,
    /// Whether it is over.
    pub ended: bool,
    /// A pause that is agreed or runs.
    pub pause: Option<Pause>,
    /// When a trial ends, while there is one.
    pub trial_ends_at: Option<Timestamp>,
    /// What can be done with it.
    pub can: Can,
}
