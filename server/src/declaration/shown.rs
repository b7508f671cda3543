use serde::Serialize;
use utoipa::ToSchema;

use super::{Declaration, Kind, Status, Why};

/// Everything about a declaration, for the merchant. What was typed holds no control characters but line ends and tabs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ShownDeclaration {
    /// The brand's slug.
    pub brand: String,
    /// The cause, in the customer's words. There exactly where `extraordinary` is true.
    pub cause: Option<String>,
    /// When it was confirmed.
    #[schema(format = DateTime)]
    pub confirmed_at: Option<String>,
    /// Who has confirmed it: `email` or `merchant`.
    pub confirmed_by: Option<String>,
    /// Which contract, in the customer's words.
    pub contract: String,
    /// The customer it was matched to, by the id in billing.
    pub customer: Option<String>,
    /// What became of it in billing: `applied`, `requested` or `by_hand`.
    pub effect: Option<String>,
    /// When the contract ends or ended, where that is known.
    #[schema(format = DateTime)]
    pub effective_at: Option<String>,
    /// Where its receipt goes.
    pub email: String,
    /// Whether it is an extraordinary cancellation, for cause.
    pub extraordinary: bool,
    /// What is declared.
    pub kind: Kind,
    /// BCP 47 tag of the language it was sent in.
    pub locale: String,
    /// Whether its receipt was mailed. False where its mailbox had got too many.
    pub mailed: bool,
    /// Who declares it.
    pub name: String,
    /// Whether it has waited for more than 24 hours.
    pub overdue: bool,
    /// When it arrived.
    #[schema(format = DateTime)]
    pub received_at: String,
    /// What its sender quotes.
    pub reference: String,
    /// The session it is carried out in.
    pub session: Option<String>,
    /// When it was done or dismissed.
    #[schema(format = DateTime)]
    pub settled_at: Option<String>,
    /// Where it is.
    pub status: Status,
    /// The subscription it was matched to, by the id in billing.
    pub subscription: Option<String>,
    /// Why a person has to see to it.
    pub why: Option<Why>,
    /// The day the contract is to end. Null: as early as possible, for an extraordinary one at once.
    #[schema(format = Date)]
    pub wished_end: Option<String>,
}

impl Declaration {
    /// Everything about it, as of `now`.
    #[must_use]
    pub fn shown(&self, now: &str) -> ShownDeclaration {
        let content = self.content.clone();
        ShownDeclaration {
            brand: self.brand.clone(),
            cause: content.cause,
            confirmed_at: self.confirmed_at.clone(),
            confirmed_by: self.confirmed_by.clone(),
            contract: content.contract,
            customer: self.customer.clone(),
            effect: self.effect.clone(),
            effective_at: self.effective_at.clone(),
            email: content.email,
            extraordinary: content.extraordinary,
            kind: self.kind,
            locale: self.locale.clone(),
            mailed: self.mailed,
            name: content.name,
            overdue: self.is_overdue(now),
            received_at: self.received_at.clone(),
            reference: self.reference.clone(),
            session: self.session.clone(),
            settled_at: self.settled_at.clone(),
            status: self.status,
            subscription: self.subscription.clone(),
            why: self.why,
            wished_end: content.wished_end.map(|day| day.to_string()),
        }
    }
}
