//! What was charged: booked when something changes, and until then worked out from the row.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use sqlx::{FromRow, Row as _, SqliteExecutor, sqlite::SqliteRow};

use super::moment;
use super::realm::Realm;
use super::subscription::{self, Row};
use crate::billing::RunningDiscount;
use crate::clock;
use crate::store::Tx;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// One charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Charge {
    /// What it is called. Unique.
    pub number: String,
    pub at: Timestamp,
    /// The plan's name.
    pub plan: String,
    /// Minor units; never negative.
    pub total: i64,
    /// What was taken off for time that was paid for already. Minor units; never negative.
    pub credit: i64,
    pub currency: String,
    /// The end of the period it is for.
    pub period_end: Timestamp,
}

impl FromRow<'_, SqliteRow> for Charge {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self {
            number: row.try_get("number")?,
            at: moment(row, "at")?,
            plan: row.try_get("plan")?,
            total: row.try_get("total")?,
            credit: row.try_get("credit")?,
            currency: row.try_get("currency")?,
            period_end: moment(row, "period_end")?,
        })
    }
}

impl Row {
    /// What was charged and is not booked, up to and with a moment; the earliest first. A trial is not charged for.
    ///
    /// `discounts` are all the subscription ever had.
    pub(super) fn unbooked(
        &self,
        discounts: &[RunningDiscount],
        upto: Timestamp,
    ) -> impl DoubleEndedIterator<Item = Charge> {
        let (booked, trial) = (self.booked_until, self.trial_ends_at);
        let charged = self.periods(booked.max(trial), upto).filter(move |period| {
            booked.is_none_or(|booked| booked < period.start) && trial.is_none_or(|end| end <= period.start)
        });
        charged.map(|period| Charge {
            number: number(self.id, period.start),
            at: period.start,
            total: period.terms.payment(period.start, discounts),
            credit: 0,
            plan: period.terms.plan_name,
            currency: period.terms.currency,
            period_end: period.terms.current_period_end,
        })
    }
}

/// What a charge is called: by its subscription and its day.
pub(super) fn number(subscription: i64, at: Timestamp) -> String {
    format!("{subscription:05}-{}", at.to_zoned(TimeZone::UTC).strftime("%Y%m%d"))
}

/// Books what was charged up to a moment, and makes the row say what is paid for then: another change can follow. Gives the row as
/// it is then.
pub(super) async fn settle(tx: &mut Tx, realm: &Realm, row: Row, at: Timestamp) -> sqlx::Result<Row> {
    let discounts = all_discounts(&mut *tx, row.id).await?;
    for charge in row.unbooked(&discounts, at) {
        write(&mut *tx, row.id, &charge).await?;
    }
    let period = row.period_at(at);
    if row.phases.iter().any(|phase| phase.from <= period.start) {
        // What came with a term that has begun stays.
        for sql in [
            "UPDATE ledger_discounts SET phase_id = NULL WHERE phase_id IN \
             (SELECT id FROM ledger_phases WHERE subscription_id = $1 AND starts_at <= $2)",
            "UPDATE ledger_subscriptions SET (plan_id, quantity, anchor_day) = (SELECT plan_id, quantity, anchor_day \
             FROM ledger_phases WHERE subscription_id = $1 AND starts_at <= $2 ORDER BY starts_at DESC LIMIT 1) WHERE id = $1",
            "DELETE FROM ledger_phases WHERE subscription_id = $1 AND starts_at <= $2",
        ] {
            sqlx::query(sql).bind(row.id).bind(clock::text(period.start)).execute(&mut *tx).await?;
        }
    }
    let booked = row.booked_until.map_or(at, |booked| booked.max(at));
    sqlx::query(
        "UPDATE ledger_subscriptions SET current_period_start = $1, current_period_end = $2, booked_until = $3 WHERE id = $4",
    )
    .bind(clock::text(period.start))
    .bind(clock::text(period.terms.current_period_end))
    .bind(clock::text(booked))
    .bind(row.id)
    .execute(&mut *tx)
    .await?;
    let again = subscription::named(&mut *tx, realm, &row.external_id).await?;
    Ok(again.unwrap_or(row))
}

/// Books a charge. A second one of the same day has a number of its own.
pub(super) async fn write(tx: &mut Tx, subscription: i64, charge: &Charge) -> sqlx::Result<()> {
    let same: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM ledger_invoices WHERE subscription_id = $1 AND at >= $2 AND at <= $3 \
         AND (number = $4 OR number LIKE $4 || '-%')",
    )
    .bind(subscription)
    // Those of a day are among those around it, which the index finds.
    .bind(clock::text(charge.at.saturating_sub(DAY).unwrap_or(charge.at)))
    .bind(clock::text(charge.at.saturating_add(DAY).unwrap_or(charge.at)))
    .bind(&charge.number)
    .fetch_one(&mut *tx)
    .await?;
    let number = if same == 0 { charge.number.clone() } else { format!("{}-{}", charge.number, same + 1) };
    sqlx::query(
        "INSERT INTO ledger_invoices (subscription_id, number, at, plan, total, credit, currency, period_end) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(subscription)
    .bind(number)
    .bind(clock::text(charge.at))
    .bind(&charge.plan)
    .bind(charge.total)
    .bind(charge.credit)
    .bind(&charge.currency)
    .bind(clock::text(charge.period_end))
    .execute(tx)
    .await?;
    Ok(())
}

/// What was charged at a moment, with what was taken off it for time that was paid for already. None where nothing is booked.
pub(super) async fn paid_at(tx: &mut Tx, subscription: i64, at: Timestamp) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar("SELECT total + credit FROM ledger_invoices WHERE subscription_id = $1 AND at = $2 ORDER BY id DESC LIMIT 1")
        .bind(subscription)
        .bind(clock::text(at))
        .fetch_optional(tx)
        .await
}

/// What a subscription was charged last, up to a moment: so many charges, the latest first.
pub(super) async fn charges(
    tx: &mut Tx,
    row: &Row,
    upto: Timestamp,
    most: usize,
) -> sqlx::Result<Vec<Charge>> {
    let discounts = all_discounts(&mut *tx, row.id).await?;
    let mut charges: Vec<Charge> = row.unbooked(&discounts, upto).rev().take(most).collect();
    let booked: Vec<Charge> = sqlx::query_as(
        "SELECT * FROM ledger_invoices WHERE subscription_id = $1 ORDER BY at DESC, id DESC LIMIT $2",
    )
    .bind(row.id)
    .bind(i64::try_from(most - charges.len()).unwrap_or(i64::MAX))
    .fetch_all(tx)
    .await?;
    charges.extend(booked);
    Ok(charges)
}

/// Every discount a subscription ever had, in the order they were granted.
pub(super) async fn all_discounts(
    db: impl SqliteExecutor<'_>,
    subscription: i64,
) -> sqlx::Result<Vec<RunningDiscount>> {
    sqlx::query_as(
        "SELECT offer, percent_off, amount_off, currency AS off_currency, starts_at, ends_at FROM ledger_discounts \
         WHERE subscription_id = $1 ORDER BY id",
    )
    .bind(subscription)
    .fetch_all(db)
    .await
}

/// A subscription's discounts that have not ended, without those that came with terms that have not begun.
pub(super) async fn discounts_without_upcoming(
    db: impl SqliteExecutor<'_>,
    subscription: i64,
    at: Timestamp,
) -> sqlx::Result<Vec<RunningDiscount>> {
    let kept: Vec<RunningDiscount> = sqlx::query_as(
        "SELECT offer, percent_off, amount_off, currency AS off_currency, starts_at, ends_at FROM ledger_discounts \
         WHERE subscription_id = $1 AND (phase_id IS NULL OR phase_id NOT IN \
         (SELECT id FROM ledger_phases WHERE subscription_id = $1 AND starts_at > $2)) ORDER BY id",
    )
    .bind(subscription)
    .bind(clock::text(at))
    .fetch_all(db)
    .await?;
    Ok(kept.into_iter().filter(|discount| subscription::running(discount, at)).collect())
}
