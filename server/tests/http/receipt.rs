//! Receipts: issued at the press, shown, saved, signed, kept.

use farewell_server::billing::ledger::Ledger;
use farewell_server::billing::{
    Account, Answer, Billing, Instruction, Lookup, LookupError, PlanTerms, Snapshot,
};
use farewell_server::clock::Clock;
use farewell_server::session::Environment;
use farewell_server::store::{Error, Store, Tx};
use scraper::{Html, Selector};
use serde_json::{Value, json};

use crate::server::Running;

/// A page as somebody reads it.
struct Page {
    status: u16,
    html: Html,
}

impl Page {
    async fn get(server: &Running, path: &str) -> Self {
        let answer = server.get(path).send().await.unwrap();
        let status = answer.status().as_u16();
        Self { status, html: Html::parse_document(&answer.text().await.unwrap()) }
    }

    fn text(&self, selector: &str) -> String {
        let selector = Selector::parse(selector).unwrap();
        self.html.select(&selector).flat_map(|element| element.text()).collect()
    }

    /// What a label stands beside.
    fn line(&self, label: &str) -> Option<String> {
        let rows = Selector::parse("dl div").unwrap();
        let of = |row: scraper::ElementRef<'_>, tag: &str| -> String {
            row.select(&Selector::parse(tag).unwrap()).flat_map(|element| element.text()).collect()
        };
        let row = self.html.select(&rows).find(|row| of(*row, "dt") == label)?;
        Some(of(row, "dd").replace('\u{202f}', " "))
    }

    fn links(&self) -> Vec<String> {
        let links = Selector::parse("a").unwrap();
        self.html.select(&links).filter_map(|link| link.value().attr("href")).map(Into::into).collect()
    }
}

async fn act(server: &Running, session: &str, actions: Value) -> Value {
    server.act(session, actions).await.ok()["result"].clone()
}

async fn cancel(server: &Running, session: &str) -> String {
    let actions = json!([
        { "run": 1, "seq": 1, "do": "shown" },
        { "run": 1, "seq": 2, "do": "leave", "reason": "unused", "feedback": "I <b>never</b> came" },
        { "run": 1, "seq": 3, "do": "cancel" },
    ]);
    act(server, session, actions).await["receipt"]["reference"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_cancellation_has_a_page_with_everything_on_it() {
    let server = Running::start().await;
    let session = server.session(1).await;
    let path = server.page_of(&session).await;
    let none = Page::get(&server, &format!("{path}/receipt")).await;
    assert_eq!((none.status, none.text("h1").as_str()), (404, "There is no receipt here yet"));
    let reference = cancel(&server, &session).await;
    let answer = server.get(&format!("{path}/receipt")).send().await.unwrap();
    let csp = answer.headers()["content-security-policy"].to_str().unwrap();
    assert!(csp.starts_with("default-src 'none'") && !csp.contains("unsafe"));
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let page = Page::get(&server, &format!("{path}/receipt")).await;
    assert_eq!((page.status, page.text("h1").as_str()), (200, "Your cancellation has been received"));
    assert_eq!(
        page.text("title"),
        format!("Your cancellation has been received · {reference} · Acme & Sons")
    );
    for (label, text) in [
        ("Reference", reference.as_str()),
        ("Received", "November 21, 2026 at 7:00 AM EST (America/New_York)"),
        ("Provider", "Acme & Sons"),
        ("Plan", "Pro"),
        ("Contract", "sub_1"),
        ("Ends on", "December 10, 2026"),
        ("Questions", "help@acme.example"),
        ("Status now", "Carried out"),
    ] {
        assert_eq!(page.line(label).as_deref(), Some(text), "{label}");
    }
    assert!(page.line("Status when issued").unwrap().starts_with("Received."));
    assert_eq!(page.links(), [format!("{path}/receipt.txt?run=1"), path.clone()]);
    assert!(page.html.select(&Selector::parse("script, [style], [onclick]").unwrap()).next().is_none());
    assert!(!page.html.html().contains("never"), "nothing a customer typed");
    let style = server.get("/c").send().await.unwrap().text().await.unwrap();
    let sheet = style.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
    let sheet = server.get(sheet).send().await.unwrap().text().await.unwrap();
    assert!(sheet.contains("@media print"), "it can be printed");
}

#[tokio::test]
async fn it_is_saved_as_text_with_a_signature_that_anybody_can_check() {
    let server = Running::start().await;
    let session = server.session(1).await;
    let reference = cancel(&server, &session).await;
    let path = server.page_of(&session).await;
    let answer = server.get(&format!("{path}/receipt.txt")).send().await.unwrap();
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-disposition"), format!("attachment; filename=\"{reference}.txt\""));
    assert_eq!(header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("cache-control"), "no-store");
    let text = answer.text().await.unwrap();
    assert!(text.starts_with("Acme & Sons\nYour cancellation has been received\n"), "{text}");
    assert!(text.contains("\nEnds on: December 10, 2026\n"), "{text}");
    assert!(text.contains(&format!("{}/.well-known/jwks.json", server.url)));
    let jws = text.trim_end().lines().last().unwrap();
    let (typ, body) = server.verified(jws).await;
    assert_eq!(typ, "receipt+jwt");
    for (member, value) in [
        ("reference", json!(reference)),
        ("kind", json!("cancellation")),
        ("environment", json!("prod")),
        ("brand", json!("Acme & Sons")),
        ("sub", json!("user_1")),
        ("run", json!(1)),
        ("contract", json!({ "subscription": "sub_1", "plan": "Pro" })),
        ("issued_at", json!("2026-11-21T12:00:00.000Z")),
        ("time_zone", json!("America/New_York")),
        ("effective_at", json!("2026-12-10T05:00:00.000Z")),
        ("effect", json!("pending")),
        ("policy", json!("us-ca")),
        ("offer", Value::Null),
    ] {
        assert_eq!(body[member], value, "{member}");
    }
    assert!(!body.to_string().contains("never") && !body.to_string().contains("unused"));
    let kept: (String, String) = sqlx::query_as("SELECT body, jws FROM receipts WHERE reference = $1")
        .bind(&reference)
        .fetch_one(server.app.sessions.store.read())
        .await
        .unwrap();
    assert_eq!((serde_json::from_str::<Value>(&kept.0).unwrap(), kept.1.as_str()), (body, jws));
    let verify =
        server.post("/api/public/cancel/result").json(&json!({ "token": jws })).send().await.unwrap();
    assert_eq!(verify.status(), 400, "a receipt is no result token");
}

#[tokio::test]
async fn an_accepted_offer_says_what_was_agreed() {
    let server = Running::start().await;
    let session = server.session(1).await;
    let actions = json!([
        { "run": 1, "seq": 1, "do": "answer", "reason": "too_expensive", "follow_up.too_expensive": "nothing" },
        { "run": 1, "seq": 2, "do": "accept", "claim_id": "half" },
    ]);
    act(&server, &session, actions).await;
    let page = Page::get(&server, &format!("{}/receipt", server.page_of(&session).await)).await;
    assert_eq!(page.text("h1"), "You accepted an offer");
    assert_eq!(page.line("Offer").as_deref(), Some("Half price for three months"));
    let terms = page.line("Agreed").unwrap();
    assert_eq!(
        terms,
        "Your next payment is $10.00 on December 10, 2026. After that it is $20.00 again, from March 10, 2027."
    );
    assert_eq!(page.line("Ends on"), None);
}

#[tokio::test]
async fn every_run_keeps_its_receipt_and_the_latest_is_shown() {
    let server = Running::start().await;
    let session = server.session(1).await;
    let first = cancel(&server, &session).await;
    let undone = act(&server, &session, json!([{ "run": 2, "seq": 1, "do": "undo" }])).await;
    let second = undone["receipt"]["reference"].as_str().unwrap();
    let path = format!("{}/receipt", server.page_of(&session).await);
    let latest = Page::get(&server, &path).await;
    assert_eq!(latest.text("h1"), "You took your cancellation back");
    assert_eq!(latest.line("Reference").as_deref(), Some(second));
    assert_eq!(latest.line("Takes back"), Some(first.clone()));
    assert!(latest.links().contains(&format!("{path}?run=1")));
    let earlier = Page::get(&server, &format!("{path}?run=1")).await;
    assert_eq!(earlier.line("Reference"), Some(first));
    assert_eq!(earlier.line("Status now").as_deref(), Some("Taken back later"));
    for wrong in ["run=3", "run=0", "run=x", "run=", "run=99999999999"] {
        assert_eq!(Page::get(&server, &format!("{path}?{wrong}")).await.status, 404, "{wrong}");
    }
    assert_eq!(Page::get(&server, "/c/nonsense/receipt").await.status, 404);
    assert_eq!(Page::get(&server, "/c/nonsense/receipt.txt").await.status, 404);
}

#[tokio::test]
async fn who_stays_without_an_offer_gets_no_receipt() {
    let server = Running::start().await;
    let session = server.session(1).await;
    act(&server, &session, json!([{ "run": 1, "seq": 1, "do": "keep" }])).await;
    let path = server.page_of(&session).await;
    assert_eq!(Page::get(&server, &format!("{path}/receipt")).await.status, 404);
}

#[tokio::test]
async fn a_receipt_outlives_its_session() {
    let server = Running::start().await;
    let session = server.session(1).await;
    let reference = cancel(&server, &session).await;
    let path = server.page_of(&session).await;
    server.clock.advance(jiff::SignedDuration::from_hours(24 * 400));
    assert_eq!(Page::get(&server, &path).await.status, 404);
    let page = Page::get(&server, &format!("{path}/receipt")).await;
    assert_eq!((page.status, page.line("Reference")), (200, Some(reference)));
}

#[tokio::test]
async fn nobody_changes_or_deletes_a_receipt() {
    // What the database keeps from going is young by the machine's own clock.
    let clock = Clock::manual(jiff::Timestamp::now());
    let server = Running::start_in(tempfile::tempdir().unwrap(), clock).await;
    let session = server.session(1).await;
    cancel(&server, &session).await;
    let store = &server.app.sessions.store;
    for sql in [
        "UPDATE receipts SET body = '{}'",
        "UPDATE receipts SET reference = 'FW-2222-2222'",
        "DELETE FROM receipts",
        "INSERT OR REPLACE INTO receipts SELECT reference, session, run, issued_at, '{}', jws FROM receipts",
    ] {
        let change = async move |tx: &mut Tx| sqlx::query(sql).execute(tx).await.map_err(Error::from);
        let refused = store.write(change).await.unwrap_err().to_string();
        assert!(refused.contains("a receipt is never"), "{sql}: {refused}");
    }
    let (body,): (String,) =
        sqlx::query_as("SELECT body FROM receipts").fetch_one(store.read()).await.unwrap();
    assert!(body.contains("cancellation"));
}

/// A ledger that answers this instead of doing anything.
#[derive(Debug)]
pub struct Says(pub Ledger, pub Answer);

#[async_trait::async_trait]
impl Billing for Says {
    async fn snapshot(&self, lookup: &Lookup) -> Result<Snapshot, LookupError> {
        self.0.snapshot(lookup).await
    }

    async fn account(&self, lookup: &Lookup) -> Result<Account, LookupError> {
        self.0.account(lookup).await
    }

    async fn plans(&self, ids: &[String]) -> Result<Option<Vec<PlanTerms>>, LookupError> {
        self.0.plans(ids).await
    }

    async fn execute(&self, _: &str, _: &Instruction) -> Answer {
        self.1.clone()
    }

    async fn read_back(&self, _: &str, _: &Instruction) -> Answer {
        self.1.clone()
    }
}

/// A server whose billing answers this, and whose receipts go this way. Nothing is sent: nobody works in the background.
async fn answering(answer: Answer, way: &str) -> Running {
    let billing = |store: &Store, clock: &Clock| {
        Says(Ledger::new(store.clone(), clock.clone(), "acme", Environment::Prod), answer)
    };
    let sends = |text: String| {
        let (mail, merchant) =
            ("receipts = \"mail\"", "receipts = \"merchant\"\nreceipt_url = \"http://127.0.0.1:1/\"");
        let smtp = "[server.smtp]\nhost = \"127.0.0.1\"\nport = 1\nsecurity = \"none\"\nfrom = \"a@acme.example\"\n[[brand]]\n";
        let way = if way == "mail" { mail } else { merchant };
        text.replacen("[[brand]]", &format!("{smtp}{way}"), 1)
    };
    Running::start().await.billed_by(sends, billing).await
}

#[tokio::test]
async fn a_receipt_is_there_while_billing_is_pending() {
    let server = answering(Answer::Unknown("down".into()), "mail").await;
    let session = server.session(1).await;
    let reference = cancel(&server, &session).await;
    let path = server.page_of(&session).await;
    let page = Page::get(&server, &format!("{path}/receipt")).await;
    assert_eq!((page.status, page.line("Reference")), (200, Some(reference)));
    assert_eq!(page.line("Status now").as_deref(), Some("Received, and being carried out"));
    assert_eq!(page.line("Ends on").as_deref(), Some("December 10, 2026"));
}

#[tokio::test]
async fn a_receipt_of_what_billing_refused_says_so_and_whoever_got_it_is_told() {
    let server = answering(Answer::Refused("no".into()), "mail").await;
    let session = server.session(1).await;
    let actions = json!([
        { "run": 1, "seq": 1, "do": "answer", "reason": "too_expensive" },
        { "run": 1, "seq": 2, "do": "accept", "claim_id": "half" },
    ]);
    act(&server, &session, actions).await;
    let path = format!("{}/receipt", server.page_of(&session).await);
    let page = Page::get(&server, &path).await;
    assert_eq!(page.text("h1"), "You accepted an offer");
    assert!(page.line("Status now").unwrap().starts_with("This could not be carried out"));
    let mails: Vec<(String, String, String)> =
        sqlx::query_as("SELECT recipient, subject, text FROM mails ORDER BY rowid")
            .fetch_all(server.app.sessions.store.read())
            .await
            .unwrap();
    let [issued, refused] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!((issued.0.as_str(), refused.0.as_str()), ("c1@example.com", "c1@example.com"));
    let reference = page.line("Reference").unwrap();
    assert_eq!(refused.1, format!("This could not be carried out · {reference}"));
    assert!(refused.2.contains("We could not apply the offer you accepted"), "{}", refused.2);
}

#[tokio::test]
async fn a_merchant_who_sends_receipts_is_told_what_billing_refused() {
    let server = answering(Answer::Refused("no".into()), "merchant").await;
    let session = server.session(1).await;
    let actions = json!([
        { "run": 1, "seq": 1, "do": "answer", "reason": "too_expensive" },
        { "run": 1, "seq": 2, "do": "accept", "claim_id": "half" },
    ]);
    act(&server, &session, actions).await;
    let handed: Vec<String> = sqlx::query_scalar("SELECT body FROM handovers ORDER BY rowid")
        .fetch_all(server.app.sessions.store.read())
        .await
        .unwrap();
    let handed: Vec<Value> = handed.iter().map(|body| serde_json::from_str(body).unwrap()).collect();
    let types: Vec<_> = handed.iter().map(|body| body["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["receipt.issued", "receipt.refused"]);
    for member in ["to", "receipt", "signed"] {
        assert_eq!(handed[0][member], handed[1][member], "{member}");
    }
    assert!(handed[1]["text"].as_str().unwrap().contains("nothing was charged"));
}
