//! What is asked of Stripe, and what is there then.

use farewell_server::billing::{
    Answer, Billing, Change, Deal, DiscountTerms, Instruction, Interval, Length, PlanPrice, PlanTerms,
    Reduction, Span,
};
use serde_json::json;

use crate::stand_in::Fault;
use crate::world::{World, at};

fn percent(lasts: Span) -> Deal {
    Deal::Discount(DiscountTerms { off: Reduction::Percent(50), lasts })
}

/// Carries it out twice, as after a kill, and reads it back.
async fn applied(world: &World, key: &str, instruction: &Instruction) {
    for _ in 0..2 {
        assert_eq!(world.billing.execute(key, instruction).await, Answer::Applied);
    }
    assert_eq!(world.billing.read_back(key, instruction).await, Answer::Applied);
}

async fn refused(world: &World, instruction: &Instruction) -> String {
    let before = world.stripe.shown("sub_1");
    let Answer::Refused(why) = world.billing.execute("key", instruction).await else { panic!("refused") };
    assert_eq!(world.stripe.shown("sub_1"), before, "nothing was changed");
    assert!(matches!(world.billing.read_back("key", instruction).await, Answer::Refused(_)));
    why
}

#[tokio::test]
async fn a_cancellation_says_why_and_can_be_taken_back() {
    let world = World::new().await;
    let cancel = world.instruction(Change::CancelAtPeriodEnd { effective_at: None });
    applied(&world, "cancel", &cancel).await;
    let shown = world.stripe.shown("sub_1");
    assert_eq!(shown["cancel_at_period_end"], true);
    assert_eq!(shown["cancellation_details"]["feedback"], "too_expensive");
    assert_eq!(world.stripe.asked().len(), 1, "asked once");
    let undo = world.instruction(Change::Undo);
    applied(&world, "undo", &undo).await;
    assert_eq!(world.stripe.shown("sub_1")["cancel_at_period_end"], false);
    assert!(world.snapshot().await.can.cancel);
    assert_eq!(
        world.billing.read_back("cancel", &cancel).await,
        Answer::Applied,
        "it was, and was changed since"
    );
}

/// Stripe keeps its own failures under a key for a day: asked with the same key, it would fail for as long.
#[tokio::test]
async fn a_failure_that_stripe_keeps_keeps_nobody_from_leaving_or_staying() {
    for change in [Change::CancelAtPeriodEnd { effective_at: None }, Change::CancelImmediately] {
        let world = World::new().await;
        let cancel = world.instruction(change);
        for broken in [1, 2] {
            world.stripe.meet(&vec![Fault::Broken; broken]);
            assert!(matches!(world.billing.execute("cancel", &cancel).await, Answer::Unknown(_)), "{broken}");
        }
        world.stripe.meet(&[]);
        applied(&world, "cancel", &cancel).await;
    }
    let world = World::new().await;
    applied(&world, "cancel", &world.instruction(Change::CancelAtPeriodEnd { effective_at: None })).await;
    let undo = world.instruction(Change::Undo);
    world.stripe.meet(&[Fault::Broken]);
    assert!(matches!(world.billing.execute("undo", &undo).await, Answer::Unknown(_)));
    applied(&world, "undo", &undo).await;
    // What takes money off is never asked for under another key.
    let half = world.accept(percent(Span::Once)).await;
    world.stripe.meet(&[Fault::None, Fault::Broken]);
    for _ in 0..3 {
        assert!(matches!(world.billing.execute("half", &half).await, Answer::Unknown(_)));
    }
    assert_eq!(world.stripe.shown("sub_1")["discounts"], json!([]));
}

#[tokio::test]
async fn metadata_that_is_full_keeps_nobody_from_leaving_or_staying() {
    let world = World::new().await;
    let members: serde_json::Map<_, _> = (0..50).map(|number| (format!("m{number}"), json!("x"))).collect();
    let end = at("2026-02-28T10:00:00Z").as_second();
    world.stripe.subscription("sub_1", "cus_1", "price_pro", end, json!({ "metadata": members }));
    let half = world.accept(percent(Span::Once)).await;
    assert!(refused(&world, &half).await.contains("no room"));
    applied(&world, "cancel", &world.instruction(Change::CancelAtPeriodEnd { effective_at: None })).await;
    assert_eq!(world.stripe.shown("sub_1")["cancel_at_period_end"], true);
    applied(&world, "undo", &world.instruction(Change::Undo)).await;
    assert_eq!(world.stripe.shown("sub_1")["metadata"].as_object().unwrap().len(), 50);
}

#[tokio::test]
async fn a_cancellation_takes_effect_no_later_than_the_customer_was_told() {
    let told = at("2026-02-28T10:00:00Z");
    let cancel = Change::CancelAtPeriodEnd { effective_at: Some(told) };

    let world = World::new().await;
    applied(&world, "in time", &world.instruction(cancel.clone())).await;
    let shown = world.stripe.shown("sub_1");
    assert_eq!((&shown["cancel_at_period_end"], &shown["cancel_at"]), (&json!(true), &json!(null)));

    // Stripe's period is longer than what the customer was told, as after a pause that put the payment off.
    let world = World::new().await;
    let later = at("2026-03-14T10:00:00Z").as_second();
    world.stripe.subscription("sub_1", "cus_1", "price_pro", later, json!({}));
    applied(&world, "longer", &world.instruction(cancel.clone())).await;
    assert_eq!(world.stripe.shown("sub_1")["cancel_at"], told.as_second());
    applied(&world, "undo", &world.instruction(Change::Undo)).await;
    assert!(world.stripe.shown("sub_1")["cancel_at"].is_null());

    // Stripe could not be asked until the next period had begun.
    let world = World::new().await;
    let late = world.instruction(cancel);
    world.clock.set(at("2026-03-02T00:00:00Z"));
    let next = at("2026-03-28T10:00:00Z").as_second();
    world.stripe.subscription("sub_1", "cus_1", "price_pro", next, json!({}));
    applied(&world, "late", &late).await;
    assert_eq!(world.stripe.shown("sub_1")["status"], "canceled", "nothing is paid for what comes after");
}

#[tokio::test]
async fn a_cancellation_at_once_ends_it_and_cannot_be_taken_back() {
    let world = World::new().await;
    applied(&world, "now", &world.instruction(Change::CancelImmediately)).await;
    assert_eq!(world.stripe.shown("sub_1")["status"], "canceled");
    let why = refused(&world, &world.instruction(Change::Undo)).await;
    assert!(why.contains("ended"), "{why}");
}

#[tokio::test]
async fn a_schedule_stands_in_nobodys_way_out() {
    let world = World::new().await;
    let end = at("2026-02-28T10:00:00Z").as_second();
    world.stripe.subscription("sub_1", "cus_1", "price_pro", end, json!({ "schedule": "sub_sched_1" }));
    let can = world.snapshot().await.can;
    assert!(can.cancel && !can.discount && !can.pause && !can.change_plan);
    applied(&world, "cancel", &world.instruction(Change::CancelAtPeriodEnd { effective_at: None })).await;
    assert_eq!(world.stripe.shown("sub_1")["cancel_at_period_end"], true);
}

#[tokio::test]
async fn a_discount_is_a_coupon_and_those_that_run_stay() {
    let world = World::new().await;
    let other =
        json!({ "id": "di_0", "coupon": { "id": "spring", "percent_off": 10.0 }, "start": 1, "end": null });
    let end = at("2026-02-28T10:00:00Z").as_second();
    world.stripe.subscription("sub_1", "cus_1", "price_pro", end, json!({ "discounts": [other] }));
    let half = world.accept(percent(Span::Once)).await;
    applied(&world, "half", &half).await;
    let running = world.snapshot().await.discounts;
    let offers: Vec<&str> = running.iter().map(|one| one.offer.as_str()).collect();
    assert_eq!(offers, ["spring", "half"]);
    assert_eq!(running[1].off, Reduction::Percent(50));
    // Somebody else takes the same offer: the coupon is there already.
    world.stripe.subscription("sub_1", "cus_1", "price_pro", end, json!({}));
    applied(&world, "again", &world.accept(percent(Span::Once)).await).await;
    assert_eq!(world.snapshot().await.discounts.len(), 1);
    assert!(refused(&world, &world.accept(percent(Span::Once)).await).await.contains("already"));
}

/// The months that Stripe is told to take off for.
async fn months(price: &str, end: &str, months: u32) -> Option<String> {
    let world = World::new().await;
    world.stripe.subscription(
        "sub_1",
        "cus_1",
        price,
        at(end).as_second(),
        json!({ "billing_cycle_anchor": at(end).as_second() }),
    );
    world.billing.execute("key", &world.accept(percent(Span::Months(months))).await).await;
    let asked = world.stripe.asked();
    let coupon = asked.iter().find(|asked| asked.path == "POST v1/coupons")?;
    coupon.form.iter().find(|(name, _)| name == "duration_in_months").map(|(_, value)| value.clone())
}

#[tokio::test]
async fn months_of_a_discount_are_payments_and_stripe_counts_from_now() {
    // Payments on 28 February, March and April: Stripe's three months end on 10 May.
    assert_eq!(months("price_pro", "2026-02-28T10:00:00Z", 3).await.as_deref(), Some("3"));
    assert_eq!(months("price_pro", "2026-02-28T10:00:00Z", 1).await.as_deref(), Some("1"));
    // The next payment of a year is eight months away: three months would be over before it.
    assert_eq!(months("price_year", "2026-10-10T10:00:00Z", 3).await.as_deref(), Some("8"));
    assert_eq!(months("price_year", "2026-10-10T10:00:00Z", 13).await.as_deref(), Some("20"));
}

#[tokio::test]
async fn a_pause_in_the_rhythm_is_not_collected_and_another_puts_the_payment_off() {
    let world = World::new().await;
    let pause = |interval, count| Deal::Pause(Length { interval, count });
    applied(&world, "pause", &world.accept(pause(Interval::Month, 2)).await).await;
    let shown = world.stripe.shown("sub_1");
    assert_eq!(shown["pause_collection"]["behavior"], "void");
    assert_eq!(shown["pause_collection"]["resumes_at"], at("2026-04-28T09:00:00Z").as_second());
    let paused = world.snapshot().await;
    let told = paused.pause.unwrap();
    assert_eq!((told.from, told.until), (at("2026-02-28T10:00:00Z"), at("2026-04-28T10:00:00Z")));
    assert_eq!(paused.terms.unwrap().current_period_end, told.until);
    assert!(paused.can.cancel && !paused.can.pause);
    world.clock.set(at("2026-05-01T00:00:00Z"));
    assert_eq!(world.snapshot().await.pause, None, "it is over");

    let world = World::new().await;
    applied(&world, "weeks", &world.accept(pause(Interval::Week, 2)).await).await;
    assert_eq!(world.stripe.shown("sub_1")["trial_end"], at("2026-03-14T10:00:00Z").as_second());
    let paused = world.snapshot().await;
    assert_eq!((paused.pause.unwrap().until, paused.trial_ends_at), (at("2026-03-14T10:00:00Z"), None));
}

#[tokio::test]
async fn a_plan_changes_within_the_rhythm_and_as_it_was_priced() {
    let world = World::new().await;
    let plan = |id: &str, amount, interval| {
        let price = PlanPrice { amount, currency: "USD".into(), interval, interval_count: 1 };
        Deal::ChangePlan(PlanTerms { id: id.into(), name: "Pro".into(), price: Some(price) })
    };
    assert!(
        refused(&world, &world.accept(plan("price_gone", 1, Interval::Month)).await)
            .await
            .contains("no such plan")
    );
    assert!(
        refused(&world, &world.accept(plan("price_lite", 400, Interval::Month)).await)
            .await
            .contains("price has changed")
    );
    assert!(
        refused(&world, &world.accept(plan("price_year", 9900, Interval::Year)).await)
            .await
            .contains("rhythm")
    );
    applied(&world, "lite", &world.accept(plan("price_lite", 500, Interval::Month)).await).await;
    assert_eq!(world.snapshot().await.terms.unwrap().plan, "price_lite");
    let plans = world.billing.plans(&["price_lite".into(), "price_gone".into()]).await.unwrap().unwrap();
    assert_eq!(plans.len(), 1);
    assert_eq!(plans[0].name, "price_lite", "neither the price nor its product has a name here");
}

#[tokio::test]
async fn a_trial_is_extended_from_its_end() {
    let world = World::new().await;
    let end = at("2026-02-28T10:00:00Z").as_second();
    let trial = json!({ "status": "trialing", "trial_end": end });
    world.stripe.subscription("sub_1", "cus_1", "price_pro", end, trial);
    applied(&world, "trial", &world.accept(Deal::ExtendTrial { days: 14 }).await).await;
    assert_eq!(world.snapshot().await.trial_ends_at, Some(at("2026-03-14T10:00:00Z")));
}

#[tokio::test]
async fn what_the_customer_did_not_see_is_refused() {
    let world = World::new().await;
    let half = world.accept(percent(Span::Once)).await;
    let end = at("2026-02-28T10:00:00Z").as_second();
    world.stripe.subscription("sub_1", "cus_1", "price_lite", end, json!({}));
    assert!(refused(&world, &half).await.contains("terms have changed"));
    let other = Instruction { customer: "cus_2".into(), ..half };
    assert!(refused(&world, &other).await.contains("no such subscription"));
}
