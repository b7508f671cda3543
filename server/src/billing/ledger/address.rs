//! Addresses that something is delivered to.

use super::coupon::unavailable;
use super::plan::Plan;
use super::realm::Realm;
use crate::billing::QuoteError;
use crate::store::Tx;

/// The number of a customer's address, if the plan is delivered there.
pub(super) async fn deliverable(
    tx: &mut Tx,
    realm: &Realm,
    customer: &str,
    id: i64,
    plan: &Plan,
) -> Result<i64, QuoteError> {
    let country: Option<String> = sqlx::query_scalar(
        "SELECT country FROM ledger_addresses WHERE id = $1 AND brand = $2 AND customer = $3",
    )
    .bind(id)
    .bind(&realm.brand)
    .bind(customer)
    .fetch_optional(tx)
    .await
    .map_err(unavailable)?;
    let country = country.ok_or(QuoteError::UnknownAddress)?;
    match &plan.countries {
        Some(countries) if !countries.contains(&country) => Err(QuoteError::AddressCountry),
        _ => Ok(id),
    }
}
