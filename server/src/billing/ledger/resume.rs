//! The end of a pause, before its time.

use jiff::Timestamp;

use super::book::{self, Charge};
use super::coupon::unavailable;
use super::quote::Subject;
use super::subscription::Row;
use crate::billing::{Change, Pause, Quote, QuoteError, RunningDiscount, Terms};
use crate::clock;
use crate::store::{Error, Tx};

/// A pause that is about to end.
pub(super) struct Resumption {
    pause: Pause,
    /// The payment that comes instead of the one behind the pause; at once, where the pause runs.
    payment: Timestamp,
    /// The terms with that payment: the period that begins with it.
    terms: Terms,
    anchor_day: i8,
    price: i64,
    at_once: bool,
}

impl Subject<'_> {
    /// Works out what it would mean to end the pause at a moment.
    pub(super) async fn resumption(&self, tx: &mut Tx, at: Timestamp) -> Result<Resumption, QuoteError> {
        let nothing = QuoteError::NotNow("there is no pause");
        let Some(pause) = self.row.pause(at).filter(|_| self.row.can(at).resume) else { return Err(nothing) };
        let at_once = pause.from <= at;
        let payment = if at_once { at } else { pause.from };
        let anchor_day = if at_once { super::day(at) } else { anchor_before(tx, self.row, pause).await? };
        let mut terms = self.row.period_at(at).terms;
        terms.cycle.anchor_day = anchor_day;
        let beyond = QuoteError::NotNow("the next period would end beyond the end of the calendar");
        terms.current_period_end = terms.cycle.after(payment, 1).ok_or(beyond)?;
        let discounts = self.discounts.iter().map(|one| moved(one, pause, payment));
        let price = terms.payment(payment, &discounts.collect::<Vec<_>>());
        Ok(Resumption { pause, payment, terms, anchor_day, price, at_once })
    }
}

/// The day payments fell on before a pause was agreed.
async fn anchor_before(tx: &mut Tx, row: &Row, pause: Pause) -> Result<i8, QuoteError> {
    let day: Option<i8> =
        sqlx::query_scalar("SELECT anchor_before_pause FROM ledger_subscriptions WHERE id = $1")
            .bind(row.id)
            .fetch_one(tx)
            .await
            .map_err(unavailable)?;
    Ok(day.unwrap_or_else(|| super::day(pause.from)))
}

/// A discount that was to begin with the payment behind a pause, as it is where that payment comes earlier: it covers as long.
fn moved(discount: &RunningDiscount, pause: Pause, payment: Timestamp) -> RunningDiscount {
    let mut moved = discount.clone();
    if discount.starts_at == pause.until {
        let earlier = pause.until.duration_since(payment);
        moved.starts_at = payment;
        moved.ends_at = discount.ends_at.map(|end| end.checked_sub(earlier).unwrap_or(end));
    }
    moved
}

impl Resumption {
    /// What it would mean, for a customer who agrees to it.
    pub(super) fn quote(&self) -> Quote {
        let price = self.terms.money(self.price);
        let end = self.terms.current_period_end;
        Quote {
            change: Change::Resume {
                agreed: self.pause,
                at: self.at_once.then_some((self.payment, self.price)),
            },
            due_now: self.at_once.then(|| price.clone()),
            next_payment: Some(if self.at_once { (self.terms.price(), end) } else { (price, self.payment) }),
            then: None,
            term: self.at_once.then_some((self.payment, end)),
        }
    }

    /// Writes it, into a row that is settled.
    pub(super) async fn write(&self, tx: &mut Tx, row: &Row) -> Result<(), Error> {
        let (start, end) = match self.at_once {
            true => (self.payment, self.terms.current_period_end),
            false => (row.current_period_start, self.payment),
        };
        if self.at_once {
            let charge = Charge {
                number: book::number(row.id, self.payment),
                at: self.payment,
                plan: self.terms.plan_name.clone(),
                total: self.price,
                credit: 0,
                currency: self.terms.currency.clone(),
                period_end: end,
            };
            book::write(&mut *tx, row.id, &charge).await?;
        }
        sqlx::query(
            "UPDATE ledger_subscriptions SET current_period_start = $1, current_period_end = $2, anchor_day = $3, \
             paused_from = NULL, paused_until = NULL, anchor_before_pause = NULL, \
             booked_until = CASE WHEN $4 THEN $1 ELSE booked_until END WHERE id = $5",
        )
        .bind(clock::text(start))
        .bind(clock::text(end))
        .bind(self.anchor_day)
        .bind(self.at_once)
        .bind(row.id)
        .execute(&mut *tx)
        .await?;
        for discount in book::all_discounts(&mut *tx, row.id).await? {
            if discount.starts_at != self.pause.until {
                continue;
            }
            let earlier = moved(&discount, self.pause, self.payment);
            sqlx::query(
                "UPDATE ledger_discounts SET starts_at = $1, ends_at = $2 \
                 WHERE subscription_id = $3 AND starts_at = $4 AND offer = $5",
            )
            .bind(clock::text(earlier.starts_at))
            .bind(earlier.ends_at.map(clock::text))
            .bind(row.id)
            .bind(clock::text(discount.starts_at))
            .bind(&discount.offer)
            .execute(&mut *tx)
            .await?;
        }
        Ok(())
    }
}
