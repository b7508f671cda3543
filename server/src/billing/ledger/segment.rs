//! Segments: groups of customers that a plan or a coupon is for.

use sqlx::{FromRow, Row as _, sqlite::SqliteRow};

use super::realm::Realm;
use crate::store::Tx;

/// A segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub id: i64,
    pub key: String,
    pub name: String,
}

impl FromRow<'_, SqliteRow> for Segment {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self { id: row.try_get("id")?, key: row.try_get("key")?, name: row.try_get("name")? })
    }
}

/// The segments a plan is for. None: it is for everybody.
pub(super) async fn of_plan(tx: &mut Tx, plan: i64) -> sqlx::Result<Vec<Segment>> {
    sqlx::query_as(
        "SELECT s.id, s.key, s.name FROM ledger_segments AS s JOIN ledger_plan_segments AS p ON p.segment_id = s.id \
         WHERE p.plan_id = $1 ORDER BY s.key",
    )
    .bind(plan)
    .fetch_all(tx)
    .await
}

/// The segments a coupon is for. None: it is for everybody.
pub(super) async fn of_coupon(tx: &mut Tx, coupon: i64) -> sqlx::Result<Vec<Segment>> {
    sqlx::query_as(
        "SELECT s.id, s.key, s.name FROM ledger_segments AS s JOIN ledger_coupon_segments AS c ON c.segment_id = s.id \
         WHERE c.coupon_id = $1 ORDER BY s.key",
    )
    .bind(coupon)
    .fetch_all(tx)
    .await
}

/// Numbers of the segments a customer is in.
pub(super) async fn of_customer(tx: &mut Tx, realm: &Realm, customer: &str) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar(
        "SELECT segment_id FROM ledger_customer_segments WHERE brand = $1 AND customer = $2 ORDER BY segment_id",
    )
    .bind(&realm.brand)
    .bind(customer)
    .fetch_all(tx)
    .await
}

/// Whether what is for these segments is for this customer.
pub(super) async fn grants(
    tx: &mut Tx,
    realm: &Realm,
    customer: &str,
    segments: &[Segment],
) -> sqlx::Result<bool> {
    if segments.is_empty() {
        return Ok(true);
    }
    let theirs = of_customer(tx, realm, customer).await?;
    Ok(segments.iter().any(|segment| theirs.contains(&segment.id)))
}
