//! Periods that are found by their number, against a walk from one to the next.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::Period;
use crate::billing::ledger::{phase::Phase, subscription::Row};
use crate::billing::{Cycle, Interval, Terms};
use crate::session::Environment;

/// The periods from the stored one on, as the row would be read by somebody with time.
fn walk(row: &Row, upto: Timestamp) -> Vec<Period> {
    let cut = |mut period: Period| {
        let within = |from: &Timestamp| period.start < *from && *from < period.terms.current_period_end;
        if let Some(from) = row.phases.iter().map(|phase| phase.from).find(within) {
            period.terms.current_period_end = from;
        }
        period
    };
    let (mut chain, mut first_end) = (0, row.terms.current_period_end);
    let mut next = cut(Period {
        start: row.current_period_start,
        terms: row.terms.clone(),
        quantity: row.quantity,
        auto_renew: row.auto_renew,
    });
    let mut periods = Vec::new();
    loop {
        let start = next.terms.current_period_end;
        periods.push(next.clone());
        let over = row.end().map_or(row.ended, |end| end <= start);
        if over || start > upto {
            return periods;
        }
        if let Some(phase) = row.phases.iter().find(|phase| phase.from == start) {
            (chain, first_end) = (0, phase.terms.current_period_end);
            next.terms = phase.terms.clone();
            (next.quantity, next.auto_renew) = (phase.quantity, phase.auto_renew);
        } else {
            chain += 1;
            let Some(end) = next.terms.cycle.after(first_end, chain) else { return periods };
            next.terms.current_period_end = end;
        }
        next.start = start;
        next = cut(next);
    }
}

fn cycles() -> impl Strategy<Value = Cycle> {
    let interval =
        prop_oneof![Just(Interval::Day), Just(Interval::Week), Just(Interval::Month), Just(Interval::Year)];
    (interval, 1u32..5, 1i8..=31).prop_map(|(interval, interval_count, anchor_day)| Cycle {
        interval,
        interval_count,
        anchor_day,
    })
}

fn terms(plan: &str, cycle: Cycle, end: Timestamp) -> Terms {
    let (plan, plan_name) = (plan.to_owned(), plan.to_owned());
    Terms { plan, plan_name, amount: 100, currency: "USD".into(), cycle, current_period_end: end }
}

/// Any moment from 1950 to 2090, often on a whole day and at the end of a month.
fn moments() -> impl Strategy<Value = Timestamp> {
    let second = -631_152_000i64..3_786_912_000;
    let any = second.clone().prop_map(|second| Timestamp::from_second(second).unwrap());
    let day = second.prop_map(|second| Timestamp::from_second(second - second.rem_euclid(86400)).unwrap());
    let month_end = (1950i64..2090, 1i8..=12, -1i64..=1).prop_map(|(year, month, off)| {
        let first = jiff::civil::date(i16::try_from(year).unwrap(), month, 1);
        let last = first.last_of_month().to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
        last + SignedDuration::from_hours(24 * off)
    });
    prop_oneof![any, day, month_end]
}

/// How long a stored period is: that of its cycle, or one that a trial or a pause has made of it.
fn first_ends(start: Timestamp, cycle: Cycle) -> impl Strategy<Value = Timestamp> {
    let full = cycle.after(start, 1).unwrap();
    let other = (1i64..200 * 86400).prop_map(move |seconds| start + SignedDuration::from_secs(seconds));
    prop_oneof![Just(full), other]
}

prop_compose! {
    fn phases(start: Timestamp)(
        gaps in proptest::collection::vec((0i64..900, any::<bool>(), cycles(), any::<bool>(), 1i64..4), 0..4),
    ) -> Vec<Phase> {
        let mut from = start;
        let mut phases = Vec::new();
        for (n, (days, off, cycle, auto_renew, quantity)) in gaps.into_iter().enumerate() {
            // With no days between them, two begin at once, and the first of them counts.
            from += SignedDuration::from_hours(24 * days) + SignedDuration::from_secs(i64::from(off));
            let end = cycle.after(from, 1).unwrap();
            let terms = terms(&format!("phase {n}"), cycle, end);
            phases.push(Phase { from, until: auto_renew.then_some(end), terms, auto_renew, quantity });
        }
        phases
    }
}

prop_compose! {
    fn rows()(start in moments(), cycle in cycles())(
        first_end in first_ends(start, cycle),
        mut phases in phases(start),
        at_a_payment in proptest::option::of(0u32..400),
        cancel_at in proptest::option::weighted(0.4, moments()),
        (ended, auto_renew) in (proptest::bool::weighted(0.1), proptest::bool::weighted(0.8)),
        (start, cycle) in Just((start, cycle)),
    ) -> Row {
        // As a scheduled term does begin: with a payment.
        if let (Some(payments), Some(phase)) = (at_a_payment, phases.first_mut())
            && let Some(payment) = cycle.after(first_end, payments + 1)
        {
            phase.from = payment;
            phase.terms.current_period_end = phase.terms.cycle.after(payment, 1).unwrap();
        }
        phases.sort_by_key(|phase| phase.from);
        Row {
            id: 1,
            external_id: "sub_1".into(),
            environment: Environment::Prod,
            customer: "cus_1".into(),
            customer_id: 1,
            ended,
            current_period_start: start,
            cancel_at,
            canceled_at: None,
            created_at: start,
            pause: None,
            trial_ends_at: None,
            phases,
            auto_renew,
            quantity: 1,
            managed_by: None,
            payment_pending: false,
            booked_until: None,
            terms: terms("stored", cycle, first_end),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_period_of_a_moment_is_that_of_a_walk(row in rows(), at in moments()) {
        let walked = walk(&row, at);
        // The moments to which a mistake by one would show.
        let edges = walked.iter().rev().take(3).map(|period| period.start);
        for at in edges.flat_map(|edge| [edge, edge - super::INSTANT]).chain([at]) {
            let expected = walked.iter().enumerate().rfind(|(n, period)| *n == 0 || period.start <= at);
            prop_assert_eq!(Some(&row.period_at(at)), expected.map(|(_, period)| period), "at {}", at);
        }
    }

    #[test]
    fn the_periods_of_a_time_are_those_of_a_walk(row in rows(), from in proptest::option::of(moments()), upto in moments()) {
        let walked = walk(&row, upto);
        let found: Vec<_> = row.periods(from, upto).collect();
        let behind = |period: &&Period| period.start <= upto && from.is_none_or(|from| from < period.start);
        let expected: Vec<_> = walked.iter().filter(behind).collect();
        // Of each term there is also the last period before them, which `from` may be in.
        let found: Vec<_> = found.iter().filter(behind).collect();
        prop_assert_eq!(found, expected);
        let mut back: Vec<_> = row.periods(from, upto).rev().collect();
        back.reverse();
        prop_assert_eq!(back, row.periods(from, upto).collect::<Vec<_>>());
    }

    #[test]
    fn payments_are_counted_as_if_one_by_one(cycle in cycles(), payment in moments(), upto in moments()) {
        let one_by_one = (1..).map_while(|n| cycle.after(payment, n)).take_while(|next| *next <= upto).count();
        prop_assert_eq!(usize::try_from(cycle.payments(payment, upto)).unwrap(), one_by_one);
    }
}

#[test]
fn payments_are_counted_over_the_whole_calendar() {
    let day = Cycle { interval: Interval::Day, interval_count: 1, anchor_day: 1 };
    let [from, to]: [Timestamp; 2] =
        ["-009998-06-01T00:00:00Z", "9999-06-01T00:00:00Z"].map(|at| at.parse().unwrap());
    assert_eq!(day.payments(from, to), 7_303_754);
    assert_eq!(day.after(from, 7_303_754), Some(to));
}
