//! From what a request says to one subscription.

use farewell_server::billing::ledger::Ledger;
use farewell_server::billing::{Billing, Can, Lookup, LookupError, merchant::Merchant};
use farewell_server::session::Environment;

use crate::fixture::{World, at, to_period_end};

const MORE: &str = r#"{ "customers": [
    { "external_id": "cus_2", "email": "bob@example.com", "subscriptions": [
        { "external_id": "sub_2a", "plan": "pro" }, { "external_id": "sub_2b", "plan": "max" },
        { "external_id": "sub_2c", "plan": "pro", "status": "canceled" } ] },
    { "external_id": "cus_3", "email": "shared@example.com" },
    { "external_id": "cus_4", "email": "Shared@example.com", "subscriptions": [
        { "external_id": "sub_4", "plan": "pro", "status": "canceled" } ] } ] }"#;

fn look(customer: &str, email: &str, subscription: &str) -> Lookup {
    let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    Lookup { customer: given(customer), email: given(email), subscription: given(subscription), token: None }
}

#[tokio::test]
async fn every_lookup_leads_to_one_subscription_or_says_why_not() {
    let world = World::new().await;
    world.import(MORE).await.unwrap();
    let several = LookupError::SeveralSubscriptions(vec!["sub_2a".into(), "sub_2b".into()]);
    for (lookup, expected) in [
        (look("cus_1", "", ""), Ok("sub_1")),
        (look("", "ada@EXAMPLE.com", ""), Ok("sub_1")),
        (look("", " ada@example.com ", ""), Ok("sub_1")),
        (look("cus_1", "ada@example.com", "sub_1"), Ok("sub_1")),
        (look("cus_1", "new-address@example.com", ""), Ok("sub_1")),
        (look("", "", "sub_1"), Ok("sub_1")),
        (look("cus_2", "", "sub_2b"), Ok("sub_2b")),
        (look("", "", ""), Err(LookupError::NobodyNamed)),
        (look("cus_9", "", ""), Err(LookupError::UnknownCustomer)),
        (look("cus_9", "ada@example.com", ""), Err(LookupError::UnknownCustomer)),
        (look("", "nobody@example.com", ""), Err(LookupError::UnknownCustomer)),
        (look("", "nobody@example.com", "sub_1"), Err(LookupError::UnknownCustomer)),
        (look("cus_1", "", "sub_9"), Err(LookupError::UnknownSubscription)),
        (look("cus_1", "", "sub_2a"), Err(LookupError::UnknownSubscription)),
        (look("", "", "sub_9"), Err(LookupError::UnknownSubscription)),
        (look("cus_1", "bob@example.com", ""), Err(LookupError::DifferentCustomers)),
        (look("", "shared@example.com", ""), Err(LookupError::SeveralCustomers)),
        (look("cus_4", "shared@example.com", ""), Err(LookupError::NothingToCancel)),
        (look("cus_2", "", ""), Err(several)),
        (look("cus_2", "", "sub_2c"), Err(LookupError::NothingToCancel)),
        (look("cus_3", "", ""), Err(LookupError::NothingToCancel)),
        (look("cus_4", "", ""), Err(LookupError::NothingToCancel)),
    ] {
        let found = world.ledger().snapshot(&lookup).await.map(|snapshot| snapshot.subscription.unwrap());
        assert_eq!(found, expected.map(Into::into), "{lookup:?}");
    }
}

#[tokio::test]
async fn a_snapshot_says_who_what_and_when_and_survives_being_stored() {
    let world = World::new().await;
    let snapshot = world.snapshot().await;
    assert_eq!(snapshot.customer.id, "cus_1");
    assert_eq!(snapshot.customer.user_id.as_deref(), Some("u-1"));
    let place = snapshot.customer.place.clone().unwrap();
    assert_eq!((place.country.as_str(), place.region.as_deref()), ("US", Some("MN")));
    let can = Can {
        cancel: true,
        undo: true,
        discount: true,
        pause: true,
        change_plan: true,
        extend_trial: false,
        switch: true,
        ..Can::default()
    };
    assert_eq!(snapshot.can, can);
    let shown = snapshot.subscription();
    assert_eq!(shown.plan.as_deref(), Some("Pro"));
    assert_eq!(shown.price.map(|price| (price.amount, price.currency)), Some((1250, "USD".into())));
    assert_eq!(shown.interval, Some(flow::Interval::Month));
    assert_eq!(shown.renews_at, Some(flow::Instant("2026-02-28T10:00:00.000Z".into())));
    let stored = serde_json::to_string(&snapshot).unwrap();
    assert_eq!(serde_json::from_str::<farewell_server::billing::Snapshot>(&stored).unwrap(), snapshot);
}

#[tokio::test]
async fn a_brand_sees_no_other_brands_customers() {
    let world = World::new().await;
    let other = Ledger::new(world.store.clone(), world.clock.clone(), "globex", Environment::Prod);
    for lookup in [look("cus_1", "", ""), look("", "ada@example.com", "")] {
        assert_eq!(other.snapshot(&lookup).await.unwrap_err(), LookupError::UnknownCustomer);
    }
    assert_eq!(other.snapshot(&look("", "", "sub_1")).await.unwrap_err(), LookupError::UnknownSubscription);
}

#[tokio::test]
async fn periods_follow_one_another_and_keep_their_day() {
    let world = World::new().await;
    for (now, end) in [
        ("2026-02-28T09:59:59.999Z", "2026-02-28T10:00:00Z"),
        ("2026-02-28T10:00:00Z", "2026-03-31T10:00:00Z"),
        ("2026-04-30T09:00:00Z", "2026-04-30T10:00:00Z"),
        ("2028-02-29T09:00:00Z", "2028-02-29T10:00:00Z"),
    ] {
        world.clock.set(at(now));
        assert_eq!(world.snapshot().await.terms.unwrap().current_period_end, at(end), "at {now}");
    }
}

#[tokio::test]
async fn a_subscription_that_is_to_end_cannot_be_canceled_again() {
    let world = World::new().await;
    world.ledger().execute("key", &world.instruction(to_period_end())).await;
    let again = world.ledger().snapshot(&look("cus_1", "", "sub_1")).await;
    assert_eq!(again.unwrap_err(), LookupError::NothingToCancel);
}

#[tokio::test]
async fn the_merchants_own_billing_accepts_everybody_and_knows_nothing() {
    let snapshot = Merchant.snapshot(&look("whoever", "", "sub")).await.unwrap();
    assert_eq!((snapshot.customer.id.as_str(), snapshot.subscription.as_deref()), ("whoever", Some("sub")));
    assert_eq!(snapshot.terms, None);
    assert_eq!(snapshot.subscription(), flow::Subscription::default());
    assert_eq!(snapshot.preview(&crate::fixture::half_for_three_months()), None);
    let by_email = Merchant.snapshot(&look("", "a@example.com", "")).await.unwrap();
    assert_eq!(by_email.customer.id, "a@example.com");
    assert_eq!(Merchant.snapshot(&look("", "", "sub")).await.unwrap_err(), LookupError::NobodyNamed);
}
