use std::sync::Arc;

use uuid::Uuid;

use super::HubClaims;
use crate::billing::Lookup;
use crate::brand::Brand;
use crate::clock;
use crate::session::{Created, Environment, SessionError, Sessions, TIME_TO_OPEN};

/// What a merchant's backend asks for.
#[derive(Clone, Debug, Default)]
pub struct NewHub {
    /// Whose subscriptions they are.
    pub lookup: Lookup,
    /// Whether it counts.
    pub environment: Environment,
    /// The language the customer is to be spoken to in.
    pub locale: Option<String>,
}

impl Sessions {
    /// Makes a session id of the hub. Nothing is stored.
    ///
    /// # Errors
    /// Billing does not know the customer, or cannot be asked.
    pub async fn create_hub(&self, brand: &Brand, new: NewHub) -> Result<Created, SessionError> {
        let account = self.billing(&brand.slug, new.environment, false)?.account(&new.lookup).await?;
        let opens_until = self.clock.now().saturating_add(TIME_TO_OPEN).unwrap_or(jiff::Timestamp::MAX);
        let claims = HubClaims {
            sid: Uuid::new_v4(),
            brand: brand.slug.clone(),
            environment: new.environment,
            customer: account.customer.id,
            email: new.lookup.email,
            locale: new.locale.clone(),
            opens_until,
        };
        let id = claims.seal(&self.sealer).map_err(SessionError::Internal)?;
        let locale = new.locale.unwrap_or_else(|| brand.locale.clone());
        Ok(Created { id, locale, policy: String::new(), expires_at: clock::text(opens_until) })
    }

    /// Counts a request for a hub.
    ///
    /// # Errors
    /// The customer has asked too often.
    pub fn count_hub(&self, claims: &HubClaims) -> Result<(), SessionError> {
        self.limits.count_hub(claims.asker()).map_err(SessionError::TooOften)
    }

    /// Reads a session id of the hub.
    ///
    /// # Errors
    /// The text is not one, its time is over, or its brand is not configured.
    pub fn read_hub(&self, id: &str) -> Result<(HubClaims, Arc<Brand>), SessionError> {
        let claims = HubClaims::open(&self.sealer, id)?;
        let brand = self.config.brand(&claims.brand).cloned().ok_or(SessionError::UnknownBrand)?;
        if self.clock.now() >= claims.opens_until {
            return Err(SessionError::Expired);
        }
        Ok((claims, brand))
    }
}
