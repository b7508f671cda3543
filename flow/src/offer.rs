use crate::{Instant, Money};

/// Something better than leaving, already found eligible for this customer and computed for this subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Offer {
    /// The merchant's key of the offer.
    pub id: String,
    /// The server's name for this offer to this customer in this session. Answering it takes this name, once.
    pub claim_id: String,
    /// What the offer is.
    pub kind: OfferKind,
    /// The offer in a line, in the customer's language.
    pub headline: String,
    /// A sentence or two about it.
    pub body: Option<String>,
    /// What can be taken: one for most offers, several lengths of a pause or several plans. Empty where there is nothing to
    /// be said about money.
    pub choices: Vec<Choice>,
    /// Whether taking it obliges the customer to pay. The button then says so, in the words the policy demands.
    pub pays: bool,
    /// Where a contact or a redirect leads, once taken.
    pub link: Option<Link>,
}

/// What an offer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum OfferKind {
    /// A lower price, once, for some months or for good.
    Discount,
    /// No payments for a while.
    Pause,
    /// Another plan.
    PlanChange,
    /// A longer trial.
    TrialExtension,
    /// A person who helps.
    Contact,
    /// Another page.
    Redirect,
    /// Something the merchant does, once told.
    Custom,
    /// A kind this version does not know. It can be read and declined, never accepted.
    Other,
}

/// One way to take an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Choice {
    /// The choice's key, unique within its offer.
    pub id: String,
    /// What the customer reads where there are several: a length, a plan.
    pub label: String,
    /// What will be billed, when, and what it returns to. Computed by the server on the customer's own subscription; empty
    /// where billing is not ours.
    pub lines: Vec<Line>,
}

/// A sentence with an amount and a day in it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Line {
    /// The sentence, with `{price}` and `{date}` where they belong.
    pub text: String,
    /// What stands for `{price}`.
    pub price: Option<Money>,
    /// What stands for `{date}`.
    pub date: Option<Instant>,
}

/// Where an offer leads.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Link {
    /// An `https:` or `mailto:` address of the merchant's.
    pub url: String,
    /// What the customer reads.
    pub label: String,
}

impl OfferKind {
    /// Whether taking it only leads somewhere, and changes nothing by itself.
    #[must_use]
    pub fn leads_elsewhere(self) -> bool {
        matches!(self, Self::Contact | Self::Redirect)
    }
}

impl Offer {
    /// The choice of this key; where there is only one, that one without being asked.
    #[must_use]
    pub fn choice(&self, id: Option<&str>) -> Option<&Choice> {
        match (id, self.choices.as_slice()) {
            (None, [only]) => Some(only),
            (id, choices) => choices.iter().find(|choice| Some(choice.id.as_str()) == id),
        }
    }
}
