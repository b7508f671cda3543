//! What stands in for Stripe: the requests it publishes, and no others, on customers and subscriptions of a test.
//!
//! A path, a parameter or a word that Stripe does not publish is refused, as Stripe does. The same idempotency key is answered the
//! same.

#[path = "published.rs"]
mod published;

use std::collections::BTreeMap;
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
    discounts: u32,
    /// What the key may not do: beginnings of method and path.
    forbidden: Vec<String>,
    endpoints: Vec<Value>,
    codes: BTreeMap<String, Value>,
    invoices: Vec<Value>,
    /// Whether the bank wants to hear from the customer before a payment.
    asks_customer: bool,
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

    /// A subscription of a price, whose period ends then.
    pub fn subscription(&self, id: &str, customer: &str, price: &str, end: i64, more: Value) {
        let mut account = self.account();
        let price = account.prices[price].clone();
        let mut subscription = json!({
            "id": id, "object": "subscription", "customer": customer, "status": "active", "cancel_at_period_end": false,
            "cancel_at": null, "ended_at": null, "start_date": end - 86_400 * 60, "billing_cycle_anchor": end,
            "trial_end": null, "pause_collection": null, "schedule": null, "discounts": [], "metadata": {},
            "items": { "object": "list", "has_more": false, "data": [
                { "id": format!("si_{id}"), "price": price, "quantity": 1, "current_period_end": end },
            ] },
        });
        merge(&mut subscription, more);
        account.subscriptions.insert(id.into(), subscription);
    }

    /// A code that customers type, and what it takes off.
    pub fn code(&self, id: &str, code: &str, more: Value) {
        let mut whole = json!({
            "id": id, "code": code, "active": true, "customer": null, "expires_at": null, "max_redemptions": null,
            "times_redeemed": 0, "restrictions": { "first_time_transaction": false, "minimum_amount": null },
            "coupon": { "id": format!("co_{id}"), "valid": true, "percent_off": 20.0, "amount_off": null, "currency": null,
                "duration": "repeating", "duration_in_months": 2 },
        });
        merge(&mut whole, more);
        self.account().codes.insert(id.into(), whole);
    }

    pub fn invoice(&self, id: &str, more: Value) {
        let mut invoice = json!({
            "id": id, "number": format!("N-{id}"), "created": 1_769_600_000, "total": 1250, "currency": "usd", "status": "paid",
            "hosted_invoice_url": format!("https://invoice.stripe.com/{id}"), "invoice_pdf": null,
            "parent": { "subscription_details": { "subscription": "sub_1" } },
        });
        merge(&mut invoice, more);
        self.account().invoices.push(invoice);
    }

    /// From now on, payments wait for the customer.
    pub fn ask_customers(&self, asks: bool) {
        self.account().asks_customer = asks;
    }

    /// The customer authenticates what waits.
    pub fn authenticate(&self, id: &str) {
        let mut account = self.account();
        let subscription = account.subscriptions.get_mut(id).expect("a subscription");
        let update = subscription["pending_update"].take();
        subscription["items"]["data"][0]["price"] = update["price"].clone();
        subscription["latest_invoice"] = json!({ "id": "in_1", "status": "paid" });
    }

    /// Lets the key not do this: a method and the beginning of a path.
    pub fn forbid(&self, what: &str) {
        self.account().forbidden.push(what.into());
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
        let said = match fault {
            Some(Fault::Lost) => (502, json!("<html>")),
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
    let mut text = body.to_string();
    match fault {
        Some(Fault::Unanswered) => return StatusCode::BAD_GATEWAY.into_response(),
        Some(Fault::Truncated) => text.truncate(text.len() / 2),
        _ => {}
    }
    let status = StatusCode::from_u16(status).expect("a status");
    (status, [("Request-Id", "req_test")], text).into_response()
}

impl Account {
    /// Customers, newest first: those of the highest ids.
    fn page(&mut self, asked: impl Fn(&str) -> Option<i64>, after: Option<&str>) -> Said {
        if self.pages == Some(0) {
            return (503, json!({}));
        }
        self.pages = self.pages.map(|pages| pages - 1);
        if after.is_some_and(|after| !self.customers.contains_key(after)) {
            return missing();
        }
        let limit = usize::try_from(asked("limit").unwrap_or(10)).expect("a limit");
        let since = asked("created[gte]").unwrap_or_default();
        let all = self.customers.values().rev().filter(|one| {
            one["deleted"] != true
                && one["created"].as_i64().unwrap_or_default() >= since
                && after.is_none_or(|after| one["id"].as_str() < Some(after))
        });
        let mut data: Vec<Value> = all.take(limit + 1).cloned().collect();
        let more = data.len() > limit;
        data.truncate(limit);
        (200, json!({ "object": "list", "has_more": more, "data": data }))
    }

    fn get(&mut self, path: &str, query: &[(String, String)]) -> Said {
        let asked = |name: &str| query.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str());
        let one = |all: &BTreeMap<String, Value>, id: &str| {
            all.get(id).map_or_else(missing, |found| (200, found.clone()))
        };
        let list = |data: Vec<Value>| (200, json!({ "object": "list", "has_more": false, "data": data }));
        match path.split('/').collect::<Vec<_>>()[..] {
            ["v1", "customers"] if asked("email").is_none() => {
                let number = |name: &str| asked(name).and_then(|text| text.parse().ok());
                self.page(number, asked("starting_after"))
            }
            ["v1", "prices" | "products" | "coupons"] => list(Vec::new()),
            ["v1", "promotion_codes"] if asked("code").is_none() => list(Vec::new()),
            ["v1", "webhook_endpoints"] => list(self.endpoints.clone()),
            ["v1", "subscriptions"] if asked("customer").is_none() => {
                let open = self.subscriptions.values().filter(|one| one["status"] != "canceled");
                list(open.cloned().collect())
            }
            ["v1", "customers"] => {
                let email = asked("email").expect("an address");
                list(self.customers.values().filter(|one| one["email"] == email).cloned().collect())
            }
            ["v1", "customers", id] => one(&self.customers, id),
            ["v1", "subscriptions"] => {
                assert_eq!((asked("status"), asked("expand[]")), (Some("all"), Some("data.discounts")));
                let customer = asked("customer").expect("a customer");
                // The newest first.
                list(
                    self.subscriptions
                        .values()
                        .rev()
                        .filter(|one| one["customer"] == customer)
                        .cloned()
                        .collect(),
                )
            }
            ["v1", "subscriptions", id] => one(&self.subscriptions, id),
            ["v1", "promotion_codes"] => {
                let code = asked("code").expect("a code").to_uppercase();
                list(self.codes.values().filter(|one| one["code"] == code).cloned().collect())
            }
            ["v1", "promotion_codes", id] => one(&self.codes, id),
            ["v1", "invoices"] => list(self.invoices.clone()),
            ["v1", "prices", id] => one(&self.prices, id),
            ["v1", "products", "prod_1"] => (200, json!({ "id": "prod_1", "name": "Pro" })),
            _ => missing(),
        }
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

    fn change(&mut self, asked: &Asked) -> Said {
        let (method, path) = asked.path.split_once(' ').expect("a path");
        match (method, &path.split('/').collect::<Vec<_>>()[..]) {
            ("POST", ["v1", "coupons"]) => self.make_coupon(&asked.form),
            ("POST", ["v1", "subscriptions", id]) => self.update(id, &asked.form),
            // Half of the difference: what the tests reckon with.
            ("POST", ["v1", "invoices", "create_preview"]) => {
                let said = |name: &str| {
                    asked
                        .form
                        .iter()
                        .find(|(one, _)| one == name)
                        .map(|(_, value)| value.clone())
                        .unwrap_or_default()
                };
                let old =
                    &self.subscriptions[&said("subscription")]["items"]["data"][0]["price"]["unit_amount"];
                let new = &self.prices[&said("subscription_details[items][0][price]")]["unit_amount"];
                let amount = |price: &Value| price.as_i64().expect("an amount");
                (200, json!({ "amount_due": amount(new) - amount(old) / 2, "currency": "usd" }))
            }
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

    fn make_coupon(&mut self, form: &[(String, String)]) -> Said {
        let mut coupon =
            json!({ "percent_off": null, "amount_off": null, "currency": null, "duration_in_months": null });
        for (name, value) in form {
            coupon[name] = match name.as_str() {
                "id" | "duration" | "currency" => json!(value),
                "percent_off" => json!(value.parse::<f64>().expect("a number")),
                "amount_off" | "duration_in_months" => json!(value.parse::<i64>().expect("a number")),
                _ => return refused(400, "invalid_request_error", "parameter_unknown"),
            };
        }
        let id = coupon["id"].as_str().expect("an id").to_owned();
        if self.coupons.contains_key(&id) {
            return refused(400, "invalid_request_error", "resource_already_exists");
        }
        self.coupons.insert(id, coupon.clone());
        (200, coupon)
    }

    fn update(&mut self, id: &str, form: &[(String, String)]) -> Said {
        let Some(mut subscription) = self.subscriptions.get(id).cloned() else { return missing() };
        if subscription["status"] == "canceled" {
            return refused(400, "invalid_request_error", "resource_missing");
        }
        let charges =
            form.iter().any(|(name, value)| name == "payment_behavior" && value == "pending_if_incomplete");
        if charges && form.iter().any(|(name, _)| name.starts_with("metadata")) {
            return refused(400, "invalid_request_error", "parameter_invalid");
        }
        let mut discounts: Vec<Value> = Vec::new();
        let before = subscription["discounts"].as_array().cloned().unwrap_or_default();
        for (name, value) in form {
            let number = || json!(value.parse::<i64>().expect("a number"));
            match name.as_str() {
                "cancel_at_period_end" if subscription["schedule"].is_string() => {
                    return refused(400, "invalid_request_error", "subscription_scheduled");
                }
                "cancel_at_period_end" => subscription["cancel_at_period_end"] = json!(value == "true"),
                "cancel_at" if value.is_empty() => subscription["cancel_at"] = Value::Null,
                "cancel_at" => subscription["cancel_at"] = number(),
                "trial_end" => {
                    subscription["trial_end"] = number();
                    subscription["status"] = json!("trialing");
                    subscription["items"]["data"][0]["current_period_end"] = number();
                }
                "proration_behavior" => assert_eq!(value, if charges { "always_invoice" } else { "none" }),
                "payment_behavior" | "proration_date" | "billing_cycle_anchor" | "expand[]" => {
                    assert!(charges)
                }
                "pause_collection" if value.is_empty() => subscription["pause_collection"] = Value::Null,
                "pause_collection[behavior]" => subscription["pause_collection"]["behavior"] = json!(value),
                "pause_collection[resumes_at]" => subscription["pause_collection"]["resumes_at"] = number(),
                "items[0][id]" => assert_eq!(subscription["items"]["data"][0]["id"], *value),
                "items[0][price]" => {
                    let Some(price) = self.prices.get(value) else { return missing() };
                    if charges && self.asks_customer {
                        subscription["pending_update"] = json!({ "price": price });
                        subscription["latest_invoice"] = json!({
                            "id": "in_1", "status": "open", "hosted_invoice_url": "https://invoice.stripe.com/i/1",
                            "confirmation_secret": { "client_secret": "pi_1_secret_x" },
                        });
                        continue;
                    }
                    subscription["items"]["data"][0]["price"] = price.clone();
                }
                "cancellation_details[feedback]" => {
                    subscription["cancellation_details"]["feedback"] = json!(value)
                }
                name if name.starts_with("metadata[") && value.is_empty() => {
                    if let Some(metadata) = subscription["metadata"].as_object_mut() {
                        metadata.remove(&name[9..name.len() - 1]);
                    }
                }
                name if name.starts_with("metadata[") => {
                    subscription["metadata"][&name[9..name.len() - 1]] = json!(value);
                }
                name if name.starts_with("discounts[") && name.ends_with("[discount]") => {
                    discounts.extend(before.iter().find(|one| one["id"] == *value).cloned());
                }
                name if name.starts_with("discounts[") && name.ends_with("[coupon]") => {
                    let Some(coupon) = self.coupons.get(value) else { return missing() };
                    self.discounts += 1;
                    let id = format!("di_{}", self.discounts);
                    discounts
                        .push(json!({ "id": id, "coupon": coupon, "start": 1_700_000_000, "end": null }));
                }
                name if name.starts_with("discounts[") && name.ends_with("[promotion_code]") => {
                    let Some(code) = self.codes.get(value) else { return missing() };
                    self.discounts += 1;
                    discounts.push(json!({
                        "id": format!("di_{}", self.discounts), "coupon": code["coupon"], "promotion_code": value,
                        "start": 1_700_000_000, "end": null,
                    }));
                }
                _ => return refused(400, "invalid_request_error", "parameter_unknown"),
            }
        }
        if form.iter().any(|(name, _)| name.starts_with("discounts[")) {
            subscription["discounts"] = json!(discounts);
        }
        self.subscriptions.insert(id.into(), subscription.clone());
        (200, subscription)
    }

    fn cancel(&mut self, id: &str, form: &[(String, String)]) -> Said {
        let Some(subscription) = self.subscriptions.get_mut(id).filter(|one| one["status"] != "canceled")
        else {
            return missing();
        };
        for (name, value) in form {
            match name.as_str() {
                "cancellation_details[feedback]" => {
                    subscription["cancellation_details"]["feedback"] = json!(value)
                }
                _ => return refused(400, "invalid_request_error", "parameter_unknown"),
            }
        }
        subscription["status"] = json!("canceled");
        subscription["ended_at"] = json!(1_700_000_000);
        (200, subscription.clone())
    }
}
