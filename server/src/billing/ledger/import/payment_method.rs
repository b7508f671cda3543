use jiff::Timestamp;
use serde::Deserialize;

use super::ImportError;
use crate::billing::Gateway;
use crate::clock;
use crate::store::Tx;

/// What a customer pays with, as the gateway calls it, and what may be shown of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentMethod {
    /// Whose it is; Stripe's when left out.
    #[serde(default)]
    pub gateway: Gateway,
    /// What the gateway calls it.
    pub token: String,
    /// What it is, such as `Visa`.
    pub name: Option<String>,
    /// Its last digits.
    pub ends_in: Option<String>,
    /// The month after which it is of no use any more, such as `2031-07`.
    pub expires: Option<String>,
}

impl PaymentMethod {
    /// Looks whether it is one.
    pub(super) fn check(&self, at: &str) -> Result<(), ImportError> {
        let is_month = |text: &str| {
            let bare = text.len() == 7 && text.is_char_boundary(4);
            bare && format!("{text}-01").parse::<jiff::civil::Date>().is_ok()
        };
        if self.expires.as_deref().is_some_and(|text| !is_month(text)) {
            return Err(ImportError::wrong(format!("{at}.expires"), "write a month, such as \"2031-07\""));
        }
        if self.token.trim().is_empty() {
            return Err(ImportError::wrong(format!("{at}.token"), "write what the gateway calls it"));
        }
        Ok(())
    }

    pub(super) async fn write(
        &self,
        tx: &mut Tx,
        brand: &str,
        customer: &str,
        now: Timestamp,
    ) -> Result<(), ImportError> {
        sqlx::query(
            "INSERT INTO ledger_payment_methods (brand, environment, customer, gateway, token, name, ends_in, expires, \
             created_at) VALUES ($1, 'prod', $2, $3, $4, $5, $6, $7, $8) \
             ON CONFLICT (brand, environment, customer, gateway, token) DO UPDATE SET name = excluded.name, \
             ends_in = excluded.ends_in, expires = excluded.expires",
        )
        .bind(brand)
        .bind(customer)
        .bind(self.gateway.name())
        .bind(&self.token)
        .bind(&self.name)
        .bind(&self.ends_in)
        .bind(&self.expires)
        .bind(clock::text(now))
        .execute(tx)
        .await?;
        Ok(())
    }
}
