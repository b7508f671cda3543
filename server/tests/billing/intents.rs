//! Intents: carried out once, in order, and told to the session.

use std::{sync::Arc, time::Duration};

use farewell_server::{
    billing::{Answer, Billing, Change, merchant::Merchant},
    intents::Progress,
};
use flow::{Effect, Outcome, Response, Settlement, Step};
use futures_util::future::join_all;
use jiff::SignedDuration;
use tokio::sync::Semaphore;

use crate::{
    faults::{Gated, Says, Watched, unknown},
    fixture::{PATIENCE, World, accepted, at, canceled, ended, to_period_end},
};

const APPLIED: Progress = Progress::Settled { settlement: Settlement::Applied, reason: None };

#[tokio::test]
async fn an_accepted_offer_is_applied_and_settled() {
    let world = World::new().await;
    world.press("s", accepted("R1"), "i", world.half_off().await).await.unwrap();
    assert_eq!(world.outcomes("s").await, [(1, "saved".into(), Some("pending".into()), false)]);
    let executor = world.executor(world.ledger());
    assert_eq!(executor.settle_now("i", PATIENCE).await.unwrap(), APPLIED);
    assert_eq!(world.subscription().await.discounts.len(), 1);
    assert_eq!(world.outcomes("s").await, [(1, "saved".into(), Some("applied".into()), true)]);
    let state = world.state("s").await;
    assert_eq!((state.runs[0].outcome, state.runs[0].effect), (Some(Outcome::Saved), Some(Effect::Applied)));
    assert_eq!(world.intent("i").await, ("applied".into(), 1, None));
    assert_eq!(executor.settle_now("i", PATIENCE).await.unwrap(), APPLIED, "asked again, the same");
    assert_eq!(world.intent("i").await.1, 1);
}

#[tokio::test]
async fn the_merchants_own_billing_is_requested() {
    let world = World::new().await;
    world.press("s", canceled("R1"), "i", Change::CancelImmediately).await.unwrap();
    let progress = world.executor(Merchant).settle_now("i", PATIENCE).await.unwrap();
    assert_eq!(progress, Progress::Settled { settlement: Settlement::Requested, reason: None });
    assert_eq!(world.outcomes("s").await, [(1, "canceled".into(), Some("requested".into()), true)]);
    assert_eq!(world.subscription().await.status, "active", "nothing is touched");
}

#[tokio::test]
async fn a_refused_offer_opens_the_run_again_and_its_outcome_is_gone() {
    let world = World::new().await;
    world.press("s", accepted("R1"), "i", world.half_off().await).await.unwrap();
    let executor = world.executor(Says::new(&world, [Answer::Refused("no".into())]));
    let refused = Progress::Settled { settlement: Settlement::Refused, reason: Some("no".into()) };
    assert_eq!(executor.settle_now("i", PATIENCE).await.unwrap(), refused);
    assert_eq!(executor.settle_now("i", PATIENCE).await.unwrap(), refused, "asked again, the same");
    assert!(world.outcomes("s").await.is_empty());
    let state = world.state("s").await;
    assert_eq!((state.runs[0].outcome, &state.runs[0].step), (None, &Step::Confirm));
    assert_eq!(state.response("half"), Some(Response::Refused));
    assert_eq!(world.intent("i").await, ("refused".into(), 1, Some("no".into())));
    // The run can end again, under the same number.
    let mut state = state;
    state.runs[0] = ended(Outcome::Canceled, None, "R2");
    world.press("s", state, "j", to_period_end()).await.unwrap();
    assert_eq!(executor.settle_now("j", PATIENCE).await.unwrap(), APPLIED);
    assert_eq!(world.outcomes("s").await, [(1, "canceled".into(), Some("applied".into()), true)]);
}

#[tokio::test]
async fn a_refused_offer_of_a_run_that_another_followed_came_to_nothing() {
    let world = World::new().await;
    world.press("s", accepted("R1"), "i", world.half_off().await).await.unwrap();
    let mut state = accepted("R1");
    state.runs.push(ended(Outcome::Canceled, None, "R2"));
    world.press("s", state, "j", to_period_end()).await.unwrap();
    let executor = world.executor(Says::new(&world, [Answer::Refused("no".into())]));
    assert_eq!(executor.settle_now("j", PATIENCE).await.unwrap(), APPLIED);
    let outcomes = world.outcomes("s").await;
    assert_eq!(
        outcomes,
        [(1, "aborted".into(), None, true), (2, "canceled".into(), Some("applied".into()), true)]
    );
    let (offer, receipt): (Option<String>, Option<String>) =
        sqlx::query_as("SELECT offer_id, receipt FROM outcomes WHERE run = 1")
            .fetch_one(world.store.read())
            .await
            .unwrap();
    assert_eq!((offer, receipt), (None, None));
}

#[tokio::test]
async fn a_refused_cancellation_stays_one_for_the_merchant_to_carry_out() {
    let world = World::new().await;
    world.press("s", canceled("R1"), "i", to_period_end()).await.unwrap();
    let executor = world.executor(Says::new(&world, [Answer::Refused("no".into())]));
    executor.settle_now("i", PATIENCE).await.unwrap();
    assert_eq!(world.outcomes("s").await, [(1, "canceled".into(), Some("requested".into()), true)]);
    assert!(world.state("s").await.is_canceled());
}

#[tokio::test]
async fn an_undo_is_applied_or_leaves_the_cancellation_as_it_was() {
    for refused in [false, true] {
        let world = World::new().await;
        world.press("s", canceled("R1"), "cancel", to_period_end()).await.unwrap();
        let billing = Says::new(&world, []);
        let executor = world.executor(billing.clone());
        executor.settle_now("cancel", PATIENCE).await.unwrap();
        let mut state = world.state("s").await;
        state.runs.push(ended(Outcome::Saved, None, "R2"));
        world.press("s", state, "undo", Change::Undo).await.unwrap();
        if refused {
            billing.say(Answer::Refused("too late".into()));
        }
        executor.settle_now("undo", PATIENCE).await.unwrap();

        let state = world.state("s").await;
        assert_eq!(state.is_canceled(), refused);
        assert_eq!(world.subscription().await.cancel_at.is_some(), refused);
        let first = (1, "canceled".into(), Some("applied".into()), true);
        if refused {
            assert_eq!(world.outcomes("s").await, [first], "the undo has no outcome of its own");
            let receipt = state.runs[1].receipt.clone().unwrap();
            assert_eq!((receipt.reference.as_str(), receipt.undo), ("R1", false));
            let (stored,): (String,) = sqlx::query_as("SELECT receipt FROM outcomes WHERE run = 1")
                .fetch_one(world.store.read())
                .await
                .unwrap();
            assert_eq!(stored, serde_json::to_string(&receipt).unwrap());
        } else {
            assert_eq!(world.outcomes("s").await, [first, (2, "saved".into(), Some("applied".into()), true)]);
        }
    }
}

#[tokio::test]
async fn what_is_not_known_is_asked_again_later_and_later() {
    let world = World::new().await;
    world.press("s", canceled("R1"), "i", to_period_end()).await.unwrap();
    let billing = Says::new(&world, [unknown("a"), unknown("b")]);
    let executor = world.executor(billing.clone());
    assert_eq!(executor.settle_now("i", PATIENCE).await.unwrap(), Progress::Pending);
    assert_eq!(world.intent("i").await, ("pending".into(), 1, Some("a".into())));
    assert_eq!(world.outcomes("s").await, [(1, "canceled".into(), Some("pending".into()), false)]);

    assert_eq!(executor.settle_due().await.unwrap(), 0, "it is not due yet");
    assert_eq!(executor.settle_now("i", PATIENCE).await.unwrap(), Progress::Pending, "nor for those who ask");
    assert_eq!(billing.executed(), 1);
    world.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(executor.settle_due().await.unwrap(), 0);
    assert_eq!(world.intent("i").await, ("pending".into(), 2, Some("b".into())));
    world.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(executor.settle_due().await.unwrap(), 0);
    assert_eq!(billing.executed(), 2, "the second wait is longer");
    world.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(executor.settle_due().await.unwrap(), 1);
    assert_eq!(world.intent("i").await, ("applied".into(), 3, None));
    assert_eq!(world.operations().await, 1);
}

#[tokio::test]
async fn an_answer_lost_on_its_way_is_found_by_reading_back() {
    let world = World::new().await;
    world.press("s", canceled("R1"), "i", to_period_end()).await.unwrap();
    // It was done, and nobody heard of it.
    world.ledger().execute("i", &world.instruction(to_period_end())).await;
    let billing = Says::new(&world, [unknown("connection lost")]);
    assert_eq!(world.executor(billing).settle_now("i", PATIENCE).await.unwrap(), APPLIED);
    assert_eq!(world.operations().await, 1);
}

#[tokio::test]
async fn what_billing_says_is_done_but_is_not_there_stays_pending() {
    let world = World::new().await;
    world.press("s", canceled("R1"), "i", to_period_end()).await.unwrap();
    let billing = Says::new(&world, [Answer::Applied]);
    assert_eq!(world.executor(billing).settle_now("i", PATIENCE).await.unwrap(), Progress::Pending);
    let (status, _, error) = world.intent("i").await;
    assert_eq!(status, "pending");
    assert!(error.unwrap().contains("reading it back"));
}

#[tokio::test]
async fn a_session_is_settled_in_order() {
    let world = World::new().await;
    world.press("s", canceled("R1"), "cancel", to_period_end()).await.unwrap();
    let billing = Says::new(&world, [unknown("down")]);
    let executor = world.executor(billing.clone());
    executor.settle_now("cancel", PATIENCE).await.unwrap();
    let mut state = world.state("s").await;
    state.runs.push(ended(Outcome::Saved, None, "R2"));
    world.press("s", state, "undo", Change::Undo).await.unwrap();

    assert_eq!(executor.settle_now("undo", PATIENCE).await.unwrap(), Progress::Pending);
    assert_eq!(executor.settle_due().await.unwrap(), 0);
    assert_eq!(
        world.intent("undo").await,
        ("pending".into(), 0, None),
        "not tried before the cancellation is settled"
    );
    world.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(executor.settle_now("undo", PATIENCE).await.unwrap(), APPLIED);
    assert_eq!(world.intent("cancel").await.0, "applied");
    assert_eq!(world.subscription().await.cancel_at, None);
    assert_eq!(billing.executed(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_ask_at_once_carry_it_out_once() {
    let world = World::new().await;
    world.press("s", accepted("R1"), "i", world.half_off().await).await.unwrap();
    let billing = Says::new(&world, []);
    let executor = world.executor(billing.clone());
    let background = executor.settle_due();
    let (askers, _) = tokio::join!(join_all((0..20).map(|_| executor.settle_now("i", PATIENCE))), background);
    for progress in askers {
        assert_eq!(progress.unwrap(), APPLIED);
    }
    assert_eq!(billing.executed(), 1);
    assert_eq!(world.operations().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_want_to_wait_is_told_that_it_is_pending_and_it_goes_on() {
    let world = World::new().await;
    world.press("s", canceled("R1"), "i", to_period_end()).await.unwrap();
    let gate = Arc::new(Semaphore::new(0));
    let executor = world.executor(Gated { ledger: world.ledger(), gate: gate.clone() });
    let progress = executor.settle_now("i", Duration::from_millis(20)).await.unwrap();
    assert_eq!(progress, Progress::Pending);
    assert_eq!(executor.settle_due().await.unwrap(), 0, "it is being carried out, and not a second time");
    gate.add_permits(1);
    assert_eq!(executor.settle_now("i", PATIENCE).await.unwrap(), APPLIED);
    assert_eq!(world.intent("i").await.1, 1);
}

#[tokio::test]
async fn billing_that_panics_leaves_it_pending() {
    let world = World::new().await;
    world.press("s", canceled("R1"), "i", to_period_end()).await.unwrap();
    let executor = world.executor(Watched::new(world.ledger(), |_| panic!("out of memory")));
    assert_eq!(executor.settle_now("i", PATIENCE).await.unwrap(), Progress::Pending);
    assert_eq!(world.intent("i").await, ("pending".into(), 1, Some("billing panicked".into())));
}

#[tokio::test]
async fn a_brand_without_billing_and_an_intent_that_is_not_there_are_told() {
    let world = World::new().await;
    world.press("s", canceled("R1"), "i", to_period_end()).await.unwrap();
    let executor =
        farewell_server::intents::Executor::new(world.store.clone(), Default::default(), world.clock.clone());
    assert_eq!(executor.settle_now("i", PATIENCE).await.unwrap(), Progress::Pending);
    assert!(world.intent("i").await.2.unwrap().contains("acme"));
    assert!(executor.settle_now("nothing", PATIENCE).await.unwrap_err().to_string().contains("nothing"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_background_worker_picks_up_what_is_pending() {
    let world = World::new().await;
    world.press("s", canceled("R1"), "i", to_period_end()).await.unwrap();
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let executor = world.executor(Watched::new(world.ledger(), move |call| {
        told.send(call).unwrap();
        None
    }));
    let worker = tokio::spawn({
        let executor = executor.clone();
        async move { executor.run(Default::default()).await }
    });
    assert_eq!(tokio::time::timeout(PATIENCE, heard.recv()).await.unwrap(), Some("execute"));
    assert_eq!(executor.settle_now("i", PATIENCE).await.unwrap(), APPLIED, "waits for the worker");
    assert_eq!(world.intent("i").await.1, 1);
    worker.abort();
}

#[tokio::test]
async fn a_press_that_is_not_committed_leaves_no_intent() {
    let world = World::new().await;
    world.press("s", canceled("R1"), "i", to_period_end()).await.unwrap();
    let again = world.press("t", canceled("R1"), "j", to_period_end()).await;
    assert!(again.is_err(), "the receipt's reference is taken");
    let (sessions, intents): (i64, i64) =
        sqlx::query_as("SELECT (SELECT COUNT(*) FROM sessions), (SELECT COUNT(*) FROM intents)")
            .fetch_one(world.store.read())
            .await
            .unwrap();
    assert_eq!((sessions, intents), (1, 1));
    assert_eq!(world.clock.now(), at("2026-02-10T12:00:00Z"));
}
