use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Map;
use uuid::Uuid;

use crate::customer_limits::Asker;
use crate::seal::{Kind, SealError, Sealer};
use crate::session::{Claims, Environment};

/// What a hub's session id says: sealed into the id, and nowhere else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HubClaims {
    /// The session's id.
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
    /// BCP 47 tag of the language the customer is to be spoken to in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Until when it can be used.
    pub opens_until: Timestamp,
}

impl HubClaims {
    /// Whose requests these are, for whoever counts them.
    #[must_use]
    pub fn asker(&self) -> Asker<'_> {
        Asker { brand: &self.brand, environment: self.environment, customer: &self.customer }
    }

    /// Seals the claims into a session id.
    ///
    /// # Errors
    /// A sentence for the log when there is no randomness.
    pub fn seal(&self, sealer: &Sealer) -> Result<String, String> {
        let json = serde_json::to_vec(self).map_err(|error| error.to_string())?;
        sealer.seal(Kind::Subscription, &json).map_err(|error| error.to_string())
    }

    /// Opens a session id of the hub. Its time is the caller's to look at.
    ///
    /// # Errors
    /// [`SealError`] says why the text is not one.
    pub fn open(sealer: &Sealer, id: &str) -> Result<Self, SealError> {
        let json = sealer.open(Kind::Subscription, id)?;
        serde_json::from_slice(&json).map_err(|_| SealError::Altered)
    }
}

/// The retention flow that the hub's session opens directly: of the one subscription the customer has.
impl From<HubClaims> for Claims {
    fn from(hub: HubClaims) -> Self {
        Self {
            sid: hub.sid,
            brand: hub.brand,
            environment: hub.environment,
            customer: hub.customer,
            email: hub.email,
            subscription: None,
            place: None,
            locale: hub.locale,
            consumer: None,
            withdrawal: false,
            contract_started_at: None,
            return_url: None,
            metadata: Map::new(),
            hands_over: false,
            opens_until: hub.opens_until,
        }
    }
}
