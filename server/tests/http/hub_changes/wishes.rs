//! What a customer can wish for, and what comes of it.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::with;
use crate::server::{Answer, Running};

#[tokio::test]
async fn a_pause_is_chosen_shown_agreed_to_and_done() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(1).await;
    let shown = server.sent(&session, &server.shown(&session).await.press("Pause")).await;
    shown.says("Pause your subscription").says("For how long?").says("1 month").says("3 months");
    shown.says("until December 10, 2026").says("Cancel Subscription");
    assert_eq!(shown.focus, ["h4 "], "the step begins at its heading");
    let shown = server.sent(&session, &with(shown.press("Continue"), "choice", "3_month")).await;
    shown.says("December 10, 2026 to March 10, 2027").says("Charged now\nNothing");
    shown.says("$20.00 on March 10, 2027").says("Cancel Subscription");
    assert!(server.changes().await.is_empty(), "nothing is done before it is agreed to");
    let shown = server.sent(&session, &shown.press("Pause from December 10, 2026")).await;
    shown.says("Done. Your subscription is paused from December 10, 2026 until March 10, 2027.");
    shown.says("Active. Paused from December 10, 2026 until March 10, 2027.").says_nothing_of("Change plan");
    assert_eq!(shown.focus, ["p "], "what happened has the focus");
    let told =
        json!({ "authentication": null, "effect": "applied", "kind": "pause", "subscription": "sub_1" });
    assert_eq!(shown.answer["changed"], told);
    assert_eq!(server.changes().await, [("applied".into(), 1)]);
    let paused = server.customer("cus_1").await;
    assert_eq!(paused["subscriptions"][0]["pause"]["until"], "2027-03-10T05:00:00.000Z", "{paused}");
    assert_eq!(server.hub(&session).await.ok()["changed"], Value::Null);
}

#[tokio::test]
async fn another_plan_begins_with_the_next_payment_and_the_hub_says_so() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(1).await;
    let shown = server.sent(&session, &server.shown(&session).await.press("Change plan")).await;
    let choices = &shown.forms.iter().find(|form| !form.choices.is_empty()).unwrap().choices;
    assert_eq!(
        choices,
        &["plan_basic", "plan_max"],
        "not the one there is, not another currency, not what is gone"
    );
    shown.says("$9.00 a month").says("$500.00 a year");
    let shown = server.sent(&session, &with(shown.press("Continue"), "choice", "plan_basic")).await;
    shown.says("New plan\nBasic").says("Begins\nDecember 10, 2026").says("$9.00 on December 10, 2026");
    let shown = server.sent(&session, &shown.press("Change plan on December 10, 2026")).await;
    shown.says("Done. From December 10, 2026 your plan is Basic.");
    server.shown(&session).await.says("From December 10, 2026: Basic").says("$9.00 on December 10, 2026");
}

#[tokio::test]
async fn a_plan_that_costs_more_begins_at_once_and_what_is_left_is_taken_off() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(1).await;
    let shown = server.sent(&session, &server.shown(&session).await.press("Change plan")).await;
    let shown = server.sent(&session, &with(shown.press("Continue"), "choice", "plan_max")).await;
    shown.says("New plan\nMax").says("Begins\nAt once").says("$500.00 on November 21, 2027");
    // 18 days and 17 of 24 hours of 30 days that cost 20 dollars.
    shown.says("Charged now\n$487.53");
    server.clock.advance(SignedDuration::from_mins(20));
    let shown = server.sent(&session, &shown.press("Pay $487.53 and change plan")).await;
    shown.says("Done. Your plan is now Max.").says("Max\nActive");
    shown.says("$487.53\nPaid");
    assert_eq!(server.operations().await, 1);
}

#[tokio::test]
async fn where_billing_cannot_change_at_once_it_is_with_the_next_payment() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(1).await;
    server.use_code(&session, "HALF").await.says("Done. Your code has been applied.");
    let shown = server.sent(&session, &server.shown(&session).await.press("Change plan")).await;
    let shown = server.sent(&session, &with(shown.press("Continue"), "choice", "plan_max")).await;
    shown.says("Begins\nDecember 10, 2026").says("Charged now\nNothing");
    server
        .sent(&session, &shown.press("Change plan on December 10, 2026"))
        .await
        .says("Done. From December 10");
    let later =
        Running::selling(|text| text.replacen("[brand.hub]", "[brand.hub]\nupgrades = \"next_payment\"", 1));
    let later = later.await;
    let session = later.hub_session(1).await;
    let shown = later.sent(&session, &later.shown(&session).await.press("Change plan")).await;
    let shown = later.sent(&session, &with(shown.press("Continue"), "choice", "plan_max")).await;
    shown.says("Begins\nDecember 10, 2026").says("$500.00 on December 10, 2026");
}

#[tokio::test]
async fn a_pause_is_called_off_before_it_begins_and_ended_with_a_payment_after_that() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(1).await;
    let paused = server.sent(&session, &server.about_to_pause(&session).await).await;
    let shown = server.sent(&session, &paused.press("Call off the pause")).await;
    shown.says("Charged now\nNothing").says("$20.00 on December 10, 2026");
    let shown = server.sent(&session, &shown.press("Call off the pause")).await;
    shown.says("Done. Your subscription goes on.").says("Active").says_nothing_of("Paused");

    server.sent(&session, &server.about_to_pause(&session).await).await.says("Done.");
    server.clock.set(farewell_server::clock::parse("2026-12-20T12:00:00Z").unwrap());
    let session = server.hub_session(1).await;
    let shown = server.shown(&session).await;
    shown.says("Paused until January 10, 2027").says_nothing_of("Call off");
    let shown = server.sent(&session, &shown.press("Resume")).await;
    shown.says("Charged now\n$20.00").says("$20.00 on January 20, 2027");
    server.clock.advance(SignedDuration::from_mins(10));
    let shown = server.sent(&session, &shown.press("Pay $20.00 and resume")).await;
    shown.says("Done. Your subscription goes on.").says("$20.00 on January 20, 2027").says("Paid");
    assert_eq!(server.operations().await, 4);
}

#[tokio::test]
async fn what_ends_by_itself_is_renewed() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(9).await;
    let shown = server.shown(&session).await;
    shown
        .says("Active until January 10, 2027. It ends then by itself.")
        .says("Visa ending in 4242, expires 07/2031");
    shown.says_nothing_of("Change plan").says_nothing_of("Pause").says_nothing_of("promotion code");
    let shown = server.sent(&session, &shown.press("Renew")).await;
    shown
        .says("January 10, 2027 to January 10, 2028")
        .says("Charged now\nNothing")
        .says("$180.00 on January 10, 2027");
    let shown = server.sent(&session, &shown.press("Renew until January 10, 2028")).await;
    shown.says("Done. Your subscription is renewed.").says_nothing_of("Renew until");
    assert_eq!(shown.answer["changed"]["kind"], "renew");
}

#[tokio::test]
async fn invoices_are_listed_and_all_of_them_are_shown_on_demand() {
    let server = Running::selling(|text| text).await;
    server.clock.set(farewell_server::clock::parse("2027-04-20T12:00:00Z").unwrap());
    let session = server.hub_session(1).await;
    let shown = server.shown(&session).await;
    shown.says("April 10, 2027").says("$20.00\nPaid").says_nothing_of("January 10, 2027");
    let all = server.sent(&session, &shown.press("Show all invoices")).await;
    all.says("January 10, 2027").says("December 10, 2026").says_nothing_of("Show all invoices");
    assert_eq!(all.focus, ["h3 "]);
}

#[tokio::test]
async fn back_leads_to_where_a_customer_was_and_the_focus_with_them() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(1).await;
    let shown = server.sent(&session, &server.shown(&session).await.press("Change plan")).await;
    let home = server.sent(&session, &shown.press("Back")).await;
    assert_eq!(home.focus, ["button plan"]);
    home.says("Change plan").says_nothing_of("Which plan would you like?");
    let preview = server.sent(&session, &with(shown.press("Continue"), "choice", "plan_max")).await;
    let choice = server.sent(&session, &preview.press("Back")).await;
    choice.says("Which plan would you like?");
    let parts = choice.answer["hub"].as_array().unwrap();
    let checked = parts.iter().position(|part| part == "@checked=").expect("what was chosen is chosen still");
    assert!(parts[..checked].iter().rev().take(4).any(|part| part == "@value=plan_max"));
}

#[tokio::test]
async fn what_is_wrong_with_a_choice_is_said_at_the_choice() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(1).await;
    let home = server.shown(&session).await;
    for (button, choice, says) in [
        ("Pause", None, "Choose one of these."),
        ("Pause", Some("2_month"), "Choose one of these."),
        ("Change plan", None, "Choose one of these."),
        ("Change plan", Some("plan_gone"), "This plan is not available any more."),
        ("Change plan", Some("plan_europe"), "This plan is not available any more."),
        ("Use a promotion code", None, "Type your code."),
    ] {
        let mut fields = server.sent(&session, &home.press(button)).await.press("Continue");
        fields.retain(|(name, _)| name != "choice");
        if let Some(choice) = choice {
            fields = with(fields, "choice", choice);
        }
        let shown = server.sent(&session, &fields).await;
        shown.says(says);
        assert!(shown.focus[0].starts_with("input"), "{:?}", shown.focus);
        let parts = shown.answer["hub"].as_array().unwrap();
        assert!(
            parts.contains(&json!("@aria-describedby=fw-wrong")) && parts.contains(&json!("@id=fw-wrong"))
        );
    }
    assert!(server.changes().await.is_empty());
}

#[tokio::test]
async fn in_the_sandbox_nothing_that_counts_is_changed() {
    let server = Running::selling(|text| text).await;
    let answer = server.ask_hub(json!({ "customer_id": "cus_1", "environment": "sandbox" })).await.ok();
    let session = answer["id"].as_str().unwrap().to_owned();
    server.sent(&session, &server.about_to_pause(&session).await).await.says("Done.");
    assert_eq!(server.customer("cus_1").await["subscriptions"][0]["pause"], Value::Null);
    let real = server.hub_session(1).await;
    server.shown(&real).await.says("Active").says_nothing_of("Paused");
}

#[tokio::test]
async fn merchants_who_bill_on_their_own_have_a_hub_with_nothing_to_change() {
    let server = Running::selling(|text| {
        text.replacen(
            "slug = \"manual\"",
            "slug = \"manual\"\nhub = { pauses = [\"1 month\"], plans = [\"a\"] }",
            1,
        )
    })
    .await;
    let body = json!({ "subscription": { "customer_id": "whoever" } });
    let request = server.post("/v1/subscription/session").header("x-brand-key", &server.manual).json(&body);
    let session = Answer::of(request.send().await.unwrap()).await.ok()["id"].as_str().unwrap().to_owned();
    let shown = server.shown(&session).await;
    shown.says("Cancel Subscription");
    for text in ["Pause", "Change plan", "promotion code", "Invoices", "Payment method"] {
        shown.says_nothing_of(text);
    }
}
