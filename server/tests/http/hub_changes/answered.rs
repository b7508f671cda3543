//! What billing says of a change, late or never.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use farewell_server::billing::ledger::Ledger;
use farewell_server::billing::{
    Account, Answer as Said, Authentication, Billing, Change, Instruction, Lookup, LookupError, PlanTerms,
    Quote, QuoteError, Snapshot, Wanted,
};
use jiff::SignedDuration;
use serde_json::{Value, json};
use url::Url;

use super::{ledger, with};
use crate::server::Running;

/// The ledger, whose word on a change comes from here as long as there is one.
#[derive(Debug)]
struct Says {
    ledger: Ledger,
    says: Arc<std::sync::Mutex<Option<Said>>>,
    /// Where what was withdrawn comes about all the same, and takes a cancellation back: how often it was withdrawn.
    late: Option<Arc<AtomicU32>>,
}

#[async_trait::async_trait]
impl Billing for Says {
    async fn snapshot(&self, lookup: &Lookup) -> Result<Snapshot, LookupError> {
        self.ledger.snapshot(lookup).await
    }

    async fn account(&self, lookup: &Lookup) -> Result<Account, LookupError> {
        self.ledger.account(lookup).await
    }

    async fn plans(&self, ids: &[String]) -> Result<Option<Vec<PlanTerms>>, LookupError> {
        self.ledger.plans(ids).await
    }

    async fn quote(&self, customer: &str, of: Option<&str>, wanted: &Wanted) -> Result<Quote, QuoteError> {
        self.ledger.quote(customer, of, wanted).await
    }

    async fn execute(&self, key: &str, instruction: &Instruction) -> Said {
        let says = self.says.lock().unwrap().clone();
        match says {
            Some(said) => said,
            None => self.ledger.execute(key, instruction).await,
        }
    }

    async fn read_back(&self, key: &str, instruction: &Instruction) -> Said {
        self.ledger.read_back(key, instruction).await
    }

    async fn withdraw(&self, key: &str, instruction: &Instruction) -> Said {
        let Some(late) = &self.late else { return self.read_back(key, instruction).await };
        if late.fetch_add(1, Ordering::Relaxed) == 0 {
            return Said::Unknown("it may still be on its way".into());
        }
        self.ledger.execute("late", &Instruction { change: Change::Undo, ..instruction.clone() }).await
    }

    fn quotes(&self) -> bool {
        true
    }

    fn has_payment_page(&self) -> bool {
        true
    }

    async fn payment_page(&self, customer: &str, back: &Url) -> Result<Option<Url>, LookupError> {
        let back = url::form_urlencoded::byte_serialize(back.as_str().as_bytes()).collect::<String>();
        Ok(Url::parse(&format!("https://pay.example/{customer}?back={back}")).ok())
    }

    fn patience(&self) -> Duration {
        Duration::from_millis(500)
    }
}

type Word = Arc<std::sync::Mutex<Option<Said>>>;

/// A server whose billing says this of every change, until it is told otherwise.
async fn server_where_billing_says(said: Said) -> (Running, Word) {
    let word: Word = Arc::new(std::sync::Mutex::new(Some(said)));
    let says = word.clone();
    let server = Running::selling(|text| text)
        .await
        .billed_by(|text| text, |store, clock| Says { ledger: ledger(store, clock), says, late: None });
    (server.await, word)
}

#[tokio::test]
async fn where_billing_has_a_page_for_payment_methods_it_is_made_when_it_is_wanted_and_leads_back() {
    let (server, _) = server_where_billing_says(Said::Applied).await;
    let session = server.hub_session(1).await;
    let wanted = server.shown(&session).await.says("Payment method").press("Update payment method");
    for (page, back) in [
        ("https://app.acme.example/account?tab=plan", "https://app.acme.example/account?tab=plan"),
        ("https://evil.example/", "https://app.acme.example/"),
        ("javascript:alert(1)", "https://app.acme.example/"),
        ("", "https://app.acme.example/"),
    ] {
        let shown = server.sent(&session, &with(wanted.clone(), "page", page)).await;
        let leads_to = Url::parse(shown.answer["leads_to"].as_str().unwrap()).unwrap();
        assert_eq!(leads_to.path(), "/cus_1");
        assert_eq!(leads_to.query_pairs().next().unwrap().1, back, "{page}");
        shown.says("Go on to the payment page");
        assert_eq!(shown.focus.len(), 1);
    }
    assert_eq!(server.hub(&session).await.ok()["leads_to"], Value::Null);
}

#[tokio::test]
async fn what_billing_has_not_answered_is_pending_and_settles_later() {
    let (server, word) = server_where_billing_says(Said::Unknown("a time-out".into())).await;
    let session = server.hub_session(1).await;
    let change = server.about_to_change(&session).await;
    let shown = server.sent(&session, &server.about_to_pause(&session).await).await;
    shown
        .says("Billing has not confirmed this yet.")
        .says("A change is being carried out.")
        .says("Cancel Subscription");
    shown.says_nothing_of("Change plan").says_nothing_of("Use a promotion code");
    assert_eq!(shown.answer["changed"]["effect"], "pending");
    // What was shown before waits for what is being done.
    server
        .sent(&session, &change)
        .await
        .says("Another change of this subscription is still being carried out.");
    assert_eq!(server.changes().await, [("pending".into(), 1)]);
    server.sent(&session, &shown.press("Look again")).await.says("Billing has not confirmed this yet.");
    *word.lock().unwrap() = None;
    server.clock.advance(SignedDuration::from_secs(2));
    assert_eq!(server.app.sessions.executor.settle_due().await.unwrap(), 1);
    let looked = server.sent(&session, &shown.press("Look again")).await;
    looked.says("Done. Your subscription is paused").says_nothing_of("A change is being carried out.");
    assert_eq!(looked.answer["changed"]["effect"], "applied");
    assert_eq!((server.changes().await, server.operations().await), (vec![("applied".into(), 3)], 1));
    // Another session of the customer does not see what became of it.
    let other = server.hub_session(1).await;
    server.sent(&other, &shown.press("Look again")).await.says_nothing_of("Done.");
}

#[tokio::test]
async fn whoever_looks_again_and_again_does_not_have_billing_asked_each_time() {
    let (server, _) = server_where_billing_says(Said::Unknown("a time-out".into())).await;
    let session = server.hub_session(1).await;
    let shown = server.sent(&session, &server.about_to_pause(&session).await).await;
    let look = shown.press("Look again");
    for _ in 0..10 {
        server.sent(&session, &look).await.says("Billing has not confirmed this yet.");
    }
    assert_eq!(server.changes().await, [("pending".into(), 1 + 3)]);
    server.clock.advance(SignedDuration::from_secs(5));
    server.sent(&session, &look).await;
    assert_eq!(server.changes().await, [("pending".into(), 1 + 4)]);
}

#[tokio::test]
async fn a_payment_that_the_bank_asks_about_leads_there_and_is_done_when_the_customer_has_answered() {
    let link = Url::parse("https://invoice.stripe.com/i/1").unwrap();
    let waits = Authentication { payment_intent: Some("pi_1".into()), link: Some(link) };
    let (server, word) = server_where_billing_says(Said::Waits(waits)).await;
    let session = server.hub_session(1).await;
    let shown = server.sent(&session, &server.about_to_pause(&session).await).await;
    shown
        .says("Your bank asks you to confirm this payment.")
        .says("Confirm the payment")
        .says("Cancel Subscription");
    let told = json!({ "link": "https://invoice.stripe.com/i/1", "payment_intent": "pi_1" });
    assert_eq!(shown.answer["changed"]["authentication"], told);
    assert_eq!(shown.answer["changed"]["effect"], "pending");
    // Opened again, the hub still leads there.
    server.shown(&session).await.says("Confirm the payment");
    assert_eq!(server.operations().await, 0);
    *word.lock().unwrap() = None;
    let done = server.sent(&session, &shown.press("Look again")).await;
    done.says("Done. Your subscription is paused").says_nothing_of("Confirm the payment");
    assert_eq!(
        (done.answer["changed"]["authentication"].clone(), server.operations().await),
        (Value::Null, 1)
    );
}

#[tokio::test]
async fn what_billing_refuses_is_said_and_has_changed_nothing() {
    let (server, _) = server_where_billing_says(Said::Refused("secret: the card of Ada".into())).await;
    let session = server.hub_session(1).await;
    let shown = server.sent(&session, &server.about_to_pause(&session).await).await;
    shown.says("This could not be done. Nothing was changed, and nothing was charged.").says("Change plan");
    shown.says_nothing_of("secret");
    assert_eq!(shown.answer["changed"]["effect"], "refused");
    assert_eq!(server.operations().await, 0);
}

#[tokio::test]
async fn a_server_that_goes_before_billing_has_answered_does_it_once_when_it_is_back() {
    let (server, _) = server_where_billing_says(Said::Unknown("the cable is out".into())).await;
    let session = server.hub_session(1).await;
    let agreed = server.about_to_pause(&session).await;
    let pending = server.sent(&session, &agreed).await;
    pending.says("Billing has not confirmed this yet.");
    let clock = server.clock.clone();
    let directory = server.stop_served().await;
    clock.advance(SignedDuration::from_secs(2));
    let server = Running::start_in(directory, clock).await;
    let settled = async {
        while server.changes().await != [("applied".into(), 2)] {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), settled).await.expect("the worker sees to it");
    server.sent(&session, &agreed).await.says("Done. Your subscription is paused");
    assert_eq!(server.operations().await, 1);
}

#[tokio::test]
async fn a_cancellation_that_is_being_carried_out_comes_first() {
    let (server, word) = server_where_billing_says(Said::Unknown("a time-out".into())).await;
    let session = server.hub_session(1).await;
    let agreed = server.about_to_pause(&session).await;
    let way = server.shown(&session).await.sessions().remove(0);
    server.act(&way, json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok();
    server
        .sent(&session, &agreed)
        .await
        .says("Another change of this subscription is still being carried out.");
    *word.lock().unwrap() = None;
    server.clock.advance(SignedDuration::from_secs(2));
    server.app.sessions.executor.settle_due().await.unwrap();
    server.sent(&session, &agreed).await.says("This cannot be done at the moment. Nothing was changed.");
    assert_eq!(server.operations().await, 1);
}

#[tokio::test]
async fn a_change_that_comes_about_after_the_customer_has_left_does_not_keep_them() {
    let word: Word = Arc::new(std::sync::Mutex::new(Some(Said::Unknown("a time-out".into()))));
    let (says, late) = (word.clone(), Arc::new(AtomicU32::new(0)));
    let counted = late.clone();
    let bills = |store: &_, clock: &_| Says { ledger: ledger(store, clock), says, late: Some(late) };
    let server = Running::selling(|text| text).await.billed_by(|text| text, bills).await;
    let session = server.hub_session(1).await;
    let shown = server.sent(&session, &server.about_to_pause(&session).await).await;
    server.clock.advance(SignedDuration::from_secs(1));
    *word.lock().unwrap() = None;
    let left = server.act(&shown.sessions()[0], json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok();
    assert_eq!(left["result"]["effect"], "applied", "nobody waits for what is on its way");
    assert_eq!(server.changes().await[0].0, "pending");
    server.clock.advance(SignedDuration::from_secs(5));
    server.app.sessions.executor.settle_due().await.unwrap();
    assert_eq!(counted.load(Ordering::Relaxed), 2);
    assert_eq!(server.changes().await[0].0, "applied");
    let store = server.app.sessions.store.read();
    let ends: Vec<Option<String>> = sqlx::query_scalar(
        "SELECT cancel_at FROM ledger_subscriptions WHERE external_id = 'sub_1' AND environment = 'prod'",
    )
    .fetch_all(store)
    .await
    .unwrap();
    // Another brand has one of this id.
    assert_eq!(ends.iter().flatten().count(), 1, "the customer has left: {ends:?}");
    let undone = "SELECT count(*) FROM ledger_operations WHERE key = 'late'";
    let undone: i64 = sqlx::query_scalar(undone).fetch_one(store).await.unwrap();
    assert_eq!(undone, 1, "it had been taken back");
}

#[tokio::test]
async fn a_customer_can_cancel_while_a_change_is_being_carried_out() {
    let (server, word) = server_where_billing_says(Said::Unknown("a time-out".into())).await;
    let session = server.hub_session(1).await;
    let shown = server.sent(&session, &server.about_to_pause(&session).await).await;
    *word.lock().unwrap() = None;
    let left = server.act(&shown.sessions()[0], json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok();
    assert_eq!(
        (&left["result"]["outcome"], &left["result"]["effect"]),
        (&json!("canceled"), &json!("applied"))
    );
}
