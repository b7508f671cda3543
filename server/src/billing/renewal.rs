use serde::{Deserialize, Serialize};

/// How many phases a subscription has at most: the one that runs, and those to come. As Pelcro and Stripe have it.
pub const MOST_PHASES: usize = 10;

/// One more term of a subscription, as Pelcro's "renew" asks for it. It begins when what is scheduled by then ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewal {
    /// The plan's id in billing.
    pub plan: String,
    /// How many of the plan. At least 1.
    #[serde(default = "one")]
    pub quantity: u32,
    /// A coupon's code. It lowers payments from this term on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coupon: Option<String>,
    /// Whether it takes the place of every term that is scheduled and has not begun.
    #[serde(default)]
    pub replace_upcoming_phases: bool,
    /// The number of one of the customer's addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<i64>,
    /// The number of one of the customer's payment methods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_method: Option<i64>,
    /// A new payment method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_payment_method: Option<GatewayToken>,
    /// Key of the campaign it comes from; made if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// Where the customer asked for it, such as `web`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// ISO 639-1 code of the language the customer prefers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

impl Renewal {
    /// One more term of a plan, and nothing else.
    #[must_use]
    pub fn of(plan: impl Into<String>) -> Self {
        Self {
            plan: plan.into(),
            quantity: one(),
            coupon: None,
            replace_upcoming_phases: false,
            address: None,
            payment_method: None,
            new_payment_method: None,
            campaign: None,
            origin: None,
            language: None,
        }
    }
}

const fn one() -> u32 {
    1
}

/// A payment method, as a gateway's own page gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayToken {
    /// Whose it is.
    pub gateway: Gateway,
    /// What the gateway calls it. Means nothing without the merchant's account there.
    pub token: String,
}

/// Who takes payments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Gateway {
    #[default]
    Stripe,
    Braintree,
    Vantiv,
    Tap,
    Cybersource,
}

impl Gateway {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Stripe, Self::Braintree, Self::Vantiv, Self::Tap, Self::Cybersource];

    /// Its name in requests and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Stripe => "stripe",
            Self::Braintree => "braintree",
            Self::Vantiv => "vantiv",
            Self::Tap => "tap",
            Self::Cybersource => "cybersource",
        }
    }

    /// The gateway of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|gateway| gateway.name() == name)
    }
}
