//! Carrying out instructions in the ledger.

use farewell_server::billing::{Answer, Billing, Change, Deal, DiscountTerms, Reduction, Span};

use crate::fixture::{World, at, half_for_three_months, to_period_end};

fn refused(answer: Answer) -> String {
    match answer {
        Answer::Refused(reason) => reason,
        other => panic!("{other:?} is not a refusal"),
    }
}

#[tokio::test]
async fn an_accepted_discount_lowers_the_next_payments_and_then_ends() {
    let world = World::new().await;
    let instruction = world.instruction(world.half_off().await);
    assert_eq!(world.ledger().execute("key", &instruction).await, Answer::Applied);
    assert_eq!(world.ledger().read_back("key", &instruction).await, Answer::Applied);

    let subscription = world.subscription().await;
    let [discount] = &subscription.discounts[..] else { panic!("{:?}", subscription.discounts) };
    assert_eq!((discount.offer.as_str(), discount.percent_off), ("half", Some(50)));
    assert_eq!(discount.starts_at.0, "2026-02-28T10:00:00.000Z");
    assert_eq!(discount.ends_at.as_ref().unwrap().0, "2026-05-31T10:00:00.000Z");
    for (now, amount) in [
        ("2026-02-10T12:00:00Z", 625),
        ("2026-03-30T12:00:00Z", 625),
        ("2026-04-29T12:00:00Z", 625),
        ("2026-04-30T10:00:00Z", 1250),
    ] {
        world.clock.set(at(now));
        assert_eq!(world.subscription().await.next_payment.unwrap().amount, amount, "at {now}");
    }
    world.clock.set(at("2026-05-31T10:00:00Z"));
    assert!(world.subscription().await.discounts.is_empty());
}

#[tokio::test]
async fn the_same_key_changes_nothing_a_second_time() {
    let world = World::new().await;
    for change in [world.half_off().await, to_period_end(), Change::Undo] {
        let instruction = world.instruction(change);
        let key = instruction.change.kind();
        assert_eq!(world.ledger().execute(key, &instruction).await, Answer::Applied, "{key}");
        let before = serde_json::to_value(world.subscription().await).unwrap();
        world.clock.advance(jiff::SignedDuration::from_secs(1));
        for _ in 0..3 {
            assert_eq!(world.ledger().execute(key, &instruction).await, Answer::Applied, "{key}");
            assert_eq!(world.ledger().read_back(key, &instruction).await, Answer::Applied, "{key}");
        }
        assert_eq!(serde_json::to_value(world.subscription().await).unwrap(), before, "{key}");
    }
    assert_eq!(world.operations().await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_at_the_same_time_is_carried_out_once() {
    let world = World::new().await;
    let instruction = world.instruction(world.half_off().await);
    let calls = (0..20).map(|_| {
        let (ledger, instruction) = (world.ledger(), instruction.clone());
        tokio::spawn(async move { ledger.execute("key", &instruction).await })
    });
    for answer in futures_util::future::join_all(calls).await {
        assert_eq!(answer.unwrap(), Answer::Applied);
    }
    assert_eq!(world.subscription().await.discounts.len(), 1);
    assert_eq!(world.operations().await, 1);
}

#[tokio::test]
async fn a_cancellation_at_the_periods_end_ends_it_then_and_can_be_undone_until_then() {
    let world = World::new().await;
    let cancel = world.instruction(to_period_end());
    assert_eq!(world.ledger().execute("cancel", &cancel).await, Answer::Applied);
    let subscription = world.subscription().await;
    assert_eq!(subscription.status, "active");
    assert_eq!(subscription.cancel_at.unwrap().0, "2026-02-28T10:00:00.000Z");
    assert_eq!(subscription.canceled_at.unwrap().0, "2026-02-10T12:00:00.000Z");
    assert!(subscription.next_payment.is_none());

    let undo = world.instruction(Change::Undo);
    assert_eq!(world.ledger().execute("undo", &undo).await, Answer::Applied);
    assert_eq!(world.ledger().read_back("undo", &undo).await, Answer::Applied);
    assert_eq!(
        world.ledger().read_back("cancel", &cancel).await,
        Answer::Applied,
        "it was there, and undone since"
    );
    let subscription = world.subscription().await;
    assert!(subscription.cancel_at.is_none() && subscription.canceled_at.is_none());
    assert_eq!(subscription.next_payment.unwrap().amount, 1250);

    assert_eq!(world.ledger().execute("cancel again", &cancel).await, Answer::Applied);
    world.clock.set(at("2026-02-28T10:00:00Z"));
    let subscription = world.subscription().await;
    assert_eq!(subscription.status, "canceled");
    assert_eq!(subscription.current_period_end.0, "2026-02-28T10:00:00.000Z");
    assert!(
        refused(world.ledger().execute("late", &world.instruction(Change::Undo)).await).contains("ended")
    );
}

#[tokio::test]
async fn what_runs_on_already_needs_no_undo() {
    let world = World::new().await;
    world.ledger().execute("cancel", &world.instruction(to_period_end())).await;
    let undo = world.instruction(Change::Undo);
    for key in ["undo", "undo of another session"] {
        assert_eq!(world.ledger().execute(key, &undo).await, Answer::Applied);
        assert_eq!(world.ledger().read_back(key, &undo).await, Answer::Applied);
    }
    assert!(world.subscription().await.cancel_at.is_none());
    world.ledger().execute("now", &world.instruction(Change::CancelImmediately)).await;
    assert!(
        refused(world.ledger().execute("late", &world.instruction(Change::Undo)).await).contains("ended")
    );
}

#[tokio::test]
async fn a_cancellation_never_ends_before_the_period_the_press_is_in() {
    for carried_out in ["2026-03-05T00:00:00Z", "2026-05-01T00:00:00Z"] {
        let world = World::new().await;
        world.clock.set(at("2026-03-05T00:00:00Z"));
        let told_the_last_period = world.instruction(to_period_end());
        world.clock.set(at(carried_out));
        assert_eq!(world.ledger().execute("key", &told_the_last_period).await, Answer::Applied);
        assert_eq!(world.ledger().read_back("key", &told_the_last_period).await, Answer::Applied);
        assert_eq!(world.subscription().await.cancel_at.unwrap().0, "2026-03-31T10:00:00.000Z");
    }
}

#[tokio::test]
async fn a_period_that_began_after_the_press_does_not_put_the_end_off() {
    let world = World::new().await;
    let cancel = world.instruction(to_period_end());
    world.clock.set(at("2026-03-05T00:00:00Z"));
    let renewed = r#"{ "customers": [{ "external_id": "cus_1", "subscriptions": [{ "external_id": "sub_1", "plan": "pro",
        "current_period_start": "2026-02-28T10:00:00Z", "current_period_end": "2026-03-31T10:00:00Z" }] }] }"#;
    world.import(renewed).await.unwrap();
    assert_eq!(world.ledger().execute("key", &cancel).await, Answer::Applied);
    assert_eq!(world.ledger().read_back("key", &cancel).await, Answer::Applied);
    assert_eq!(world.subscription().await.cancel_at.unwrap().0, "2026-02-28T10:00:00.000Z");
}

#[tokio::test]
async fn a_press_counts_when_it_was_made_however_late_it_is_carried_out() {
    let world = World::new().await;
    let accept = world.instruction(world.half_off().await);
    let cancel = world.instruction(to_period_end());
    world.clock.set(at("2026-03-05T00:00:00Z"));
    assert_eq!(world.ledger().execute("accept", &accept).await, Answer::Applied);
    assert_eq!(world.subscription().await.discounts[0].starts_at.0, "2026-02-28T10:00:00.000Z");
    assert_eq!(world.ledger().execute("cancel", &cancel).await, Answer::Applied);
    let subscription = world.subscription().await;
    assert_eq!(subscription.status, "canceled");
    assert_eq!(subscription.cancel_at.unwrap().0, "2026-02-28T10:00:00.000Z");
    assert_eq!(subscription.canceled_at.unwrap().0, "2026-02-10T12:00:00.000Z");
}

#[tokio::test]
async fn cancelling_at_once_ends_it_at_once_also_when_it_was_to_end_later() {
    let world = World::new().await;
    world.ledger().execute("later", &world.instruction(to_period_end())).await;
    world.clock.set(at("2026-02-11T00:00:00Z"));
    let now = world.instruction(Change::CancelImmediately);
    assert_eq!(world.ledger().execute("now", &now).await, Answer::Applied);
    assert_eq!(world.ledger().read_back("now", &now).await, Answer::Applied);
    let subscription = world.subscription().await;
    assert_eq!(subscription.status, "canceled");
    assert_eq!(subscription.cancel_at.unwrap().0, "2026-02-11T00:00:00.000Z");
    assert_eq!(
        subscription.canceled_at.unwrap().0,
        "2026-02-10T12:00:00.000Z",
        "notice was given the first time"
    );
}

#[tokio::test]
async fn a_cancellation_of_what_is_canceled_never_puts_the_end_off() {
    let world = World::new().await;
    world.ledger().execute("now", &world.instruction(Change::CancelImmediately)).await;
    let before = serde_json::to_value(world.subscription().await).unwrap();
    assert_eq!(world.ledger().execute("later", &world.instruction(to_period_end())).await, Answer::Applied);
    assert_eq!(serde_json::to_value(world.subscription().await).unwrap(), before);
}

#[tokio::test]
async fn a_discount_is_refused_when_what_was_agreed_is_no_longer_true() {
    let changes = [
        r#"{ "plans": [{ "external_id": "pro", "name": "Pro", "amount": 1300, "currency": "USD", "interval": "month" }] }"#,
        r#"{ "plans": [{ "external_id": "pro", "name": "Pro", "amount": 1250, "currency": "EUR", "interval": "month" }] }"#,
        r#"{ "customers": [{ "external_id": "cus_1", "subscriptions": [{ "external_id": "sub_1", "plan": "max" }] }] }"#,
        r#"{ "customers": [{ "external_id": "cus_1", "subscriptions": [{ "external_id": "sub_1", "plan": "pro",
             "current_period_end": "2026-02-20T00:00:00Z" }] }] }"#,
    ];
    for change in changes {
        let world = World::new().await;
        let accept = world.half_off().await;
        world.import(change).await.unwrap();
        let answer = world.ledger().execute("key", &world.instruction(accept)).await;
        assert!(refused(answer).contains("terms have changed"), "{change}");
        assert!(world.subscription().await.discounts.is_empty());
        assert_eq!(world.operations().await, 0);
    }
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_and_changes_nothing() {
    let world = World::new().await;
    let with = |off, lasts| Change::Accept {
        offer: "x".into(),
        deal: Deal::Discount(DiscountTerms { off, lasts }),
        agreed: None,
    };
    let euros = Reduction::Amount { amount: 500, currency: "EUR".into() };
    let nothing = Reduction::Amount { amount: 0, currency: "USD".into() };
    for (change, why) in [
        (with(euros, Span::Once), "cannot be applied"),
        (with(nothing, Span::Once), "cannot be applied"),
        (with(Reduction::Percent(101), Span::Once), "cannot be applied"),
        (with(Reduction::Percent(0), Span::Once), "cannot be applied"),
        (with(Reduction::Percent(10), Span::Months(0)), "cannot be applied"),
        (with(Reduction::Percent(10), Span::Months(u32::MAX)), "calendar"),
    ] {
        let instruction = world.instruction(change);
        let reason = refused(world.ledger().execute("key", &instruction).await);
        assert!(reason.contains(why), "{reason}");
        assert!(matches!(world.ledger().read_back("key", &instruction).await, Answer::Refused(_)));
    }
    for (customer, subscription) in [("cus_1", Some("sub_9")), ("cus_9", Some("sub_1")), ("cus_1", None)] {
        let mut instruction = world.instruction(Change::CancelImmediately);
        instruction.customer = customer.into();
        instruction.subscription = subscription.map(Into::into);
        assert!(refused(world.ledger().execute("key", &instruction).await).contains("subscription"));
    }
    assert_eq!(world.operations().await, 0);
    assert_eq!(world.subscription().await.status, "active");
}

#[tokio::test]
async fn an_offer_is_not_granted_twice_while_it_runs() {
    let world = World::new().await;
    world.ledger().execute("one", &world.instruction(world.half_off().await)).await;
    let again = world.ledger().execute("two", &world.instruction(world.half_off().await)).await;
    assert!(refused(again).contains("already runs"));
    world.clock.set(at("2026-06-01T00:00:00Z"));
    let later = world.ledger().execute("three", &world.instruction(world.half_off().await)).await;
    assert_eq!(later, Answer::Applied, "the first has ended");
}

#[tokio::test]
async fn a_discount_on_what_is_canceled_is_refused() {
    for cancel in [to_period_end(), Change::CancelImmediately] {
        let world = World::new().await;
        let deal = Deal::Discount(half_for_three_months());
        let accept = Change::Accept { offer: "x".into(), deal, agreed: None };
        world.ledger().execute("cancel", &world.instruction(cancel)).await;
        let reason = refused(world.ledger().execute("accept", &world.instruction(accept)).await);
        assert!(reason.contains("already canceled"));
    }
}

#[tokio::test]
async fn reading_back_finds_out_that_something_is_not_there() {
    let world = World::new().await;
    let cancel = world.instruction(to_period_end());
    assert!(refused(world.ledger().read_back("key", &cancel).await).contains("nothing"));
    world.ledger().execute("key", &cancel).await;
    world
        .store
        .write(async |tx| {
            sqlx::query("UPDATE ledger_subscriptions SET cancel_at = NULL").execute(tx).await?;
            Ok::<_, farewell_server::store::Error>(())
        })
        .await
        .unwrap();
    assert!(refused(world.ledger().read_back("key", &cancel).await).contains("not there"));
}
