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
    /// What the customer pays with.
    pub payment_method: Option<PaymentMethod>,
}

/// What a customer pays with, as far as may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentMethod {
    /// What it is called, such as `Visa` or `SEPA`.
    pub brand: String,
    /// Its last digits or letters.
    pub ends_in: Option<String>,
    /// The month after which it is of no use any more: year and month, 1 to 12.
    pub expires: Option<(i16, i8)>,
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
    /// A plan that was agreed and has not begun: its name, and the payment it begins with.
    pub next_plan: Option<(String, Timestamp)>,
    /// A pause that is agreed or runs.
    pub pause: Option<Pause>,
    /// When a trial ends, while there is one.
    pub trial_ends_at: Option<Timestamp>,
    /// What can be done with it.
    pub can: Can,
}
