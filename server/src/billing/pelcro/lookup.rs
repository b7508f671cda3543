//! Whom a lookup names, and the token to ask for them with.

use super::Pelcro;
use super::api::Failure;
use super::object::{Customer, Of};
use crate::billing::{Lookup, LookupError};
use crate::secret::SecretText;

impl Pelcro {
    /// The customer whose token it is, with the token that is to be used from now on.
    pub(super) async fn whose(&self, token: &SecretText) -> Result<(Customer, SecretText), Failure> {
        let customer = self.took(self.api.get("customer", token).await?).await?;
        let token = customer.fresh().unwrap_or_else(|| token.clone());
        Ok((customer, token))
    }

    /// Takes what most calls answer: the fresh token in it is kept.
    pub(super) async fn took(&self, answer: Of<Customer>) -> Result<Customer, Failure> {
        let customer = answer.data;
        if let Some(token) = customer.fresh() {
            let kept = self.tokens.keep(&customer.id.0, customer.external_id.as_deref(), &token).await;
            kept.map_err(|error| Failure::Unknown(error.to_string()))?;
        }
        Ok(customer)
    }

    /// The customer of this id, with the token that was kept.
    pub(super) async fn known(&self, id: &str) -> Result<(Customer, SecretText), Failure> {
        let token = self.tokens.of(id).await.map_err(|error| Failure::Unknown(error.to_string()))?;
        let token = token.ok_or_else(|| {
            Failure::Unknown(
                "there is no token of the customer: send customer_token with a new session".into(),
            )
        })?;
        let (customer, token) = self.whose(&token).await?;
        if customer.id.0 != id {
            return Err(Failure::Unknown("Pelcro answered with another customer".into()));
        }
        Ok((customer, token))
    }

    /// The customer whom a lookup names, and the token to ask with.
    pub(super) async fn named(&self, lookup: &Lookup) -> Result<(Customer, SecretText), LookupError> {
        let token = match (&lookup.token, &lookup.customer) {
            (Some(token), _) => token.clone(),
            (None, Some(id)) => self.kept(id).await?,
            (None, None) => return Err(LookupError::TokenNeeded),
        };
        let (customer, fresh) = self.whose(&token).await.map_err(lookup_error)?;
        let other = lookup.customer.as_ref().is_some_and(|id| !customer.is_called(id))
            || lookup
                .email
                .as_ref()
                .zip(customer.email.as_ref())
                .is_some_and(|(given, theirs)| !given.trim().eq_ignore_ascii_case(theirs));
        if other {
            return Err(LookupError::DifferentCustomers);
        }
        if lookup.token.is_some() && customer.fresh().is_none() {
            let kept = self.tokens.keep(&customer.id.0, customer.external_id.as_deref(), &fresh).await;
            kept.map_err(|error| LookupError::Unavailable(error.to_string()))?;
        }
        Ok((customer, fresh))
    }

    /// Refuses an id without a token that is one customer's number at Pelcro, and may be what the merchant calls another. An e-mail
    /// address that Pelcro has too tells them apart.
    pub(super) async fn names_one(&self, lookup: &Lookup) -> Result<(), LookupError> {
        let (None, Some(id)) = (&lookup.token, &lookup.customer) else { return Ok(()) };
        let two = self.tokens.may_be_two(id).await;
        if !two.map_err(|error| LookupError::Unavailable(error.to_string()))? {
            return Ok(());
        }
        if lookup.email.is_some() && self.named(lookup).await?.0.email.is_some() {
            return Ok(());
        }
        Err(LookupError::AmbiguousCustomer)
    }

    pub(super) async fn kept(&self, id: &str) -> Result<SecretText, LookupError> {
        let kept = self.tokens.of(id).await;
        kept.map_err(|error| LookupError::Unavailable(error.to_string()))?.ok_or(LookupError::TokenNeeded)
    }
}

impl Customer {
    /// The token that is to be used from now on.
    fn fresh(&self) -> Option<SecretText> {
        let fresh = self.auth_token.as_ref().or(self.token.as_ref());
        fresh.filter(|token| !token.is_empty()).map(SecretText::new)
    }

    /// Whether this is their id, or what the merchant calls them at Pelcro.
    fn is_called(&self, id: &str) -> bool {
        self.id.0 == id || self.external_id.as_deref() == Some(id)
    }
}

/// What a lookup is told where Pelcro did not answer it.
pub(super) fn lookup_error(failure: Failure) -> LookupError {
    match failure {
        Failure::Token => LookupError::TokenExpired,
        other => LookupError::Unavailable(other.to_string()),
    }
}
