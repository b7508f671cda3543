//! Whether what a customer agreed to still holds when Pelcro is asked for it.

use super::Pelcro;
use super::api::Failure;
use super::execute::Stop;
use super::object::Subscription;
use crate::billing::{Change, Instruction, LookupError, QUOTE_HOLDS, QuoteError};
use crate::secret::SecretText;

impl Pelcro {
    /// Refuses what a customer agreed to too long ago, and a renewal that would not be the same any more. A cancellation is never too old.
    ///
    /// For what was never sent: of anything else nobody can say whether it was done. What an offer promised is compared where it is
    /// turned into a [call](super::call).
    pub(super) async fn holds(
        &self,
        token: &SecretText,
        subscription: &Subscription,
        instruction: &Instruction,
    ) -> Result<(), Stop> {
        if matches!(instruction.change, Change::CancelAtPeriodEnd { .. } | Change::CancelImmediately) {
            return Ok(());
        }
        if self.tokens.clock.now().duration_since(instruction.requested_at) > QUOTE_HOLDS {
            return Err("what the customer agreed to was too long ago".into());
        }
        let Change::Renew { renewal, .. } = &instruction.change else { return Ok(()) };
        let quote = self.quote_renewal(token, subscription, renewal).await.map_err(Stop::from)?;
        if quote.change != instruction.change {
            return Err("what the customer agreed to is not true any more".into());
        }
        Ok(())
    }
}

impl From<QuoteError> for Stop {
    fn from(error: QuoteError) -> Self {
        match error {
            QuoteError::Lookup(LookupError::Unavailable(why)) => Failure::Unknown(why).into(),
            QuoteError::Lookup(LookupError::TokenExpired) => Failure::Token.into(),
            QuoteError::NotNow(why) => why.into(),
            error => error.to_string().as_str().into(),
        }
    }
}
