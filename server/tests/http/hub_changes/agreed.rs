//! What a customer agrees to is done once, and only while it is what they saw.

use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::Value;

use super::{Fields, ledger};
use crate::hub::Shown;
use crate::server::Running;

#[tokio::test]
async fn what_is_agreed_to_twice_is_done_once() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(1).await;
    let agreed = server.about_to_pause(&session).await;
    let answers = join_all((0..8).map(|_| server.send(&session, &agreed))).await;
    for answer in answers {
        let shown = Shown::of(&answer.ok());
        shown.says("Done. Your subscription is paused from December 10, 2026 until January 10, 2027.");
        assert_eq!(shown.answer["changed"]["effect"], "applied");
    }
    server.clock.advance(SignedDuration::from_hours(2));
    server.sent(&session, &agreed).await.says("Done.");
    assert_eq!(server.changes().await, [("applied".into(), 1)]);
    assert_eq!(server.operations().await, 1);
}

#[tokio::test]
async fn what_has_changed_since_it_was_shown_is_shown_again_and_not_done() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(1).await;
    let agreed = server.about_to_change(&session).await;
    server
        .sql("UPDATE ledger_plans SET amount = 950 WHERE brand = 'acme' AND external_id = 'plan_basic'")
        .await;
    let shown = server.sent(&session, &agreed).await;
    shown
        .says("Something has changed in the meantime, and nothing was done.")
        .says("$9.50 on December 10, 2026");
    assert_eq!(shown.answer["changed"], Value::Null);
    assert!(server.changes().await.is_empty());
    let again = shown.press("Change plan on December 10, 2026");
    server.sent(&session, &again).await.says("Done.");
    assert_eq!(server.operations().await, 1);
}

#[tokio::test]
async fn what_was_shown_long_ago_or_to_another_session_is_asked_again() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(1).await;
    let agreed = server.about_to_pause(&session).await;
    server.clock.advance(SignedDuration::from_mins(31));
    server.sent(&session, &agreed).await.says("nothing was done").says("$20.00 on January 10, 2027");
    let agreed = server.about_to_pause(&session).await;
    let other = server.hub_session(1).await;
    server.sent(&other, &agreed).await.says("nothing was done");
    assert!(server.changes().await.is_empty());
    let stranger = server.hub_session(2).await;
    assert!(server.send(&stranger, &agreed).await.error(404).contains("subscription_id"));
    assert!(server.changes().await.is_empty());
}

#[tokio::test]
async fn a_subscription_of_somebody_else_is_none_of_the_customers() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(1).await;
    for (verb, more) in [("pause", None), ("preview", Some("pause"))] {
        let mut fields: Fields = vec![("do".into(), verb.into()), ("subscription".into(), "sub_2".into())];
        fields.extend(more.map(|want| ("want".to_owned(), want.to_owned())));
        server.send(&session, &fields).await.error(404);
    }
}

#[tokio::test]
async fn a_session_whose_time_is_over_changes_nothing() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(1).await;
    server.clock.advance(SignedDuration::from_secs(24 * 60 * 60 - 60));
    let agreed = server.about_to_pause(&session).await;
    server.clock.advance(SignedDuration::from_secs(60));
    assert!(server.send(&session, &agreed).await.error(401).contains("expired"));
    assert!(server.changes().await.is_empty());
}

#[tokio::test]
async fn what_is_altered_on_the_way_is_not_done() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(1).await;
    let agreed = server.about_to_pause(&session).await;
    for alter in [
        |quote: &str| format!("{quote}A"),
        |quote: &str| quote.replacen("quo_", "ret_", 1),
        |_: &str| "x".into(),
    ] {
        let mut fields = agreed.clone();
        let (_, quote) = fields.iter_mut().find(|(name, _)| name == "quote").unwrap();
        *quote = alter(quote);
        server.sent(&session, &fields).await.says("This cannot be done at the moment. Nothing was changed.");
    }
    assert!(server.changes().await.is_empty());
}

#[tokio::test]
async fn what_the_brand_offers_no_more_is_not_done() {
    let server = Running::selling(|text| text).await;
    let (pausing, changing) = (server.hub_session(1).await, server.hub_session(2).await);
    let pause = server.about_to_pause(&pausing).await;
    let change = server.about_to_change(&changing).await;
    let without = |text: String| {
        text.replacen("pauses = [\"1 month\", \"3 months\"]\n", "", 1).replacen("\"plan_basic\", ", "", 1)
    };
    let server = server.billed_by(without, ledger).await;
    server.sent(&pausing, &pause).await.says("This cannot be done at the moment.");
    server.sent(&changing, &change).await.says("This plan is not available any more.");
    assert!(server.changes().await.is_empty());
}
