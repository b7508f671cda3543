use flow::{Instant, Line, Money};
use jiff::Timestamp;

use crate::billing::{Cycle, Deal, Interval, PlanPrice, Snapshot, Terms};
use crate::clock;
use crate::format::Format;
use crate::locale::Pack;

/// What taking a deal means in money and time, in sentences. None when it cannot be made to this subscription; empty where
/// billing is the merchant's, who alone knows.
pub(super) fn lines(deal: &Deal, snapshot: &Snapshot, pack: &Pack, format: &Format) -> Option<Vec<Line>> {
    let can = snapshot.can;
    let allowed = match deal {
        Deal::Discount(discount) => can.discount && discount.in_range(),
        Deal::Pause(_) => can.pause,
        Deal::ChangePlan(_) => can.change_plan,
        Deal::ExtendTrial { .. } => can.extend_trial,
        Deal::Custom => true,
    };
    let say = Say(pack);
    match (deal, &snapshot.terms) {
        _ if !allowed => None,
        (Deal::Custom, _) | (_, None) => Some(Vec::new()),
        (Deal::Discount(discount), Some(_)) => {
            let preview = snapshot.preview(discount)?;
            let next = say.both("discount_next", preview.price.clone(), preview.at);
            let after = match preview.returns_at {
                Some(at) => say.both("discount_returns", preview.returns_to, at),
                None => say.price("discount_stays", preview.price),
            };
            Some(vec![next, after])
        }
        (Deal::Pause(length), Some(terms)) => {
            let until = length.after(terms.current_period_end)?;
            let price = terms.payment(until, &snapshot.discounts);
            Some(vec![say.date("pause_until", until), say.price("pause_then", money(terms, price))])
        }
        (Deal::ChangePlan(plan), Some(terms)) => {
            let PlanPrice { amount, currency, interval, interval_count } = plan.price.as_ref()?;
            if *currency != terms.currency || plan.id == terms.plan {
                return None;
            }
            let key = match (interval_count, interval) {
                (2.., _) => "plan_span",
                (_, Interval::Day) => "plan_day",
                (_, Interval::Week) => "plan_week",
                (_, Interval::Month) => "plan_month",
                (_, Interval::Year) => "plan_year",
            };
            let from = terms.current_period_end;
            let cycle = Cycle { interval: *interval, interval_count: *interval_count, ..terms.cycle };
            let there = Terms { plan: plan.id.clone(), amount: *amount, cycle, ..terms.clone() };
            let price = there.payment(from, &snapshot.discounts);
            let mut line = say.both(key, money(terms, price), from);
            line.text = line.text.replace("{span}", &format.span(*interval, *interval_count));
            Some(vec![line, say.plain("plan_until")])
        }
        (Deal::ExtendTrial { days }, Some(terms)) => {
            let hours = jiff::SignedDuration::from_hours(i64::from(*days) * 24);
            let until = terms.current_period_end.checked_add(hours).ok()?;
            let price = terms.payment(until, &snapshot.discounts);
            Some(vec![say.date("trial_until", until), say.price("trial_then", money(terms, price))])
        }
    }
}

fn money(terms: &Terms, amount: i64) -> Money {
    Money { amount, currency: terms.currency.clone() }
}

/// Sentences of a language.
struct Say<'a>(&'a Pack);

impl Say<'_> {
    fn line(&self, key: &str, price: Option<Money>, date: Option<Instant>) -> Line {
        Line { text: self.0.offer(key).into(), price, date }
    }

    fn plain(&self, key: &str) -> Line {
        self.line(key, None, None)
    }

    fn price(&self, key: &str, price: Money) -> Line {
        self.line(key, Some(price), None)
    }

    fn date(&self, key: &str, at: Timestamp) -> Line {
        self.line(key, None, Some(clock::instant(at)))
    }

    fn both(&self, key: &str, price: Money, at: Timestamp) -> Line {
        self.line(key, Some(price), Some(clock::instant(at)))
    }
}
