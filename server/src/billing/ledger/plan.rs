use sqlx::{FromRow, Row as _, SqliteExecutor, sqlite::SqliteRow};

use super::coupon::unavailable;
use super::realm::Realm;
use super::{malformed, segment};
use crate::billing::{Cycle, Interval, PlanPrice, PlanTerms, QuoteError, Terms};
use crate::store::Tx;

/// A plan of the ledger.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// The ledger's number.
    pub id: i64,
    pub external_id: String,
    pub name: String,
    pub price: PlanPrice,
    /// Whether it goes on by itself.
    pub auto_renew: bool,
    /// Whether it is delivered to an address.
    pub needs_address: bool,
    /// The countries it is delivered to. None: everywhere.
    pub countries: Option<Vec<String>>,
}

impl FromRow<'_, SqliteRow> for Plan {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let interval: &str = row.try_get("interval")?;
        let countries: Option<&str> = row.try_get("countries")?;
        Ok(Self {
            id: row.try_get("id")?,
            external_id: row.try_get("external_id")?,
            name: row.try_get("name")?,
            price: PlanPrice {
                amount: row.try_get("amount")?,
                currency: row.try_get("currency")?,
                interval: Interval::named(interval).ok_or_else(|| malformed("interval", interval))?,
                interval_count: row.try_get("interval_count")?,
            },
            auto_renew: row.try_get("auto_renew")?,
            needs_address: row.try_get("needs_address")?,
            countries: countries.map(|codes| codes.split_whitespace().map(Into::into).collect()),
        })
    }
}

/// The brand's plan with this id.
pub(super) async fn named(db: impl SqliteExecutor<'_>, brand: &str, id: &str) -> sqlx::Result<Option<Plan>> {
    sqlx::query_as("SELECT * FROM ledger_plans WHERE brand = $1 AND external_id = $2")
        .bind(brand)
        .bind(id)
        .fetch_optional(db)
        .await
}

/// The brand's plans, in the order in which they came.
pub(super) async fn all(db: impl SqliteExecutor<'_>, brand: &str) -> sqlx::Result<Vec<Plan>> {
    sqlx::query_as("SELECT * FROM ledger_plans WHERE brand = $1 ORDER BY id").bind(brand).fetch_all(db).await
}

impl Plan {
    /// The plan with this id, if this customer may have it.
    pub(super) async fn open_to(
        tx: &mut Tx,
        realm: &Realm,
        customer: &str,
        id: &str,
    ) -> Result<Self, QuoteError> {
        let plan = named(&mut *tx, &realm.brand, id).await.map_err(unavailable)?;
        let plan = plan.ok_or(QuoteError::UnknownPlan)?;
        let segments = segment::of_plan(&mut *tx, plan.id).await.map_err(unavailable)?;
        if !segment::grants(tx, realm, customer, &segments).await.map_err(unavailable)? {
            return Err(QuoteError::PlanNotForCustomer);
        }
        Ok(plan)
    }

    /// The plan, as the rest of the server knows plans.
    pub(super) fn terms(&self) -> PlanTerms {
        PlanTerms { id: self.external_id.clone(), name: self.name.clone(), price: Some(self.price.clone()) }
    }

    /// The period that begins at a moment, for so many of it. None beyond what can be counted.
    pub(super) fn period(&self, start: jiff::Timestamp, anchor_day: i8, quantity: i64) -> Option<Terms> {
        let PlanPrice { amount, currency, interval, interval_count } = self.price.clone();
        let cycle = Cycle { interval, interval_count, anchor_day };
        Some(Terms {
            plan: self.external_id.clone(),
            plan_name: self.name.clone(),
            amount: amount.checked_mul(quantity)?,
            currency,
            cycle,
            current_period_end: cycle.after(start, 1)?,
        })
    }
}
