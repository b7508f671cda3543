//! What a customer's token may do how often, and what is said around its calls.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Site, rule, token};
use crate::server::Answer;

#[tokio::test]
async fn whatever_goes_wrong_around_a_call_is_said_in_the_same_form() {
    let site = Site::open().await;
    let (server, token) = (&site.server, &site.token);
    let said = async |request: reqwest::RequestBuilder| {
        let answer = Answer::of(request.send().await.unwrap()).await;
        let error = &answer.body["error"];
        assert_eq!(error["status"], answer.status, "{}", answer.body);
        assert!(error.get("report_id").is_some());
        (answer.status, error["message"].as_str().unwrap().to_owned())
    };
    let renew = || server.post("/api/v1/sdk/subscription/renew?site_id=1").bearer_auth(token);
    let large = said(renew().body("x".repeat(70_000))).await;
    let document: Value = server.get("/openapi.json").send().await.unwrap().json().await.unwrap();
    let shown = |name: &str| {
        let said =
            &document["components"]["responses"][name]["content"]["application/json"]["example"]["error"];
        (said["status"].as_u64().unwrap() as u16, said["message"].as_str().unwrap().to_owned())
    };
    assert_eq!(large, shown("SdkTooLarge"));
    let wrong = said(server.get("/api/v1/sdk/subscription/renew?site_id=1")).await;
    assert!(wrong.0 == 405 && wrong.1.starts_with("GET"), "{wrong:?}");
    assert_eq!(said(server.get("/api/v1/sdk/nothing")).await.0, 404);
    // It is not the token that is wrong.
    let foreign = said(renew().header("origin", "https://shop.other.example")).await;
    assert!(foreign.0 == 403 && foreign.1.contains("origins"), "{foreign:?}");
}

#[tokio::test]
async fn nobody_asks_without_end_and_nobody_is_kept_from_leaving() {
    let site = Site::open().await;
    let order = json!({ "plan_id": site.number("plans", "plan_pro").await, "coupon_code": "GUESS" });
    for _ in 0..20 {
        assert_eq!(site.call("order", order.clone()).await.status, 404);
    }
    rule(&site.call("order", order.clone()).await, 429);
    site.server.clock.advance(SignedDuration::from_mins(1));
    assert_eq!(site.call("order", order).await.status, 404, "one more");

    // Changes have a rate of their own, in which no way out is counted.
    let renewal = json!({ "replace_upcoming_phases": true, "campaign_key": "spring" });
    let number = json!({ "subscription_id": site.number("subscriptions", "sub_1").await });
    for _ in 0..20 {
        assert_eq!(site.renew(renewal.clone()).await.status, 200);
    }
    assert_eq!(site.renew(renewal).await.status, 429);
    assert_eq!(site.call("subscription/cancel", number).await.status, 200);
    // Nobody else waits for them.
    let other = token(&site.server, json!({ "customer_id": "cus_2" })).await;
    let other = site.server.get("/api/v1/sdk/customer?site_id=1").bearer_auth(other).send().await.unwrap();
    assert_eq!(other.status(), 200);
    let mut asked = 0;
    while site.get("customer").await.status == 200 {
        asked += 1;
        assert!(asked < 100, "one customer is never told to wait");
    }
}

#[tokio::test]
async fn a_customer_has_room_for_twenty_payment_methods() {
    let site = Site::open().await;
    let pay = async |token: String| {
        let body = json!({ "replace_upcoming_phases": true, "stripe_token": token });
        site.server.clock.advance(SignedDuration::from_mins(5));
        site.renew(body).await
    };
    // One is there from the start.
    for at in 1..20 {
        assert_eq!(pay(format!("tok_{at}")).await.status, 200);
    }
    let full = pay("tok_more".into()).await;
    assert_eq!(full.status, 400);
    assert!(full.body["error"]["message"].as_str().unwrap().contains("source_id"), "{}", full.body);
    assert_eq!(pay("tok_7".into()).await.status, 200, "the same again is the same");
}
