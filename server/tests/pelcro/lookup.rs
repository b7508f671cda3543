//! From what a session request says to one subscription at the site.

use farewell_server::billing::{Billing, Lookup, LookupError};
use jiff::SignedDuration;

use crate::world::World;

#[tokio::test]
async fn a_token_says_who_it_is_and_what_is_given_has_to_agree() {
    let world = World::new().await;
    let token = Some(world.token("cus_1", 60));
    let id = world.number("customers", "cus_1").await;
    let named = [
        Lookup { token: token.clone(), ..Lookup::default() },
        Lookup { token: token.clone(), customer: Some(id.clone()), ..Lookup::default() },
        Lookup { token: token.clone(), customer: Some("cus_1".into()), ..Lookup::default() },
        Lookup { token: token.clone(), email: Some(" C1@example.com".into()), ..Lookup::default() },
        // From then on the id is enough: the newest token is kept.
        Lookup { customer: Some(id.clone()), ..Lookup::default() },
    ];
    for lookup in named {
        let found = world
            .connector
            .billing
            .snapshot(&lookup)
            .await
            .unwrap_or_else(|error| panic!("{lookup:?}: {error}"));
        assert_eq!(found.customer.id, id, "{lookup:?}");
        assert_eq!(found.customer.user_id.as_deref(), Some("cus_1"));
        let terms = found.terms.unwrap();
        assert_eq!((terms.amount, terms.currency.as_str()), (2000, "USD"));
        assert_eq!(terms.current_period_end, "2026-12-10T05:00:00Z".parse().unwrap());
        assert!(found.can.cancel && found.can.undo && found.can.discount && found.can.change_plan);
        assert!(!found.can.pause && !found.can.extend_trial);
    }
    for other in [
        Lookup { token: token.clone(), customer: Some("2".into()), ..Lookup::default() },
        Lookup { token, email: Some("c2@example.com".into()), ..Lookup::default() },
    ] {
        assert_eq!(world.connector.billing.account(&other).await, Err(LookupError::DifferentCustomers));
    }
    assert_eq!(world.connector.count("tokens").await, 1);
}

fn by_id(id: &str) -> Lookup {
    Lookup { customer: Some(id.into()), ..Lookup::default() }
}

/// A customer whom the merchant calls so.
async fn somebody_called(world: &World, name: &str) -> Lookup {
    let customer = serde_json::json!({ "external_id": name, "email": "other@example.com", "subscriptions": [{
        "external_id": format!("sub of {name}"), "plan": "plan_pro",
        "current_period_start": "2026-11-10T05:00:00Z", "current_period_end": "2026-12-10T05:00:00Z" }] });
    world.import(&serde_json::json!({ "customers": [customer] }).to_string()).await;
    Lookup { token: Some(world.token(name, 60)), ..Lookup::default() }
}

#[tokio::test]
async fn an_id_that_is_also_what_the_merchant_calls_another_needs_a_token_or_an_address() {
    let world = World::new().await;
    let billing = &world.connector.billing;
    let first = world.known(1).await.customer.id;
    assert_eq!(billing.unmistakable(&by_id(&first)).await, Ok(()));
    let other = somebody_called(&world, &first).await;
    let namesake = billing.snapshot(&other).await.unwrap().customer;
    assert_ne!(namesake.id, first);
    assert_eq!(namesake.user_id.as_deref(), Some(first.as_str()));
    let error = billing.unmistakable(&by_id(&first)).await.unwrap_err();
    assert_eq!(error, LookupError::AmbiguousCustomer);
    assert!(error.to_string().contains("send customer_token"));
    // A token says who it is, and an address that is theirs says it too.
    let of_first = Some(world.token("cus_1", 60));
    for (lookup, whose) in [
        (Lookup { token: of_first, ..by_id(&first) }, &first),
        (Lookup { token: other.token, ..by_id(&first) }, &namesake.id),
        (Lookup { email: Some("c1@example.com".into()), ..by_id(&first) }, &first),
    ] {
        assert_eq!(billing.unmistakable(&lookup).await, Ok(()), "{lookup:?}");
        assert_eq!(&billing.snapshot(&lookup).await.unwrap().customer.id, whose, "{lookup:?}");
    }
    let strange = Lookup { token: Some(world.token("cus_2", 60)), ..by_id(&first) };
    assert_eq!(billing.snapshot(&strange).await, Err(LookupError::DifferentCustomers));
    let theirs = Lookup { email: Some("other@example.com".into()), ..by_id(&first) };
    assert_eq!(billing.unmistakable(&theirs).await, Err(LookupError::DifferentCustomers));
    // Whom a session is of is known already.
    assert_eq!(billing.snapshot(&by_id(&first)).await.unwrap().customer.id, first);
    assert_eq!(billing.unmistakable(&by_id(&namesake.id)).await, Err(LookupError::AmbiguousCustomer));
}

#[tokio::test]
async fn where_the_merchants_own_names_are_numbers_an_id_alone_may_always_be_anothers() {
    let world = World::new().await;
    let billing = &world.connector.billing;
    let token = somebody_called(&world, "900").await;
    let id = billing.snapshot(&token).await.unwrap().customer.id;
    assert_eq!(billing.unmistakable(&by_id(&id)).await, Err(LookupError::AmbiguousCustomer));
    assert_eq!(billing.unmistakable(&Lookup { customer: Some(id), ..token }).await, Ok(()));
    // Nobody has this number at Pelcro, so that nobody is taken for them.
    assert_eq!(billing.unmistakable(&by_id("900")).await, Ok(()));
    assert_eq!(billing.snapshot(&by_id("900")).await, Err(LookupError::TokenNeeded));
}

#[tokio::test]
async fn without_a_token_that_is_taken_it_is_said_what_to_send() {
    let world = World::new().await;
    let nobody = Lookup { customer: Some("4711".into()), ..Lookup::default() };
    let by_email = Lookup { email: Some("c1@example.com".into()), ..Lookup::default() };
    for lookup in [nobody, by_email] {
        let error = world.connector.billing.snapshot(&lookup).await.unwrap_err();
        assert_eq!(error, LookupError::TokenNeeded);
        assert!(error.to_string().contains("send customer_token"));
    }
    assert!(world.proxy.asked().is_empty(), "nobody is asked without one");
    let token = world.token("cus_1", 1);
    world.site.clock.advance(SignedDuration::from_hours(25));
    let expired = Lookup { token: Some(token.clone()), ..Lookup::default() };
    let error = world.connector.billing.account(&expired).await.unwrap_err();
    assert_eq!(error, LookupError::TokenExpired);
    assert!(
        error.to_string().contains("send a fresh customer_token")
            && !error.to_string().contains(token.expose())
    );
    assert_eq!(world.connector.count("tokens").await, 0, "of no use");
}

#[tokio::test]
async fn tokens_are_sealed_and_every_answer_brings_a_newer_one() {
    let world = World::new().await;
    let first = world.token("cus_1", 1);
    let lookup = Lookup { token: Some(first.clone()), ..Lookup::default() };
    let id = world.connector.billing.account(&lookup).await.unwrap().customer.id;
    // Each day another token: the first is long of no use.
    for _ in 0..5 {
        world.site.clock.advance(SignedDuration::from_hours(20));
        let known = Lookup { customer: Some(id.clone()), ..Lookup::default() };
        world.connector.billing.account(&known).await.unwrap();
    }
    let sealed: String = sqlx::query_scalar("SELECT token FROM pelcro_tokens")
        .fetch_one(world.connector.store.read())
        .await
        .unwrap();
    assert!(sealed.starts_with("tok_") && !sealed.contains(first.expose()) && !sealed.contains("eyJ"));
    let shown = format!("{:?} {lookup:?}", world.connector.billing);
    assert!(!shown.contains(first.expose()) && !shown.contains(&sealed));
}

#[tokio::test]
async fn discounts_that_a_customer_could_not_have_are_withheld() {
    let world = World::new().await;
    assert_eq!(world.known(1).await.withheld, ["late", "nowhere", "student", "wrong"]);
    world.import(r#"{ "customers": [{ "external_id": "cus_2", "segments": ["students"] }] }"#).await;
    assert_eq!(world.known(2).await.withheld, ["late", "nowhere", "wrong"]);
    // What it costs with another coupon on top nobody says in advance.
    let half = world.known(3).await;
    let offer = farewell_server::billing::DiscountTerms {
        off: farewell_server::billing::Reduction::Percent(50),
        lasts: farewell_server::billing::Span::Once,
    };
    let taken = world.accept(&half, "half", farewell_server::billing::Deal::Discount(offer));
    world.connector.billing.execute("half", &taken).await;
    let after = world.known(3).await;
    assert!(!after.can.discount && after.withheld.len() == 5);
}

#[tokio::test]
async fn plans_of_other_segments_are_not_known() {
    let world = World::new().await;
    let known = world.known(1).await;
    let (lite, campus) =
        (world.number("plans", "plan_lite").await, world.number("plans", "plan_campus").await);
    let asked = [lite.clone(), campus, "nothing".into()];
    let plans = world.connector.billing.plans_open_to(&known.customer.id, &asked).await.unwrap().unwrap();
    assert_eq!(plans.len(), 1);
    assert_eq!((plans[0].id.as_str(), plans[0].name.as_str()), (lite.as_str(), "Lite"));
    assert_eq!(plans[0].price.as_ref().unwrap().amount, 900);
}

#[tokio::test]
async fn several_subscriptions_and_none_are_told_apart() {
    let world = World::new().await;
    let of = |n: u32| Lookup { token: Some(world.token(&format!("cus_{n}"), 60)), ..Lookup::default() };
    let Err(LookupError::SeveralSubscriptions(ids)) = world.connector.billing.snapshot(&of(6)).await else {
        panic!("several")
    };
    assert_eq!(ids.len(), 2);
    let one = Lookup { subscription: Some(ids[1].clone()), ..of(6) };
    assert_eq!(world.connector.billing.snapshot(&one).await.unwrap().subscription, Some(ids[1].clone()));
    let other = Lookup { subscription: Some("4711".into()), ..of(6) };
    assert_eq!(world.connector.billing.snapshot(&other).await, Err(LookupError::UnknownSubscription));
    let account = world.connector.billing.account(&of(6)).await.unwrap();
    assert_eq!(account.subscriptions.len(), 2);
    assert_eq!(account.subscriptions[0].next_payment.as_ref().unwrap().0.amount, 2000);
}
