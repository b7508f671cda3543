//! What is told, and to whom.

use farewell_server::billing::Answer as BillingAnswer;
use farewell_server::billing::ledger::Ledger;
use farewell_server::clock::Clock;
use farewell_server::keys::KeyFile;
use farewell_server::outbound::{key_name, secret_text};
use farewell_server::session::Environment;
use farewell_server::store::{Error, Store};
use farewell_server::webhook::{Event, Kind, tell};
use serde_json::json;
use standardwebhooks::Webhook;

use super::receiver::{Receiver, configure, server_with};
use crate::receipt::Says;
use crate::server::Running;

fn secret(server: &Running) -> String {
    let keys = KeyFile::open(&server.app.sessions.config.server.keys, &key_name("acme")).unwrap();
    secret_text(keys.current())
}

async fn cancel(server: &Running, session: &str) {
    server.act(session, json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok();
}

#[tokio::test]
async fn another_library_verifies_what_is_posted() {
    let receiver = Receiver::start().await;
    let table = receiver.table("");
    let directory = tempfile::tempdir().unwrap();
    let server = Running::start_as(directory, Clock::system(), |text| configure(&text, &table)).await;
    let session = server.session(1).await;
    cancel(&server, &session).await;
    let posts = receiver.until(3).await;
    let verifier = Webhook::new(&secret(&server)).unwrap();
    for post in &posts {
        verifier.verify(&post.body, &post.headers).unwrap();
        assert_eq!(post.header("content-type"), "application/json");
        assert!(verifier.verify(&[&post.body[..], b" "].concat(), &post.headers).is_err());
    }
}

#[tokio::test]
async fn a_cancellation_is_told_in_order_and_in_the_words_of_the_result() {
    let receiver = Receiver::start().await;
    let server = server_with(&receiver).await;
    let session = server.session(1).await;
    let done = server
        .act(&session, json!([
            { "run": 1, "seq": 1, "do": "shown" },
            { "run": 1, "seq": 2, "do": "leave", "reason": "too_expensive", "follow_up.too_expensive": "a pound",
              "feedback": "my words" },
            { "run": 1, "seq": 3, "do": "cancel" },
        ]))
        .await
        .ok();
    let posts = receiver.until(3).await;
    let kinds: Vec<_> = posts.iter().map(|post| post.told().1).collect();
    assert_eq!(kinds, ["session.completed", "receipt.issued", "session.settled"]);
    let token = json!({ "token": done["result"]["token"] });
    let result = server.post("/api/public/cancel/result").json(&token).send().await.unwrap();
    let result: serde_json::Value = result.json().await.unwrap();
    let settled = posts[2].json();
    assert_eq!(settled["timestamp"], "2026-11-21T12:00:00.000Z");
    for name in [
        "brand",
        "environment",
        "sessionId",
        "run",
        "eventId",
        "userId",
        "subscriptionId",
        "result",
        "outcome",
        "effect",
        "reasonKey",
        "completedAt",
    ] {
        assert_eq!(settled["data"][name], result[name], "{name}");
    }
    assert_eq!(settled["data"]["receipt"], json!({ "reference": result["receipt"]["reference"] }));
    assert_eq!(
        (&settled["data"]["reasonCode"], &settled["data"]["offer"]),
        (&json!("too_expensive"), &json!(null))
    );
    assert_eq!(
        (&settled["data"]["effect"], &settled["data"]["settlement"]),
        (&json!("applied"), &json!("applied"))
    );
    assert_eq!(posts[0].json()["data"]["effect"], "pending");
    assert_eq!(posts[1].json()["data"]["receipt"]["kind"], "cancellation");
    for post in &posts {
        let text = String::from_utf8_lossy(&post.body).into_owned();
        for private in ["a pound", "my words", "example.com", "Customer 1"] {
            assert!(!text.contains(private), "{private}: {text}");
        }
    }
    let ids: std::collections::HashSet<_> = posts.iter().map(|post| post.header("webhook-id")).collect();
    assert_eq!(ids.len(), 3);
}

#[tokio::test]
async fn an_offer_and_an_abandoned_run_are_told() {
    let receiver = Receiver::start().await;
    let server = server_with(&receiver).await;
    let session = server.session(1).await;
    server
        .act(&session, json!([{ "run": 1, "seq": 1, "do": "shown" }, { "run": 1, "seq": 2, "do": "close" }]))
        .await
        .ok();
    let posts = receiver.until(1).await;
    assert_eq!(posts[0].json()["data"]["result"], "abandoned");
    server
        .act(
            &session,
            json!([
                { "run": 2, "seq": 1, "do": "shown" },
                { "run": 2, "seq": 2, "do": "answer", "reason": "too_expensive" },
                { "run": 2, "seq": 3, "do": "accept", "claim_id": "half" },
            ]),
        )
        .await
        .ok();
    let posts = receiver.until(5).await;
    let kinds: Vec<_> = posts.iter().map(|post| post.told().1).collect();
    assert_eq!(
        kinds[1..],
        ["session.completed", "offer.accepted", "receipt.issued", "session.settled"].map(String::from)
    );
    let data = posts[2].json()["data"].clone();
    assert_eq!((&data["offer"], &data["run"]), (&json!({ "id": "half", "type": "discount" }), &json!(2)));
    assert_eq!(posts[4].json()["data"]["result"], "offer_accepted");
}

#[tokio::test]
async fn the_sandbox_is_told_to_its_own_endpoint_alone_and_each_takes_what_it_asked_for() {
    let (prod, sandbox, receipts) =
        (Receiver::start().await, Receiver::start().await, Receiver::start().await);
    let tables = prod.table("")
        + &sandbox.table("environment = \"sandbox\"")
        + &receipts.table("environment = \"prod\"\nevents = [\"receipt.issued\"]");
    let server = Running::start_with(|text| configure(&text, &tables)).await;
    let tried = server.session_with(json!({ "customer_id": "cus_1", "environment": "sandbox" })).await;
    cancel(&server, &tried).await;
    assert!(sandbox.until(3).await.iter().all(|post| post.json()["data"]["environment"] == "sandbox"));
    assert_eq!((prod.posts().len(), receipts.posts().len()), (0, 0));
    let counts = server.session(2).await;
    cancel(&server, &counts).await;
    assert!(prod.until(3).await.iter().all(|post| post.json()["data"]["environment"] == "prod"));
    assert_eq!(receipts.until(1).await[0].told().1, "receipt.issued");
    assert_eq!(sandbox.posts().len(), 3);
    let all: Vec<(String, String)> = sqlx::query_as("SELECT environment, url FROM webhooks")
        .fetch_all(server.app.sessions.store.read())
        .await
        .unwrap();
    assert_eq!(all.len(), 7);
    assert!(
        all.iter().all(|(environment, url)| (environment == "sandbox") == (*url == sandbox.url)),
        "{all:?}"
    );
}

#[tokio::test]
async fn an_event_and_what_it_tells_are_written_together_or_not_at_all() {
    let receiver = Receiver::start().await;
    let server = server_with(&receiver).await;
    let session = server.session(1).await;
    server.flow(&session).await;
    let store = &server.app.sessions.store;
    let run = async |sql: &'static str| {
        store
            .write(async move |tx| sqlx::query(sql).execute(tx).await.map(drop).map_err(Error::from))
            .await
            .unwrap();
    };
    run("CREATE TRIGGER broken BEFORE INSERT ON webhooks BEGIN SELECT RAISE(ABORT, 'broken'); END").await;
    let body = json!({ "actions": [{ "run": 1, "seq": 1, "do": "cancel" }] });
    let answer = server.post("/v1/flow/actions").bearer_auth(&session).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 500);
    for table in ["outcomes", "intents", "actions"] {
        assert_eq!(server.count(table).await, 0, "{table}: what could not be told was not done");
    }
    run("DROP TRIGGER broken").await;
    // The other way round: what is not done is not told.
    let told = store.write(async move |tx| {
        let event = Event {
            brand: "acme",
            environment: Environment::Prod,
            subject: "evt_1",
            kind: Kind::CancellationCreated,
            data: json!({}),
            now: jiff::Timestamp::UNIX_EPOCH,
        };
        tell(tx, event).await?;
        Err::<(), _>(Error::Malformed("something later failed".into()))
    });
    told.await.unwrap_err();
    cancel(&server, &session).await;
    let kinds: Vec<_> = receiver.until(3).await.iter().map(|post| post.told().1).collect();
    assert_eq!(kinds, ["session.completed", "receipt.issued", "session.settled"]);
}

#[tokio::test]
async fn while_a_secret_is_rotated_receivers_with_either_one_verify() {
    let receiver = Receiver::start().await;
    let server = server_with(&receiver).await;
    let old = secret(&server);
    let first = server.session(1).await;
    cancel(&server, &first).await;
    for post in receiver.until(3).await {
        assert_eq!(post.header("webhook-signature"), post.signature_with(&old));
    }
    let keys = &server.app.sessions.config.server.keys;
    KeyFile::open(keys, &key_name("acme")).unwrap().rotate().unwrap();
    let new = secret(&server);
    assert_ne!(old, new);
    let second = server.session(2).await;
    cancel(&server, &second).await;
    for post in &receiver.until(6).await[3..] {
        let both = format!("{} {}", post.signature_with(&new), post.signature_with(&old));
        assert_eq!(post.header("webhook-signature"), both);
    }
}

/// What is told where billing answers this. Nothing is sent: nobody works in the background.
async fn told_where_billing_says(
    answer: BillingAnswer,
    actions: serde_json::Value,
) -> Vec<serde_json::Value> {
    let billing = |store: &Store, clock: &Clock| {
        Says(Ledger::new(store.clone(), clock.clone(), "acme", Environment::Prod), answer)
    };
    let kinds = "\"session.completed\", \"session.settled\", \"offer.accepted\", \"receipt.issued\"";
    let tables = format!("[[brand.webhook]]\nurl = \"http://127.0.0.1:1/\"\nevents = [{kinds}]\n");
    let server = Running::start().await.billed_by(|text| configure(&text, &tables), billing).await;
    let session = server.session(1).await;
    server.act(&session, actions).await;
    let bodies: Vec<String> = sqlx::query_scalar("SELECT body FROM webhook_events ORDER BY position")
        .fetch_all(server.app.sessions.store.read())
        .await
        .unwrap();
    bodies.iter().map(|body| serde_json::from_str(body).unwrap()).collect()
}

#[tokio::test]
async fn what_billing_refused_is_told_as_what_it_is_now() {
    let actions = json!([
        { "run": 1, "seq": 1, "do": "answer", "reason": "too_expensive" },
        { "run": 1, "seq": 2, "do": "accept", "claim_id": "half" },
    ]);
    let told = told_where_billing_says(BillingAnswer::Refused("no money".into()), actions).await;
    let settled = &told[3];
    assert_eq!((told.len(), &settled["type"]), (4, &json!("session.settled")));
    let data = &settled["data"];
    for (name, value) in [
        ("settlement", json!("refused")),
        ("outcome", json!("aborted")),
        ("result", json!("abandoned")),
        ("effect", json!(null)),
        ("offer", json!(null)),
        ("receipt", json!(null)),
        ("eventId", told[0]["data"]["eventId"].clone()),
    ] {
        assert_eq!(data[name], value, "{name}");
    }
    assert!(!settled.to_string().contains("no money"), "why is for the log");
}

#[tokio::test]
async fn a_cancellation_that_billing_leaves_to_the_merchant_stays_one() {
    for (answer, settlement) in
        [(BillingAnswer::Refused("no".into()), "refused"), (BillingAnswer::Requested, "requested")]
    {
        let actions = json!([{ "run": 1, "seq": 1, "do": "cancel" }]);
        let told = told_where_billing_says(answer, actions).await;
        let data = &told[2]["data"];
        assert_eq!((&data["settlement"], &data["effect"]), (&json!(settlement), &json!("requested")));
        assert_eq!(data["result"], "cancel_confirmed");
        assert_eq!(data["receipt"], told[0]["data"]["receipt"]);
    }
}

#[tokio::test]
async fn nothing_is_told_as_settled_before_billing_has_answered() {
    let actions = json!([{ "run": 1, "seq": 1, "do": "cancel" }]);
    let told = told_where_billing_says(BillingAnswer::Unknown("down".into()), actions).await;
    let kinds: Vec<_> = told.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["session.completed", "receipt.issued"]);
}

#[tokio::test]
async fn the_ledger_of_cancellations_is_told_in_order_and_without_what_customers_wrote() {
    let receiver = Receiver::start().await;
    let table = receiver.table("events = [\"cancellation.created\", \"cancellation.updated\"]");
    let server = Running::start_with(|text| configure(&text, &table)).await;
    let told = json!({ "eventId": "e1", "userId": "u", "reasonKey": "unused", "reasonText": "my words" });
    let tell = server.post("/api/v1/cancellations").bearer_auth(&server.acme).json(&told);
    assert_eq!(tell.send().await.unwrap().status(), 200);
    let again = server.post("/api/v1/cancellations").bearer_auth(&server.acme).json(&told);
    assert_eq!(again.send().await.unwrap().status(), 200);
    let settle = server.request(reqwest::Method::PATCH, "/api/v1/cancellations/e1").bearer_auth(&server.acme);
    settle.json(&json!({ "outcome": "recovered" })).send().await.unwrap();
    let posts = receiver.until(2).await;
    let kinds: Vec<_> = posts.iter().map(|post| post.told().1).collect();
    assert_eq!(kinds, ["cancellation.created", "cancellation.updated"]);
    let (created, updated) = (posts[0].json(), posts[1].json());
    assert_eq!((&created["data"]["outcome"], &created["data"]["status"]), (&json!(null), &json!("pending")));
    assert_eq!(
        (&updated["data"]["outcome"], &updated["data"]["brand"]),
        (&json!("recovered"), &json!("acme"))
    );
    assert!(!String::from_utf8_lossy(&posts[0].body).contains("my words"));
    // What the flow comes to: pending at the press, and then as billing has it.
    let session = server.session(1).await;
    cancel(&server, &session).await;
    let posts = receiver.until(4).await;
    let outcomes: Vec<_> = posts[2..].iter().map(|post| post.json()["data"]["outcome"].clone()).collect();
    assert_eq!(outcomes, [json!(null), json!("churned")]);
    assert_eq!(posts[3].json()["data"]["source"], "flow");
}
