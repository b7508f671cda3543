//! What stands as an example in the document is what the server takes and gives.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::document::{Document, as_shown, members, with};
use crate::server::{Answer, Running};
use crate::webhooks::receiver::{Receiver, server_with};

/// Members whose own members are the merchant's, or are as many as there are words.
const ANYTHING: [&str; 3] = ["context", "metadata", "words"];

/// Sends examples and looks at the answers.
struct Reader<'s> {
    server: &'s Running,
    document: Document,
    read: BTreeSet<String>,
}

impl Reader<'_> {
    /// Sends an operation's example, with these parameters and this credential, and gives the answer.
    async fn ask(&mut self, id: &str, parameters: Map<String, Value>, credential: &str) -> Value {
        self.ask_with(id, parameters, credential, |_| {}).await
    }

    /// The same, with what only this server can have made put into the body.
    async fn ask_with(
        &mut self,
        id: &str,
        parameters: Map<String, Value>,
        credential: &str,
        change: impl FnOnce(&mut Value),
    ) -> Value {
        let operation = self.document.operation(id);
        let method: Method = operation.method.to_ascii_uppercase().parse().unwrap();
        let mut request = self.server.request(method, &operation.address(&parameters));
        if !operation.said["security"].is_null() {
            request = request.bearer_auth(credential);
        }
        if let Some((media_type, content)) = operation.body() {
            let mut example = content["example"].clone();
            assert_eq!(self.document.mistakes(&content["schema"], &example), [""; 0], "{id}");
            change(&mut example);
            request = if media_type == "application/json" {
                request.json(&example)
            } else {
                request.form(&example)
            };
        }
        let answer = Answer::of(request.send().await.unwrap()).await.ok();
        self.compare(id, "200", &answer);
        answer
    }

    /// Holds an answer against the schema, and its shape against the example.
    fn compare(&mut self, id: &str, status: &str, answer: &Value) {
        let operation = self.document.operation(id);
        let content = self.document.answer(&operation, status).unwrap_or_else(|| panic!("{id} {status}"));
        assert_eq!(self.document.mistakes(&content["schema"], answer), [""; 0], "{id}: {answer:#}");
        assert_eq!(self.document.mistakes(&content["schema"], &content["example"]), [""; 0], "{id}");
        alike(&content["example"], answer, id);
        self.read.insert(id.to_owned());
    }
}

/// Whether an answer has exactly the members of an example, and values of the same kinds, as far as there are any.
#[track_caller]
fn alike(example: &Value, answer: &Value, at: &str) {
    match (example, answer) {
        (Value::Object(shown), Value::Object(given)) => {
            let names = |members: &Map<String, Value>| members.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(shown), names(given), "{at}");
            for (name, shown) in shown.iter().filter(|(name, _)| !ANYTHING.contains(&name.as_str())) {
                alike(shown, &given[name], &format!("{at}.{name}"));
            }
        }
        (Value::Array(shown), Value::Array(given)) => {
            // A list of unlike things is a drawing, of texts alone.
            if let Some(shown) = shown.first() {
                given.iter().for_each(|given| alike(shown, given, &format!("{at}[]")));
            }
        }
        (Value::Null, _) | (_, Value::Null) => {}
        (shown, given) => {
            assert_eq!(
                std::mem::discriminant(shown),
                std::mem::discriminant(given),
                "{at}: {shown} and {given}"
            );
        }
    }
}

#[tokio::test]
async fn every_example_is_what_the_server_takes_and_gives() {
    let receiver = Receiver::start().await;
    let server = server_with(&receiver).await;
    let document = Document::of(&server).await;
    let mut reader = Reader { server: &server, document, read: BTreeSet::new() };
    let key = server.acme.clone();

    reader.ask("getHealth", as_shown(), &key).await;
    reader.ask("getKeySet", as_shown(), "").await;
    reader.ask("listReasons", as_shown(), &key).await;
    reader.ask("getLedgerCustomer", as_shown(), &key).await;

    let customer = reader.ask("createCustomerToken", as_shown(), &key).await;
    let token = customer["token"].as_str().unwrap();
    for id in [
        "sdkGetCustomer",
        "sdkListEligiblePlans",
        "sdkListEligibleCoupons",
        "sdkPreviewOrder",
        "sdkRenewSubscription",
        "sdkCancelSubscription",
        "sdkReactivateSubscription",
    ] {
        reader.ask(id, as_shown(), token).await;
    }

    reader.ask("createRetentionSession", as_shown(), &key).await;
    let subscription = reader.ask("createSubscriptionSession", as_shown(), &key).await;
    reader.ask_with("showHub", as_shown(), "", |form| form["session"] = subscription["id"].clone()).await;
    reader.ask_with("actInHub", as_shown(), "", |form| form["session"] = subscription["id"].clone()).await;
    // The law of Minnesota lets no offer be made, and the example shows one.
    let session =
        server.session_with(json!({ "customer_id": "cus_1", "country": "US", "region": "NY" })).await;
    reader.ask("getFlow", as_shown(), &session).await;
    // Its key is of an address that is not this server's, and still of the brand.
    reader.ask_with("postFlow", as_shown(), "", |form| form["session"] = session.clone().into()).await;
    reader.ask("act", as_shown(), &session).await;
    let left = server.act(&session, json!([{ "run": 1, "seq": 3, "do": "cancel" }])).await.ok();
    let late = server.act(&session, json!([{ "run": 1, "seq": 9, "do": "back" }])).await;
    assert_eq!(late.status, 409);
    reader.compare("act", "409", &late.body);
    reader
        .ask_with("verifyResult", as_shown(), "", |body| body["token"] = left["result"]["token"].clone())
        .await;

    let link = reader.ask("createCancelLink", as_shown(), &key).await;
    let of_the_link = with(json!({ "session_id": link["sessionId"] }));
    reader.ask("getCancelSession", of_the_link, &key).await;

    reader.ask("createCancellation", as_shown(), &key).await;
    reader.ask("settleCancellation", as_shown(), &key).await;
    reader.ask("getCancellation", as_shown(), &key).await;
    reader.ask("listCancellations", as_shown(), &key).await;
    reader.ask("listSessions", as_shown(), &key).await;

    let form = [("name", "Ada Lovelace"), ("contract", "Pro"), ("email", "ada@example.com")];
    let declared = server.post("/b/acme/cancel").form(&form).send().await.unwrap();
    assert_eq!(declared.status(), 303);
    let waiting = reader.ask("listDeclarations", as_shown(), &key).await;
    let of_it = with(json!({ "reference": waiting["declarations"][0]["reference"] }));
    reader.ask("getDeclaration", of_it.clone(), &key).await;
    reader.ask("decideDeclaration", of_it, &key).await;

    let told = async {
        while reader.ask("listWebhooks", as_shown(), &key).await["webhooks"][0]["status"] != "sent" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        reader.ask("listWebhooks", as_shown(), &key).await
    };
    let told = tokio::time::timeout(Duration::from_secs(20), told).await.unwrap();
    reader.ask("replayWebhook", with(json!({ "id": told["webhooks"][0]["id"] })), &key).await;

    // Stripe signs what it tells: that it is taken so is looked at beside what it is good for.
    let heard = reader.document.operation("hearStripe");
    let (_, content) = heard.body().unwrap();
    assert_eq!(reader.document.mistakes(&content["schema"], &content["example"]), [""; 0]);
    reader.compare("hearStripe", "200", &json!({ "received": true, "new": true }));

    let of_json = reader.document.operations().filter(|operation| {
        reader.document.answer(operation, "200").is_some() && operation.id() != "getOpenApi"
    });
    let of_json: BTreeSet<String> = of_json.map(|operation| operation.id().to_owned()).collect();
    assert_eq!(reader.read, of_json, "every operation that answers with JSON has its examples tried");
}

#[tokio::test]
async fn every_error_that_is_shown_is_one() {
    let server = Running::start().await;
    let document = Document::of(&server).await;
    for operation in document.operations() {
        for status in operation.statuses().filter(|status| ["4", "5"].contains(&&status[..1])) {
            let Some(content) = document.answer(&operation, status) else { continue };
            let mistakes = document.mistakes(&content["schema"], &content["example"]);
            assert_eq!(mistakes, [""; 0], "{} {status}", operation.id());
            if operation.id().starts_with("sdk") {
                // In Pelcro's own form and words: tried in `sdk.rs`.
                continue;
            }
            let says = content["example"]["error"].as_str().unwrap_or_default();
            assert!(says.ends_with('.') || says.ends_with('`'), "{} {status}: {says}", operation.id());
        }
    }
    assert!(members(&document.0["components"]["responses"]).count() >= 9);
}
