//! A daily subscription of decades: what it was charged is booked in lots, and none is lost or booked twice.

use std::collections::BTreeSet;

use farewell_server::{
    billing::{Answer, Billing, Change, Deal, Instruction, Interval, Invoice, Length, Lookup},
    session::Environment,
};
use jiff::Timestamp;

use crate::fixture::{World, at};

/// In thirty years there are so many days from a 31st of January to a 10th of February.
const DAYS: usize = 30 * 365 + 8 + 11;

fn daily(amount: i64) -> String {
    serde_json::json!({
        "plans": [{ "external_id": "daily", "name": "Daily", "amount": amount, "currency": "USD", "interval": "day" }],
        "customers": [{ "external_id": "cus_9", "subscriptions": [{ "external_id": "sub_9", "plan": "daily",
            "current_period_start": "1996-01-31T10:00:00Z", "current_period_end": "1996-02-01T10:00:00Z" }] }],
    })
    .to_string()
}

async fn invoices(world: &World, environment: Environment) -> Vec<Invoice> {
    world.ledger_of(environment).invoices("cus_9", usize::MAX).await.unwrap()
}

async fn booked(world: &World, environment: Environment) -> usize {
    let booked: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM ledger_invoices AS i JOIN ledger_subscriptions AS s ON s.id = i.subscription_id \
         WHERE s.external_id = 'sub_9' AND s.environment = $1",
    )
    .bind(environment.name())
    .fetch_one(world.store.read())
    .await
    .unwrap();
    usize::try_from(booked).unwrap()
}

async fn pause(world: &World, environment: Environment) -> Instruction {
    let lookup = Lookup { customer: Some("cus_9".into()), ..Lookup::default() };
    let agreed = world.ledger_of(environment).snapshot(&lookup).await.unwrap().terms;
    let deal = Deal::Pause(Length { interval: Interval::Month, count: 1 });
    Instruction {
        customer: "cus_9".into(),
        subscription: Some("sub_9".into()),
        ..world.instruction(Change::Accept { offer: "rest".into(), deal, agreed })
    }
}

/// Does it, while somebody else writes all the time. Gives how many charges were booked at each of the other's turns; what the customer
/// was charged, as it is read then, is `charged` at each of them.
async fn seen_during<T>(
    world: &World,
    charged: &[Invoice],
    work: impl Future<Output = T>,
) -> (T, BTreeSet<usize>) {
    let mut seen = BTreeSet::new();
    let mut work = std::pin::pin!(work);
    loop {
        let turn = async {
            let write = async |tx: &mut farewell_server::store::Tx| {
                sqlx::query("UPDATE ledger_customers SET name = 'Ada' WHERE external_id = 'cus_1'")
                    .execute(tx)
                    .await?;
                Ok::<_, farewell_server::store::Error>(())
            };
            world.store.write(write).await.unwrap();
            (booked(world, Environment::Prod).await, invoices(world, Environment::Prod).await)
        };
        tokio::select! {
            biased;
            done = &mut work => return (done, seen),
            (count, found) = turn => {
                assert!(found == charged, "with {count} booked");
                seen.insert(count);
            }
        }
    }
}

#[tokio::test]
async fn decades_are_booked_in_lots_before_a_change_and_read_the_same_at_every_moment() {
    let world = World::new().await;
    world.import(&daily(100)).await.unwrap();
    let charged = invoices(&world, Environment::Prod).await;
    assert_eq!(charged.len(), DAYS);
    assert_eq!(charged.first().map(|last| last.at), Some(at("2026-02-10T10:00:00Z")));
    let instruction = pause(&world, Environment::Prod).await;
    let ledger = world.ledger();
    let (answer, seen) = seen_during(&world, &charged, ledger.execute("key", &instruction)).await;
    assert_eq!(answer, Answer::Applied);
    // Others had their turn in between.
    assert!(seen.iter().any(|count| (1..DAYS - 500).contains(count)), "{seen:?}");
    assert!(seen.iter().all(|count| count % 500 == 0 || *count == DAYS), "{seen:?}");
    assert_eq!(booked(&world, Environment::Prod).await, DAYS);
    assert_eq!(invoices(&world, Environment::Prod).await, charged);
}

#[tokio::test]
async fn another_price_in_a_file_does_not_reach_back_over_decades() {
    let world = World::new().await;
    world.import(&daily(100)).await.unwrap();
    let charged = invoices(&world, Environment::Prod).await;
    let (_, seen) = seen_during(&world, &charged, world.import(&daily(700))).await;
    assert!(seen.iter().any(|count| (1..DAYS - 500).contains(count)), "{seen:?}");
    assert_eq!(booked(&world, Environment::Prod).await, DAYS);
    assert_eq!(invoices(&world, Environment::Prod).await, charged);
    world.clock.set(at("2026-02-11T12:00:00Z"));
    let next = invoices(&world, Environment::Prod).await.remove(0);
    assert_eq!((next.at, next.total.amount), (at("2026-02-11T10:00:00Z"), 700));
}

#[tokio::test]
async fn what_is_tried_out_books_nothing_that_counts() {
    let world = World::new().await;
    world.import(&daily(100)).await.unwrap();
    let instruction = pause(&world, Environment::Sandbox).await;
    let answer = world.ledger_of(Environment::Sandbox).execute("key", &instruction).await;
    assert_eq!(answer, Answer::Applied);
    assert_eq!(booked(&world, Environment::Sandbox).await, DAYS);
    assert_eq!(booked(&world, Environment::Prod).await, 0);
}

#[tokio::test]
async fn the_last_charges_are_the_same_whether_all_are_asked_for_or_few() {
    let world = World::new().await;
    world.import(&daily(100)).await.unwrap();
    let dates = |invoices: Vec<Invoice>| invoices.into_iter().map(|one| one.at).collect::<Vec<Timestamp>>();
    let few = dates(world.ledger().invoices("cus_9", 3).await.unwrap());
    assert_eq!(few, ["2026-02-10T10:00:00Z", "2026-02-09T10:00:00Z", "2026-02-08T10:00:00Z"].map(at));
    // All but the last three are booked.
    world.clock.set(at("2026-02-09T12:00:00Z"));
    let instruction = pause(&world, Environment::Prod).await;
    assert_eq!(world.ledger().execute("key", &instruction).await, Answer::Applied);
    world.clock.set(at("2026-03-12T12:00:00Z"));
    let all = dates(invoices(&world, Environment::Prod).await);
    let few = dates(world.ledger().invoices("cus_9", 4).await.unwrap());
    assert_eq!(few, all[..4]);
    assert_eq!(few[3], at("2026-02-09T10:00:00Z"));
}
