//! A brand that Pelcro bills, from the session to the receipt. A second server's ledger answers as Pelcro does.

use farewell_server::billing::ledger::Import;
use farewell_server::customer_token::CustomerToken;
use farewell_server::erase::{Customer, How, erase};
use farewell_server::session::Environment;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::server::{Answer, Running};

/// What the site sells beside `plan_pro`.
const SHOP: &str =
    r#"{ "coupons": [{ "code": "HALF3", "percent_off": 50, "duration": "repeating", "months": 3 }] }"#;

/// The configuration of the tests, with acme billed by the site.
fn billed(text: &str, site: &Running) -> String {
    let account = format!(
        "[brand.hosted]\nchanges_billing = true\n[brand.pelcro]\napi_url = \"{}\"\nsite_id = 1\n[[brand.reason]]",
        site.url
    );
    let text = text.replacen("billing = \"ledger\"", "billing = \"pelcro\"", 1).replacen(
        "[[brand.reason]]",
        &account,
        1,
    );
    let coupons = [
        ("duration = \"repeating\"\nmonths = 3", "HALF3"),
        ("currency = \"EUR\"\nduration = \"once\"", "FIVE"),
        ("percent_off = 10\nduration = \"once\"", "TEN"),
    ];
    coupons.into_iter().fold(text, |text, (discount, code)| {
        text.replacen(discount, &format!("{discount}\npelcro_coupon = \"{code}\""), 1)
    })
}

struct Both {
    site: Running,
    server: Running,
}

impl Both {
    async fn start() -> Self {
        let site = Running::start().await;
        let import = Import::read(SHOP).unwrap();
        import.apply(&site.app.sessions.store, "acme", site.clock.now()).await.unwrap();
        let server = Running::start_with(|text| billed(&text, &site)).await;
        Self { site, server }
    }

    /// The token of a customer of the site, for that many days.
    fn token(&self, customer: u32, days: u32) -> String {
        let customer = format!("cus_{customer}");
        let token = CustomerToken::new(customer, "acme", Environment::Prod, days, self.site.clock.now());
        token.sign(&self.site.app.sessions.signer).unwrap()
    }

    async fn session(&self, customer: u32, days: u32) -> String {
        let email = format!("c{customer}@example.com");
        let named = json!({ "customer_email": email, "customer_token": self.token(customer, days) });
        self.server.session_with(named).await
    }

    async fn rows(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(self.server.app.sessions.store.read()).await.unwrap()
    }
}

fn accepting() -> Value {
    json!([
        { "run": 1, "seq": 1, "do": "shown" },
        { "run": 1, "seq": 2, "do": "answer", "reason": "too_expensive" },
        { "run": 1, "seq": 3, "do": "accept", "claim_id": "half" },
    ])
}

#[tokio::test]
async fn whoever_takes_an_offer_pays_less_at_pelcro() {
    let both = Both::start().await;
    let session = both.session(1, 60).await;
    let flow = both.server.flow(&session).await.ok();
    assert_eq!(flow["flow"]["subscription"]["plan"], "Pro");
    let offers: Vec<&str> = flow["flow"]["offers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|offer| offer["id"].as_str().unwrap())
        .collect();
    assert!(offers.contains(&"half") && !offers.contains(&"five-euros"), "no such coupon there: {offers:?}");
    assert!(
        !offers.contains(&"rest") && !offers.contains(&"longer"),
        "nothing that Pelcro cannot do: {offers:?}"
    );
    let done = both.server.act(&session, accepting()).await.ok();
    assert_eq!((&done["result"]["outcome"], &done["result"]["effect"]), (&json!("saved"), &json!("applied")));
    let there = both.site.customer("cus_1").await["subscriptions"][0].clone();
    assert_eq!((&there["next_payment"]["amount"], &there["phases"][1]), (&json!(1000), &Value::Null));
}

#[tokio::test]
async fn whoever_leaves_has_left_at_pelcro_and_can_come_back() {
    let both = Both::start().await;
    let session = both.session(2, 60).await;
    both.server.flow(&session).await.ok();
    let left = json!([{ "run": 1, "seq": 1, "do": "cancel" }]);
    assert_eq!(both.server.act(&session, left).await.ok()["result"]["effect"], "applied");
    let there = both.site.customer("cus_2").await["subscriptions"][0].clone();
    assert_eq!(there["cancel_at"], there["current_period_end"]);
    let named = json!({ "customer_email": "c2@example.com", "customer_token": both.token(2, 60) });
    both.server.ask_session(&both.server.acme, named).await.error(409);
    let back = both.server.act(&session, json!([{ "run": 2, "seq": 1, "do": "undo" }])).await.ok();
    assert_eq!(back["result"]["effect"], "applied");
    assert_eq!(both.site.customer("cus_2").await["subscriptions"][0]["cancel_at"], Value::Null);
}

#[tokio::test]
async fn what_an_expired_token_was_to_do_waits_for_a_new_session_and_says_so() {
    let both = Both::start().await;
    let session = both.session(1, 1).await;
    both.server.flow(&session).await.ok();
    both.site.clock.advance(SignedDuration::from_hours(25));
    let pending = both.server.act(&session, json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok();
    assert_eq!(pending["result"]["effect"], "pending");
    let why: String = sqlx::query_scalar("SELECT last_error FROM intents")
        .fetch_one(both.server.app.sessions.store.read())
        .await
        .unwrap();
    assert!(why.contains("token has expired") && why.contains("customer_token"), "{why}");
    both.session(1, 60).await;
    both.server.clock.advance(SignedDuration::from_mins(1));
    both.server.app.sessions.executor.settle_due().await.unwrap();
    assert_eq!(both.server.flow(&session).await.ok()["result"]["effect"], "applied");
    let there = both.site.customer("cus_1").await["subscriptions"][0].clone();
    assert_eq!(there["cancel_at"], there["current_period_end"]);
}

#[tokio::test]
async fn without_a_token_that_is_taken_a_request_says_what_to_send_and_repeats_none() {
    let both = Both::start().await;
    let (token, late) = (both.token(1, 60), both.token(2, 1));
    both.site.clock.advance(SignedDuration::from_hours(25));
    let ask = async |named: Value| both.server.ask_session(&both.server.acme, named).await;
    assert!(ask(json!({ "customer_id": "1" })).await.error(400).contains("send customer_token"));
    let expired = ask(json!({ "customer_id": "2", "customer_token": late })).await;
    assert!(expired.error(409).contains("send a fresh customer_token"));
    let other = ask(json!({ "customer_id": "2", "customer_token": token })).await;
    assert!(other.error(400).contains("different customers"));
    let long = "x".repeat(5000);
    for wrong in [json!(7), json!("eyJ not.one"), json!(long)] {
        let answer = ask(json!({ "customer_id": "1", "customer_token": wrong })).await;
        assert!(
            answer.error(400).contains("retention.customer_token") && !answer.error(400).contains("not.one")
        );
    }
    for answer in [expired, other] {
        assert!(!answer.body.to_string().contains("eyJ"), "{}", answer.body);
    }
    let hub = json!({ "subscription": { "customer_email": "c1@example.com", "customer_token": token } });
    let made =
        both.server.post("/v1/subscription/session").header("x-brand-key", &both.server.acme).json(&hub);
    let id = Answer::of(made.send().await.unwrap()).await.ok()["id"].as_str().unwrap().to_owned();
    let shown = both.server.post("/v1/hub").form(&[("session", id)]).send().await.unwrap();
    assert_eq!(shown.status(), 200);
    assert!(shown.text().await.unwrap().contains("Pro"));
}

#[tokio::test]
async fn a_link_with_a_token_changes_billing_and_one_without_is_handed_over() {
    let both = Both::start().await;
    let link = async |body: Value| {
        let request =
            both.server.post("/api/v1/cancel-link").header("x-api-key", &both.server.acme).json(&body);
        Answer::of(request.send().await.unwrap()).await
    };
    let to = "https://app.acme.example/billing/callback";
    link(json!({ "userId": "cus_1", "returnUrl": to })).await.ok();
    assert_eq!(
        both.rows("SELECT count(*) FROM cancel_links WHERE claims LIKE '%\"hands_over\":true%'").await,
        1
    );
    link(json!({ "userId": "cus_1", "returnUrl": to, "customerToken": both.token(1, 60) })).await.ok();
    assert_eq!(both.rows("SELECT count(*) FROM cancel_links").await, 2);
    assert_eq!(
        both.rows("SELECT count(*) FROM cancel_links WHERE claims LIKE '%\"hands_over\":true%'").await,
        1
    );
    assert_eq!(both.rows("SELECT count(*) FROM cancel_links WHERE claims LIKE '%eyJ%'").await, 0);
    let late = both.token(1, 1);
    both.site.clock.advance(SignedDuration::from_hours(25));
    link(json!({ "userId": "cus_1", "returnUrl": to, "customerToken": late })).await.error(409);
}

#[tokio::test]
async fn tokens_go_with_their_customer_and_after_sixty_days() {
    let both = Both::start().await;
    for customer in [1, 2] {
        let session = both.session(customer, 60).await;
        both.server.flow(&session).await.ok();
        both.server.act(&session, accepting()).await.ok();
    }
    let tokens = "SELECT count(*) FROM pelcro_tokens";
    let changes = "SELECT count(*) FROM pelcro_changes";
    assert_eq!((both.rows(tokens).await, both.rows(changes).await), (2, 2));
    let sessions = &both.server.app.sessions;
    let customer: String = sqlx::query_scalar("SELECT customer FROM pelcro_tokens ORDER BY customer LIMIT 1")
        .fetch_one(sessions.store.read())
        .await
        .unwrap();
    let customer = Customer { brand: "acme".into(), id: customer };
    let receipts = sessions.config.server.retention.receipts;
    let erased =
        erase(&sessions.store, &customer, How::default(), receipts, sessions.clock.now()).await.unwrap();
    assert!(format!("{erased:?}").contains("customer tokens"), "{erased:?}");
    assert_eq!((both.rows(tokens).await, both.rows(changes).await), (1, 1));
    both.server.clock.advance(SignedDuration::from_hours(24 * 59));
    both.server.app.purge.once().await;
    assert_eq!((both.rows(tokens).await, both.rows(changes).await), (1, 1));
    both.server.clock.advance(SignedDuration::from_hours(24 * 2));
    both.server.app.purge.once().await;
    assert_eq!((both.rows(tokens).await, both.rows(changes).await), (0, 0));
}

#[tokio::test]
async fn an_id_that_may_be_another_customers_is_asked_for_with_a_token() {
    let both = Both::start().await;
    let session = both.session(1, 60).await;
    let number: String = sqlx::query_scalar("SELECT customer FROM pelcro_tokens")
        .fetch_one(both.server.app.sessions.store.read())
        .await
        .unwrap();
    both.server.session_with(json!({ "customer_id": number })).await;
    // The merchant calls somebody else by that number, who comes with a token.
    let other = json!({ "customers": [{ "external_id": number, "email": "other@example.com", "subscriptions": [{
        "external_id": "sub_other", "plan": "plan_pro",
        "current_period_start": "2026-11-10T05:00:00Z", "current_period_end": "2026-12-10T05:00:00Z" }] }] });
    let import = Import::read(&other.to_string()).unwrap();
    import.apply(&both.site.app.sessions.store, "acme", both.site.clock.now()).await.unwrap();
    let token = CustomerToken::new(&number, "acme", Environment::Prod, 60, both.site.clock.now());
    let token = token.sign(&both.site.app.sessions.signer).unwrap();
    let named = json!({ "customer_id": number, "customer_token": token });
    both.server.session_with(named).await;
    let alone = json!({ "customer_id": number });
    let refused = both.server.ask_session(&both.server.acme, alone.clone()).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert!(refused.body["error"].as_str().unwrap().contains("send customer_token"), "{}", refused.body);
    let hub = both.server.post("/v1/subscription/session").header("x-brand-key", &both.server.acme);
    let hub = Answer::of(hub.json(&json!({ "subscription": alone })).send().await.unwrap()).await;
    assert_eq!((hub.status, &hub.body), (refused.status, &refused.body));
    // Whose session there is, is known.
    both.server.flow(&session).await.ok();
}
