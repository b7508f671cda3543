//! Every error that the document shows is provoked, and says what the document says.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::document::{Document, error, with};
use crate::server::{Answer, Running};

/// Sends wrong requests and looks at what is said of them.
struct Critic<'s> {
    server: &'s Running,
    document: Document,
    heard: BTreeSet<(String, String)>,
}

/// A request for an operation, as it is shown but for what is said here.
#[derive(Default)]
struct Wrong {
    parameters: Map<String, Value>,
    credential: String,
    body: Option<Value>,
    media_type: Option<&'static str>,
    public_key: Option<String>,
}

impl Critic<'_> {
    async fn send(&self, id: &str, wrong: &Wrong) -> Answer {
        let operation = self.document.operation(id);
        let method: Method = operation.method.to_ascii_uppercase().parse().unwrap();
        let mut request = self.server.request(method, &operation.address(&wrong.parameters));
        if !wrong.credential.is_empty() {
            request = request.bearer_auth(&wrong.credential);
        }
        if let Some(key) = &wrong.public_key {
            request = request.header("X-Public-Key", key);
        }
        if let Some((media_type, content)) = operation.body() {
            let body = wrong.body.as_ref().unwrap_or(&content["example"]);
            let form = || url::form_urlencoded::Serializer::new(String::new());
            let text = if media_type == "application/json" {
                body.to_string()
            } else {
                let fields =
                    body.as_object().unwrap().iter().map(|(name, value)| (name, value.as_str().unwrap()));
                form().extend_pairs(fields).finish()
            };
            request = request.header("content-type", wrong.media_type.unwrap_or(media_type)).body(text);
        }
        Answer::of(request.send().await.unwrap()).await
    }

    /// Holds an answer against what is shown. `same`: it says the very same.
    async fn hear(&mut self, id: &str, status: u16, wrong: Wrong, same: bool) {
        let answer = self.send(id, &wrong).await;
        let says = answer.error(status).to_owned();
        let operation = self.document.operation(id);
        let content = self.document.answer(&operation, &status.to_string());
        let content = content.unwrap_or_else(|| panic!("{id} does not tell of {status}: {says}"));
        assert_eq!(self.document.mistakes(&content["schema"], &answer.body), [""; 0], "{id} {status}");
        if same {
            assert_eq!(content["example"], error(&says), "{id} {status}");
        }
        self.heard.insert((id.to_owned(), status.to_string()));
    }

    async fn says(&mut self, id: &str, status: u16, wrong: Wrong) {
        self.hear(id, status, wrong, true).await;
    }
}

fn by(credential: &str) -> Wrong {
    Wrong { credential: credential.into(), ..Wrong::default() }
}

fn about(parameters: Value, credential: &str) -> Wrong {
    Wrong { parameters: with(parameters), ..by(credential) }
}

fn sending(body: Value, credential: &str) -> Wrong {
    Wrong { body: Some(body), ..by(credential) }
}

/// Globex is a demo on the advanced plan, and manual read-only.
fn as_demo_and_read_only(text: String) -> String {
    text.replacen("slug = \"globex\"", "slug = \"globex\"\nplan = \"advanced\"\naccess = \"demo\"", 1)
        .replacen("slug = \"manual\"", "slug = \"manual\"\naccess = \"read_only\"", 1)
}

#[tokio::test]
async fn every_error_is_what_the_server_says() {
    let server = Running::start().await;
    let document = Document::of(&server).await;
    let mut critic = Critic { server: &server, document, heard: BTreeSet::new() };
    whoever_asks_and_whatever_is_sent(&mut critic).await;
    backends(&mut critic).await;
    browsers(&mut critic).await;
    results(&mut critic).await;
    critic.says("hearStripe", 400, Wrong::default()).await;
    critic.says("hearStripe", 413, sending(json!({ "id": "x".repeat(70_000) }), "")).await;
    let mut heard = critic.heard;

    let restricted = Running::start_with(as_demo_and_read_only).await;
    let document = Document::of(&restricted).await;
    let mut critic = Critic { server: &restricted, document, heard: BTreeSet::new() };
    for id in ["createCancelLink", "createCancellation"] {
        critic.says(id, 402, by(&restricted.manual)).await;
    }
    let link = json!({ "userId": "user_123", "environment": "prod" });
    critic.says("createCancelLink", 403, sending(link, &restricted.globex)).await;
    heard.extend(critic.heard);

    // What cannot be provoked here: too many requests at once, and an endpoint that was taken out of the configuration.
    let elsewhere = |id: &str, status: &str| status == "429" || (id, status) == ("replayWebhook", "409");
    let told: BTreeSet<(String, String)> = critic
        .document
        .operations()
        .flat_map(|operation| {
            operation.statuses().map(move |status| (operation.id().to_owned(), status.to_owned()))
        })
        // Pelcro's calls have Pelcro's errors: provoked in `sdk.rs`.
        .filter(|(id, status)| !id.starts_with("sdk") && status.starts_with('4') && !elsewhere(id, status))
        .filter(|(id, status)| critic.document.answer(&critic.document.operation(id), status).is_some())
        .collect();
    assert_eq!(heard, told);
}

/// Credentials, sizes and types: the same for every operation that has them.
async fn whoever_asks_and_whatever_is_sent(critic: &mut Critic<'_>) {
    let all: Vec<(String, BTreeSet<String>, bool, bool)> = critic
        .document
        .operations()
        .map(|operation| {
            let statuses = operation.statuses().map(ToOwned::to_owned).collect();
            let browser = operation.said["security"][0].get("sessionId").is_some();
            let json = critic.document.answer(&operation, "401").is_some();
            (operation.id().to_owned(), statuses, browser, json)
        })
        .collect();
    let session = critic.server.session(5).await;
    for (id, statuses, browser, _) in all.into_iter().filter(|(id, .., json)| *json && !id.starts_with("sdk"))
    {
        let credential = if browser { session.clone() } else { critic.server.acme.clone() };
        if id != "verifyResult" {
            // A form holds its credential itself.
            let form =
                matches!(id.as_str(), "postFlow" | "showHub" | "actInHub").then(|| json!({ "session": "" }));
            critic.says(&id, 401, Wrong { body: form, ..Wrong::default() }).await;
        }
        if statuses.contains("413") {
            let large = json!({ "session": "x".repeat(70_000) });
            critic.says(&id, 413, sending(large, &credential)).await;
            critic.says(&id, 415, Wrong { media_type: Some("text/plain"), ..by(&credential) }).await;
        }
    }
}

async fn backends(critic: &mut Critic<'_>) {
    let Running { acme, globex, manual, .. } = critic.server;
    for (id, wrapper) in
        [("createRetentionSession", "retention"), ("createSubscriptionSession", "subscription")]
    {
        critic.says(id, 400, sending(json!({ wrapper: {} }), acme)).await;
        critic.says(id, 404, sending(json!({ wrapper: { "customer_id": "nobody" } }), acme)).await;
        critic
            .says(id, 409, sending(json!({ wrapper: { "customer_email": "twin@example.com" } }), acme))
            .await;
    }
    critic.says("createCancelLink", 400, sending(json!({}), acme)).await;
    critic.says("createCancelLink", 409, sending(json!({ "userId": "user_123" }), manual)).await;
    for id in ["cancelSessionWithoutId", "cancelSessionWithEmptyId"] {
        critic.says(id, 400, by(acme)).await;
        critic.says(id, 403, by(globex)).await;
    }
    critic.says("getCancelSession", 400, about(json!({ "session_id": "1" }), acme)).await;
    critic.says("getCancelSession", 403, by(globex)).await;
    critic.says("getCancelSession", 404, by(acme)).await;

    let event = json!({ "userId": "user_456", "reasonKey": "too_expensive" });
    critic.says("createCancellation", 400, sending(event, acme)).await;
    critic.says("createCancellation", 403, by(globex)).await;
    critic.says("settleCancellation", 400, sending(json!({}), acme)).await;
    critic.says("settleCancellation", 403, by(globex)).await;
    critic.says("settleCancellation", 404, by(acme)).await;
    critic.says("getCancellation", 400, about(json!({ "event_id": "%20" }), acme)).await;
    critic.says("getCancellation", 404, by(acme)).await;
    critic.send("createCancellation", &by(acme)).await.ok();
    let mut elsewhere = critic.document.operation("createCancellation").body().unwrap().1["example"].clone();
    elsewhere["environment"] = "prod".into();
    critic.says("createCancellation", 409, sending(elsewhere, acme)).await;
    critic.says("settleCancellation", 409, sending(json!({ "outcome": "churned" }), acme)).await;
    critic
        .says("listCancellations", 400, Wrong { parameters: with(json!({ "limit": "0" })), ..by(acme) })
        .await;

    critic.says("createCustomerToken", 400, sending(json!({}), acme)).await;
    critic.says("createCustomerToken", 404, sending(json!({ "customer_id": "nobody" }), acme)).await;
    critic.says("createCustomerToken", 409, by(manual)).await;
    critic.says("getLedgerCustomer", 400, about(json!({ "environment": "test" }), acme)).await;
    critic.says("getLedgerCustomer", 404, about(json!({ "customer": "nobody" }), acme)).await;
    for id in ["listReasons", "listDeclarations", "getDeclaration"] {
        critic.says(id, 400, about(json!({ "environment": "sandbox" }), acme)).await;
    }
    critic.says("listSessions", 400, about(json!({ "limit": "0" }), acme)).await;
    critic.says("listWebhooks", 400, about(json!({ "limit": "0" }), acme)).await;
    for id in ["exportCancellations", "exportSessions"] {
        critic.says(id, 400, about(json!({ "format": "xlsx" }), acme)).await;
    }
    critic.says("getHealth", 400, about(json!({ "deep": "yes" }), acme)).await;
    critic.says("replayWebhook", 404, by(acme)).await;
    critic.says("getDeclaration", 404, by(acme)).await;
    critic.says("decideDeclaration", 400, sending(json!({}), acme)).await;
    critic.says("decideDeclaration", 404, by(acme)).await;
    let form = [("name", "Ada Lovelace"), ("contract", "Pro"), ("email", "ada@example.com")];
    critic.server.post("/b/acme/cancel").form(&form).send().await.unwrap();
    let waiting = critic.send("listDeclarations", &by(acme)).await.ok();
    let of_it = json!({ "reference": waiting["declarations"][0]["reference"] });
    let dismissing = || Wrong { body: Some(json!({ "do": "dismiss" })), ..about(of_it.clone(), acme) };
    critic.send("decideDeclaration", &dismissing()).await.ok();
    critic.says("decideDeclaration", 409, dismissing()).await;
}

async fn browsers(critic: &mut Critic<'_>) {
    let server = critic.server;
    let (one, other) = (server.session(1).await, server.session(1).await);
    let hub = Answer::of(
        server
            .post("/v1/subscription/session")
            .bearer_auth(&server.acme)
            .json(&json!({ "subscription": { "customer_id": "cus_2" } }))
            .send()
            .await
            .unwrap(),
    );
    let hub = hub.await.ok()["id"].as_str().unwrap().to_owned();
    let lost = server.session(2).await;
    let form = |session: &str| json!({ "session": session });
    let with_key = |session: &str, key: &str| json!({ "session": session, "public_key": key });
    let foreign = "pk_globex_aHR0cHM6Ly9h";
    for (status, key) in [(400, "pk"), (403, foreign)] {
        let header = || Wrong { public_key: Some(key.into()), ..by(&one) };
        critic.says("getFlow", status, header()).await;
        critic.hear("act", status, header(), status == 403).await;
        critic.says("postFlow", status, sending(with_key(&one, key), "")).await;
        critic.says("showHub", status, sending(with_key(&hub, key), "")).await;
        critic.hear("actInHub", status, sending(with_key(&hub, key), ""), status == 403).await;
    }
    critic.says("actInHub", 400, sending(form(&hub), "")).await;
    let pause = json!({ "session": hub, "do": "pause", "subscription": "sub_1" });
    critic.says("actInHub", 404, sending(pause, "")).await;
    critic.says("act", 400, sending(json!({}), &one)).await;

    // The first to come cancels, and the second finds nothing left.
    server.act(&one, json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok();
    critic.says("getFlow", 409, by(&other)).await;
    critic.says("postFlow", 409, sending(form(&other), "")).await;
    critic.hear("act", 409, by(&other), false).await;

    let moved = server.app.sessions.store.write(async |tx| {
        let rename =
            sqlx::query("UPDATE ledger_customers SET external_id = 'moved' WHERE external_id = 'cus_2'");
        rename.execute(tx).await?;
        Ok::<_, farewell_server::store::Error>(())
    });
    moved.await.unwrap();
    critic.says("getFlow", 404, by(&lost)).await;
    critic.says("act", 404, by(&lost)).await;
    critic.says("postFlow", 404, sending(form(&lost), "")).await;
    critic.says("showHub", 404, sending(form(&hub), "")).await;
}

async fn results(critic: &mut Critic<'_>) {
    critic.says("verifyResult", 400, sending(json!({ "token": "x" }), "")).await;
    let session = critic.server.session(3).await;
    let left = critic.server.act(&session, json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok();
    critic.server.clock.advance(SignedDuration::from_hours(25));
    critic.says("verifyResult", 401, sending(json!({ "token": left["result"]["token"] }), "")).await;
}
