//! What customers pay with. Nobody is charged by the ledger; it notes what a gateway calls it.

use jiff::Timestamp;
use sqlx::Row as _;

use super::coupon::unavailable;
use super::realm::Realm;
use crate::billing::{GatewayToken, PaymentMethod, QuoteError};
use crate::clock;
use crate::store::Tx;

/// The number of one of a customer's payment methods.
pub(super) async fn chosen(tx: &mut Tx, realm: &Realm, customer: &str, id: i64) -> Result<i64, QuoteError> {
    let found: Option<i64> = sqlx::query_scalar(
        "SELECT id FROM ledger_payment_methods WHERE id = $1 AND brand = $2 AND customer = $3 \
         AND environment IN ('prod', $4)",
    )
    .bind(id)
    .bind(&realm.brand)
    .bind(customer)
    .bind(realm.environment.name())
    .fetch_optional(tx)
    .await
    .map_err(unavailable)?;
    found.ok_or(QuoteError::UnknownPaymentMethod)
}

/// How many payment methods of a customer are noted with renewals.
const MOST: i64 = 20;

/// Whether a payment method can be noted. One that is noted already always can.
pub(super) async fn has_room(
    tx: &mut Tx,
    realm: &Realm,
    customer: &str,
    new: &GatewayToken,
) -> Result<(), QuoteError> {
    let others: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM ledger_payment_methods WHERE brand = $1 AND environment = $2 AND customer = $3 AND NOT EXISTS \
         (SELECT 1 FROM ledger_payment_methods WHERE brand = $1 AND environment = $2 AND customer = $3 AND gateway = $4 AND token = $5)",
    )
    .bind(&realm.brand)
    .bind(realm.environment.name())
    .bind(customer)
    .bind(new.gateway.name())
    .bind(&new.token)
    .fetch_one(tx)
    .await
    .map_err(unavailable)?;
    if others < MOST { Ok(()) } else { Err(QuoteError::TooManyPaymentMethods) }
}

/// Notes a payment method, and gives its number. The same again is the same.
pub(super) async fn note(
    tx: &mut Tx,
    realm: &Realm,
    customer: &str,
    new: &GatewayToken,
    now: Timestamp,
) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "INSERT INTO ledger_payment_methods (brand, environment, customer, gateway, token, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (brand, environment, customer, gateway, token) \
         DO UPDATE SET token = excluded.token RETURNING id",
    )
    .bind(&realm.brand)
    .bind(realm.environment.name())
    .bind(customer)
    .bind(new.gateway.name())
    .bind(&new.token)
    .bind(clock::text(now))
    .fetch_one(tx)
    .await
}

/// What a customer pays with, as far as it may be shown: what was noted last.
pub(super) async fn shown(tx: &mut Tx, realm: &Realm, customer: &str) -> sqlx::Result<Option<PaymentMethod>> {
    let row = sqlx::query(
        "SELECT name, ends_in, expires FROM ledger_payment_methods WHERE brand = $1 AND customer = $2 \
         AND environment IN ('prod', $3) AND name IS NOT NULL ORDER BY id DESC LIMIT 1",
    )
    .bind(&realm.brand)
    .bind(customer)
    .bind(realm.environment.name())
    .fetch_optional(tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let Some(brand) = row.try_get::<Option<String>, _>("name")? else { return Ok(None) };
    let expires: Option<&str> = row.try_get("expires")?;
    Ok(Some(PaymentMethod {
        brand,
        ends_in: row.try_get("ends_in")?,
        expires: expires.and_then(|text| {
            let (year, month) = text.split_once('-')?;
            Some((year.parse().ok()?, month.parse().ok()?))
        }),
    }))
}
