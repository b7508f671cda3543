//! The calls of Pelcro's clients: a customer's own token, renew, and what stands around it.

mod limits;

use farewell_server::billing::ledger::Import;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::server::{Answer, Running};

/// Beside `plan_pro`: a plan for students, one that is delivered, and codes.
const SHOP: &str = r#"{
    "segments": [{ "key": "students", "name": "Students" }],
    "plans": [
        { "external_id": "plan_campus", "name": "Campus", "amount": 900, "currency": "USD", "interval": "month", "segments": ["students"] },
        { "external_id": "plan_paper", "name": "Paper", "amount": 3000, "currency": "USD", "interval": "month", "needs_address": true }
    ],
    "coupons": [
        { "code": "SAVE50", "percent_off": 50 },
        { "code": "STUDENT", "amount_off": 100, "currency": "USD", "segments": ["students"] },
        { "code": "GONE", "percent_off": 10, "redeem_by": "2020-01-01T00:00:00Z" }
    ],
    "customers": [{
        "external_id": "cus_1",
        "addresses": [{ "external_id": "home", "line1": "1 Main St", "country": "US" }],
        "payment_methods": [{ "token": "pm_secret", "name": "Visa", "ends_in": "4242", "expires": "2031-07" }],
        "subscriptions": [{ "external_id": "sub_1", "plan": "plan_pro" }]
    }, { "external_id": "cus_2" }]
}"#;

struct Site {
    server: Running,
    token: String,
}

impl Site {
    async fn open() -> Self {
        let server = Running::start().await;
        let import = Import::read(SHOP).unwrap();
        import.apply(&server.app.sessions.store, "acme", server.clock.now()).await.unwrap();
        let token = token(&server, json!({ "customer_id": "cus_1" })).await;
        Self { server, token }
    }

    async fn get(&self, path: &str) -> Answer {
        let request = self.server.get(&format!("/api/v1/sdk/{path}?site_id=1")).bearer_auth(&self.token);
        Answer::of(request.send().await.unwrap()).await
    }

    async fn call(&self, path: &str, body: Value) -> Answer {
        let request = self.server.post(&format!("/api/v1/sdk/{path}?site_id=1")).bearer_auth(&self.token);
        Answer::of(request.json(&body).send().await.unwrap()).await
    }

    async fn number(&self, table: &'static str, id: &str) -> i64 {
        let sql = match table {
            "plans" => "SELECT id FROM ledger_plans WHERE external_id = $1",
            "addresses" => "SELECT id FROM ledger_addresses WHERE external_id = $1",
            _ => "SELECT id FROM ledger_subscriptions WHERE external_id = $1 AND environment = 'prod'",
        };
        sqlx::query_scalar(sql).bind(id).fetch_one(self.server.app.sessions.store.read()).await.unwrap()
    }

    /// What a renewal has to say at least.
    async fn renewal(&self, more: Value) -> Value {
        let mut body = json!({
            "subscription_id": self.number("subscriptions", "sub_1").await,
            "plan_id": self.number("plans", "plan_pro").await,
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    }

    async fn renew(&self, more: Value) -> Answer {
        self.call("subscription/renew", self.renewal(more).await).await
    }
}

async fn token(server: &Running, body: Value) -> String {
    let request = server.post("/v1/ledger/customer-token").header("x-brand-key", &server.acme).json(&body);
    let answer = Answer::of(request.send().await.unwrap()).await.ok();
    assert_eq!(answer["site_id"], 1);
    answer["token"].as_str().unwrap().to_owned()
}

/// Every error that the document shows is one of the two forms.
#[tokio::test]
async fn what_the_document_says_of_errors_is_what_is_said() {
    let site = Site::open().await;
    let document: Value = site.server.get("/openapi.json").send().await.unwrap().json().await.unwrap();
    let shown = |path: &str, method: &str, status: &str| {
        document["paths"][path][method]["responses"][status]["content"]["application/json"]["example"].clone()
    };
    let base = "/api/v1/sdk";
    let renew = format!("{base}/subscription/renew");
    let without_plan = site.call("subscription/renew", json!({ "subscription_id": 1 })).await;
    assert_eq!(without_plan.body, shown(&renew, "post", "400"));
    let strange = site.call("order", json!({ "plan_id": 4711 })).await;
    assert_eq!(strange.body, shown(&format!("{base}/order"), "post", "404"));
    let nobody = site.server.get("/api/v1/sdk/customer?site_id=1").send().await.unwrap();
    assert_eq!(Answer::of(nobody).await.body, shown(&format!("{base}/customer"), "get", "401"));
    let wrong = site.server.get("/api/v1/sdk/customer?site_id=1").bearer_auth("x").send().await.unwrap();
    assert_eq!(Answer::of(wrong).await.body, shown(&format!("{base}/customer"), "get", "403"));
    let nowhere = site.server.get("/api/v1/sdk/customer").bearer_auth(&site.token).send().await.unwrap();
    assert_eq!(Answer::of(nowhere).await.body, shown(&format!("{base}/customer"), "get", "400"));
}

/// The sentence of a rule that forbids it.
fn rule(answer: &Answer, status: u16) -> &str {
    assert_eq!(answer.status, status, "{:?}", answer.body);
    assert_eq!(answer.body["error"]["status"], status);
    assert_eq!(answer.body["error"]["report_id"], Value::Null);
    answer.body["error"]["message"].as_str().unwrap()
}

/// Fields that are wrong.
fn fields(answer: &Answer) -> Vec<&str> {
    assert_eq!(answer.status, 400, "{:?}", answer.body);
    answer.body["errors"].as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn a_renewal_adds_a_phase_and_answers_the_customer_with_a_fresh_token() {
    let site = Site::open().await;
    site.server.clock.advance(SignedDuration::from_hours(24 * 5));
    let answer =
        site.renew(json!({ "source": "web", "campaign_key": "autumn_26", "language": "en" })).await.ok();
    let customer = &answer["data"];
    assert_eq!((&customer["external_id"], &customer["first_name"]), (&json!("cus_1"), &json!("Customer")));
    assert_eq!(customer["auth_token"], customer["token"]);
    assert_ne!(customer["token"], site.token);
    let subscription = &customer["subscriptions"][0];
    assert_eq!(
        (&subscription["status"], &subscription["cancel_at_period_end"]),
        (&json!("active"), &json!(0))
    );
    let phases = subscription["schedule"]["phases"].as_array().unwrap();
    assert_eq!(phases.len(), 2);
    assert_eq!(phases[0]["end_date"], phases[1]["start_date"]);
    assert_eq!(
        customer["source"]["properties"],
        json!({ "brand": "Visa", "last4": "4242", "exp_month": 7, "exp_year": 2031 })
    );
    assert!(!answer.to_string().contains("pm_secret"), "what a gateway calls it stays here");
    let fresh = Site { token: customer["token"].as_str().unwrap().into(), ..site };
    fresh.server.clock.advance(SignedDuration::from_hours(24 * 58));
    assert_eq!(fresh.get("customer").await.status, 200);
}

#[tokio::test]
async fn an_offer_to_stay_is_a_single_discounted_phase() {
    let site = Site::open().await;
    for _ in 0..9 {
        site.renew(json!({})).await.ok();
    }
    assert!(rule(&site.renew(json!({})).await, 400).contains("at most 10 phases"));
    let offer = json!({ "coupon_code": "save50", "replace_upcoming_phases": true });
    let answer = site.renew(offer).await.ok();
    let phases = &answer["data"]["subscriptions"][0]["schedule"]["phases"];
    assert_eq!(phases.as_array().unwrap().len(), 2);
    let customer = site.server.customer("cus_1").await;
    assert_eq!(customer["subscriptions"][0]["next_payment"]["amount"], 1000);
}

#[tokio::test]
async fn the_same_renewal_again_is_one_where_it_says_so() {
    let site = Site::open().await;
    let body = site.renewal(json!({})).await;
    for _ in 0..3 {
        let request = site.server.post("/api/v1/sdk/subscription/renew?site_id=1").bearer_auth(&site.token);
        let request = request.header("idempotency-key", "press 1").json(&body);
        Answer::of(request.send().await.unwrap()).await.ok();
    }
    assert_eq!(site.server.count("phases").await, 1);
    let mut other = body;
    other["source"] = "letter".into();
    let request = site.server.post("/api/v1/sdk/subscription/renew?site_id=1").bearer_auth(&site.token);
    let request = request.header("idempotency-key", "press 1").json(&other);
    Answer::of(request.send().await.unwrap()).await.ok();
    assert_eq!(site.server.count("phases").await, 2, "what says something else is another");
}

#[tokio::test]
async fn fields_that_are_wrong_are_named_and_rules_are_told() {
    let site = Site::open().await;
    let nothing = site.call("subscription/renew", json!({})).await;
    assert_eq!(fields(&nothing), ["plan_id", "subscription_id"]);
    assert_eq!(nothing.body["errors"]["plan_id"], json!(["Plan ID is required"]));
    for (more, field) in [
        (json!({ "quantity": 0 }), "quantity"),
        (json!({ "quantity": -1 }), "quantity"),
        (json!({ "quantity": "two" }), "quantity"),
        (json!({ "campaign_key": "a b" }), "campaign_key"),
        (json!({ "campaign_key": "ab" }), "campaign_key"),
        (json!({ "payment_gateway": "paypal" }), "payment_gateway"),
        (json!({ "language": "english" }), "language"),
        (json!({ "replace_upcoming_phases": "yes" }), "replace_upcoming_phases"),
        (json!({ "source": ["web"] }), "source"),
        (json!({ "plan_id": "x" }), "plan_id"),
        (json!({ "plan_id": 99_999_999_999i64 }), "plan_id"),
    ] {
        assert_eq!(fields(&site.renew(more.clone()).await), [field], "{more}");
    }
    let (campus, paper) =
        (site.number("plans", "plan_campus").await, site.number("plans", "plan_paper").await);
    for (more, says) in [
        (json!({ "plan_id": 4711 }), "Invalid plan"),
        (json!({ "subscription_id": 4711 }), "Invalid subscription"),
        (json!({ "subscription_id": site.number("subscriptions", "sub_2").await }), "Invalid subscription"),
        (json!({ "plan_id": campus }), "segment"),
        (json!({ "plan_id": paper }), "address ID is required"),
        (json!({ "plan_id": paper, "address_id": 4711 }), "Invalid address"),
        (json!({ "coupon_code": "NONE" }), "Invalid coupon"),
        (json!({ "coupon_code": "gone" }), "expired"),
        (json!({ "coupon_code": "student" }), "segment"),
        (json!({ "source_id": 4711 }), "Invalid source"),
    ] {
        let answer = site.renew(more.clone()).await;
        assert!(rule(&answer, 400).contains(says), "{more}: {:?}", answer.body);
    }
    assert_eq!(site.server.count("phases").await, 0);
    let address = site.number("addresses", "home").await;
    site.renew(json!({ "plan_id": paper, "address_id": address })).await.ok();
}

#[tokio::test]
async fn nobody_is_let_in_without_a_token_of_their_own() {
    let site = Site::open().await;
    let ask = async |address: &str, token: Option<&str>| {
        let request = site.server.get(address);
        let request = if let Some(token) = token { request.bearer_auth(token) } else { request };
        Answer::of(request.send().await.unwrap()).await
    };
    let here = "/api/v1/sdk/customer?site_id=1";
    assert_eq!(rule(&ask(here, None).await, 401), "Token not provided");
    let key = site.server.acme.clone();
    let mut altered = site.token.clone();
    altered.pop();
    for wrong in ["x", "a.b.c", key.as_str(), altered.as_str()] {
        assert_eq!(
            rule(&ask(here, Some(wrong)).await, 403),
            "Authentication token is invalid, please try again"
        );
    }
    rule(&ask("/api/v1/sdk/customer?site_id=2", Some(&site.token)).await, 403);
    assert_eq!(fields(&ask("/api/v1/sdk/customer", Some(&site.token)).await), ["site_id"]);
    assert_eq!(fields(&ask("/api/v1/sdk/customer?site_id=x", Some(&site.token)).await), ["site_id"]);
    site.server.clock.advance(SignedDuration::from_hours(24 * 60));
    rule(&ask(here, Some(&site.token)).await, 403);
}

#[tokio::test]
async fn a_token_is_made_for_customers_of_the_ledger_alone() {
    let site = Site::open().await;
    let ask = async |key: &str, body: Value| {
        let request = site.server.post("/v1/ledger/customer-token").header("x-brand-key", key).json(&body);
        Answer::of(request.send().await.unwrap()).await
    };
    let acme = &site.server.acme;
    assert!(ask(acme, json!({})).await.error(400).contains("customer_id"));
    assert!(ask(acme, json!({ "customer_id": "cus_1", "days": 0 })).await.error(400).contains("days"));
    assert!(ask(acme, json!({ "customer_id": "cus_1", "days": 366 })).await.error(400).contains("days"));
    assert!(ask(acme, json!({ "customer_id": "nobody" })).await.error(404).contains("no customer"));
    assert!(ask(&site.server.manual, json!({ "customer_id": "cus_1" })).await.error(409).contains("ledger"));
}

#[tokio::test]
async fn what_is_tried_out_with_a_token_of_the_sandbox_does_not_count() {
    let site = Site::open().await;
    let sandbox = token(&site.server, json!({ "customer_id": "cus_1", "environment": "sandbox" })).await;
    let site = Site { token: sandbox, ..site };
    // Twice: the number of the subscription that counts names its copy too.
    for _ in 0..2 {
        site.renew(json!({})).await.ok();
    }
    let counts = site.server.customer("cus_1").await;
    assert_eq!(counts["subscriptions"][0]["phases"], json!([]));
    let tried = site.get("customer").await.ok();
    let schedule = &tried["data"]["subscriptions"][0]["schedule"];
    assert_eq!(schedule["phases"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn canceling_and_taking_it_back() {
    let site = Site::open().await;
    let number = site.number("subscriptions", "sub_1").await;
    let about = |more: Value| {
        let mut body = json!({ "subscription_id": number });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    assert!(rule(&site.call("subscription/cancel", json!({})).await, 404).contains("Invalid subscription"));
    assert!(
        rule(&site.call("subscription/cancel", about(json!({ "mode": "now" }))).await, 404)
            .contains("not enabled")
    );
    assert_eq!(fields(&site.call("subscription/cancel", about(json!({ "mode": "later" }))).await), ["mode"]);
    assert!(
        rule(&site.call("subscription/reactivate", about(json!({}))).await, 404).contains("no cancellation")
    );
    site.renew(json!({})).await.ok();
    let last = site.call("subscription/cancel", about(json!({ "reason": "too_expensive" }))).await.ok();
    let subscription = &last["data"]["subscriptions"][0];
    let phases = &subscription["schedule"]["phases"];
    assert_eq!(subscription["cancel_at"], phases[1]["end_date"], "the last period's end, where nobody says");
    assert_eq!(subscription["cancel_at_period_end"], 1);
    assert!(
        rule(&site.call("subscription/cancel", about(json!({}))).await, 404).contains("nothing to cancel")
    );
    let back = site.call("subscription/reactivate", about(json!({}))).await.ok();
    assert_eq!(back["data"]["subscriptions"][0]["cancel_at"], Value::Null);
    let current = site.call("subscription/cancel", about(json!({ "mode": "current_period_end" }))).await.ok();
    let subscription = &current["data"]["subscriptions"][0];
    assert_eq!(subscription["cancel_at"], phases[0]["end_date"]);
}

#[tokio::test]
async fn what_is_open_to_a_customer_and_what_it_would_cost() {
    let site = Site::open().await;
    let names = |answer: &Value, of: &str| -> Vec<String> {
        answer["data"].as_array().unwrap().iter().map(|one| one[of].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&site.get("customer/plans").await.ok(), "external_id"), ["plan_pro", "plan_paper"]);
    assert_eq!(names(&site.get("customer/coupons").await.ok(), "code"), ["SAVE50"]);
    let student = r#"{ "customers": [{ "external_id": "cus_1", "segments": ["students"] }] }"#;
    Import::read(student)
        .unwrap()
        .apply(&site.server.app.sessions.store, "acme", site.server.clock.now())
        .await
        .unwrap();
    let coupons = site.get("customer/coupons").await.ok();
    assert_eq!(names(&coupons, "code"), ["SAVE50", "STUDENT"]);
    assert_eq!(coupons["data"][1]["segments"][0]["name"], "Students");
    let plan = site.number("plans", "plan_campus").await;
    let order = site.call("order", json!({ "plan_id": plan, "coupon_code": "student" })).await.ok();
    assert_eq!(order["error"], false);
    let data = &order["data"];
    assert_eq!(
        (&data["subtotal"], &data["discount"], &data["total"]),
        (&json!(900), &json!(100), &json!(800))
    );
    assert!(rule(&site.call("order", json!({ "plan_id": 4711 })).await, 404).contains("Invalid plan"));
    let wrong = json!({ "plan_id": plan, "coupon_code": "NONE" });
    assert!(rule(&site.call("order", wrong).await, 404).contains("Invalid coupon"));
    assert_eq!(fields(&site.call("order", json!({})).await), ["plan_id"]);
    let gone = r#"{ "coupons": [
        { "code": "SAVE50", "percent_off": 50, "redeem_by": "2020-01-01T00:00:00Z" },
        { "code": "STUDENT", "percent_off": 50, "redeem_by": "2020-01-01T00:00:00Z" }
    ] }"#;
    Import::read(gone)
        .unwrap()
        .apply(&site.server.app.sessions.store, "acme", site.server.clock.now())
        .await
        .unwrap();
    assert!(rule(&site.get("customer/coupons").await, 404).contains("No eligible items found"));
}
