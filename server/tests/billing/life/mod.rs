//! The life of a subscription, against a second reckoning that knows nothing of the first: it ticks from payment to payment, counts
//! days by its own calendar, and money in fractions.

mod calendar;
mod model;

use std::sync::Arc;

use farewell_server::billing::{Answer, Billing, Change, Interval, Length, Lookup, Renewal, Start, Wanted};
use farewell_server::clock::Clock;
use farewell_server::session::Environment;
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::fixture::World;
use model::{Model, PLANS};

/// What may happen next.
#[derive(Clone, Debug)]
enum Event {
    /// Time passes, in seconds.
    Wait(i64),
    Pause(u32),
    Resume,
    ChangePlan(usize, Start),
    Renew {
        plan: usize,
        quantity: u32,
        code: Option<usize>,
        replace: bool,
    },
    Code(usize),
    Cancel,
    CancelNow,
    Undo,
}

const CODES: [&str; 3] = ["HALF", "THIRD3", "TENTH"];

fn events() -> impl Strategy<Value = Event> {
    let start = prop_oneof![Just(Start::Now), Just(Start::NextPayment)];
    let plan = 0..PLANS.len();
    prop_oneof![
        6 => (1i64..70 * 24 * 3600).prop_map(Event::Wait),
        2 => (1u32..4).prop_map(Event::Pause),
        2 => Just(Event::Resume),
        3 => (plan.clone(), start).prop_map(|(plan, start)| Event::ChangePlan(plan, start)),
        4 => (plan, 1u32..4, proptest::option::of(0..CODES.len()), any::<bool>())
            .prop_map(|(plan, quantity, code, replace)| Event::Renew { plan, quantity, code, replace }),
        2 => (0..CODES.len()).prop_map(Event::Code),
        2 => Just(Event::Cancel),
        1 => Just(Event::CancelNow),
        2 => Just(Event::Undo),
    ]
}

/// A shop with every plan of the model, and a customer who has the first of them since some day.
fn shop(start: i64, end: i64, plan: usize) -> String {
    let plans: Vec<_> = PLANS
        .iter()
        .map(|plan| {
            serde_json::json!({ "external_id": plan.id, "name": plan.id, "amount": plan.amount, "currency": "USD",
                "interval": plan.unit, "interval_count": plan.count, "auto_renew": plan.goes_on })
        })
        .collect();
    serde_json::json!({
        "plans": plans,
        "coupons": [
            { "code": "HALF", "percent_off": 50 },
            { "code": "THIRD3", "percent_off": 33, "duration": "repeating", "months": 3 },
            { "code": "TENTH", "percent_off": 10, "duration": "forever" },
        ],
        "customers": [{ "external_id": "cus_1", "subscriptions": [{ "external_id": "sub_1", "plan": PLANS[plan].id,
            "current_period_start": second(start).to_string(), "current_period_end": second(end).to_string() }] }],
    })
    .to_string()
}

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn wanted(event: &Event) -> Option<Wanted> {
    Some(match event {
        Event::Pause(months) => {
            Wanted::Pause { length: Length { interval: Interval::Month, count: *months } }
        }
        Event::Resume => Wanted::Resume,
        Event::ChangePlan(plan, start) => Wanted::ChangePlan { plan: PLANS[*plan].id.into(), start: *start },
        Event::Renew { plan, quantity, code, replace } => Wanted::Renew(Renewal {
            quantity: *quantity,
            coupon: code.map(|code| CODES[code].into()),
            replace_upcoming_phases: *replace,
            ..Renewal::of(PLANS[*plan].id)
        }),
        Event::Code(code) => Wanted::ApplyCode { code: CODES[*code].into() },
        _ => return None,
    })
}

/// Does the same to both. Gives whether it could be done, and what was to be paid at once.
async fn happen(world: &World, model: &mut Model, event: &Event, key: &str) -> Result<(), TestCaseError> {
    let now = world.clock.now();
    if let Event::Wait(seconds) = event {
        world.clock.set(second(now.as_second() + seconds));
        model.tick(now.as_second() + seconds);
        return Ok(());
    }
    let expected = model.happen(event);
    if let Some(wanted) = wanted(event) {
        let quote = world.ledger().quote("cus_1", Some("sub_1"), &wanted).await;
        prop_assert_eq!(quote.is_ok(), expected.is_some(), "{:?} {:?}", event, quote);
        let Ok(quote) = quote else { return Ok(()) };
        prop_assert_eq!(quote.due_now.as_ref().map(|due| due.amount), expected.flatten(), "{:?}", event);
        prop_assert_eq!(world.carry_out(key, quote.change).await, Answer::Applied, "{:?}", event);
        return Ok(());
    }
    let change = match event {
        Event::Undo => Change::Undo,
        Event::CancelNow => Change::CancelImmediately,
        _ => {
            let lookup = Lookup { customer: Some("cus_1".into()), ..Lookup::default() };
            let told = world.ledger().snapshot(&lookup).await.ok().and_then(|found| found.paid_until(now));
            Change::CancelAtPeriodEnd { effective_at: told }
        }
    };
    let answer = world.carry_out(key, change).await;
    prop_assert_eq!(answer == Answer::Applied, expected.is_some(), "{:?} {:?}", event, answer);
    Ok(())
}

async fn live(start: i64, plan: usize, events: Vec<Event>) -> Result<(), TestCaseError> {
    let mut model = Model::begin(start, plan);
    let clock = Clock::manual(second(start + 3600));
    let world = World::open(Arc::new(tempfile::tempdir().unwrap()), clock).await;
    world.import(&shop(start, model.end(), plan)).await.unwrap();
    model.tick(start + 3600);
    for (n, event) in events.iter().enumerate() {
        happen(&world, &mut model, event, &format!("key {n}")).await?;
        let now = world.clock.now();
        let charged: Vec<(i64, i64)> = {
            let invoices = world.ledger().invoices("cus_1", usize::MAX).await.unwrap();
            invoices.iter().rev().map(|one| (one.at.as_second(), one.total.amount)).collect()
        };
        prop_assert_eq!(&charged, &model.charged, "charged, after {:?}", &events[..=n]);
        let account = Lookup { customer: Some("cus_1".into()), ..Lookup::default() };
        let holding = world.ledger().account(&account).await.unwrap().subscriptions.remove(0);
        let next = holding.next_payment.map(|(price, at)| (at.as_second(), price.amount));
        prop_assert_eq!(next, model.next_payment(), "the next payment at {}, after {:?}", now, &events[..=n]);
        prop_assert_eq!(holding.ended, model.ended(), "after {:?}", &events[..=n]);
        prop_assert_eq!(
            holding.ends_at.map(|end| end.as_second()),
            model.ends_at(),
            "the end at {}, after {:?}",
            now,
            &events[..=n]
        );
        let plan = holding.terms.unwrap().plan;
        prop_assert_eq!(plan.as_str(), model.plan(), "after {:?}", &events[..=n]);
        // What the sandbox would see of it is the same, before and behind a copy.
        let sandbox = world.ledger_of(Environment::Sandbox).account(&account).await.unwrap();
        prop_assert_eq!(sandbox.subscriptions[0].ended, model.ended());
    }
    Ok(())
}

#[test]
fn whatever_happens_the_ledger_charges_what_a_second_reckoning_does() {
    let cases = std::env::var("FAREWELL_LIVES").ok().and_then(|text| text.parse().ok()).unwrap_or(48);
    let config = Config { cases, max_shrink_iters: 400, failure_persistence: None, ..Config::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // Between 2023 and 2031, on whole seconds: over leap years, and over the ends of months.
    let lives = (1_672_531_200i64..1_924_992_000, 0..PLANS.len(), proptest::collection::vec(events(), 1..24));
    let outcome = TestRunner::new(config)
        .run(&lives, |(start, plan, events)| runtime.block_on(live(start, plan, events)));
    if let Err(failed) = outcome {
        panic!("{failed}");
    }
}
