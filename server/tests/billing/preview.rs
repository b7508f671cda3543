//! What an offer says it costs, against a second, simpler reckoning.

use farewell_server::{
    billing::{
        Answer, Billing, Can, Change, Customer, Cycle, Deal, DiscountTerms, Interval, Reduction,
        RunningDiscount, Snapshot, Span, Terms,
    },
    clock,
};
use jiff::Timestamp;
use proptest::prelude::*;

use crate::fixture::{World, at, half_for_three_months};

/// A date counted by hand: year, month, day.
type Date = (i64, i64, i64);

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn next_day((year, month, day): Date) -> Date {
    match (month, day) {
        (12, 31) => (year + 1, 1, 1),
        (_, day) if day == days_in(year, month) => (year, month + 1, 1),
        _ => (year, month, day + 1),
    }
}

fn months_later((year, month, _): Date, months: i64, day: i64) -> Date {
    let count = year * 12 + month - 1 + months;
    let (year, month) = (count / 12, count % 12 + 1);
    (year, month, day.min(days_in(year, month)))
}

/// The payments after the one at `start`, one by one.
fn payments(start: Date, cycle: Cycle) -> impl Iterator<Item = Date> {
    let count = i64::from(cycle.interval_count);
    let mut n = 0;
    let mut last = start;
    std::iter::from_fn(move || {
        n += 1;
        last = match cycle.interval {
            Interval::Day => (0..count).fold(last, |date, _| next_day(date)),
            Interval::Week => (0..count * 7).fold(last, |date, _| next_day(date)),
            Interval::Month => months_later(start, n * count, cycle.anchor_day.into()),
            Interval::Year => months_later(start, n * count * 12, cycle.anchor_day.into()),
        };
        Some(last)
    })
}

/// The first payment that is not lower any more.
fn model_end(start: Date, cycle: Cycle, lasts: Span) -> Option<Date> {
    let end = match lasts {
        Span::Once => next_day(start),
        Span::Months(months) => {
            let keeps_day = matches!(cycle.interval, Interval::Month | Interval::Year);
            let day = if keeps_day { cycle.anchor_day.into() } else { start.2 };
            months_later(start, months.into(), day)
        }
        Span::Forever => return None,
    };
    payments(start, cycle).find(|date| *date >= end)
}

/// The price by trying every price: the highest whose distance to the exact one is at most half a unit.
fn model_price(amount: i64, off: &Reduction) -> i64 {
    match off {
        Reduction::Amount { amount: less, .. } => (amount - less).max(0),
        Reduction::Percent(percent) => {
            let exact = |price: i64| i128::from(price) * 100 - i128::from(amount) * i128::from(100 - percent);
            let near = i128::from(amount) * i128::from(100 - percent) / 100;
            let near = i64::try_from(near).unwrap();
            // Half a unit goes to the customer: the part taken off is rounded up.
            (near - 1..=near + 1)
                .find(|price| exact(*price) > -100 && 2 * exact(*price) >= -100 && 2 * exact(*price) < 100)
                .unwrap()
        }
    }
}

fn moment((year, month, day): Date) -> Timestamp {
    at(&format!("{year:04}-{month:02}-{day:02}T10:30:00Z"))
}

fn snapshot(amount: i64, cycle: Cycle, next: Timestamp) -> Snapshot {
    Snapshot {
        customer: Customer { id: "cus".into(), user_id: None, place: None, name: None, email: None },
        subscription: Some("sub".into()),
        terms: Some(Terms {
            plan: "plan".into(),
            plan_name: "Plan".into(),
            amount,
            currency: "USD".into(),
            cycle,
            current_period_end: next,
        }),
        discounts: Vec::new(),
        can: Can { cancel: true, undo: true, discount: true, ..Can::default() },
        began_at: None,
        pause: None,
        trial_ends_at: None,
        withheld: Vec::new(),
    }
}

fn reductions() -> impl Strategy<Value = Reduction> {
    prop_oneof![
        (1u32..=100).prop_map(Reduction::Percent),
        (1i64..200_000).prop_map(|amount| Reduction::Amount { amount, currency: "USD".into() }),
    ]
}

fn spans() -> impl Strategy<Value = Span> {
    prop_oneof![Just(Span::Once), (1u32..=36).prop_map(Span::Months), Just(Span::Forever)]
}

/// A cycle and a payment that falls on it.
fn cycles() -> impl Strategy<Value = (Cycle, Date)> {
    let units =
        prop_oneof![Just(Interval::Day), Just(Interval::Week), Just(Interval::Month), Just(Interval::Year)];
    (units, 1u32..=13, 2020i64..2030, 1i64..=12, 1i8..=31).prop_map(
        |(interval, interval_count, year, month, anchor_day)| {
            (
                Cycle { interval, interval_count, anchor_day },
                months_later((year, month, 1), 0, anchor_day.into()),
            )
        },
    )
}

proptest! {
    #[test]
    fn a_preview_is_what_a_second_reckoning_finds(
        (cycle, start) in cycles(),
        amount in 0i64..1_000_000,
        off in reductions(),
        lasts in spans(),
    ) {
        let preview = snapshot(amount, cycle, moment(start)).preview(&DiscountTerms { off: off.clone(), lasts }).unwrap();
        prop_assert_eq!(preview.price.amount, model_price(amount, &off));
        prop_assert_eq!(preview.price.currency, "USD");
        prop_assert_eq!(preview.at, moment(start));
        prop_assert_eq!(preview.returns_to.amount, amount);
        prop_assert_eq!(preview.returns_at, model_end(start, cycle, lasts).map(moment));
    }

    #[test]
    fn a_lower_payment_stays_lower_and_none_is_negative(
        amount in 0i64..i64::MAX / 2,
        more in 0i64..1000,
        off in reductions(),
    ) {
        let less = off.applied_to(amount, "USD").unwrap();
        prop_assert!((0..=amount).contains(&less));
        prop_assert!(less <= off.applied_to(amount + more, "USD").unwrap());
    }

    #[test]
    fn with_another_discount_running_nobody_pays_more_than_the_offer_says(
        amount in 0i64..1_000_000,
        off in reductions(),
        running in reductions(),
    ) {
        let cycle = Cycle { interval: Interval::Month, interval_count: 1, anchor_day: 31 };
        let next = at("2026-01-31T00:00:00Z");
        let discount = DiscountTerms { off, lasts: Span::Once };
        let alone = snapshot(amount, cycle, next);
        let mut beside = alone.clone();
        beside.discounts.push(RunningDiscount { offer: "other".into(), off: running, starts_at: next, ends_at: None });
        let price = |snapshot: &Snapshot| snapshot.preview(&discount).unwrap().price.amount;
        prop_assert!(price(&beside) <= price(&alone));
    }
}

#[test]
fn halves_go_to_the_customer() {
    for (amount, percent, price) in
        [(5, 50, 2), (1, 50, 0), (3, 33, 2), (999, 50, 499), (1250, 15, 1062), (100, 100, 0)]
    {
        assert_eq!(
            Reduction::Percent(percent).applied_to(amount, "USD"),
            Some(price),
            "{percent}% off {amount}"
        );
    }
    assert_eq!(Reduction::Percent(1).applied_to(i64::MAX, "USD"), Some(9_131_138_316_486_228_049));
}

#[test]
fn payments_keep_their_day_through_short_months_and_leap_years() {
    let monthly = Cycle { interval: Interval::Month, interval_count: 1, anchor_day: 31 };
    let yearly = Cycle { interval: Interval::Year, interval_count: 1, anchor_day: 29 };
    let walk =
        |cycle: Cycle, from: &str, n: u32| clock::text(cycle.after(at(from), n).unwrap())[..10].to_owned();
    let from = "2027-12-31T23:59:59Z";
    assert_eq!(
        [1, 2, 3, 4, 5].map(|n| walk(monthly, from, n)),
        ["2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30", "2028-05-31"]
    );
    assert_eq!(walk(monthly, "2026-02-28T00:00:00Z", 1), "2026-03-31");
    assert_eq!(
        [1, 3, 4].map(|n| walk(yearly, "2024-02-29T00:00:00Z", n)),
        ["2025-02-28", "2027-02-28", "2028-02-29"]
    );
    assert_eq!(walk(yearly, "2027-02-28T00:00:00Z", 1), "2028-02-29");
    assert_eq!(yearly.after(at("2024-02-29T00:00:00Z"), u32::MAX), None);
}

#[test]
fn nothing_is_promised_that_cannot_be_computed() {
    let cycle = Cycle { interval: Interval::Month, interval_count: 1, anchor_day: 1 };
    let mut given = snapshot(1000, cycle, at("2026-02-01T00:00:00Z"));
    let euros = Reduction::Amount { amount: 100, currency: "EUR".into() };
    for (off, lasts) in [
        (euros, Span::Once),
        (Reduction::Percent(0), Span::Once),
        (Reduction::Percent(200), Span::Once),
        (Reduction::Percent(10), Span::Months(u32::MAX)),
    ] {
        assert_eq!(given.preview(&DiscountTerms { off, lasts }), None);
    }
    assert!(given.preview(&half_for_three_months()).is_some());
    given.can.discount = false;
    assert_eq!(given.preview(&half_for_three_months()), None);
}

#[test]
fn the_ledger_charges_what_the_preview_said() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let config = ProptestConfig { cases: 24, ..ProptestConfig::default() };
    proptest!(config, |(amount in 1i64..100_000, off in reductions(), lasts in spans(), unit in "day|week|month|year", count in 1u32..4)| {
        runtime.block_on(async {
            let world = World::new().await;
            let file = format!(
                r#"{{ "plans": [{{ "external_id": "p", "name": "P", "amount": {amount}, "currency": "USD", "interval": "{unit}",
                     "interval_count": {count} }}], "customers": [{{ "external_id": "cus_1", "subscriptions": [
                     {{ "external_id": "sub_1", "plan": "p", "current_period_end": "2026-03-31T00:00:00Z" }}] }}] }}"#
            );
            world.import(&file).await.unwrap();
            let discount = DiscountTerms { off, lasts };
            let snapshot = world.snapshot().await;
            let preview = snapshot.preview(&discount).unwrap();
            let accept = Change::Accept { offer: "x".into(), deal: Deal::Discount(discount), agreed: snapshot.terms };
            let answer = world.ledger().execute("key", &world.instruction(accept)).await;
            prop_assert_eq!(answer, Answer::Applied);
            let next = world.subscription().await.next_payment.unwrap();
            prop_assert_eq!((next.amount, next.at), (preview.price.amount, clock::instant(preview.at)));
            if let Some(end) = preview.returns_at {
                // Just before it, the next payment is the one at the full price.
                let before = end.checked_sub(jiff::SignedDuration::from_secs(1)).unwrap();
                world.clock.set(before);
                let full = world.subscription().await.next_payment.unwrap();
                prop_assert_eq!((full.amount, full.at), (preview.returns_to.amount, clock::instant(end)));
            }
            Ok(())
        })?;
    });
}
