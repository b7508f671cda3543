use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::hub::HubClaims;
use crate::place::Place;
use crate::seal::{Kind, SealError, Sealer};

/// How long a session id can be opened for the first time.
pub const TIME_TO_OPEN: SignedDuration = SignedDuration::from_hours(24);
/// How long a session lives after the last action, or after it was opened.
pub const TIME_TO_ACT: SignedDuration = SignedDuration::from_hours(20);

/// How long a session id may be, in characters. It travels in a header, and proxies before the server refuse large ones.
pub const LONGEST_ID: usize = 6000;

/// What a session id says: sealed into the id, and nowhere else until the session is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The session's id in the database and in results.
    pub sid: Uuid,
    /// The brand's slug.
    pub brand: String,
    /// Whether it counts.
    pub environment: Environment,
    /// The customer's id in billing.
    pub customer: String,
    /// The customer's e-mail address, if the merchant gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The subscription's id in billing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription: Option<String>,
    /// Where the customer lives, if the merchant said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// BCP 47 tag of the language the customer is to be spoken to in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Whether the customer is a consumer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumer: Option<bool>,
    /// Whether the customer withdraws from the contract instead of cancelling.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withdrawal: bool,
    /// When the contract began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract_started_at: Option<Timestamp>,
    /// Where the customer is sent afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_url: Option<String>,
    /// The merchant's own notes: flat.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
    /// Whether what the customer asks for is handed to the merchant, whatever billing the brand has.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hands_over: bool,
    /// Until when it can be opened for the first time.
    pub opens_until: Timestamp,
}

/// Whether a session counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// It counts.
    #[default]
    Prod,
    /// Somebody is trying things out.
    Sandbox,
}

impl Environment {
    /// The name it has in APIs and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Prod => "prod",
            Self::Sandbox => "sandbox",
        }
    }

    /// The environment of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Prod, Self::Sandbox].into_iter().find(|environment| environment.name() == name)
    }
}

impl Claims {
    /// Seals the claims into a session id.
    ///
    /// # Errors
    /// A sentence for the log when there is no randomness.
    pub fn seal(&self, sealer: &Sealer) -> Result<String, String> {
        let json = serde_json::to_vec(self).map_err(|error| error.to_string())?;
        sealer.seal(Kind::Retention, &json).map_err(|error| error.to_string())
    }

    /// Opens a session id of the retention flow, or one of the hub, which leads to the flow of the customer's only subscription.
    /// Its time is the caller's to look at.
    ///
    /// # Errors
    /// [`SealError`] says why the text is not a session id.
    pub fn open(sealer: &Sealer, id: &str) -> Result<Self, SealError> {
        if id.starts_with(Kind::Subscription.prefix()) {
            return HubClaims::open(sealer, id).map(Self::from);
        }
        let json = sealer.open(Kind::Retention, id)?;
        // What this server sealed it can read; anything else was sealed by a newer version.
        serde_json::from_slice(&json).map_err(|_| SealError::Altered)
    }
}
