use sqlx::{Row as _, SqliteExecutor};

use super::malformed;
use crate::billing::{Interval, PlanPrice, PlanTerms};

/// The brand's plan with this id, and its number.
pub(super) async fn named(
    db: impl SqliteExecutor<'_>,
    brand: &str,
    id: &str,
) -> sqlx::Result<Option<(i64, PlanTerms)>> {
    let row = sqlx::query("SELECT * FROM ledger_plans WHERE brand = $1 AND external_id = $2")
        .bind(brand)
        .bind(id)
        .fetch_optional(db)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let interval: &str = row.try_get("interval")?;
    let price = PlanPrice {
        amount: row.try_get("amount")?,
        currency: row.try_get("currency")?,
        interval: Interval::named(interval).ok_or_else(|| malformed("interval", interval))?,
        interval_count: row.try_get("interval_count")?,
    };
    let plan = PlanTerms { id: id.into(), name: row.try_get("name")?, price: Some(price) };
    Ok(Some((row.try_get("id")?, plan)))
}
