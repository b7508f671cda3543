use serde::Deserialize;

use super::ImportError;
use crate::store::Tx;

/// A group of customers that plans and coupons may be for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// The segment's key, unique within the brand.
    pub key: String,
    /// What it is called; its key when left out.
    pub name: Option<String>,
}

/// What a segment can be of.
#[derive(Clone, Copy)]
pub(super) enum Of {
    Plan(i64),
    Coupon(i64),
}

pub(super) async fn write(tx: &mut Tx, brand: &str, segment: &Segment) -> Result<(), ImportError> {
    sqlx::query(
        "INSERT INTO ledger_segments (brand, key, name) VALUES ($1, $2, $3) \
         ON CONFLICT (brand, key) DO UPDATE SET name = excluded.name",
    )
    .bind(brand)
    .bind(&segment.key)
    .bind(segment.name.as_ref().unwrap_or(&segment.key))
    .execute(tx)
    .await?;
    Ok(())
}

/// The number of the segment with this key.
pub(super) async fn number(tx: &mut Tx, brand: &str, key: &str, at: &str) -> Result<i64, ImportError> {
    let found: Option<i64> =
        sqlx::query_scalar("SELECT id FROM ledger_segments WHERE brand = $1 AND key = $2")
            .bind(brand)
            .bind(key)
            .fetch_optional(tx)
            .await?;
    found.ok_or_else(|| ImportError::wrong(at, format!("no segment \"{key}\"; name it in `segments`")))
}

/// Makes the segments of a plan or a coupon those that the file says.
pub(super) async fn set(
    tx: &mut Tx,
    brand: &str,
    of: Of,
    keys: &[String],
    at: &str,
) -> Result<(), ImportError> {
    let (empty, fill, id) = match of {
        Of::Plan(id) => (
            "DELETE FROM ledger_plan_segments WHERE plan_id = $1",
            "INSERT INTO ledger_plan_segments (plan_id, segment_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            id,
        ),
        Of::Coupon(id) => (
            "DELETE FROM ledger_coupon_segments WHERE coupon_id = $1",
            "INSERT INTO ledger_coupon_segments (coupon_id, segment_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            id,
        ),
    };
    sqlx::query(empty).bind(id).execute(&mut *tx).await?;
    for (n, key) in keys.iter().enumerate() {
        let segment = number(&mut *tx, brand, key, &format!("{at}.segments[{n}]")).await?;
        sqlx::query(fill).bind(id).bind(segment).execute(&mut *tx).await?;
    }
    Ok(())
}

/// Makes a customer's segments those that the file says.
pub(super) async fn set_of_customer(
    tx: &mut Tx,
    brand: &str,
    customer: &str,
    keys: &[String],
    at: &str,
) -> Result<(), ImportError> {
    sqlx::query("DELETE FROM ledger_customer_segments WHERE brand = $1 AND customer = $2")
        .bind(brand)
        .bind(customer)
        .execute(&mut *tx)
        .await?;
    for (n, key) in keys.iter().enumerate() {
        let segment = number(&mut *tx, brand, key, &format!("{at}.segments[{n}]")).await?;
        sqlx::query(
            "INSERT INTO ledger_customer_segments (brand, customer, segment_id) VALUES ($1, $2, $3) \
             ON CONFLICT DO NOTHING",
        )
        .bind(brand)
        .bind(customer)
        .bind(segment)
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}
