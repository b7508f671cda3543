//! What a change to a subscription of the ledger would mean.

use flow::Money;
use jiff::Timestamp;
use sqlx::Connection as _;

use super::Ledger;
use super::coupon::{self, Coupon, Freed, unavailable};
use super::plan::{self, Plan};
use super::realm::Realm;
use super::subscription::{self, Row};
use crate::billing::{
    Change, Deal, Length, LookupError, Quote, QuoteError, Renewal, RunningDiscount, Snapshot, Start, Terms,
    Wanted,
};
use crate::store::Tx;

impl Ledger {
    pub(super) async fn look_ahead(
        &self,
        customer: &str,
        subscription: Option<&str>,
        wanted: &Wanted,
    ) -> Result<Quote, QuoteError> {
        let mut connection = self.store.read().acquire().await.map_err(unavailable)?;
        // Everything is of one moment.
        let mut tx = connection.begin().await.map_err(unavailable)?;
        let now = self.clock.now();
        let id = subscription.ok_or(LookupError::UnknownSubscription)?;
        let row = subscription::named(&mut *tx, &self.realm, id).await.map_err(unavailable)?;
        let row = row.filter(|row| row.customer == customer).ok_or(LookupError::UnknownSubscription)?;
        let discounts = subscription::discounts(&mut *tx, row.id, now).await.map_err(unavailable)?;
        let subject = Subject { realm: &self.realm, row: &row, discounts: &discounts, now };
        match wanted {
            Wanted::Pause { length } => subject.pause(*length),
            Wanted::Resume => Ok(subject.resumption(&mut tx, now).await?.quote()),
            Wanted::ChangePlan { plan, start: Start::NextPayment } => {
                let plan = Plan::open_to(&mut tx, &self.realm, customer, plan).await?;
                subject.change_plan(&mut tx, &plan).await
            }
            Wanted::ChangePlan { plan, start: Start::Now } => {
                let switch = subject.switch(&mut tx, plan, now).await?;
                Ok(switch.quote(subject.terms(), now))
            }
            Wanted::Renew(renewal) => {
                let renewal = subject.of_its_plan(renewal);
                Ok(subject.renewal(&mut tx, &renewal).await?.quote(&renewal))
            }
            Wanted::ApplyCode { code } => subject.apply(&mut tx, code).await,
        }
    }
}

/// What a quote is about.
pub(super) struct Subject<'a> {
    pub realm: &'a Realm,
    pub row: &'a Row,
    /// Those that have not ended.
    pub discounts: &'a [RunningDiscount],
    pub now: Timestamp,
}

impl Subject<'_> {
    pub(super) fn terms(&self) -> Terms {
        self.row.period(self.now).1
    }

    /// A renewal that names no plan is one of the plan there is.
    pub(super) fn of_its_plan(&self, renewal: &Renewal) -> Renewal {
        let mut renewal = renewal.clone();
        if renewal.plan.is_empty() {
            let last = self.row.phases.last().map(|phase| phase.terms.plan.clone());
            renewal.plan = last.unwrap_or_else(|| self.terms().plan);
        }
        renewal
    }

    fn pause(&self, length: Length) -> Result<Quote, QuoteError> {
        if !self.row.can(self.now).pause {
            return Err(QuoteError::NotNow("the subscription cannot be paused"));
        }
        let terms = self.terms();
        let until = length.after(terms.current_period_end);
        let until = until.ok_or(QuoteError::NotNow("the pause would end beyond the end of the calendar"))?;
        let payment = terms.money(terms.payment(until, self.discounts));
        Ok(of_deal(Deal::Pause(length), terms, (payment, until)))
    }

    async fn change_plan(&self, tx: &mut Tx, plan: &Plan) -> Result<Quote, QuoteError> {
        let terms = self.terms();
        if plan.external_id == terms.plan {
            return Err(QuoteError::SamePlan);
        }
        if plan.price.currency != terms.currency {
            return Err(QuoteError::PlanOtherCurrency);
        }
        if !self.row.can(self.now).change_plan {
            return Err(QuoteError::NotNow("another change is agreed already, or it ends"));
        }
        let due = terms.current_period_end;
        self.not_with_a_coupon_of_another(tx, plan, due, Freed::Nothing).await?;
        let next = plan.period(due, terms.cycle.anchor_day, self.row.period_at(self.now).quantity);
        let next = next.ok_or(QuoteError::NotNow("the plan costs more than can be counted"))?;
        let payment = next.money(next.payment(due, self.discounts));
        Ok(of_deal(Deal::ChangePlan(plan.terms()), terms, (payment, due)))
    }

    /// A coupon that is for other plans does not follow to this one.
    pub(super) async fn not_with_a_coupon_of_another(
        &self,
        tx: &mut Tx,
        plan: &Plan,
        from: Timestamp,
        freed: Freed,
    ) -> Result<(), QuoteError> {
        let kept = coupon::keeps_to_another_plan(tx, self.row.id, plan.id, from, freed).await;
        if kept.map_err(unavailable)? {
            return Err(QuoteError::NotNow("a coupon runs that is not for this plan"));
        }
        Ok(())
    }

    async fn apply(&self, tx: &mut Tx, code: &str) -> Result<Quote, QuoteError> {
        let terms = self.terms();
        let plan = plan::named(&mut *tx, &self.realm.brand, &terms.plan).await.map_err(unavailable)?;
        let plan = plan.ok_or(QuoteError::UnknownPlan)?;
        let customer = &self.row.customer;
        let coupon = Coupon::usable(tx, self.realm, customer, code, &plan, Freed::Nothing, self.now).await?;
        let cannot = QuoteError::NotNow("a discount cannot be applied");
        let preview = self.row.snapshot(self.discounts, self.now).preview(&coupon.terms).ok_or(cannot)?;
        Ok(Quote {
            change: Change::Accept {
                offer: coupon.offer(),
                deal: Deal::Discount(coupon.terms),
                agreed: Some(terms),
            },
            due_now: None,
            next_payment: Some((preview.price, preview.at)),
            then: preview.returns_at.map(|at| (preview.returns_to, at)),
            term: None,
        })
    }
}

/// What begins with the next payment.
fn of_deal(deal: Deal, terms: Terms, next_payment: (Money, Timestamp)) -> Quote {
    let offer = format!("hub_{}", deal.name());
    Quote {
        change: Change::Accept { offer, deal, agreed: Some(terms) },
        due_now: None,
        next_payment: Some(next_payment),
        then: None,
        term: None,
    }
}

impl Row {
    /// What billing knows of it at a moment, without its customer.
    fn snapshot(&self, discounts: &[RunningDiscount], at: Timestamp) -> Snapshot {
        Snapshot {
            customer: crate::billing::Customer {
                id: self.customer.clone(),
                user_id: None,
                place: None,
                name: None,
                email: None,
            },
            subscription: Some(self.external_id.clone()),
            terms: Some(self.period(at).1),
            discounts: discounts.to_vec(),
            can: self.can(at),
            began_at: None,
            pause: self.pause(at),
            trial_ends_at: self.trial(at),
            withheld: Vec::new(),
        }
    }
}
