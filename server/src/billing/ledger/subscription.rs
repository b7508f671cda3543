//! A subscription's row, and what it means at a moment.

use jiff::Timestamp;
use sqlx::{FromRow, Row as _, SqliteExecutor, sqlite::SqliteRow};

use super::{malformed, maybe_moment, moment};
use crate::billing::{Can, Cycle, Interval, Reduction, RunningDiscount, Terms};

/// A subscription with its plan and its customer, as stored.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub id: i64,
    pub external_id: String,
    pub customer: String,
    pub customer_id: i64,
    pub ended: bool,
    pub current_period_start: Timestamp,
    pub cancel_at: Option<Timestamp>,
    pub canceled_at: Option<Timestamp>,
    /// As stored: the period may be over.
    pub terms: Terms,
}

macro_rules! select {
    ($where:literal) => {
        concat!(
            "SELECT s.id, s.external_id, s.customer_id, c.external_id AS customer, s.status, s.current_period_start, \
             s.current_period_end, s.anchor_day, s.cancel_at, s.canceled_at, p.external_id AS plan, p.name AS plan_name, \
             p.amount, p.currency, p.interval, p.interval_count \
             FROM ledger_subscriptions AS s JOIN ledger_customers AS c ON c.id = s.customer_id \
             JOIN ledger_plans AS p ON p.id = s.plan_id WHERE ",
            $where
        )
    };
}

/// The brand's subscription with this id.
pub(super) async fn named(db: impl SqliteExecutor<'_>, brand: &str, id: &str) -> sqlx::Result<Option<Row>> {
    sqlx::query_as(select!("s.brand = $1 AND s.external_id = $2"))
        .bind(brand)
        .bind(id)
        .fetch_optional(db)
        .await
}

/// A customer's subscriptions, oldest first.
pub(super) async fn of_customer(db: impl SqliteExecutor<'_>, customer: i64) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as(select!("s.customer_id = $1 ORDER BY s.id")).bind(customer).fetch_all(db).await
}

/// A subscription's discounts that have not ended at a moment, in the order they were granted.
pub(super) async fn discounts(
    db: impl SqliteExecutor<'_>,
    subscription: i64,
    at: Timestamp,
) -> sqlx::Result<Vec<RunningDiscount>> {
    let all: Vec<RunningDiscount> = sqlx::query_as(
        "SELECT offer, percent_off, amount_off, currency, starts_at, ends_at FROM ledger_discounts \
         WHERE subscription_id = $1 ORDER BY id",
    )
    .bind(subscription)
    .fetch_all(db)
    .await?;
    Ok(all.into_iter().filter(|discount| discount.ends_at.is_none_or(|end| at < end)).collect())
}

impl Row {
    /// Whether it is over at a moment.
    pub(super) fn ended_at(&self, at: Timestamp) -> bool {
        self.ended || self.cancel_at.is_some_and(|end| end <= at)
    }

    /// Whether it goes on and nobody has canceled it yet.
    pub(super) fn can_be_canceled(&self, at: Timestamp) -> bool {
        !self.ended_at(at) && self.cancel_at.is_none()
    }

    /// The paid period a moment is in, and the terms with its end. Where a subscription is over, its last period.
    pub(super) fn period(&self, at: Timestamp) -> (Timestamp, Terms) {
        let mut start = self.current_period_start;
        let mut terms = self.terms.clone();
        if self.ended {
            return (start, terms);
        }
        let last = self.cancel_at.map_or(at, |end| at.min(end));
        let first_end = terms.current_period_end;
        let mut periods = 0;
        while terms.current_period_end <= last && self.cancel_at != Some(terms.current_period_end) {
            periods += 1;
            let Some(end) = terms.cycle.after(first_end, periods) else { break };
            start = terms.current_period_end;
            terms.current_period_end = end;
        }
        (start, terms)
    }

    /// What can be done with it at a moment.
    pub(super) fn can(&self, at: Timestamp) -> Can {
        let cancel = self.can_be_canceled(at);
        Can { cancel, undo: cancel, discount: cancel && self.terms.amount > 0 }
    }
}

impl FromRow<'_, SqliteRow> for Row {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let interval: &str = row.try_get("interval")?;
        Ok(Self {
            id: row.try_get("id")?,
            external_id: row.try_get("external_id")?,
            customer: row.try_get("customer")?,
            customer_id: row.try_get("customer_id")?,
            ended: row.try_get::<&str, _>("status")? == "canceled",
            current_period_start: moment(row, "current_period_start")?,
            cancel_at: maybe_moment(row, "cancel_at")?,
            canceled_at: maybe_moment(row, "canceled_at")?,
            terms: Terms {
                plan: row.try_get("plan")?,
                plan_name: row.try_get("plan_name")?,
                amount: row.try_get("amount")?,
                currency: row.try_get("currency")?,
                cycle: Cycle {
                    interval: Interval::named(interval).ok_or_else(|| malformed("interval", interval))?,
                    interval_count: row.try_get("interval_count")?,
                    anchor_day: row.try_get("anchor_day")?,
                },
                current_period_end: moment(row, "current_period_end")?,
            },
        })
    }
}

impl FromRow<'_, SqliteRow> for RunningDiscount {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let off = match (row.try_get("percent_off")?, row.try_get("amount_off")?, row.try_get("currency")?) {
            (Some(percent), None, None) => Reduction::Percent(percent),
            (None, Some(amount), Some(currency)) => Reduction::Amount { amount, currency },
            _ => return Err(malformed("percent_off", "neither a percentage nor an amount")),
        };
        Ok(Self {
            offer: row.try_get("offer")?,
            off,
            starts_at: moment(row, "starts_at")?,
            ends_at: maybe_moment(row, "ends_at")?,
        })
    }
}
