use crate::{Declaration, Instant, Money, Offer, Policy, State, Words};

/// Everything a host needs to run one customer's flow: what `GET /v1/flow` answers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Document {
    /// What the merchant wrote, resolved for this customer.
    pub flow: Flow,
    /// What the law of the customer's place allows.
    pub policy: Policy,
    /// Where the customer is.
    pub state: State,
}

/// What the merchant wrote and the server resolved for one customer: reasons, eligible offers, words.
///
/// It is frozen when the session is first fetched. Conditions, and offers the customer is not eligible for, are not in it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Flow {
    /// The merchant's name, as the customer knows it.
    pub brand: String,
    /// BCP 47 tag of the language all words are in.
    pub locale: String,
    /// Whether that language is written from right to left.
    pub rtl: bool,
    /// IANA name of the zone dates are shown in, such as `Europe/Berlin`.
    pub time_zone: String,
    /// Where a person answers when nothing else works.
    pub support_email: Option<String>,
    /// Where the forms of this flow are posted to.
    pub page: Page,
    /// What the customer is about to cancel.
    pub subscription: Subscription,
    /// Why a customer may leave, in the merchant's order. May be empty.
    pub reasons: Vec<Reason>,
    /// Whether the survey has a free text field.
    pub feedback: bool,
    /// The offers this customer is eligible for. Reasons name them by id.
    pub offers: Vec<Offer>,
    /// What cancelling means for this subscription.
    pub cancellation: Cancellation,
    /// What can be declared, where the policy makes leaving a declaration.
    pub declaration: Declaration,
    /// All text around the merchant's own.
    pub words: Words,
}

/// Where the same flow lives as plain HTML.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Page {
    /// Absolute URL that every form posts to.
    pub action: String,
    /// The short random name of this session, sent in a hidden field.
    pub handle: String,
}

/// What the customer pays for, as far as billing has told us. Nothing is known where the merchant keeps billing to itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Subscription {
    /// The plan's name.
    pub plan: Option<String>,
    /// What one interval costs.
    pub price: Option<Money>,
    /// How often it is charged.
    pub interval: Option<Interval>,
    /// When it is charged next.
    pub renews_at: Option<Instant>,
}

/// The unit a price is charged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[allow(missing_docs)]
pub enum Interval {
    Day,
    Week,
    Month,
    Year,
}

/// Why a customer may leave.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Reason {
    /// The merchant's own key, unique within a flow.
    pub key: String,
    /// What the customer reads.
    pub label: String,
    /// The code shared by the billing world, if the merchant gave one.
    pub code: Option<ReasonCode>,
    /// A question asked under this reason once it is chosen.
    pub follow_up: Option<String>,
    /// Ids of the offers that answer this reason, best first.
    pub offers: Vec<String>,
}

/// The eight codes that Stripe, Polar and others share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[allow(missing_docs)]
pub enum ReasonCode {
    CustomerService,
    LowQuality,
    MissingFeatures,
    Other,
    SwitchedService,
    TooComplex,
    TooExpensive,
    Unused,
}

/// What cancelling means for this subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Cancellation {
    /// When access ends. None: at once, or unknown to us; then nothing is promised.
    pub effective_at: Option<Instant>,
}

impl Flow {
    /// The reason with this key.
    #[must_use]
    pub fn reason(&self, key: &str) -> Option<&Reason> {
        self.reasons.iter().find(|reason| reason.key == key)
    }

    /// Whether this flow has a survey: the policy allows it and there is something to ask.
    #[must_use]
    pub fn asks(&self, policy: &Policy) -> bool {
        policy.survey && !policy.declares && (self.feedback || !self.reasons.is_empty())
    }

    /// The offer with this id.
    #[must_use]
    pub fn offer(&self, id: &str) -> Option<&Offer> {
        self.offers.iter().find(|offer| offer.id == id)
    }
}
