//! New session ids, for a merchant's backend and for the hub.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::claims::{Claims, Environment, LONGEST_ID, TIME_TO_OPEN};
use super::{SessionError, Sessions};
use crate::billing::{Customer, Lookup, Snapshot};
use crate::brand::Brand;
use crate::clock;
use crate::place::Place;
use crate::policy;
use crate::resolve::{self, Wish};

/// How long a consumer can withdraw from a contract: fourteen days, and the one on which it was made.
pub const WITHDRAW_WITHIN: jiff::SignedDuration = jiff::SignedDuration::from_hours(15 * 24);

/// What a merchant's backend asks for.
#[derive(Clone, Debug, Default)]
pub struct NewSession {
    /// Whose subscription it is.
    pub lookup: Lookup,
    /// Whether it counts.
    pub environment: Environment,
    /// Where the customer lives.
    pub place: Option<Place>,
    /// The language the customer is to be spoken to in.
    pub locale: Option<String>,
    /// Whether the customer is a consumer.
    pub consumer: Option<bool>,
    /// Whether the customer withdraws from the contract, within its first days, instead of cancelling.
    pub withdrawal: bool,
    /// When the contract began.
    pub contract_started_at: Option<jiff::Timestamp>,
    /// Where the customer is sent afterwards. The caller has checked that the brand allows it.
    pub return_url: Option<String>,
    /// The merchant's own notes.
    pub metadata: Map<String, Value>,
}

/// A session id, fresh.
#[derive(Clone, Debug)]
pub struct Created {
    /// The sealed id.
    pub id: String,
    /// BCP 47 tag of the language the customer is spoken to in.
    pub locale: String,
    /// The name of the policy that holds for the customer as of now.
    pub policy: String,
    /// Until when it can be opened.
    pub expires_at: String,
}

impl Sessions {
    /// Makes a session id. Nothing is stored.
    ///
    /// # Errors
    /// Billing does not know the customer, or cannot be asked; or the id would be too long.
    pub async fn create(&self, brand: &Brand, new: NewSession) -> Result<Created, SessionError> {
        let snapshot = self.billing(&brand.slug, new.environment, false)?.snapshot(&new.lookup).await?;
        if new.withdrawal {
            self.check_withdrawal(&new, &snapshot)?;
        }
        self.create_for(brand, new, snapshot.customer, snapshot.subscription)
    }

    /// The same, for a customer and a subscription as billing has just told them: it is not asked again.
    ///
    /// # Errors
    /// The id would be too long.
    pub(crate) fn create_for(
        &self,
        brand: &Brand,
        new: NewSession,
        customer: Customer,
        subscription: Option<String>,
    ) -> Result<Created, SessionError> {
        let wish = Wish {
            place: new.place.as_ref(),
            locale: new.locale.as_deref(),
            consumer: new.consumer != Some(false),
            withdrawal: new.withdrawal,
            contract_started_at: new.contract_started_at,
        };
        let policy = resolve::policy(brand, &customer, wish).id;
        let opens_until = self.clock.now().saturating_add(TIME_TO_OPEN).unwrap_or(jiff::Timestamp::MAX);
        let locale = new.locale.clone().unwrap_or_else(|| brand.locale.clone());
        let claims = Claims {
            sid: Uuid::new_v4(),
            brand: brand.slug.clone(),
            environment: new.environment,
            customer: customer.id,
            email: new.lookup.email,
            subscription,
            place: new.place,
            locale: new.locale,
            consumer: new.consumer,
            withdrawal: new.withdrawal,
            contract_started_at: new.contract_started_at,
            return_url: new.return_url,
            metadata: new.metadata,
            hands_over: false,
            opens_until,
        };
        let id = claims.seal(&self.sealer).map_err(SessionError::Internal)?;
        if id.len() > LONGEST_ID {
            return Err(SessionError::TooLarge);
        }
        Ok(Created { id, locale, policy, expires_at: clock::text(opens_until) })
    }

    /// Whether a customer may withdraw: a consumer in a country that has the function, within the first days of the contract.
    fn check_withdrawal(&self, new: &NewSession, snapshot: &Snapshot) -> Result<(), SessionError> {
        let place = new.place.as_ref().or(snapshot.customer.place.as_ref());
        let why = match new.contract_started_at.or(snapshot.began_at) {
            _ if new.consumer == Some(false) => {
                "Only consumers can withdraw: send `retention.consumer` as true, or leave it out."
            }
            _ if !place.is_some_and(policy::withdrawal) => {
                "The function to withdraw is for customers in the European single market: send `retention.country`."
            }
            None => "Nobody knows when the contract began: send `retention.contract_started_at`.",
            Some(began) if self.clock.now().duration_since(began) > WITHDRAW_WITHIN => {
                "The fourteen days to withdraw are over. Leave `retention.purpose` out to cancel."
            }
            Some(_) => return Ok(()),
        };
        Err(SessionError::NoWithdrawal(why))
    }
}
