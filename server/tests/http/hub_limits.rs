//! How often one customer's hub can be asked for, and how many codes can be tried in it.

use jiff::SignedDuration;
use reqwest::header::RETRY_AFTER;

use crate::hub_changes::with;
use crate::server::{Answer, Running};

#[tokio::test]
async fn codes_cannot_be_guessed() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(1).await;
    let shown = server.sent(&session, &server.shown(&session).await.press("Use a promotion code")).await;
    let mut form = shown.press("Continue");
    form.retain(|(name, _)| name != "choice");
    let attempt = async |code: &str| server.sent(&session, &with(form.clone(), "choice", code)).await;
    for at in 0..20 {
        attempt(&format!("GUESS{at}")).await.says("There is no such code.");
    }
    // Also where it is right: else it would be known.
    let shown = attempt("HALF").await;
    shown.says("That was many codes in a short time.");
    assert_eq!(shown.focus, ["input HALF"], "what was typed is there");
    server.clock.advance(SignedDuration::from_mins(1));
    attempt("HALF").await.says("Use this code");
}

#[tokio::test]
async fn a_hub_that_is_asked_for_without_end_waits_and_the_way_out_does_not() {
    let server = Running::selling(|text| text).await;
    let (session, other) = (server.hub_session(1).await, server.hub_session(2).await);
    let cancel = server.shown(&session).await.press("Cancel Subscription");
    let again = server.hub_session(1).await;
    let mut shown = 1;
    let refused = loop {
        let request = server.post("/v1/hub").form(&[("session", &again)]);
        let answer = request.send().await.unwrap();
        if answer.status() != 200 {
            break answer;
        }
        shown += 1;
        assert!(shown < 100, "a customer is never told to wait");
    };
    assert_eq!(shown, 60, "also with another session: it is the customer's rate");
    assert!(refused.headers().contains_key(RETRY_AFTER));
    Answer::of(refused).await.error(429);
    let page = server.post("/c").form(&[("session", &session)]).send().await.unwrap();
    assert_eq!(page.status(), 429);
    assert!(page.text().await.unwrap().contains("Please wait a moment"));

    server.shown(&other).await.says("Cancel Subscription");
    let flow = &cancel.iter().find(|(name, _)| name == "session").unwrap().1;
    let opened = server.post("/c").form(&[("session", flow)]).send().await.unwrap();
    assert_eq!(opened.status(), 303, "the flow opens");
    server.clock.advance(SignedDuration::from_secs(2));
    server.shown(&session).await.says("Cancel Subscription");
}
