//! From what a session request says to one subscription at Stripe.

use farewell_server::billing::{Billing, Can, Lookup, LookupError};
use serde_json::json;

use crate::world::{World, at, customer};

#[tokio::test]
async fn a_snapshot_says_what_stripe_says() {
    let world = World::new().await;
    let found = world.snapshot().await;
    assert_eq!((found.customer.id.as_str(), found.customer.user_id.as_deref()), ("cus_1", Some("u-1")));
    let place = found.customer.place.unwrap();
    assert_eq!((place.country.as_str(), place.region.as_deref()), ("US", Some("MN")));
    let terms = found.terms.unwrap();
    assert_eq!((terms.plan.as_str(), terms.plan_name.as_str()), ("price_pro", "Pro"));
    assert_eq!((terms.amount, terms.currency.as_str()), (1250, "USD"));
    assert_eq!(terms.current_period_end, at("2026-02-28T10:00:00Z"));
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
    assert_eq!(found.can, can);
}

#[tokio::test]
async fn customers_are_found_by_id_by_address_in_any_case_and_by_subscription() {
    let world = World::new().await;
    let named = [
        customer("cus_1"),
        Lookup { email: Some(" Ada@Example.com".into()), ..Lookup::default() },
        Lookup { subscription: Some("sub_1".into()), ..Lookup::default() },
        Lookup { customer: Some("cus_1".into()), email: Some("new@example.com".into()), ..Lookup::default() },
    ];
    for lookup in named {
        assert_eq!(world.billing.snapshot(&lookup).await.unwrap().customer.id, "cus_1", "{lookup:?}");
    }
}

#[tokio::test]
async fn whom_it_cannot_find_is_told_apart() {
    let world = World::new().await;
    world.stripe.customer("cus_2", json!({ "email": "twin@example.com" }));
    world.stripe.customer("cus_3", json!({ "email": "twin@example.com" }));
    world.stripe.customer("cus_gone", json!({ "deleted": true }));
    let end = at("2026-03-28T10:00:00Z").as_second();
    for id in ["sub_2", "sub_3"] {
        world.stripe.subscription(id, "cus_2", "price_pro", end, json!({}));
    }
    world.stripe.subscription("sub_4", "cus_3", "price_pro", end, json!({ "cancel_at_period_end": true }));
    let email = |email: &str| Lookup { email: Some(email.into()), ..Lookup::default() };
    let of =
        |id: &str, subscription: &str| Lookup { subscription: Some(subscription.into()), ..customer(id) };
    for (lookup, error) in [
        (Lookup::default(), LookupError::NobodyNamed),
        (customer("cus_9"), LookupError::UnknownCustomer),
        (customer("cus_gone"), LookupError::UnknownCustomer),
        (customer("../coupons"), LookupError::UnknownCustomer),
        (email("nobody@example.com"), LookupError::UnknownCustomer),
        (email("twin@example.com"), LookupError::SeveralCustomers),
        (of("cus_1", "sub_2"), LookupError::UnknownSubscription),
        (
            Lookup { email: Some("twin@example.com".into()), ..customer("cus_1") },
            LookupError::DifferentCustomers,
        ),
        (customer("cus_2"), LookupError::SeveralSubscriptions(vec!["sub_2".into(), "sub_3".into()])),
        (customer("cus_3"), LookupError::NothingToCancel),
    ] {
        assert_eq!(world.billing.snapshot(&lookup).await.unwrap_err(), error, "{lookup:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_told_in_advance_can_be_canceled_and_nothing_else() {
    let world = World::new().await;
    let two = json!({ "items": { "has_more": false, "data": [{ "id": "si_1" }, { "id": "si_2" }] } });
    world.stripe.subscription("sub_1", "cus_1", "price_pro", 0, two);
    let found = world.snapshot().await;
    assert_eq!((found.terms, found.can), (None, Can { cancel: true, undo: true, ..Can::default() }));
    let odd =
        json!({ "id": "di_1", "coupon": { "id": "spring", "percent_off": 12.5 }, "start": 1, "end": null });
    let end = at("2026-02-28T10:00:00Z").as_second();
    world.stripe.subscription("sub_1", "cus_1", "price_pro", end, json!({ "discounts": [odd] }));
    assert!(!world.snapshot().await.can.discount, "its price is not a whole percentage of anything");
}
