//! A customer's own token: what lets a page of the merchant's ask for a customer, without the merchant's backend in between.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::customer_limits::Asker;
use crate::session::Environment;
use crate::sign::{Signer, TokenError};

/// The `typ` of these tokens, which keeps results and receipts from being taken for one.
const TOKEN_TYPE: &str = "customer+jwt";
/// For how many days a token lasts where nobody says, and how many it can last. As Pelcro has it.
pub const USUAL_DAYS: u32 = 60;
/// The most days that can be asked for.
pub const MOST_DAYS: u32 = 365;

/// Who a token is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerToken {
    /// The customer's id in the ledger.
    pub sub: String,
    /// The brand's slug.
    pub brand: String,
    /// Whether it counts.
    pub environment: Environment,
    /// When it was made, in seconds since 1970.
    pub iat: i64,
    /// From when on it is of no use, in seconds since 1970.
    pub exp: i64,
}

/// Why a token lets nobody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CustomerTokenError {
    /// It is not one of this server's.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// Its time is over.
    #[error("The token has expired.")]
    Expired,
}

impl CustomerToken {
    /// Whose requests these are, for whoever counts them.
    #[must_use]
    pub fn asker(&self) -> Asker<'_> {
        Asker { brand: &self.brand, environment: self.environment, customer: &self.sub }
    }

    /// A token of a customer from now on. Never for more than a year.
    #[must_use]
    pub fn new(
        customer: impl Into<String>,
        brand: impl Into<String>,
        environment: Environment,
        days: u32,
        now: Timestamp,
    ) -> Self {
        let life = SignedDuration::from_hours(24 * i64::from(days.clamp(1, MOST_DAYS)));
        let exp = now.saturating_add(life).unwrap_or(Timestamp::MAX);
        let (iat, exp) = (now.as_second(), exp.as_second());
        Self { sub: customer.into(), brand: brand.into(), environment, iat, exp }
    }

    /// The same customer's token, as long as this one lasted, from now on.
    #[must_use]
    pub fn renewed(&self, now: Timestamp) -> Self {
        let life = self.exp.saturating_sub(self.iat);
        Self { iat: now.as_second(), exp: now.as_second().saturating_add(life), ..self.clone() }
    }

    /// Signs it: a compact JWS.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn sign(&self, signer: &Signer) -> Result<String, serde_json::Error> {
        Ok(signer.sign_text(TOKEN_TYPE, &serde_json::to_string(self)?))
    }

    /// Reads a token.
    ///
    /// # Errors
    /// [`CustomerTokenError`] says why it is not one.
    pub fn read(signer: &Signer, token: &str, now: Timestamp) -> Result<Self, CustomerTokenError> {
        let read: Self = signer.verify_as(TOKEN_TYPE, token)?;
        if now.as_second() >= read.exp {
            return Err(CustomerTokenError::Expired);
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::KeyFile;

    #[test]
    fn a_token_lasts_as_long_as_it_says_and_nothing_else_is_one() {
        let directory = tempfile::tempdir().unwrap();
        let signer = Signer::new(&KeyFile::open(directory.path(), "signing.key").unwrap());
        let now = Timestamp::from_second(1_795_262_400).unwrap();
        let token = CustomerToken::new("cus_1", "acme", Environment::Prod, 60, now);
        let text = token.sign(&signer).unwrap();
        let later = |days: i64| now + SignedDuration::from_hours(24 * days);
        assert_eq!(CustomerToken::read(&signer, &text, later(59)), Ok(token.clone()));
        assert_eq!(CustomerToken::read(&signer, &text, later(60)), Err(CustomerTokenError::Expired));
        let renewed = token.renewed(later(59)).sign(&signer).unwrap();
        assert!(CustomerToken::read(&signer, &renewed, later(118)).is_ok());
        let result = signer.sign(&token).unwrap();
        assert_eq!(
            CustomerToken::read(&signer, &result, now),
            Err(TokenError::Malformed.into()),
            "a result is none"
        );
        assert!(signer.verify::<CustomerToken>(&text).is_err(), "and it is no result");
        let longest = CustomerToken::new("cus_1", "acme", Environment::Prod, u32::MAX, now);
        assert_eq!(longest.exp - longest.iat, 365 * 24 * 3600);
    }
}
