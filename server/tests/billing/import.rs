//! Filling a ledger from a file.

use farewell_server::billing::{
    Billing, Change,
    ledger::{self, Import, Imported},
};
use farewell_server::session::Environment;

use crate::fixture::{CUSTOMERS, World, to_period_end};

async fn dump(world: &World) -> serde_json::Value {
    let customer =
        ledger::customer(&world.store, "acme", Environment::Prod, "cus_1", world.clock.now()).await.unwrap();
    serde_json::to_value(customer).unwrap()
}

#[tokio::test]
async fn the_same_file_twice_changes_nothing_the_second_time() {
    let world = World::new().await;
    let before = dump(&world).await;
    world.clock.advance(jiff::SignedDuration::from_hours(1));
    let counted = world.import(CUSTOMERS).await.unwrap();
    assert_eq!(counted, Imported { plans: 2, customers: 1, subscriptions: 1 });
    assert_eq!(dump(&world).await, before);
    assert_eq!(world.operations().await, 0);
}

#[tokio::test]
async fn a_customer_is_shown_whole() {
    let world = World::new().await;
    let expected = serde_json::json!({
        "id": 1, "external_id": "cus_1", "environment": "prod", "user_id": "u-1", "email": "Ada@Example.com", "name": "Ada",
        "country": "US", "region": "MN",
        "subscriptions": [{
            "id": 1, "external_id": "sub_1", "status": "active",
            "plan": { "external_id": "pro", "name": "Pro", "amount": 1250, "currency": "USD", "interval": "month", "interval_count": 1 },
            "current_period_start": "2026-01-31T10:00:00.000Z", "current_period_end": "2026-02-28T10:00:00.000Z",
            "cancel_at": null, "canceled_at": null, "pause": null, "trial_ends_at": null, "next_plan": null,
            "next_payment": { "amount": 1250, "currency": "USD", "at": "2026-02-28T10:00:00.000Z" },
            "discounts": [], "quantity": 1, "auto_renew": true, "phases": []
        }],
        "addresses": [], "payment_methods": [], "segments": []
    });
    assert_eq!(dump(&world).await, expected);
    assert!(
        ledger::customer(&world.store, "globex", Environment::Prod, "cus_1", world.clock.now())
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn dates_that_are_left_out_are_filled_in() {
    let world = World::new().await;
    let file = r#"{ "customers": [{ "external_id": "cus_1", "subscriptions": [
        { "external_id": "a", "plan": "pro" }, { "external_id": "b", "plan": "max" },
        { "external_id": "c", "plan": "pro", "current_period_end": "2026-03-31T00:00:00+01:00" },
        { "external_id": "d", "plan": "pro", "current_period_start": "2026-01-31T00:00:00Z" }] }] }"#;
    world.import(file).await.unwrap();
    let shown = dump(&world).await;
    let dates = |n: usize| {
        let subscription = &shown["subscriptions"][n];
        [&subscription["current_period_start"], &subscription["current_period_end"]]
            .map(|date| date.as_str().unwrap())
    };
    assert_eq!(dates(1), ["2026-01-31T12:00:00.000Z", "2026-02-28T12:00:00.000Z"]);
    assert_eq!(dates(2), ["2026-01-31T12:00:00.000Z", "2027-01-31T12:00:00.000Z"]);
    assert_eq!(dates(3), ["2026-02-28T23:00:00.000Z", "2026-03-30T23:00:00.000Z"]);
    assert_eq!(dates(4), ["2026-01-31T00:00:00.000Z", "2026-02-28T00:00:00.000Z"]);
}

#[tokio::test]
async fn what_a_file_does_not_mention_keeps_its_value() {
    let world = World::new().await;
    world.ledger().execute("key", &world.instruction(to_period_end())).await;
    let before = dump(&world).await;
    let bare = r#"{ "customers": [{ "external_id": "cus_1", "subscriptions": [{ "external_id": "sub_1", "plan": "pro" }] }] }"#;
    world.import(bare).await.unwrap();
    assert_eq!(dump(&world).await, before);
    world
        .import(r#"{ "customers": [{ "external_id": "cus_1", "name": "Ada L.", "country": "DE" }] }"#)
        .await
        .unwrap();
    let after = dump(&world).await;
    assert_eq!(
        (&after["name"], &after["country"], &after["region"]),
        (&"Ada L.".into(), &"DE".into(), &().into())
    );
}

#[tokio::test]
async fn a_status_in_a_file_is_carried_out_when_it_is_another() {
    let world = World::new().await;
    let with = |status: &str| {
        format!(
            r#"{{ "customers": [{{ "external_id": "cus_1", "subscriptions": [
                {{ "external_id": "sub_1", "plan": "pro", "status": "{status}" }}] }}] }}"#
        )
    };
    world.import(&with("active")).await.unwrap();
    assert_eq!(world.operations().await, 0);
    world.import(&with("canceled")).await.unwrap();
    let canceled = world.subscription().await;
    assert_eq!((canceled.status, canceled.cancel_at.unwrap().0), ("canceled", world.clock.now_text()));
    world.import(&with("active")).await.unwrap();
    let active = world.subscription().await;
    assert_eq!((active.status, active.cancel_at), ("active", None));
    assert_eq!(world.operations().await, 2);

    let cancel = world.instruction(Change::CancelImmediately);
    world.ledger().execute("key", &cancel).await;
    world.import(&with("active")).await.unwrap();
    let read = world.ledger().read_back("key", &cancel).await;
    assert_eq!(read, farewell_server::billing::Answer::Applied, "it was there, and changed by hand since");
}

#[tokio::test]
async fn a_mistake_is_named_by_its_path_and_nothing_of_the_file_is_kept() {
    let world = World::new().await;
    let before = dump(&world).await;
    let customer = |inner: &str| {
        format!(r#"{{ "customers": [{{ "external_id": "cus_1", "name": "Changed", {inner} }}] }}"#)
    };
    let subscription =
        |inner: &str| customer(&format!(r#""subscriptions": [{{ "external_id": "sub_1", {inner} }}]"#));
    let plan =
        |inner: &str| format!(r#"{{ "plans": [{{ "external_id": "pro", "name": "Pro", {inner} }}] }}"#);
    for (file, expected) in [
        (subscription(r#""plan": "x""#), "customers[0].subscriptions[0].plan: no plan \"x\""),
        (subscription(r#""plan": 7"#), "customers[0].subscriptions[0].plan: invalid type: integer `7`"),
        (subscription(r#""plan": "pro", "status": "paused""#), "customers[0].subscriptions[0].status: unknown variant `paused`"),
        (subscription(r#""plan": "pro", "state": "active""#), "customers[0].subscriptions[0].state: unknown field `state`"),
        (
            subscription(r#""plan": "pro", "current_period_end": "tomorrow""#),
            "customers[0].subscriptions[0].current_period_end: write a moment",
        ),
        (
            subscription(r#""plan": "pro", "current_period_start": "0001-01-01T00:00:00Z""#),
            "customers[0].subscriptions[0].current_period_start: write a moment",
        ),
        (
            subscription(
                r#""plan": "pro", "current_period_start": "2026-02-01T00:00:00Z", "current_period_end": "2026-02-01T00:00:00Z""#,
            ),
            "customers[0].subscriptions[0].current_period_end: a period ends after it begins",
        ),
        (subscription(r#""status": "active""#), "customers[0].subscriptions[0]: missing field `plan`"),
        (customer(r#""country": "UK""#), "customers[0].country: \"UK\" is not a country"),
        (customer(r#""region": "MN""#), "customers[0].region: a region needs a `country`"),
        (plan(r#""amount": -1, "currency": "USD", "interval": "month""#), "plans[0].amount: write 0 or more"),
        (plan(r#""amount": 12.5, "currency": "USD", "interval": "month""#), "plans[0].amount: invalid type: floating point"),
        (plan(r#""amount": 1, "currency": "usd", "interval": "month""#), "plans[0].currency: \"usd\" is not a currency"),
        (plan(r#""amount": 1, "currency": "USD", "interval": "decade""#), "plans[0].interval: unknown variant `decade`"),
        (
            plan(r#""amount": 1, "currency": "USD", "interval": "month", "interval_count": 0"#),
            "plans[0].interval_count: write 1 to 1000",
        ),
        (
            r#"{ "customers": [{ "external_id": "a" }, { "external_id": "a" }] }"#.into(),
            "customers[1].external_id: customers[0] has the id \"a\" already",
        ),
        (r#"{ "customers": [{ "external_id": " " }] }"#.into(), "customers[0].external_id: give the customer an id"),
        (
            r#"{ "customers": [{ "external_id": "cus_2", "subscriptions": [{ "external_id": "sub_1", "plan": "pro" }] }] }"#.into(),
            "customers[0].subscriptions[0].external_id: \"sub_1\" is the subscription of another customer",
        ),
        ("{} {}".into(), "trailing characters at line 1 column 4"),
        ("[".into(), "EOF while parsing"),
    ] {
        let error = world.import(&file).await.expect_err(&file).to_string();
        assert!(error.starts_with(expected), "{error}\nis not\n{expected}");
        assert_eq!(dump(&world).await, before, "{file}");
    }
}

#[tokio::test]
async fn brands_share_no_ids() {
    let world = World::new().await;
    let now = world.clock.now();
    Import::read(CUSTOMERS).unwrap().apply(&world.store, "globex", now).await.unwrap();
    let other =
        ledger::customer(&world.store, "globex", Environment::Prod, "cus_1", now).await.unwrap().unwrap();
    assert_eq!((other.id, other.subscriptions.len()), (2, 1));
    assert_eq!(dump(&world).await["subscriptions"].as_array().unwrap().len(), 1);
}
