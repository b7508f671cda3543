//! A subscription's row, and what it means at a moment.

use flow::Money;
use jiff::Timestamp;
use sqlx::{FromRow, Row as _, SqliteExecutor, sqlite::SqliteRow};

use super::realm::{Realm, seen_by};
use super::{malformed, maybe_moment, moment};
use crate::billing::{Can, Cycle, Holding, Interval, Pause, Reduction, RunningDiscount, Terms};
use crate::session::Environment;

/// A subscription with its plan and its customer, as stored.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub id: i64,
    pub external_id: String,
    /// That of the rows it is read from. In the sandbox that is prod's until something is changed.
    pub environment: Environment,
    pub customer: String,
    pub customer_id: i64,
    pub ended: bool,
    pub current_period_start: Timestamp,
    pub cancel_at: Option<Timestamp>,
    pub canceled_at: Option<Timestamp>,
    pub created_at: Timestamp,
    /// A pause, agreed or over.
    pub pause: Option<Pause>,
    /// When the trial ends or ended.
    pub trial_ends_at: Option<Timestamp>,
    /// Another plan, agreed or reached.
    pub next: Option<Next>,
    /// As stored: the period may be over.
    pub terms: Terms,
}

/// Another plan.
#[derive(Clone, Debug)]
pub(super) struct Next {
    /// The payment it begins with.
    pub from: Timestamp,
    /// The plan, with the period that begins then.
    pub terms: Terms,
}

/// What a [`Row`] is read from: `s` is the subscription, `c` its customer, `p` its plan, `n` its next plan.
macro_rules! columns {
    () => {
        "s.id, s.external_id, s.environment, c.id AS customer_id, c.external_id AS customer, s.status, s.current_period_start, \
         s.current_period_end, s.anchor_day, s.cancel_at, s.canceled_at, p.external_id AS plan, p.name AS plan_name, \
         p.amount, p.currency, p.interval, p.interval_count, s.paused_from, s.paused_until, s.trial_ends_at, \
         s.next_plan_from, s.created_at, n.external_id AS next_plan, n.name AS next_name, n.amount AS next_amount, \
         n.currency AS next_currency, n.interval AS next_interval, n.interval_count AS next_interval_count"
    };
}
pub(super) use columns;

macro_rules! select {
    ($($where:expr),+) => {
        concat!(
            "SELECT ",
            columns!(),
            " FROM ledger_subscriptions AS s JOIN ledger_customers AS c ON c.id = s.customer_id \
             JOIN ledger_plans AS p ON p.id = s.plan_id LEFT JOIN ledger_plans AS n ON n.id = s.next_plan_id WHERE ",
            $($where),+
        )
    };
}

/// The realm's subscription with this id.
pub(super) async fn named(db: impl SqliteExecutor<'_>, realm: &Realm, id: &str) -> sqlx::Result<Option<Row>> {
    sqlx::query_as(select!("s.brand = $1 AND s.external_id = $2 AND ", seen_by!("$3")))
        .bind(&realm.brand)
        .bind(id)
        .bind(realm.environment.name())
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
        "SELECT offer, percent_off, amount_off, currency AS off_currency, starts_at, ends_at FROM ledger_discounts \
         WHERE subscription_id = $1 ORDER BY id",
    )
    .bind(subscription)
    .fetch_all(db)
    .await?;
    Ok(all.into_iter().filter(|discount| running(discount, at)).collect())
}

/// Whether a discount has not ended at a moment.
pub(super) fn running(discount: &RunningDiscount, at: Timestamp) -> bool {
    discount.ends_at.is_none_or(|end| at < end)
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
        if let Some(next) = self.next.as_ref().filter(|next| next.from <= last)
            && self.cancel_at != Some(next.from)
        {
            start = next.from;
            terms = next.terms.clone();
        }
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

    /// Writes a plan that has begun into the row, so that another change can follow it.
    pub(super) async fn catch_up(
        self,
        tx: &mut crate::store::Tx,
        realm: &Realm,
        at: Timestamp,
    ) -> sqlx::Result<Self> {
        let Some(next) = self.next.as_ref().filter(|next| next.from <= at) else { return Ok(self) };
        let (start, terms) = self.period(at);
        sqlx::query(
            "UPDATE ledger_subscriptions SET plan_id = next_plan_id, next_plan_id = NULL, next_plan_from = NULL, \
             current_period_start = $1, current_period_end = $2 WHERE id = $3",
        )
        .bind(crate::clock::text(start.max(next.from)))
        .bind(crate::clock::text(terms.current_period_end))
        .bind(self.id)
        .execute(&mut *tx)
        .await?;
        let again = named(&mut *tx, realm, &self.external_id).await?;
        Ok(again.unwrap_or(self))
    }

    /// What can be done with it at a moment.
    pub(super) fn can(&self, at: Timestamp) -> Can {
        let cancel = self.can_be_canceled(at);
        let paid = self.period(at).1.amount > 0;
        let trial = self.trial(at).is_some();
        // One change at a time: what the next payment will be has to be sure.
        let settled = cancel && self.pause(at).is_none() && self.next(at).is_none();
        Can {
            cancel,
            undo: cancel,
            discount: cancel && paid && self.next(at).is_none(),
            pause: settled && paid && !trial,
            change_plan: settled,
            extend_trial: settled && trial,
            ..Can::default()
        }
    }

    /// The next payment, and when it is due. None when there will be none.
    pub(super) fn next_payment(
        &self,
        discounts: &[RunningDiscount],
        at: Timestamp,
    ) -> Option<(Money, Timestamp)> {
        let terms = self.period(at).1;
        let due = terms.current_period_end;
        if self.ended_at(at) || self.cancel_at.is_some_and(|end| end <= due) {
            return None;
        }
        // The payment a new plan begins with is the new plan's.
        let billed = self.next(at).filter(|next| next.from == due).map_or(&terms, |next| &next.terms);
        Some((billed.money(billed.payment(due, discounts)), due))
    }

    /// What the customer has with it.
    pub(super) fn holding(self, discounts: &[RunningDiscount], at: Timestamp) -> Holding {
        Holding {
            terms: Some(self.period(at).1),
            next_payment: self.next_payment(discounts, at),
            ends_at: self.cancel_at,
            ended: self.ended_at(at),
            next_plan: self.next(at).map(|next| (next.terms.plan_name.clone(), next.from)),
            pause: self.pause(at),
            trial_ends_at: self.trial(at),
            can: self.can(at),
            id: Some(self.external_id),
        }
    }

    /// A pause that is not over.
    pub(super) fn pause(&self, at: Timestamp) -> Option<Pause> {
        self.pause.filter(|pause| at < pause.until)
    }

    /// When a trial that runs ends.
    pub(super) fn trial(&self, at: Timestamp) -> Option<Timestamp> {
        self.trial_ends_at.filter(|end| at < *end)
    }

    /// Another plan that has not begun.
    pub(super) fn next(&self, at: Timestamp) -> Option<&Next> {
        self.next.as_ref().filter(|next| at < next.from)
    }

    /// When what is paid for in a period ends: before the next payment, where that one was put off.
    pub(super) fn paid_until(&self, period: &Terms) -> Timestamp {
        let end = period.current_period_end;
        self.pause.filter(|pause| pause.until == end).map_or(end, |pause| pause.from)
    }
}

impl FromRow<'_, SqliteRow> for Row {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let anchor_day = row.try_get("anchor_day")?;
        let cycle = |interval: &str, count: &str| {
            let unit: &str = row.try_get(interval)?;
            Ok::<_, sqlx::Error>(Cycle {
                interval: Interval::named(unit).ok_or_else(|| malformed("interval", unit))?,
                interval_count: row.try_get(count)?,
                anchor_day,
            })
        };
        let pause = maybe_moment(row, "paused_from")?.zip(maybe_moment(row, "paused_until")?);
        let next = match maybe_moment(row, "next_plan_from")? {
            None => None,
            Some(from) => {
                let cycle = cycle("next_interval", "next_interval_count")?;
                let beyond = || malformed("next_plan_from", "the period ends beyond the calendar");
                let terms = Terms {
                    plan: row.try_get("next_plan")?,
                    plan_name: row.try_get("next_name")?,
                    amount: row.try_get("next_amount")?,
                    currency: row.try_get("next_currency")?,
                    cycle,
                    current_period_end: cycle.after(from, 1).ok_or_else(beyond)?,
                };
                Some(Next { from, terms })
            }
        };
        Ok(Self {
            id: row.try_get("id")?,
            external_id: row.try_get("external_id")?,
            environment: super::realm::environment(row)?,
            customer: row.try_get("customer")?,
            customer_id: row.try_get("customer_id")?,
            ended: row.try_get::<&str, _>("status")? == "canceled",
            current_period_start: moment(row, "current_period_start")?,
            cancel_at: maybe_moment(row, "cancel_at")?,
            canceled_at: maybe_moment(row, "canceled_at")?,
            created_at: moment(row, "created_at")?,
            pause: pause.map(|(from, until)| Pause { from, until }),
            trial_ends_at: maybe_moment(row, "trial_ends_at")?,
            next,
            terms: Terms {
                plan: row.try_get("plan")?,
                plan_name: row.try_get("plan_name")?,
                amount: row.try_get("amount")?,
                currency: row.try_get("currency")?,
                cycle: cycle("interval", "interval_count")?,
                current_period_end: moment(row, "current_period_end")?,
            },
        })
    }
}

impl FromRow<'_, SqliteRow> for RunningDiscount {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let off =
            match (row.try_get("percent_off")?, row.try_get("amount_off")?, row.try_get("off_currency")?) {
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
