//! What a change to a subscription of the ledger would mean.

use flow::Money;
use jiff::Timestamp;

use super::Ledger;
use super::realm::Realm;
use super::subscription::{self, Row};
use crate::billing::{
    Change, Deal, Length, LookupError, PlanTerms, Quote, QuoteError, RunningDiscount, Start, Terms, Wanted,
};

impl Ledger {
    pub(super) async fn look_ahead(
        &self,
        customer: &str,
        subscription: Option<&str>,
        wanted: &Wanted,
    ) -> Result<Quote, QuoteError> {
        let unavailable = |error: sqlx::Error| LookupError::Unavailable(error.to_string());
        let (db, now) = (self.store.read(), self.clock.now());
        let id = subscription.ok_or(LookupError::UnknownSubscription)?;
        let row = subscription::named(db, &self.realm, id).await.map_err(unavailable)?;
        let row = row.filter(|row| row.customer == customer).ok_or(LookupError::UnknownSubscription)?;
        let discounts = subscription::discounts(db, row.id, now).await.map_err(unavailable)?;
        let subject = Subject { realm: &self.realm, row: &row, discounts: &discounts, now };
        match wanted {
            Wanted::Pause { length } => subject.pause(*length),
            Wanted::ChangePlan { plan, start: Start::NextPayment } => {
                let found = super::plan::named(db, &subject.realm.brand, plan).await.map_err(unavailable)?;
                subject.change_plan(found.ok_or(QuoteError::UnknownPlan)?.1)
            }
            _ => Err(QuoteError::Unsupported),
        }
    }
}

/// What a quote is about.
struct Subject<'a> {
    realm: &'a Realm,
    row: &'a Row,
    discounts: &'a [RunningDiscount],
    now: Timestamp,
}

impl Subject<'_> {
    fn terms(&self) -> Terms {
        self.row.period(self.now).1
    }

    fn pause(&self, length: Length) -> Result<Quote, QuoteError> {
        if !self.row.can(self.now).pause {
            return Err(QuoteError::NotNow("the subscription cannot be paused"));
        }
        let terms = self.terms();
        let until = length.after(terms.current_period_end);
        let until = until.ok_or(QuoteError::NotNow("the pause would end beyond the end of the calendar"))?;
        let payment = terms.money(terms.payment(until, self.discounts));
        Ok(quote(Deal::Pause(length), terms, Some((payment, until))))
    }

    fn change_plan(&self, plan: PlanTerms) -> Result<Quote, QuoteError> {
        let terms = self.terms();
        if plan.id == terms.plan {
            return Err(QuoteError::SamePlan);
        }
        let Some(price) = plan.price.clone().filter(|price| price.currency == terms.currency) else {
            return Err(QuoteError::PlanOtherCurrency);
        };
        if !self.row.can(self.now).change_plan {
            return Err(QuoteError::NotNow("another change is agreed already, or it ends"));
        }
        let due = terms.current_period_end;
        let next = Terms { amount: price.amount, ..terms.clone() }.payment(due, self.discounts);
        let next = terms.money(next);
        Ok(quote(Deal::ChangePlan(plan), terms, Some((next, due))))
    }
}

/// What begins with the next payment.
fn quote(deal: Deal, terms: Terms, next_payment: Option<(Money, Timestamp)>) -> Quote {
    let offer = format!("hub_{}", deal.name());
    Quote {
        change: Change::Accept { offer, deal, agreed: Some(terms) },
        due_now: None,
        next_payment,
        then: None,
        term: None,
    }
}
