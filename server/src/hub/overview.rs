use std::sync::Arc;

use flow::Element;
use uuid::Uuid;

use super::HubClaims;
use super::view::{self, Way};
use crate::billing::{Account, Holding, Lookup};
use crate::brand::Brand;
use crate::clock;
use crate::session::{Created, Environment, NewSession, SessionError, Sessions, Stored, TIME_TO_OPEN};

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

/// The hub as it is shown now.
#[derive(Clone, Debug)]
pub struct Overview {
    /// BCP 47 tag of the language.
    pub locale: String,
    /// What it is called, in that language.
    pub title: String,
    /// All of it. Its forms lead to the retention flow.
    pub drawing: Element,
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

    /// What the customer has now, drawn.
    ///
    /// # Errors
    /// Billing does not know the customer any more, or cannot be asked.
    pub async fn overview(&self, claims: &HubClaims, brand: &Brand) -> Result<Overview, SessionError> {
        let lookup = Lookup {
            customer: Some(claims.customer.clone()),
            // A merchant that bills on its own knows the customer by what it said.
            email: None,
            subscription: None,
            token: None,
        };
        let Account { subscriptions, .. } =
            self.billing(&brand.slug, claims.environment, false)?.account(&lookup).await?;
        let locale = claims.locale.clone().unwrap_or_else(|| brand.locale.clone());
        let mut shown = Vec::new();
        for holding in subscriptions {
            let way = self.way(claims, brand, &holding).await?;
            shown.push((holding, way));
        }
        let action = format!("{}/c", self.config.server.pages_url());
        Ok(view::overview(brand, &locale, &action, &shown))
    }

    /// What the customer can do with a subscription: cancel it, or take that back.
    async fn way(
        &self,
        claims: &HubClaims,
        brand: &Brand,
        holding: &Holding,
    ) -> Result<Option<Way>, SessionError> {
        if holding.can.cancel {
            let lookup = Lookup {
                customer: Some(claims.customer.clone()),
                email: claims.email.clone(),
                subscription: holding.id.clone(),
                token: None,
            };
            let environment = claims.environment;
            let new =
                NewSession { lookup, environment, locale: claims.locale.clone(), ..NewSession::default() };
            let Created { id, policy, .. } = self.create(brand, new).await?;
            return Ok(Some(Way::Cancel { session: id, policy }));
        }
        let (Some(subscription), false) = (&holding.id, holding.ended) else { return Ok(None) };
        let last =
            Stored::last_of(&self.store, &brand.slug, claims.environment, &claims.customer, subscription);
        let Some(session) = last.await? else { return Ok(None) };
        let undone = session.state.runs.last().is_some_and(flow::Run::can_be_undone);
        match self.alive(session) {
            Ok(session) if undone => Ok(Some(Way::Undo { session: self.id_of(&session)? })),
            Ok(_) | Err(SessionError::Expired) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
