//! Promotion codes.

use serde_json::json;

use super::with;
use crate::server::Running;

#[tokio::test]
async fn a_code_lowers_what_is_paid_and_says_until_when() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(1).await;
    let shown = server.sent(&session, &server.shown(&session).await.press("Use a promotion code")).await;
    assert_eq!(shown.focus, ["h4 "]);
    let mut typed = shown.press("Continue");
    typed.retain(|(name, _)| name != "choice");
    let shown = server.sent(&session, &with(typed, "choice", " half ")).await;
    shown.says("Promotion code\nhalf").says("$10.00 on December 10, 2026").says("$20.00 from March 10, 2027");
    let shown = server.sent(&session, &shown.press("Use this code")).await;
    shown.says("Done. Your code has been applied.").says("$10.00 on December 10, 2026");
    server.use_code(&session, "HALF").await.says("This code is in use on your subscription already.");
    assert_eq!(server.count("discounts").await, 1);
}

#[tokio::test]
async fn what_is_wrong_with_a_code_is_said_at_its_field() {
    let server = Running::selling(|text| text).await;
    let (session, other) = (server.hub_session(1).await, server.hub_session(2).await);
    server.use_code(&other, "FIRST").await.says("Done.");
    let long = "X".repeat(101);
    for (code, says) in [
        ("NOPE", "There is no such code."),
        (long.as_str(), "There is no such code."),
        ("<script>", "There is no such code."),
        ("OLD", "This code has expired."),
        ("FIRST", "This code has been used as often as it can be."),
        ("BASIC", "This code is not for your plan."),
        ("STAFF", "This code is for other customers."),
        ("EURO", "This code is for another currency"),
    ] {
        let shown = server.use_code(&session, code).await;
        shown.says(says);
        assert_eq!(shown.focus, [format!("input {code}")], "what was typed is there, with the focus");
        assert!(shown.answer["hub"].as_array().unwrap().contains(&json!("@aria-invalid=true")));
    }
    assert_eq!(server.changes().await.len(), 1);
}
