use super::{Decided, Declaration, Register, Why};
use crate::billing::{Lookup, LookupError, Registry};
use crate::session::Environment;
use crate::store;

/// What a merchant decides about a declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is genuine, and the server is to carry it out.
    Confirm {
        /// The id of the subscription it is about. None: the one it was matched to.
        subscription: Option<String>,
    },
    /// It was carried out elsewhere.
    CarriedOut,
    /// Nothing is to be done.
    Dismiss,
}

/// Why a decision cannot be taken. A sentence for the merchant.
#[derive(Debug, thiserror::Error)]
pub enum CannotDecide {
    /// It was not matched, and no subscription was named.
    #[error(
        "This declaration was not matched to a subscription. Name it, or carry it out elsewhere and say so."
    )]
    NotMatched,
    /// The server cannot carry it out.
    #[error("{} Say afterwards that it was carried out.", .0.sentence())]
    Elsewhere(Why),
    /// Billing does not lead to the subscription.
    #[error(transparent)]
    Billing(#[from] LookupError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Takes a merchant's decision. What is confirmed is carried out by the running server.
///
/// # Errors
/// [`CannotDecide`] says what would be right.
pub async fn decide(
    register: &Register,
    billings: &Registry,
    declaration: &Declaration,
    decision: Decision,
) -> Result<Decided, CannotDecide> {
    let reference = &declaration.reference;
    let named = match decision {
        Decision::CarriedOut => return Ok(register.carried_out(reference).await?),
        Decision::Dismiss => return Ok(register.dismiss(reference).await?),
        Decision::Confirm { subscription } => subscription,
    };
    if declaration.why == Some(Why::LaterEnd) {
        return Err(CannotDecide::Elsewhere(Why::LaterEnd));
    }
    let lookup = match (named, &declaration.customer, &declaration.subscription) {
        (Some(named), _, _) => Lookup { subscription: Some(named), ..Lookup::default() },
        (None, Some(customer), Some(subscription)) => {
            let (customer, subscription) = (Some(customer.clone()), Some(subscription.clone()));
            Lookup { customer, subscription, ..Lookup::default() }
        }
        (None, _, _) if declaration.why == Some(Why::MerchantBilling) => {
            return Err(CannotDecide::Elsewhere(Why::MerchantBilling));
        }
        (None, _, _) => return Err(CannotDecide::NotMatched),
    };
    let billing = billings
        .get(&declaration.brand, Environment::Prod)
        .ok_or(CannotDecide::Elsewhere(Why::MerchantBilling))?;
    let found = billing.snapshot(&lookup).await;
    match found {
        // Billing that is the merchant's own knows nobody, and is told nobody here.
        Err(LookupError::NobodyNamed) => Err(CannotDecide::Elsewhere(Why::MerchantBilling)),
        Err(error) => Err(error.into()),
        Ok(found) => match (found.terms, found.subscription) {
            (Some(_), Some(subscription)) => {
                Ok(register.confirm(reference, &found.customer.id, &subscription).await?)
            }
            _ => Err(CannotDecide::Elsewhere(Why::MerchantBilling)),
        },
    }
}
