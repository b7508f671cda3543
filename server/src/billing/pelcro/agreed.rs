//! Whether what a customer agreed to still holds when Pelcro is asked for it.

use super::Pelcro;
use super::api::Failure;
use super::execute::Stop;
use super::object::Subscription;
use crate::billing::{Change, Instruction, LookupError, QUOTE_HOLDS, QuoteError};
use crate::secret::SecretText;

impl Pelcro {
    /// Refuses a renewal that was agreed to too long ago, or would not be the same any more.
    ///
    /// For what was never sent: of anything else nobody can say whether it was done. Leaving and staying are never too late, and what an
    /// offer promised is compared where it is turned into a [call](super::call).
    pub(super) async fn holds(
        &self,
        token: &SecretText,
        subscription: &Subscription,
        instruction: &Instruction,
    ) -> Result<(), Stop> {
        let Change::Renew { renewal, .. } = &instruction.change else { return Ok(()) };
        if self.tokens.clock.now().duration_since(instruction.requested_at) > QUOTE_HOLDS {
            return Err("what the customer agreed to was too long ago".into());
        }
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
