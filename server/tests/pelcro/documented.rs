//! Answers as Pelcro documents them, to the letter: what our own ledger answers is not all there is.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use farewell_server::billing::{
    Answer, Billing, Change, Deal, DiscountTerms, Instruction, InvoiceStatus, Lookup, LookupError, Reduction,
    Renewal, Span,
};
use farewell_server::secret::SecretText;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::world::Connector;

type Answers = BTreeMap<String, (u16, String)>;

/// What was asked: method and path, the token, the key and the body.
#[derive(Clone, Debug)]
struct Asked {
    what: String,
    site: String,
    token: String,
    key: Option<String>,
    body: Value,
}

#[derive(Clone, Default)]
struct Script(Arc<Mutex<(Answers, Vec<Asked>)>>);

impl Script {
    /// What a call is answered with from now on.
    fn say(&self, what: &str, status: u16, body: impl std::fmt::Display) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.0.insert(what.into(), (status, body.to_string()));
    }

    fn asked(&self) -> Vec<Asked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
    }
}

async fn answer(
    State(script): State<Script>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let what = format!("{method} {}", uri.path().trim_start_matches("/api/v1/sdk/"));
    let mut inner = script.0.lock().unwrap_or_else(PoisonError::into_inner);
    inner.1.push(Asked {
        what: what.clone(),
        site: uri.query().unwrap_or_default().into(),
        token: text("authorization").unwrap_or_default(),
        key: text("idempotency-key"),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    });
    let (status, body) = inner.0.get(&what).cloned().unwrap_or((500, "<html>".into()));
    (StatusCode::from_u16(status).unwrap(), body).into_response()
}

/// The subscription of the webhook that Pelcro shows, with what its client reads beside it.
fn subscription() -> Value {
    json!({
        "id": 4055, "object": "subscription", "status": "active", "auto_renew": 1,
        "plan": { "id": 4051, "nickname": "Digital", "amount": 2000, "currency": "usd", "interval": "month",
            "interval_count": 1, "auto_renew": true, "product": { "id": 7, "name": "News" } },
        "quantity": 1, "cancel_at": null, "cancel_at_period_end": 0, "cancel_reason": null, "canceled_at": null,
        "coupon": null, "current_period_start": "2026-11-10T05:00:00.000000Z",
        "current_period_end": "2026-12-10T05:00:00.000000Z", "expires_at": 1_796_878_800, "renews_at": 1_796_878_800,
        "end_date": 1_796_878_800, "schedule": null, "shipments_remaining": null, "shipments_suspended_until": null,
        "trial_end": null, "campaign_key": null, "billing": "charge_automatically", "metadata": [],
    })
}

fn customer(subscription: Value, token: &str) -> Value {
    json!({ "data": {
        "id": 815, "name": "Ada", "full_name": "Ada Lovelace", "email": "ada@example.com", "username": null,
        "subscriptions": [subscription], "memberships": [], "expired_memberships": null, "gift_recipients": [],
        "expired_subscriptions": [], "addresses": [{ "id": 1, "country": "US", "state": "MN" }], "invoices": [],
        "charges": [], "orders": [], "source": null, "sources": [], "auth_token": token, "token": token,
    } })
}

/// A subscription whose next term is of this plan; nothing says with which coupon.
fn with_term(plan: i64) -> Value {
    let mut subscription = subscription();
    let phase = |start: i64, plan: i64| json!({ "start_date": start, "end_date": start + 2_678_400, "plans": [{ "plan": plan }] });
    subscription["schedule"] = json!({
        "current_phase": { "start_date": 1_794_286_800 },
        "phases": [phase(1_794_286_800, 4051), phase(1_796_878_800, plan)],
    });
    subscription
}

struct Documented {
    script: Script,
    connector: Connector,
}

impl Documented {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let script = Script::default();
        let router = Router::new().route("/{*path}", any(answer)).with_state(script.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        script.say("GET customer", 200, customer(subscription(), "eyJ.second"));
        script.say(
            "GET customer/coupons",
            200,
            json!({ "data": [{
            "id": 3, "code": "SAVE50", "percent_off": 50.0, "amount_off": null, "segments": [],
        }] }),
        );
        script.say("POST order", 200, json!({ "error": false, "data": { "total": 1000 } }));
        script.say(
            "GET customer/plans",
            404,
            json!({ "error": { "report_id": null, "status": 404, "message": "No eligible items found" } }),
        );
        Self { script, connector: Connector::to(&url).await }
    }

    fn first() -> Lookup {
        Lookup { token: Some(SecretText::new("eyJ.first")), ..Lookup::default() }
    }

    async fn half(&self) -> Instruction {
        let known = self.connector.billing.snapshot(&Self::first()).await.unwrap();
        let half = DiscountTerms { off: Reduction::Percent(50), lasts: Span::Once };
        Instruction {
            customer: known.customer.id,
            subscription: known.subscription,
            session: None,
            event: None,
            reason: Some("too_expensive".into()),
            requested_at: self.connector.clock.now(),
            change: Change::Accept { offer: "half".into(), deal: Deal::Discount(half), agreed: known.terms },
        }
    }

    async fn cancel(&self) -> Instruction {
        Instruction { change: Change::CancelAtPeriodEnd { effective_at: None }, ..self.half().await }
    }

    async fn execute(&self, instruction: &Instruction) -> Answer {
        self.connector.billing.execute("key", instruction).await
    }
}

#[tokio::test]
async fn the_documented_customer_is_read_and_its_newer_token_used() {
    let pelcro = Documented::new().await;
    let known = pelcro.connector.billing.snapshot(&Documented::first()).await.unwrap();
    assert_eq!((known.customer.id.as_str(), known.customer.name.as_deref()), ("815", Some("Ada Lovelace")));
    let place = known.customer.place.clone().unwrap();
    assert_eq!((place.country.as_str(), place.region.as_deref()), ("US", Some("MN")));
    let terms = known.terms.clone().unwrap();
    assert_eq!((terms.plan.as_str(), terms.plan_name.as_str(), terms.amount), ("4051", "Digital", 2000));
    assert_eq!((terms.currency.as_str(), terms.cycle.anchor_day), ("USD", 10));
    assert!(
        known.can.cancel && known.can.undo && known.can.discount && !known.withheld.contains(&"half".into())
    );
    let asked = pelcro.script.asked();
    let tokens: Vec<&str> = asked.iter().map(|asked| asked.token.as_str()).collect();
    assert_eq!(tokens[0], "Bearer eyJ.first");
    assert!(tokens[1..].iter().all(|token| *token == "Bearer eyJ.second"), "{tokens:?}");
    assert!(asked.iter().all(|asked| asked.site == "site_id=1"));
    let plans = pelcro.connector.billing.plans_open_to("815", &["4052".into()]).await;
    assert_eq!(plans, Ok(Some(Vec::new())), "nothing is answered as an error");
}

#[tokio::test]
async fn a_discount_asks_for_one_term_in_the_place_of_what_was_scheduled() {
    let pelcro = Documented::new().await;
    let half = pelcro.half().await;
    pelcro.script.say("POST subscription/renew", 200, customer(with_term(4051), "eyJ.third"));
    assert_eq!(pelcro.execute(&half).await, Answer::Applied);
    assert_eq!(pelcro.connector.billing.read_back("key", &half).await, Answer::Applied, "it said so itself");
    assert_eq!(pelcro.execute(&half).await, Answer::Applied);
    let sent: Vec<Asked> =
        pelcro.script.asked().into_iter().filter(|asked| asked.what.contains("renew")).collect();
    assert_eq!(sent.len(), 1);
    assert_eq!(
        sent[0].body,
        json!({ "subscription_id": 4055, "plan_id": 4051, "coupon_code": "SAVE50", "quantity": 1, "replace_upcoming_phases": true })
    );
    assert_eq!(sent[0].key.as_deref(), Some("key"));
}

#[tokio::test]
async fn a_renewal_whose_answer_was_lost_is_found_though_no_coupon_is_shown() {
    let pelcro = Documented::new().await;
    let half = pelcro.half().await;
    pelcro.script.say("POST subscription/renew", 502, "<html>");
    assert!(matches!(pelcro.execute(&half).await, Answer::Unknown(_)));
    assert!(
        matches!(pelcro.connector.billing.read_back("key", &half).await, Answer::Refused(_)),
        "not there yet"
    );
    pelcro.script.say("GET customer", 200, customer(with_term(4051), "eyJ.third"));
    assert_eq!(pelcro.connector.billing.read_back("key", &half).await, Answer::Applied);
    assert_eq!(pelcro.execute(&half).await, Answer::Applied);
    let sent = pelcro.script.asked().iter().filter(|asked| asked.what.contains("renew")).count();
    assert_eq!(sent, 1, "and not sent again");
}

#[tokio::test]
async fn a_term_that_was_there_before_is_not_taken_for_the_discounted_one() {
    let pelcro = Documented::new().await;
    pelcro.script.say("GET customer", 200, customer(with_term(4051), "eyJ.second"));
    let half = pelcro.half().await;
    pelcro.script.say("POST subscription/renew", 502, "<html>");
    for _ in 0..2 {
        assert!(matches!(pelcro.execute(&half).await, Answer::Unknown(_)));
        assert!(matches!(pelcro.connector.billing.read_back("key", &half).await, Answer::Refused(_)));
    }
    let spent = json!({ "error": { "report_id": null, "status": 400, "message": "The coupon is used up" } });
    pelcro.script.say("GET customer/coupons", 404, &spent);
    let Answer::Unknown(why) = pelcro.execute(&half).await else { panic!("it may have been done") };
    assert!(why.contains("nobody can say"), "{why}");
    pelcro.script.say(
        "GET customer/coupons",
        200,
        json!({ "data": [{ "code": "save50", "percent_off": 50 }] }),
    );
    pelcro.script.say("POST subscription/renew", 200, customer(with_term(4051), "eyJ.third"));
    assert_eq!(pelcro.execute(&half).await, Answer::Applied);
}

#[tokio::test]
async fn rules_are_refused_in_their_words_whatever_the_status() {
    let field = json!({ "errors": { "plan_id": ["Plan ID is required"], "email": ["The email must be a valid email address."] } });
    let rule = json!({ "error": { "report_id": null, "status": 404, "message": "Invalid plan provided" } });
    for (status, body, says) in [
        (400, &field, "plan_id: Plan ID is required"),
        (400, &rule, "Invalid plan provided"),
        (404, &rule, "Invalid plan provided"),
    ] {
        let pelcro = Documented::new().await;
        let half = pelcro.half().await;
        pelcro.script.say("POST subscription/renew", status, body);
        let Answer::Refused(why) = pelcro.execute(&half).await else { panic!("{body}") };
        assert!(why.contains(says), "{why}");
    }
}

#[tokio::test]
async fn what_is_no_rule_is_not_known() {
    let limit = json!({ "error": { "status": 429, "message": "Too Many Attempts." } });
    let token =
        json!({ "error": { "status": 403, "message": "Authentication token is invalid, please try again" } });
    let none = json!({ "error": { "message": "Token not provided" } });
    let other = json!({ "error": { "status": 401, "message": "Invalid or expired token" } });
    let expired = "the customer's token has expired";
    for (status, body, says) in [
        (429, limit.to_string(), "429"),
        (500, limit.to_string(), "500"),
        (403, token.to_string(), expired),
        (401, none.to_string(), expired),
        (401, other.to_string(), expired),
        (403, "<html>".into(), "403"),
        (404, "<html>".into(), "404"),
        (200, "<html>".into(), "not as documented"),
        (
            200,
            customer(json!({ "id": 4055, "cancel_at": "soon" }), "x").to_string(),
            "data.subscriptions[0].cancel_at",
        ),
        (200, customer(subscription(), "eyJ.x").to_string(), "not there"),
    ] {
        let pelcro = Documented::new().await;
        let cancel = pelcro.cancel().await;
        pelcro.script.say("POST subscription/cancel", status, &body);
        let Answer::Unknown(why) = pelcro.execute(&cancel).await else { panic!("{status} {body}") };
        assert!(why.contains(says) && !why.contains("eyJ") && !why.contains("ada@"), "{why}");
        let mut canceled = subscription();
        canceled["cancel_at_period_end"] = json!(1);
        pelcro.script.say("GET customer", 200, customer(canceled, "eyJ.y"));
        assert_eq!(pelcro.connector.billing.read_back("key", &cancel).await, Answer::Applied, "{status}");
    }
}

#[tokio::test]
async fn a_lookup_is_unavailable_where_the_answer_cannot_be_read_and_the_token_of_no_use_is_named() {
    let token =
        json!({ "error": { "status": 403, "message": "Authentication token is invalid, please try again" } });
    let mut strange = subscription();
    strange["current_period_end"] = json!("2026-12-10 05:00:00");
    for (status, body, wanted) in [
        (403, token.to_string(), "token_expired"),
        (500, token.to_string(), "unavailable"),
        (200, customer(strange, "x").to_string(), "unavailable"),
        (200, "{}".into(), "unavailable"),
    ] {
        let pelcro = Documented::new().await;
        pelcro.script.say("GET customer", status, &body);
        let error = pelcro.connector.billing.snapshot(&Documented::first()).await.unwrap_err();
        assert_eq!(error.name(), wanted, "{body}");
        assert!(!matches!(error, LookupError::Unavailable(why) if why.contains("2026")));
    }
}

#[tokio::test]
async fn what_is_missing_is_tolerated_and_nothing_is_offered_on_it() {
    let pelcro = Documented::new().await;
    pelcro.script.say(
        "GET customer",
        200,
        json!({ "data": { "id": "815", "subscriptions": [{ "id": "4055" }] } }),
    );
    let known = pelcro.connector.billing.snapshot(&Documented::first()).await.unwrap();
    assert_eq!((known.terms, known.can.cancel), (None, true), "whoever wants to leave can");
    assert!(!known.can.discount && !known.can.change_plan && known.withheld.len() == 5);
    let kept = Lookup { customer: Some("815".into()), ..Lookup::default() };
    assert!(
        pelcro.connector.billing.account(&kept).await.is_ok(),
        "the token that came is kept where no newer one does"
    );
}

#[tokio::test]
async fn a_coupon_or_a_price_that_is_another_is_not_offered() {
    for (coupons, order) in [
        (json!([{ "code": "SAVE50", "percent_off": 40 }]), json!({ "total": 1200 })),
        (json!([{ "code": "SAVE50", "percent_off": 50 }]), json!({ "total": 1100 })),
        (json!([{ "code": "SAVE50", "percent_off": 50, "duration": "forever" }]), json!({ "total": 1000 })),
        (json!([{ "code": "SAVE50", "percent_off": 12.5 }]), json!({ "total": 1000 })),
        (json!([{ "code": "SAVE50" }]), json!({ "total": 1000 })),
        (json!([]), json!({ "total": 1000 })),
    ] {
        let pelcro = Documented::new().await;
        pelcro.script.say("GET customer/coupons", 200, json!({ "data": coupons }));
        pelcro.script.say("POST order", 200, json!({ "error": false, "data": order }));
        let known = pelcro.connector.billing.snapshot(&Documented::first()).await.unwrap();
        assert!(known.withheld.contains(&"half".into()), "{coupons} {order}");
        assert!(known.can.cancel);
    }
    let pelcro = Documented::new().await;
    pelcro.script.say("GET customer/coupons", 503, "<html>");
    assert!(
        pelcro.connector.billing.snapshot(&Documented::first()).await.unwrap().can.cancel,
        "nobody is kept from leaving"
    );
}

#[tokio::test]
async fn invoices_and_what_is_paid_with_are_those_of_the_customer() {
    let pelcro = Documented::new().await;
    let mut answer = customer(subscription(), "eyJ.second");
    answer["data"]["source"] = json!({ "id": 9, "properties": { "brand": "Visa", "last4": "4242", "exp_month": 7, "exp_year": 2031 } });
    answer["data"]["invoices"] = json!([
        { "id": 1, "total": 2000, "currency": "usd", "status": "paid", "created_at": 1_791_608_400 },
        { "id": 2, "total": 2000, "currency": "usd", "status": "open", "created_at": "2026-11-10T05:00:00.000000Z" },
    ]);
    pelcro.script.say("GET customer", 200, &answer);
    let account = pelcro.connector.billing.account(&Documented::first()).await.unwrap();
    assert_eq!(account.payment_method.unwrap().expires, Some((2031, 7)));
    let invoices = pelcro.connector.billing.invoices("815", 5).await.unwrap();
    let told: Vec<_> = invoices.iter().map(|one| (one.id.as_str(), one.status, one.total.amount)).collect();
    assert_eq!(told, [("2", InvoiceStatus::Open, 2000), ("1", InvoiceStatus::Paid, 2000)]);
    answer["data"]["invoices"][0]["total"] = json!("twenty");
    pelcro.script.say("GET customer", 200, &answer);
    assert!(matches!(pelcro.connector.billing.invoices("815", 5).await, Err(LookupError::Unavailable(_))));
    assert!(
        pelcro.connector.billing.snapshot(&Documented::first()).await.is_ok(),
        "leaving needs no invoice"
    );
}

#[tokio::test]
async fn a_renewal_that_adds_a_term_is_not_sent_again_while_it_may_be_on_its_way() {
    let pelcro = Documented::new().await;
    let half = pelcro.half().await;
    let mut ending = subscription();
    ending["auto_renew"] = json!(0);
    pelcro.script.say("GET customer/plans", 200, json!({ "data": [ending["plan"].clone()] }));
    pelcro.script.say("GET customer", 200, customer(ending, "eyJ.second"));
    let start = "2026-12-10T05:00:00Z".parse().unwrap();
    let renew = Change::Renew { renewal: Renewal::of("4051"), agreed: Some((2000, start)) };
    let renew = Instruction { change: renew, ..half };
    pelcro.script.say("POST subscription/renew", 504, "<html>");
    let sent = || pelcro.script.asked().iter().filter(|asked| asked.what.contains("renew")).count();
    for _ in 0..3 {
        assert!(matches!(pelcro.execute(&renew).await, Answer::Unknown(_)));
    }
    assert_eq!(sent(), 1);
    pelcro.connector.clock.advance(jiff::SignedDuration::from_mins(3));
    assert!(matches!(pelcro.execute(&renew).await, Answer::Unknown(_)));
    assert_eq!(sent(), 2);
}
