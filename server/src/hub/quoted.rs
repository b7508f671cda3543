use flow::Money;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Want;
use crate::billing::{Change, Quote, Wanted};
use crate::seal::{Kind, SealError, Sealer};

/// For how long a customer can agree to what they were shown.
const TIME_TO_AGREE: SignedDuration = SignedDuration::from_mins(30);

/// What a customer was shown, sealed into the form by which they agree to it. Agreed to twice, it is done once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Quoted {
    /// The hub's session.
    pub(super) session: Uuid,
    /// The change's number within the session.
    pub(super) number: Uuid,
    /// The subscription's id.
    pub(super) subscription: String,
    /// What was wanted.
    pub(super) want: Want,
    /// What was chosen or typed.
    pub(super) choice: Option<String>,
    /// What billing was asked.
    pub(super) wanted: Wanted,
    /// What is to be done.
    pub(super) change: Change,
    due_now: Option<Amount>,
    next_payment: Option<(Amount, Timestamp)>,
    then: Option<(Amount, Timestamp)>,
    term: Option<(Timestamp, Timestamp)>,
    until: Timestamp,
}

/// Minor units, and the ISO 4217 code.
type Amount = (i64, String);

impl Quoted {
    /// What billing says now, for a customer to agree to.
    pub(super) fn new(
        session: Uuid,
        (subscription, want, choice): (&str, Want, Option<&str>),
        wanted: Wanted,
        quote: &Quote,
        now: Timestamp,
    ) -> Self {
        let at = |payment: &Option<(Money, Timestamp)>| payment.as_ref().map(|(m, at)| (amount(m), *at));
        Self {
            session,
            number: Uuid::new_v4(),
            subscription: subscription.into(),
            want,
            choice: choice.map(Into::into),
            wanted,
            change: quote.change.clone(),
            due_now: quote.due_now.as_ref().map(amount),
            next_payment: at(&quote.next_payment),
            then: at(&quote.then),
            term: quote.term,
            until: now.saturating_add(TIME_TO_AGREE).unwrap_or(now),
        }
    }

    /// Seals it for a form.
    ///
    /// # Errors
    /// A sentence for the log when there is no randomness.
    pub(super) fn seal(&self, sealer: &Sealer) -> Result<String, String> {
        let json = serde_json::to_vec(self).map_err(|error| error.to_string())?;
        sealer.seal(Kind::Quote, &json).map_err(|error| error.to_string())
    }

    /// Opens what came back in a form. Its time is the caller's to look at.
    ///
    /// # Errors
    /// [`SealError`] says why the text is none.
    pub(super) fn open(sealer: &Sealer, text: &str) -> Result<Self, SealError> {
        let json = sealer.open(Kind::Quote, text)?;
        serde_json::from_slice(&json).map_err(|_| SealError::Altered)
    }

    /// Whether it can still be agreed to, as far as its time goes.
    pub(super) fn is_fresh(&self, now: Timestamp) -> bool {
        now < self.until
    }

    /// Whether what billing says now is what the customer was shown. What begins at once began when it was shown: its moment, and what
    /// is charged for the days since, are as they were then.
    pub(super) fn still_holds(&self, now: &Quote) -> bool {
        let payment = |payment: &Option<(Money, Timestamp)>| payment.as_ref().map(|(m, at)| (amount(m), *at));
        let (next, then) = (payment(&now.next_payment), payment(&now.then));
        let alike = match (&self.change, &now.change) {
            (Change::Switch { plan, agreed, .. }, Change::Switch { plan: p, agreed: a, .. }) => {
                plan == p && agreed == a
            }
            (
                Change::Resume { agreed, at: Some((_, due)) },
                Change::Resume { agreed: a, at: Some((_, d)) },
            ) => agreed == a && due == d,
            (was, is) => {
                return was == is
                    && self.due_now == now.due_now.as_ref().map(amount)
                    && (&self.next_payment, &self.then, &self.term) == (&next, &then, &now.term);
            }
        };
        let money =
            |payment: &Option<(Amount, Timestamp)>| payment.as_ref().map(|(amount, _)| amount.clone());
        alike && money(&self.next_payment) == money(&next) && money(&self.then) == money(&then)
    }
}

fn amount(money: &Money) -> Amount {
    (money.amount, money.currency.clone())
}
