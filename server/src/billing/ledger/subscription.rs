//! A subscription's row, and what it means at a moment.

use flow::Money;
use jiff::Timestamp;
use sqlx::{FromRow, Row as _, SqliteExecutor, sqlite::SqliteRow};

use super::phase::{self, Phase};
use super::realm::{Realm, seen_by};
use super::timeline::Period;
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
    /// Terms that are scheduled, or have begun since the row was written; in the order in which they begin.
    pub phases: Vec<Phase>,
    /// Whether its plan goes on by itself when a term ends.
    pub auto_renew: bool,
    /// How many of the plan.
    pub quantity: i64,
    /// Who else renews it: `agency`, `gift_donor` or `apple`.
    pub managed_by: Option<String>,
    /// Whether what was charged last is not paid yet.
    pub payment_pending: bool,
    /// What was charged up to then is booked.
    pub booked_until: Option<Timestamp>,
    /// As stored: the period may be over.
    pub terms: Terms,
}

/// What a [`Row`] is read from: `s` is the subscription, `c` its customer, `p` its plan.
macro_rules! columns {
    () => {
        concat!(
            "s.id, s.external_id, s.environment, c.id AS customer_id, c.external_id AS customer, s.status, \
             s.current_period_start, s.current_period_end, s.anchor_day, s.cancel_at, s.canceled_at, s.quantity, s.managed_by, \
             s.payment_pending, s.booked_until, p.external_id AS plan, p.name AS plan_name, p.amount, p.currency, p.interval, \
             p.interval_count, p.auto_renew, s.paused_from, s.paused_until, s.trial_ends_at, s.created_at, ",
            $crate::billing::ledger::phase::phases!(),
            " AS phases"
        )
    };
}
pub(super) use columns;

macro_rules! select {
    ($($where:expr),+) => {
        concat!(
            "SELECT ",
            columns!(),
            " FROM ledger_subscriptions AS s JOIN ledger_customers AS c ON c.id = s.customer_id \
             JOIN ledger_plans AS p ON p.id = s.plan_id WHERE ",
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

/// The subscriptions of a realm's customer, oldest first.
pub(super) async fn seen_of(
    db: impl SqliteExecutor<'_>,
    realm: &Realm,
    customer: &str,
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as(select!("c.brand = $1 AND c.external_id = $2 AND ", seen_by!("$3"), " ORDER BY s.id"))
        .bind(&realm.brand)
        .bind(customer)
        .bind(realm.environment.name())
        .fetch_all(db)
        .await
}

/// A subscription's discounts that have not ended at a moment, in the order they were granted.
pub(super) async fn discounts(
    db: impl SqliteExecutor<'_>,
    subscription: i64,
    at: Timestamp,
) -> sqlx::Result<Vec<RunningDiscount>> {
    let all = super::book::all_discounts(db, subscription).await?;
    Ok(all.into_iter().filter(|discount| running(discount, at)).collect())
}

/// Whether a discount has not ended at a moment.
pub(super) fn running(discount: &RunningDiscount, at: Timestamp) -> bool {
    discount.ends_at.is_none_or(|end| at < end)
}

impl Row {
    /// Whether it is over at a moment.
    pub(super) fn ended_at(&self, at: Timestamp) -> bool {
        self.ended || self.end().is_some_and(|end| end <= at)
    }

    /// Whether it goes on and nobody has canceled it yet.
    pub(super) fn can_be_canceled(&self, at: Timestamp) -> bool {
        !self.ended_at(at) && self.cancel_at.is_none()
    }

    /// The paid period a moment is in, and the terms with its end. Where a subscription is over, its last period.
    pub(super) fn period(&self, at: Timestamp) -> (Timestamp, Terms) {
        let period = self.period_at(at);
        (period.start, period.terms)
    }

    /// What can be done with it at a moment.
    pub(super) fn can(&self, at: Timestamp) -> Can {
        let cancel = self.can_be_canceled(at);
        let Period { terms, auto_renew, .. } = self.period_at(at);
        let paid = terms.amount > 0;
        let trial = self.trial(at).is_some();
        let (paused, scheduled) = (self.pause(at).is_some(), self.upcoming(at).next().is_some());
        // One change at a time: what the next payment will be has to be sure.
        let settled = cancel && !paused && !scheduled;
        // What is somebody else's to renew is theirs to change.
        let own = self.managed_by.is_none();
        // What ends by itself has no next payment that could be another.
        let goes_on = settled && auto_renew && own;
        Can {
            cancel,
            undo: cancel,
            discount: cancel && own && auto_renew && paid && !scheduled,
            pause: goes_on && paid && !trial,
            change_plan: goes_on,
            extend_trial: settled && own && trial,
            resume: cancel && own && paused,
            switch: goes_on && !trial && !self.payment_pending,
            renew: settled && !auto_renew && self.can_be_renewed(at).is_ok(),
        }
    }

    /// Whether one more term can be added, or why not.
    pub(super) fn can_be_renewed(&self, at: Timestamp) -> Result<(), &'static str> {
        match self.managed_by.as_deref() {
            Some("agency") => return Err("the subscription is managed by an agency"),
            Some("gift_donor") => return Err("the subscription is a gift, and its donor renews it"),
            Some("apple") => return Err("the subscription is renewed in the App Store"),
            Some(_) => return Err("the subscription is managed by somebody else"),
            None => {}
        }
        if self.ended_at(at) {
            return Err("the subscription has expired");
        }
        if at < self.current_period_start {
            return Err("the subscription has not begun");
        }
        if self.payment_pending {
            return Err("a payment of the subscription is pending");
        }
        if self.pause(at).is_some() {
            return Err("the subscription is paused");
        }
        Ok(())
    }

    /// The next payment, and when it is due. None when there will be none.
    pub(super) fn next_payment(
        &self,
        discounts: &[RunningDiscount],
        at: Timestamp,
    ) -> Option<(Money, Timestamp)> {
        let terms = self.period(at).1;
        let due = terms.current_period_end;
        if self.ended_at(at) || self.end().is_some_and(|end| end <= due) {
            return None;
        }
        // The payment a scheduled term begins with is that term's.
        let next = self.upcoming(at).find(|next| next.from == due);
        let billed = next.map_or(&terms, |next| &next.terms);
        Some((billed.money(billed.payment(due, discounts)), due))
    }

    /// What the customer has with it.
    pub(super) fn holding(self, discounts: &[RunningDiscount], at: Timestamp) -> Holding {
        Holding {
            terms: Some(self.period(at).1),
            next_payment: self.next_payment(discounts, at),
            ends_at: self.end(),
            ended: self.ended_at(at),
            next_plan: self.next_plan(at).map(|next| (next.terms.plan_name.clone(), next.from)),
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

    /// Terms that have not begun.
    pub(super) fn upcoming(&self, at: Timestamp) -> impl Iterator<Item = &Phase> {
        self.phases.iter().filter(move |phase| at < phase.from)
    }

    /// The first term that has not begun, and is of another plan.
    pub(super) fn next_plan(&self, at: Timestamp) -> Option<&Phase> {
        let plan = self.period_at(at).terms.plan;
        self.upcoming(at).find(|phase| phase.terms.plan != plan)
    }

    /// When what is paid for in a period ends: before the next payment, where that one was put off.
    pub(super) fn paid_until(&self, period: &Terms) -> Timestamp {
        let end = period.current_period_end;
        self.pause.filter(|pause| pause.until == end).map_or(end, |pause| pause.from)
    }
}

impl FromRow<'_, SqliteRow> for Row {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let interval: &str = row.try_get("interval")?;
        let cycle = Cycle {
            interval: Interval::named(interval).ok_or_else(|| malformed("interval", interval))?,
            interval_count: row.try_get("interval_count")?,
            anchor_day: row.try_get("anchor_day")?,
        };
        let pause = maybe_moment(row, "paused_from")?.zip(maybe_moment(row, "paused_until")?);
        let (amount, quantity): (i64, i64) = (row.try_get("amount")?, row.try_get("quantity")?);
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
            phases: phase::read(row.try_get("phases")?)?,
            auto_renew: row.try_get("auto_renew")?,
            quantity,
            managed_by: row.try_get("managed_by")?,
            payment_pending: row.try_get("payment_pending")?,
            booked_until: maybe_moment(row, "booked_until")?,
            terms: Terms {
                plan: row.try_get("plan")?,
                plan_name: row.try_get("plan_name")?,
                amount: amount
                    .checked_mul(quantity)
                    .ok_or_else(|| malformed("amount", "more than can be counted"))?,
                currency: row.try_get("currency")?,
                cycle,
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
