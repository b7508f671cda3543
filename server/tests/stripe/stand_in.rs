//! What stands in for Stripe: the requests it publishes, and no others, on customers and subscriptions of a test.
//!
//! A path, a parameter or a word that Stripe does not publish is refused, as Stripe does. The same idempotency key is answered the
//! same.

#[path = "stand_in/coupon.rs"]
mod coupon;
#[path = "stand_in/invoice.rs"]
mod invoice;
#[path = "published.rs"]
mod published;
#[path = "stand_in/reading.rs"]
mod reading;
#[path = "stand_in/subscription.rs"]
mod subscription;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub const KEY: &str = "sk_test_123";

/// What a request is to meet on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// It has not arrived yet when somebody between answers 502, and does with [`StandIn::arrive`].
    Late,
    /// Whatever is late arrives just before it.
    Overtaken,
    /// It does not arrive, and somebody between answers 502.
    Lost,
    /// It is done, and the answer does not arrive.
    Unanswered,
    /// It is done, and half of the answer arrives.
    Truncated,
    /// It arrives twice.
    Twice,
    /// There are too many at once.
    TooMany,
    /// Stripe itself fails, and keeps that answer under the key.
    Broken,
}

/// A request that changed something, or was to.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub form: Vec<(String, String)>,
    pub key: String,
}

#[derive(Clone)]
pub struct StandIn {
    pub url: String,
    state: Arc<Mutex<Account>>,
}

#[derive(Default)]
struct Account {
    customers: BTreeMap<String, Value>,
    subscriptions: BTreeMap<String, Value>,
    prices: BTreeMap<String, Value>,
    coupons: BTreeMap<String, Value>,
    answered: BTreeMap<String, (String, u16, Value)>,
    asked: Vec<Asked>,
    faults: Vec<Fault>,
    /// What is on its way.
    late: Vec<Asked>,
    discounts: u32,
    /// What the key may not do: beginnings of method and path.
    forbidden: Vec<String>,
    endpoints: Vec<Value>,
    codes: BTreeMap<String, Value>,
    invoices: Vec<Value>,
    /// Whom the bank wants to hear from before a payment: subscriptions.
    asked_by_bank: BTreeSet<String>,
    /// How many pages of customers are given until there are no more answers.
    pages: Option<u32>,
}

impl StandIn {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        let stand_in = Self { url, state: Arc::default() };
        let router = Router::new().route("/{*path}", any(take)).with_state(stand_in.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        stand_in
    }

    fn account(&self) -> std::sync::MutexGuard<'_, Account> {
        self.state.lock().expect("the account")
    }

    pub fn customer(&self, id: &str, more: Value) {
        let mut customer = json!({ "id": id, "object": "customer", "email": null, "name": null, "address": null, "metadata": {} });
        merge(&mut customer, more);
        self.account().customers.insert(id.into(), customer);
    }

    pub fn price(&self, id: &str, amount: i64, interval: &str, count: u32) {
        let price = json!({
            "id": id, "object": "price", "nickname": null, "unit_amount": amount, "currency": "usd", "product": "prod_1",
            "recurring": { "interval": interval, "interval_count": count, "usage_type": "licensed" },
        });
        self.account().prices.insert(id.into(), price);
    }

    /// Lets the key not do this: a method and the beginning of a path.
    pub fn forbid(&self, what: &str) {
        self.account().forbidden.push(what.into());
    }

    /// Lets the key do everything.
    pub fn allow(&self) {
        self.account().forbidden.clear();
    }

    /// Whatever is late arrives. Gives how it is answered.
    pub fn arrive(&self) -> Vec<u16> {
        self.account().arrive()
    }

    /// Tells these kinds of events to this address.
    pub fn endpoint(&self, url: &str, events: &[&str]) {
        let endpoint = json!({ "url": url, "status": "enabled", "enabled_events": events });
        self.account().endpoints.push(endpoint);
    }

    /// Answers about customers page by page no more after so many.
    pub fn pages(&self, pages: Option<u32>) {
        self.account().pages = pages;
    }

    pub fn shown(&self, id: &str) -> Value {
        self.account().subscriptions[id].clone()
    }

    /// What was asked for that would change something.
    pub fn asked(&self) -> Vec<Asked> {
        self.account().asked.clone()
    }

    /// What the next changes meet, the first first.
    pub fn meet(&self, faults: &[Fault]) {
        self.account().faults = faults.iter().rev().copied().collect();
    }
}

fn merge(into: &mut Value, more: Value) {
    for (name, value) in more.as_object().cloned().unwrap_or_default() {
        into[name] = value;
    }
}

type Said = (u16, Value);

trait IntoAnswer {
    fn into_answer(self) -> Response;
}

impl IntoAnswer for Said {
    fn into_answer(self) -> Response {
        let status = StatusCode::from_u16(self.0).expect("a status");
        (status, [("Request-Id", "req_test")], self.1.to_string()).into_response()
    }
}

fn refused(status: u16, kind: &str, code: &str) -> Said {
    (status, json!({ "error": { "type": kind, "code": code, "message": "no" } }))
}

fn missing() -> Said {
    refused(404, "invalid_request_error", "resource_missing")
}

async fn take(
    State(stand_in): State<StandIn>,
    method: Method,
    Path(path): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header =
        |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    assert_eq!(header("authorization"), format!("Bearer {KEY}"));
    assert_eq!(header("stripe-version"), published::version());
    let pairs =
        |text: &[u8]| url::form_urlencoded::parse(text).into_owned().collect::<Vec<(String, String)>>();
    let mut account = stand_in.account();
    let said_so =
        if method == Method::GET { query.clone().unwrap_or_default().into_bytes() } else { body.to_vec() };
    let unpublished = published::refusal(method.as_str(), &path, &pairs(&said_so));
    let forbidden = account.forbidden.iter().any(|what| format!("{method} {path}").starts_with(what));
    let mut kept = false;
    let (fault, said) = if forbidden {
        let message = "Having the 'rak_coupon_write' permission would allow this request to continue.";
        (None, (403, json!({ "error": { "type": "invalid_request_error", "message": message } })))
    } else if let Some(refusal) = unpublished {
        (None, refusal)
    } else if path.contains("is_not_there") {
        (None, missing())
    } else if method == Method::GET {
        let query = pairs(query.unwrap_or_default().as_bytes());
        (None, account.get(&path, &query))
    } else {
        let key = header("idempotency-key");
        if key.is_empty() && path == "v1/billing_portal/sessions" {
            // A key that is only looked at sends no customer.
            return refused(400, "invalid_request_error", "parameter_missing").into_answer();
        }
        assert!(!key.is_empty(), "a change has a key");
        let asked = Asked { path: format!("{method} {path}"), form: pairs(&body), key };
        let fault = account.faults.pop();
        kept = account.answered.contains_key(&asked.key)
            && !matches!(fault, Some(Fault::Lost | Fault::Late | Fault::TooMany));
        let said = match fault {
            Some(Fault::Lost) => (502, json!("<html>")),
            Some(Fault::Overtaken) => {
                account.arrive();
                account.once(&asked)
            }
            Some(Fault::Late) => {
                account.late.push(asked);
                (502, json!("<html>"))
            }
            Some(Fault::Broken) => account.fail(&asked),
            Some(Fault::TooMany) => refused(429, "invalid_request_error", "rate_limit"),
            Some(Fault::Twice) => {
                account.once(&asked);
                account.once(&asked)
            }
            _ => account.once(&asked),
        };
        (fault, said)
    };
    drop(account);
    let (status, body) = said;
    let kept = if kept { "true" } else { "false" };
    let mut text = body.to_string();
    match fault {
        Some(Fault::Unanswered) => return StatusCode::BAD_GATEWAY.into_response(),
        Some(Fault::Truncated) => text.truncate(text.len() / 2),
        _ => {}
    }
    let status = StatusCode::from_u16(status).expect("a status");
    (status, [("Request-Id", "req_test"), ("Idempotent-Replayed", kept)], text).into_response()
}

impl Account {
    fn arrive(&mut self) -> Vec<u16> {
        let late = std::mem::take(&mut self.late);
        late.iter().map(|asked| self.once(asked).0).collect()
    }

    /// Does it, or answers as it did when it was asked so before.
    fn once(&mut self, asked: &Asked) -> Said {
        let request = format!("{} {:?}", asked.path, asked.form);
        if let Some((before, status, body)) = self.answered.get(&asked.key) {
            if *before != request {
                return refused(400, "idempotency_error", "idempotency_key_in_use");
            }
            return (*status, body.clone());
        }
        self.asked.push(asked.clone());
        let (status, body) = self.change(asked);
        self.answered.insert(asked.key.clone(), (request, status, body.clone()));
        (status, body)
    }

    /// Fails, unless it has answered before.
    fn fail(&mut self, asked: &Asked) -> Said {
        if !self.answered.contains_key(&asked.key) {
            let error = json!({ "error": { "type": "api_error", "message": "An error occurred." } });
            let request = format!("{} {:?}", asked.path, asked.form);
            self.answered.insert(asked.key.clone(), (request, 500, error));
        }
        self.once(asked)
    }

    fn change(&mut self, asked: &Asked) -> Said {
        let (method, path) = asked.path.split_once(' ').expect("a path");
        match (method, &path.split('/').collect::<Vec<_>>()[..]) {
            ("POST", ["v1", "coupons"]) => self.make_coupon(&asked.form),
            ("POST", ["v1", "subscriptions", id]) => self.update(id, &asked.form),
            ("POST", ["v1", "invoices", "create_preview"]) => self.preview(&asked.form),
            ("POST", ["v1", "invoices", id, "void"]) => self.void(id),
            ("POST", ["v1", "billing_portal", "sessions"]) => {
                (200, json!({ "url": "https://billing.stripe.com/p/session/1" }))
            }
            ("DELETE", ["v1", "subscriptions", id]) => self.cancel(id, &asked.form),
            ("POST", ["v1", "subscription_schedules", _, "release"]) => {
                for subscription in self.subscriptions.values_mut() {
                    subscription["schedule"] = Value::Null;
                }
                (200, json!({}))
            }
            _ => missing(),
        }
    }
}
