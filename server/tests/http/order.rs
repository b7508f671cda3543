//! The order of actions: repeats, gaps, contradictions, two tabs.

use serde_json::{Value, json};

use crate::server::Running;

fn shown() -> Value {
    json!({ "run": 1, "seq": 1, "do": "shown" })
}

fn answer(reason: &str) -> Value {
    json!({ "run": 1, "seq": 2, "do": "answer", "reason": reason })
}

fn accept() -> Value {
    json!({ "run": 1, "seq": 3, "do": "accept", "claim_id": "half" })
}

fn cancel(run: u32, seq: u32) -> Value {
    json!({ "run": run, "seq": seq, "do": "cancel" })
}

#[tokio::test]
async fn the_same_action_sent_twice_is_applied_once_and_answered_the_same() {
    let server = Running::start().await;
    let id = server.session(1).await;
    let all = json!([shown(), answer("too_expensive"), accept()]);
    let first = server.act(&id, all.clone()).await.ok();
    assert_eq!(server.act(&id, all).await.ok(), first);
    assert_eq!(server.act(&id, json!([accept()])).await.ok(), first);
    assert_eq!(server.act(&id, json!([])).await.ok(), first);
    assert_eq!((server.count("actions").await, server.count("discounts").await), (3, 1));
    let other = server.session(2).await;
    let first = server.act(&other, json!([cancel(1, 1)])).await.ok();
    assert_eq!(server.act(&other, json!([cancel(1, 1)])).await.ok(), first);
}

#[tokio::test]
async fn the_same_action_sent_at_once_from_many_places_is_applied_once() {
    let server = Running::start().await;
    let id = server.session(1).await;
    server.act(&id, json!([shown(), answer("too_expensive")])).await.ok();
    let all = json!([accept()]);
    let answers = tokio::join!(
        server.act(&id, all.clone()),
        server.act(&id, all.clone()),
        server.act(&id, all.clone()),
        server.act(&id, all),
    );
    for answer in [answers.0, answers.1, answers.2, answers.3] {
        let answer = answer.ok();
        assert_eq!(answer["result"]["outcome"], "saved");
        assert_eq!(answer["state"]["runs"][0]["offers"][0]["response"], "accepted");
    }
    assert_eq!((server.count("discounts").await, server.count("intents").await), (1, 1));
}

#[tokio::test]
async fn other_content_at_a_taken_number_is_a_conflict_and_what_came_before_it_is_kept() {
    let server = Running::start().await;
    let id = server.session(1).await;
    server.act(&id, json!([shown()])).await.ok();
    server.act(&id, json!([answer("unused")])).await.ok();
    let conflict = server.act(&id, json!([shown(), answer("too_expensive"), accept()])).await;
    assert!(conflict.error(409).contains("run 1, action 2"));
    assert_eq!(conflict.body["state"]["runs"][0]["answers"]["reason"], "unused");
    assert_eq!(conflict.body["state"]["runs"][0]["step"], "confirm");
    for member in ["result", "return_url", "expires_at"] {
        assert!(conflict.body.get(member).is_some(), "{member}");
    }
    assert!(conflict.body.get("flow").is_none());
    let keep = json!({ "run": 1, "seq": 3, "do": "back" });
    let gap = json!({ "run": 1, "seq": 5, "do": "back" });
    let partly = server.act(&id, json!([keep, gap])).await;
    assert!(partly.error(409).contains("the next one is run 1, action 4"));
    assert_eq!(partly.body["state"]["runs"][0]["step"], "survey", "the action before the gap was kept");
}

#[tokio::test]
async fn what_the_step_does_not_allow_is_a_conflict_that_changes_nothing() {
    let server = Running::start().await;
    let id = server.session(1).await;
    let before = server.act(&id, json!([shown()])).await.ok();
    for wrong in [
        json!({ "run": 1, "seq": 2, "do": "accept", "claim_id": "half" }),
        json!({ "run": 1, "seq": 2, "do": "decline", "claim_id": "half" }),
        json!({ "run": 1, "seq": 2, "do": "undo" }),
        json!({ "run": 1, "seq": 2, "do": "back" }),
        json!({ "run": 1, "seq": 2, "do": "answer", "reason": "nonsense" }),
        json!({ "run": 1, "seq": 2, "do": "answer", "feedback": "x".repeat(2001) }),
    ] {
        let refused = server.act(&id, json!([wrong])).await;
        refused.error(409);
        assert_eq!(refused.body["state"], before["state"]);
    }
    assert_eq!(server.count("actions").await, 1);
}

#[tokio::test]
async fn a_cancellation_is_never_refused_for_its_place() {
    let server = Running::start().await;
    let early = server.session(1).await;
    assert_eq!(server.act(&early, json!([cancel(1, 7)])).await.ok()["result"]["outcome"], "canceled");
    let taken = server.session(2).await;
    server.act(&taken, json!([shown(), answer("unused")])).await.ok();
    let canceled = server.act(&taken, json!([cancel(1, 2)])).await.ok();
    assert_eq!(canceled["result"]["outcome"], "canceled");
    for again in [cancel(1, 2), cancel(1, 3), cancel(1, 9), cancel(2, 1)] {
        let repeated = server.act(&taken, json!([again])).await.ok();
        assert_eq!(repeated["result"]["receipt"], canceled["result"]["receipt"]);
    }
    assert_eq!(server.count("intents").await, 2);
}

#[tokio::test]
async fn a_cancellation_behind_a_conflict_is_carried_out() {
    let server = Running::start().await;
    let id = server.session(1).await;
    server.act(&id, json!([shown(), answer("unused")])).await.ok();
    let elsewhere = json!([shown(), answer("too_expensive"), accept(), cancel(1, 4)]);
    let canceled = server.act(&id, elsewhere.clone()).await.ok();
    assert_eq!(canceled["result"]["outcome"], "canceled");
    assert_eq!(canceled["state"]["runs"][0]["answers"]["reason"], "unused");
    assert_eq!(server.act(&id, elsewhere).await.ok(), canceled);
    assert_eq!((server.count("intents").await, server.count("discounts").await), (1, 0));

    let gap = server.session(2).await;
    let canceled = server.act(&gap, json!([accept(), cancel(1, 4)])).await.ok();
    assert_eq!(canceled["result"]["outcome"], "canceled");

    let stayed = server.session(3).await;
    server.act(&stayed, json!([shown(), { "run": 1, "seq": 2, "do": "keep" }])).await.ok();
    let late = server.act(&stayed, json!([shown(), answer("unused"), cancel(1, 3)])).await;
    assert!(late.error(409).contains("decided to stay"));
    assert_eq!(late.body["result"]["outcome"], "saved");
}

#[tokio::test]
async fn a_cancellation_that_was_taken_back_does_not_come_again_by_itself() {
    let server = Running::start().await;
    let id = server.session(1).await;
    server.act(&id, json!([shown(), cancel(1, 2)])).await.ok();
    let undone = server.act(&id, json!([{ "run": 2, "seq": 1, "do": "undo" }])).await.ok();
    assert_eq!(server.act(&id, json!([cancel(1, 2)])).await.ok(), undone, "a repeat");
    for late in [cancel(1, 3), cancel(2, 1), cancel(2, 2)] {
        let late = server.act(&id, json!([late])).await;
        late.error(409);
        assert_eq!(late.body["state"], undone["state"]);
    }
    let again = server.act(&id, json!([cancel(3, 1)])).await.ok();
    assert_eq!((&again["result"]["outcome"], &again["result"]["run"]), (&json!("canceled"), &json!(3)));
}

#[tokio::test]
async fn of_two_sessions_that_take_a_cancellation_back_both_do() {
    let server = Running::start().await;
    let (one, two) = (server.session(1).await, server.session(1).await);
    server.flow(&two).await.ok();
    for id in [&one, &two] {
        server.act(id, json!([cancel(1, 1)])).await.ok();
    }
    for id in [&one, &two] {
        let undone = server.act(id, json!([{ "run": 2, "seq": 1, "do": "undo" }])).await.ok();
        assert_eq!(
            (&undone["result"]["outcome"], &undone["result"]["effect"]),
            (&json!("saved"), &json!("applied"))
        );
    }
    assert_eq!(server.customer("cus_1").await["subscriptions"][0]["cancel_at"], Value::Null);
}

#[tokio::test]
async fn of_two_tabs_the_first_commit_wins_and_the_other_is_shown_it() {
    let server = Running::start().await;
    let id = server.session(1).await;
    server.act(&id, json!([shown(), answer("too_expensive"), accept()])).await.ok();
    let late = server.act(&id, json!([cancel(1, 3)])).await;
    late.error(409);
    assert_eq!(late.body["state"]["runs"][0]["outcome"], "saved");
    assert_eq!(late.body["result"]["outcome"], "saved");
    let again = server.act(&id, json!([cancel(2, 1)])).await.ok();
    assert_eq!((&again["result"]["outcome"], &again["result"]["run"]), (&json!("canceled"), &json!(2)));

    let id = server.session(2).await;
    server.act(&id, json!([shown(), answer("too_expensive")])).await.ok();
    server.act(&id, json!([cancel(1, 3)])).await.ok();
    let late = server.act(&id, json!([accept()])).await;
    late.error(409);
    assert_eq!(late.body["result"]["outcome"], "canceled");
    assert_eq!(server.count("discounts").await, 1, "only the first session's");
}

#[tokio::test]
async fn a_canceled_session_opened_again_shows_its_receipt() {
    let server = Running::start().await;
    let id = server.session(1).await;
    let canceled = server.act(&id, json!([cancel(1, 1)])).await.ok();
    for quiet in ["shown", "close"] {
        let answer = server.act(&id, json!([{ "run": 2, "seq": 1, "do": quiet }])).await.ok();
        assert_eq!(answer["state"], canceled["state"]);
    }
    server.act(&id, json!([{ "run": 2, "seq": 1, "do": "keep" }])).await.error(409);
    assert_eq!(server.flow(&id).await.ok()["result"], canceled["result"]);
}

#[tokio::test]
async fn actions_that_cannot_be_read_are_named_and_none_is_applied() {
    let server = Running::start().await;
    let id = server.session(1).await;
    for (wrong, member) in [
        (json!({ "seq": 1, "do": "shown" }), "actions[1].run"),
        (json!({ "run": 1, "seq": 0, "do": "shown" }), "actions[1].seq"),
        (json!({ "run": 1, "seq": -1, "do": "shown" }), "actions[1].seq"),
        (json!({ "run": 1, "seq": 2 }), "actions[1].do"),
        (json!({ "run": 1, "seq": 2, "do": "dance" }), "actions[1].do"),
        (json!({ "run": 1, "seq": 2, "do": "accept" }), "actions[1].claim_id"),
        (json!({ "run": 1, "seq": 2, "do": "answer", "reason": 5 }), "actions[1].reason"),
        (json!("shown"), "actions[1].run"),
    ] {
        let refused = server.act(&id, json!([shown(), wrong])).await;
        assert!(refused.error(400).contains(member), "{member}: {}", refused.body);
    }
    assert!(server.act(&id, json!({})).await.error(400).contains("actions"));
    assert_eq!(server.count("actions").await, 0);
}
