//! Which subscription a declaration is about. Looked up after its sender was answered.

use std::time::Duration;

use futures_util::future::join_all;

use super::{Declaration, Desk, Status, Why};
use crate::billing::{Billing, Lookup, LookupError, Snapshot};
use crate::session::Environment;
use crate::store::Error;

/// How long billing may take to say whose a subscription is.
const ASK_WITHIN: Duration = Duration::from_secs(4);

impl Desk {
    /// Looks up what has arrived.
    pub(super) async fn match_due(&self) -> Result<(), Error> {
        let due = self.register.due(Status::Received).await?;
        join_all(due.iter().map(|declaration| self.look_up(declaration))).await.into_iter().collect()
    }

    /// Matches a declaration that has arrived, or hands it to a person. Where billing cannot be asked, it is asked again later.
    pub(super) async fn look_up(&self, declaration: &Declaration) -> Result<(), Error> {
        let id = &declaration.id;
        let Some(billing) = self.sessions.billings.get(&declaration.brand, Environment::Prod) else {
            // The brand is not configured any more.
            return self.register.hand_over(declaration, Why::MerchantBilling).await;
        };
        let found = tokio::time::timeout(ASK_WITHIN, find(&*billing, declaration)).await;
        match found.unwrap_or_else(|_| Err(LookupError::Unavailable("it did not answer in time".into()))) {
            Ok(Snapshot { customer, subscription: Some(subscription), terms: Some(terms), .. }) => {
                self.register.matched(id, &customer.id, &subscription, terms.current_period_end).await
            }
            // Billing that is the merchant's own knows no terms, and believes whatever it is told.
            Ok(_) => self.register.hand_over(declaration, Why::MerchantBilling).await,
            Err(error) => match Why::of(&error) {
                Some(why) => self.register.hand_over(declaration, why).await,
                None => {
                    tracing::warn!(
                        reference = declaration.reference,
                        "billing cannot be asked about a declaration"
                    );
                    self.register.postpone(id).await
                }
            },
        }
    }
}

/// The one subscription of whoever has this e-mail address: the one that is named, if what was typed is its id, else the only one.
async fn find(billing: &dyn Billing, declaration: &Declaration) -> Result<Snapshot, LookupError> {
    let content = &declaration.content;
    let by_email = Lookup { email: Some(content.email.clone()), ..Lookup::default() };
    if looks_like_id(&content.contract) {
        let named = Lookup { subscription: Some(content.contract.clone()), ..by_email.clone() };
        match billing.snapshot(&named).await {
            // It may be any other number of the merchant's.
            Err(LookupError::UnknownSubscription) => {}
            found => return found,
        }
    }
    billing.snapshot(&by_email).await
}

fn looks_like_id(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    text.len() <= 64 && text.bytes().all(plain) && text.bytes().any(|b| b.is_ascii_digit())
}
