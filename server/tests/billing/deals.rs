//! What pauses, plan changes and longer trials make of a subscription.

use farewell_server::billing::{Answer, Billing, Change, Deal, Interval, Length, PlanTerms};

use crate::fixture::{World, at, to_period_end};

fn month(count: u32) -> Deal {
    Deal::Pause(Length { interval: Interval::Month, count })
}

async fn plan(world: &World, id: &str) -> PlanTerms {
    world.ledger().plans(&[id.to_owned()]).await.unwrap().unwrap().remove(0)
}

async fn take(world: &World, key: &str, deal: Deal) -> Answer {
    let agreed = world.snapshot().await.terms;
    let instruction = world.instruction(Change::Accept { offer: "x".into(), deal, agreed });
    let answer = world.ledger().execute(key, &instruction).await;
    assert_eq!(world.ledger().execute(key, &instruction).await == Answer::Applied, answer == Answer::Applied);
    if answer == Answer::Applied {
        assert_eq!(world.ledger().read_back(key, &instruction).await, Answer::Applied);
    }
    answer
}

fn refused(answer: Answer) -> String {
    match answer {
        Answer::Refused(reason) => reason,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_pause_puts_the_next_payment_off_and_ends_what_is_paid_for() {
    let world = World::new().await;
    assert_eq!(take(&world, "key", month(3)).await, Answer::Applied);
    let paused = world.subscription().await;
    let pause = paused.pause.unwrap();
    assert_eq!(
        (pause.from.0.as_str(), pause.until.0.as_str()),
        ("2026-02-28T10:00:00.000Z", "2026-05-28T10:00:00.000Z")
    );
    let next = paused.next_payment.unwrap();
    assert_eq!((next.amount, next.at), (1250, pause.until));
    let snapshot = world.snapshot().await;
    assert_eq!(snapshot.paid_until(world.clock.now()), Some(at("2026-02-28T10:00:00Z")));
    world.clock.set(at("2026-03-15T00:00:00Z"));
    assert_eq!(world.snapshot().await.paid_until(world.clock.now()), None, "nothing is delivered in a pause");
    world.clock.set(at("2026-06-01T00:00:00Z"));
    let after = world.subscription().await;
    assert!(after.pause.is_none());
    assert_eq!(after.next_payment.unwrap().at.0, "2026-06-28T10:00:00.000Z");
}

#[tokio::test]
async fn a_cancellation_before_a_pause_ends_what_is_paid_for_and_one_in_it_ends_at_once() {
    let world = World::new().await;
    take(&world, "pause", month(1)).await;
    let told = world.snapshot().await.paid_until(world.clock.now());
    let cancel = world.instruction(Change::CancelAtPeriodEnd { effective_at: told });
    assert_eq!(world.ledger().execute("cancel", &cancel).await, Answer::Applied);
    assert_eq!(world.subscription().await.cancel_at.unwrap().0, "2026-02-28T10:00:00.000Z");

    let world = World::new().await;
    take(&world, "pause", month(1)).await;
    world.clock.set(at("2026-03-10T00:00:00Z"));
    let cancel = world.instruction(to_period_end());
    assert_eq!(world.ledger().execute("cancel", &cancel).await, Answer::Applied);
    assert_eq!(world.subscription().await.status, "canceled");
}

#[tokio::test]
async fn one_change_is_agreed_at_a_time() {
    let world = World::new().await;
    world.import(STUDENT).await.unwrap();
    take(&world, "pause", month(1)).await;
    assert!(refused(take(&world, "again", month(1)).await).contains("cannot be paused"));
    let student = plan(&world, "student").await;
    assert!(refused(take(&world, "plan", Deal::ChangePlan(student)).await).contains("cannot be changed"));
    world.clock.set(at("2026-04-01T00:00:00Z"));
    assert_eq!(take(&world, "later", month(1)).await, Answer::Applied, "the first pause is over");
}

const STUDENT: &str = r#"{ "plans": [
    { "external_id": "student", "name": "Student", "amount": 600, "currency": "USD", "interval": "month" },
    { "external_id": "pounds", "name": "Pounds", "amount": 600, "currency": "GBP", "interval": "month" }
] }"#;

#[tokio::test]
async fn another_plan_begins_with_the_next_payment() {
    let world = World::new().await;
    world.import(STUDENT).await.unwrap();
    let student = plan(&world, "student").await;
    assert_eq!(take(&world, "key", Deal::ChangePlan(student)).await, Answer::Applied);
    let now = world.subscription().await;
    assert_eq!(
        (now.plan.external_id.as_str(), now.next_plan.unwrap().plan.external_id.as_str()),
        ("pro", "student")
    );
    assert_eq!(now.next_payment.unwrap().amount, 600);
    world.clock.set(at("2026-03-01T00:00:00Z"));
    let then = world.subscription().await;
    assert_eq!((then.plan.external_id.as_str(), then.next_plan.is_none()), ("student", true));
    assert_eq!(then.next_payment.unwrap().at.0, "2026-03-31T10:00:00.000Z", "payments keep their day");
}

#[tokio::test]
async fn a_yearly_plan_is_paid_once_and_then_a_year_later() {
    let world = World::new().await;
    let max = plan(&world, "max").await;
    assert_eq!(take(&world, "key", Deal::ChangePlan(max)).await, Answer::Applied);
    world.clock.set(at("2026-03-01T00:00:00Z"));
    assert_eq!(world.subscription().await.next_payment.unwrap().at.0, "2027-02-28T10:00:00.000Z");
}

#[tokio::test]
async fn a_plan_that_is_gone_dearer_or_in_another_currency_is_refused() {
    let world = World::new().await;
    world.import(STUDENT).await.unwrap();
    let student = plan(&world, "student").await;
    let dearer = STUDENT.replace("600", "700");
    world.import(&dearer).await.unwrap();
    assert!(
        refused(take(&world, "dearer", Deal::ChangePlan(student.clone())).await)
            .contains("price has changed")
    );
    let gone = PlanTerms { id: "gone".into(), ..student };
    assert!(refused(take(&world, "gone", Deal::ChangePlan(gone)).await).contains("no such plan"));
    let pounds = plan(&world, "pounds").await;
    assert!(refused(take(&world, "pounds", Deal::ChangePlan(pounds)).await).contains("cannot change"));
    let same = plan(&world, "pro").await;
    assert!(refused(take(&world, "same", Deal::ChangePlan(same)).await).contains("cannot change"));
    assert_eq!(world.operations().await, 0);
}

#[tokio::test]
async fn a_trial_grows_and_nothing_else_can_be_extended() {
    let world = World::new().await;
    assert!(refused(take(&world, "paid", Deal::ExtendTrial { days: 7 }).await).contains("no trial"));
    world
        .import(
            r#"{ "customers": [{ "external_id": "cus_1", "subscriptions": [{ "external_id": "sub_1", "plan": "pro",
                 "current_period_start": "2026-02-01T10:00:00Z", "current_period_end": "2026-02-15T10:00:00Z", "trial": true }] }] }"#,
        )
        .await
        .unwrap();
    assert_eq!(take(&world, "key", Deal::ExtendTrial { days: 7 }).await, Answer::Applied);
    let trial = world.subscription().await;
    assert_eq!(trial.trial_ends_at.unwrap().0, "2026-02-22T10:00:00.000Z");
    let next = trial.next_payment.unwrap();
    assert_eq!((next.amount, next.at.0.as_str()), (1250, "2026-02-22T10:00:00.000Z"));
    assert!(refused(take(&world, "pause", month(1)).await).contains("cannot be paused"));
    world.clock.set(at("2026-02-23T00:00:00Z"));
    assert!(world.subscription().await.trial_ends_at.is_none());
}

#[tokio::test]
async fn what_is_the_merchants_own_to_do_is_requested() {
    let world = World::new().await;
    assert_eq!(take(&world, "key", Deal::Custom).await, Answer::Requested);
    assert_eq!(world.operations().await, 0);
}

#[tokio::test]
async fn a_change_that_follows_a_reached_plan_is_made_to_that_plan() {
    let world = World::new().await;
    world.import(STUDENT).await.unwrap();
    let student = plan(&world, "student").await;
    assert_eq!(take(&world, "first", Deal::ChangePlan(student)).await, Answer::Applied);
    world.clock.set(at("2026-03-05T00:00:00Z"));
    assert_eq!(take(&world, "pause", month(1)).await, Answer::Applied);
    let paused = world.subscription().await;
    assert_eq!(paused.plan.external_id, "student");
    let next = paused.next_payment.unwrap();
    assert_eq!((next.amount, next.at), (600, paused.pause.unwrap().until));
    world.clock.set(at("2026-05-05T00:00:00Z"));
    let max = plan(&world, "max").await;
    assert_eq!(take(&world, "second", Deal::ChangePlan(max)).await, Answer::Applied);
    let now = world.subscription().await;
    assert_eq!(
        (now.plan.external_id.as_str(), now.plan.amount),
        ("student", 600),
        "until the new one begins"
    );
    assert_eq!(now.next_payment.unwrap().amount, 9900);
}
