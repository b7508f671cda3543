//! One more term.

use jiff::{Timestamp, tz::TimeZone};

use super::coupon::{Coupon, Freed, unavailable};
use super::phase::Phase;
use super::plan::Plan;
use super::quote::Subject;
use super::{address, book, campaign, payment_method};
use crate::billing::{
    Change, Interval, MOST_PHASES, Quote, QuoteError, Renewal, RunningDiscount, Span, Terms,
};
use crate::clock;
use crate::store::{Error, Tx};

/// The most of a plan that can be had.
const MOST: i64 = 10_000;

/// A term that is about to be added.
pub(super) struct Term {
    plan: Plan,
    /// When it begins.
    start: Timestamp,
    terms: Terms,
    coupon: Option<(Coupon, RunningDiscount)>,
    quantity: i64,
    /// The first payment, discounts taken off.
    price: i64,
    address: Option<i64>,
    payment_method: Option<i64>,
}

impl Subject<'_> {
    /// Works out what a renewal would mean.
    pub(super) async fn renewal(&self, tx: &mut Tx, renewal: &Renewal) -> Result<Term, QuoteError> {
        let (row, now) = (self.row, self.now);
        let quantity = i64::from(renewal.quantity);
        if quantity == 0 || quantity > MOST {
            return Err(QuoteError::Quantity);
        }
        if renewal.campaign.as_deref().is_some_and(|key| !campaign::is_key(key)) {
            return Err(QuoteError::CampaignKey);
        }
        row.can_be_renewed(now).map_err(QuoteError::NotNow)?;
        let plan = Plan::open_to(tx, self.realm, &row.customer, &renewal.plan).await?;
        let running = row.period_at(now);
        if plan.price.currency != running.terms.currency {
            return Err(QuoteError::PlanOtherCurrency);
        }
        let kept: Vec<&Phase> = row.upcoming(now).filter(|_| !renewal.replace_upcoming_phases).collect();
        // The one that runs, those to come, and this one.
        if kept.len() + 2 > MOST_PHASES {
            return Err(QuoteError::TooManyPhases);
        }
        let (start, before) = match kept.last() {
            Some(last) => (last.end(), &last.terms),
            None => (running.terms.current_period_end, &running.terms),
        };
        // Payments by days and weeks keep no day of the month.
        let anchor_day = match before.cycle.interval {
            Interval::Day | Interval::Week => start.to_zoned(TimeZone::UTC).day(),
            Interval::Month | Interval::Year => before.cycle.anchor_day,
        };
        let terms = plan.period(start, anchor_day, quantity);
        let terms = terms.ok_or(QuoteError::NotNow("the term would end beyond the end of the calendar"))?;
        let address = match (renewal.address, plan.needs_address || plan.countries.is_some()) {
            (None, true) => return Err(QuoteError::AddressNeeded),
            (None, false) => None,
            (Some(id), _) => Some(address::deliverable(tx, self.realm, &row.customer, id, &plan).await?),
        };
        let payment_method = match renewal.payment_method {
            Some(id) => Some(payment_method::chosen(tx, self.realm, &row.customer, id).await?),
            None => None,
        };
        if let Some(new) = &renewal.new_payment_method {
            payment_method::has_room(tx, self.realm, &row.customer, new).await?;
        }
        // What came with terms that are replaced goes with them.
        let (freed, mut discounts) = match renewal.replace_upcoming_phases {
            true => {
                let kept =
                    book::discounts_without_upcoming(&mut *tx, row.id, now).await.map_err(unavailable)?;
                (Freed::Upcoming(row.id, now), kept)
            }
            false => (Freed::Nothing, self.discounts.to_vec()),
        };
        self.not_with_a_coupon_of_another(tx, &plan, start, freed).await?;
        let coupon = match &renewal.coupon {
            Some(code) => {
                let found = Coupon::usable(tx, self.realm, &row.customer, code, &plan, freed, now).await?;
                let discount = RunningDiscount {
                    offer: found.offer(),
                    off: found.terms.off.clone(),
                    starts_at: start,
                    ends_at: match found.terms.lasts {
                        Span::Once => terms.cycle.after(start, 1),
                        Span::Months(months) => terms.cycle.after_months(start, months),
                        Span::Forever => None,
                    },
                };
                discounts.push(discount.clone());
                Some((found, discount))
            }
            None => None,
        };
        let price = terms.payment(start, &discounts);
        Ok(Term { plan, start, coupon, quantity, price, address, payment_method, terms })
    }
}

impl Phase {
    /// When it ends, where another follows it.
    fn end(&self) -> Timestamp {
        self.until.unwrap_or(self.terms.current_period_end)
    }
}

impl Term {
    /// What it would mean, for a customer who agrees to it.
    pub(super) fn quote(&self, renewal: &Renewal) -> Quote {
        Quote {
            change: Change::Renew { renewal: renewal.clone(), agreed: Some((self.price, self.start)) },
            due_now: None,
            next_payment: Some((self.terms.money(self.price), self.start)),
            then: None,
            term: Some((self.start, self.terms.current_period_end)),
        }
    }

    /// Writes it, into a row that is settled.
    pub(super) async fn write(
        &self,
        tx: &mut Tx,
        subject: &Subject<'_>,
        renewal: &Renewal,
        key: &str,
    ) -> Result<(), Error> {
        let (row, at, now) = (subject.row.id, clock::text(subject.now), clock::text(subject.now));
        if renewal.replace_upcoming_phases {
            for sql in [
                "DELETE FROM ledger_discounts WHERE phase_id IN \
                 (SELECT id FROM ledger_phases WHERE subscription_id = $1 AND starts_at > $2)",
                "DELETE FROM ledger_phases WHERE subscription_id = $1 AND starts_at > $2",
            ] {
                sqlx::query(sql).bind(row).bind(&at).execute(&mut *tx).await?;
            }
        }
        // Another plan that was agreed for good is paid for one term, and then comes this.
        sqlx::query("UPDATE ledger_phases SET ends_at = $1 WHERE subscription_id = $2 AND ends_at IS NULL")
            .bind(clock::text(self.start))
            .bind(row)
            .execute(&mut *tx)
            .await?;
        let campaign = match &renewal.campaign {
            Some(campaign) => Some(campaign::ensure(&mut *tx, subject.realm, campaign, subject.now).await?),
            None => None,
        };
        let payment_method = match &renewal.new_payment_method {
            Some(new) => {
                let customer = &subject.row.customer;
                Some(payment_method::note(&mut *tx, subject.realm, customer, new, subject.now).await?)
            }
            None => self.payment_method,
        };
        let phase: i64 = sqlx::query_scalar(
            "INSERT INTO ledger_phases (subscription_id, plan_id, quantity, starts_at, ends_at, anchor_day, campaign_id, \
             address_id, payment_method_id, origin, language, created_at, operation) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING id",
        )
        .bind(row)
        .bind(self.plan.id)
        .bind(self.quantity)
        .bind(clock::text(self.start))
        .bind(clock::text(self.terms.current_period_end))
        .bind(self.terms.cycle.anchor_day)
        .bind(campaign)
        .bind(self.address)
        .bind(payment_method)
        .bind(&renewal.origin)
        .bind(&renewal.language)
        .bind(&now)
        .bind(key)
        .fetch_one(&mut *tx)
        .await?;
        if let Some((coupon, discount)) = &self.coupon {
            coupon.grant(&mut *tx, row, Some(phase), discount, key, subject.now).await?;
        }
        // Whoever renews what was to end wants it to go on.
        sqlx::query("UPDATE ledger_subscriptions SET cancel_at = NULL, canceled_at = NULL WHERE id = $1")
            .bind(row)
            .execute(tx)
            .await?;
        Ok(())
    }
}
