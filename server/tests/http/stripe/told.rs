//! What Stripe tells by webhook.

use farewell_server::billing::stripe::{Customers, Stripe};
use farewell_server::secret::SecretText;
use farewell_server::session::{Environment, Sessions};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tempfile::NamedTempFile;

use super::{ada, billed, key};
use crate::server::{Answer, Running};
use crate::stand_in::{Fault, KEY, StandIn};

const SECRET: &str = "whsec_of_acme";
const SANDBOX: &str = "whsec_of_the_sandbox";

/// A server that hears what Stripe tells of acme, also in the sandbox.
struct Told {
    server: Running,
    stripe: StandIn,
}

impl Told {
    async fn start() -> Self {
        let stripe = StandIn::start().await;
        ada(&stripe).await;
        let files = [key(KEY), key(KEY), key(SECRET), key(SANDBOX)];
        let names = ["key_file", "sandbox_key_file", "webhook_secret_file", "sandbox_webhook_secret_file"];
        let line = |(name, file): (&str, &NamedTempFile)| format!("{name} = \"{}\"", file.path().display());
        let lines: Vec<_> = names.into_iter().zip(&files).map(line).collect();
        let server = Running::start_with(|text| billed(&text, &stripe, &lines.join("\n"))).await;
        Self { server, stripe }
    }

    /// Tells something, signed with this secret so many seconds ago.
    async fn tell(&self, secret: &str, ago: i64, event: &Value) -> Answer {
        let (body, time) = (event.to_string(), self.server.clock.now().as_second() - ago);
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{time}.{body}").as_bytes());
        let hex =
            mac.finalize().into_bytes().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        let request = self.server.post("/api/stripe/webhook").body(body);
        let sent = request.header("Stripe-Signature", format!("t={time},v1={hex}")).send().await;
        Answer::of(sent.unwrap()).await
    }

    /// Events and remembered customers.
    async fn kept(&self) -> (i64, i64) {
        let sql = "SELECT (SELECT count(*) FROM stripe_events), (SELECT count(*) FROM stripe_customers)";
        sqlx::query_as(sql).fetch_one(self.server.app.sessions.store.read()).await.unwrap()
    }

    async fn attempts(&self) -> i64 {
        let sql = "SELECT sum(attempts) FROM intents";
        sqlx::query_scalar(sql).fetch_one(self.server.app.sessions.store.read()).await.unwrap()
    }

    /// The account that counts, as the server's worker has it.
    fn account(&self) -> Stripe {
        let Sessions { store, clock, .. } = &self.server.app.sessions;
        let url = self.stripe.url.parse().unwrap();
        let account = Stripe::new(url, SecretText::new(KEY), clock.clone()).unwrap();
        account.remembering(Customers::new(store.clone(), "acme", Environment::Prod))
    }

    /// Ada cancels in this environment, and Stripe does not answer for a while.
    async fn pending(&self, environment: &str) -> String {
        let asked = json!({ "customer_id": "cus_1", "environment": environment });
        let session = self.server.session_with(asked).await;
        self.server.flow(&session).await.ok();
        self.stripe.meet(&[Fault::Lost; 3]);
        let left = self.server.act(&session, json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok();
        assert_eq!(left["result"]["effect"], "pending");
        session
    }

    /// Waits until the worker has asked Stripe, which it does by itself.
    async fn settled(&self, session: &str, because: &str) {
        let settled = async {
            while self.server.flow(session).await.ok()["result"]["effect"] != "applied" {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(10), settled).await.expect(because);
    }
}

fn event(id: &str, kind: &str, object: &Value) -> Value {
    json!({ "id": id, "object": "event", "type": kind, "data": { "object": object } })
}

fn updated(id: &str) -> Value {
    // What it says is not so, and nobody believes it.
    let object =
        json!({ "object": "subscription", "id": "sub_1", "customer": "cus_1", "status": "canceled" });
    event(id, "customer.subscription.updated", &object)
}

#[tokio::test]
async fn what_is_pending_is_asked_at_once_when_stripe_tells_of_it() {
    let told = Told::start().await;
    let session = told.pending("prod").await;
    told.stripe.meet(&[]);
    let executor = told.server.app.sessions.executor.clone();
    assert_eq!(executor.settle_due().await.unwrap(), 0, "it is not due yet, and the clock stands still");
    assert_eq!(told.server.flow(&session).await.ok()["result"]["effect"], "pending");
    // Of the other environment, and of somebody else.
    assert_eq!(told.tell(SANDBOX, 0, &updated("evt_0")).await.ok()["new"], true);
    let other = json!({ "object": "invoice", "id": "in_1", "customer": "cus_2" });
    told.tell(SECRET, 0, &event("evt_0", "invoice.paid", &other)).await.ok();
    assert_eq!(executor.settle_due().await.unwrap(), 0);
    assert_eq!(told.tell(SECRET, 0, &updated("evt_1")).await.ok()["new"], true);
    // The worker may have been quicker.
    executor.settle_due().await.unwrap();
    told.settled(&session, "settled").await;
    assert_eq!(told.stripe.shown("sub_1")["cancel_at_period_end"], true);
}

#[tokio::test]
async fn all_that_stripe_tells_of_a_customer_has_what_is_pending_asked() {
    let customer = |object: &str, id: &str| json!({ "object": object, "id": id, "customer": "cus_1" });
    for (kind, object) in [
        ("checkout.session.completed", customer("checkout.session", "cs_1")),
        ("customer.subscription.created", customer("subscription", "sub_1")),
        ("customer.subscription.deleted", customer("subscription", "sub_1")),
        ("invoice.paid", customer("invoice", "in_1")),
        ("invoice.payment_failed", customer("invoice", "in_1")),
    ] {
        let told = Told::start().await;
        let session = told.pending("prod").await;
        told.stripe.meet(&[]);
        assert_eq!(told.tell(SECRET, 0, &event("evt_1", kind, &object)).await.ok()["new"], true);
        let executor = told.server.app.sessions.executor.clone();
        executor.settle_due().await.unwrap();
        told.settled(&session, kind).await;
    }
}

#[tokio::test]
async fn what_the_sandbox_waits_for_is_not_what_counts() {
    let told = Told::start().await;
    told.pending("sandbox").await;
    let before = told.attempts().await;
    told.tell(SECRET, 0, &updated("evt_1")).await.ok();
    let due = "SELECT count(*) FROM intents WHERE status = 'pending' AND next_attempt_at <= $1";
    let due: i64 = sqlx::query_scalar(due)
        .bind(told.server.clock.now_text())
        .fetch_one(told.server.app.sessions.store.read())
        .await
        .unwrap();
    assert_eq!((due, told.attempts().await), (0, before));
}

#[tokio::test]
async fn an_event_counts_once_and_only_where_it_is_signed() {
    let told = Told::start().await;
    for (secret, ago, says) in
        [("whsec_of_nobody", 0, "Stripe-Signature"), (SECRET, 301, "five minutes"), (SECRET, -301, "clock")]
    {
        let answer = told.tell(secret, ago, &updated("evt_1")).await;
        assert_eq!(answer.status, 400, "{secret} {ago}");
        assert!(answer.body["error"].as_str().unwrap().contains(says), "{}", answer.body);
    }
    let unsigned = told.server.post("/api/stripe/webhook").body(updated("evt_1").to_string()).send().await;
    assert_eq!(unsigned.unwrap().status(), 400);
    let malformed = told.tell(SECRET, 0, &json!([])).await;
    assert_eq!(malformed.status, 400, "signed, and no event");
    assert_eq!(told.kept().await, (0, 0), "nothing is kept of it");

    let ignored = event("evt_2", "charge.succeeded", &json!({ "object": "charge", "customer": "cus_1" }));
    let ignored = told.tell(SECRET, 0, &ignored).await.ok();
    assert_eq!((ignored, told.kept().await), (json!({ "received": true, "new": false }), (0, 0)));
    assert_eq!(told.tell(SECRET, 300, &updated("evt_1")).await.ok()["new"], true);
    assert_eq!(told.kept().await, (1, 1));
    assert_eq!(told.tell(SECRET, 0, &updated("evt_1")).await.ok()["new"], false, "it was told before");
    assert_eq!(told.tell(SANDBOX, 0, &updated("evt_1")).await.ok()["new"], true, "there it was not");
    let huge = json!({ "id": "evt_3", "filler": "x".repeat(70_000) });
    assert_eq!(told.tell(SECRET, 0, &huge).await.status, 413);

    let day = |days: i64| told.server.clock.advance(jiff::SignedDuration::from_hours(24 * days));
    day(29);
    told.server.app.purge.once().await;
    assert_eq!(told.kept().await, (2, 2));
    day(2);
    told.server.app.purge.once().await;
    assert_eq!(told.kept().await, (0, 2));
    day(370);
    told.server.app.purge.once().await;
    assert_eq!(told.kept().await, (0, 0));
}

#[tokio::test]
async fn a_customer_whom_stripe_told_of_is_found_in_whatever_letters() {
    let told = Told::start().await;
    told.stripe.customer(
        "cus_1",
        json!({ "email": "Ada@Example.com", "address": { "country": "US", "state": "NY" } }),
    );
    let by =
        |email: &'static str| told.server.ask_session(&told.server.acme, json!({ "customer_email": email }));
    by("ADA@example.com").await.error(404);
    told.tell(SECRET, 0, &updated("evt_1")).await.ok();
    let account = told.account();
    assert_eq!(account.reread_stale().await.unwrap(), 1);
    assert_eq!(account.reread_stale().await.unwrap(), 0, "once is enough");
    by("ADA@example.com").await.ok();
    // Stripe is believed, and not what was remembered.
    told.stripe.customer("cus_1", json!({ "email": "Ada@new.example" }));
    by("ADA@example.com").await.error(404);
    told.stripe.customer("cus_1", json!({ "deleted": true }));
    told.tell(
        SECRET,
        0,
        &event("evt_2", "customer.deleted", &json!({ "object": "customer", "id": "cus_1" })),
    )
    .await
    .ok();
    assert_eq!(account.reread_stale().await.unwrap(), 1);
    assert_eq!(told.kept().await.1, 0);
}
