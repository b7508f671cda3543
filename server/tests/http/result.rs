//! Result tokens: verified by the server, and offline by a library that shares no code with it.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};

use crate::server::{Answer, Running};

async fn canceled(server: &Running) -> Value {
    let id = server.session_with(json!({ "customer_id": "cus_1" })).await;
    server
        .act(
            &id,
            json!([
                { "run": 1, "seq": 1, "do": "shown" },
                { "run": 1, "seq": 2, "do": "answer", "reason": "unused", "feedback": "Bye" },
                { "run": 1, "seq": 3, "do": "cancel" },
            ]),
        )
        .await
        .ok()["result"]
        .clone()
}

async fn verify(server: &Running, body: Value) -> Answer {
    Answer::of(server.post("/api/public/cancel/result").json(&body).send().await.unwrap()).await
}

#[tokio::test]
async fn the_server_tells_what_a_token_stands_for() {
    let server = Running::start().await;
    let result = canceled(&server).await;
    let payload = verify(&server, json!({ "token": result["token"] })).await.ok();
    for (member, value) in [
        ("valid", json!(true)),
        ("brand", json!("acme")),
        ("run", json!(1)),
        ("environment", json!("prod")),
        ("userId", json!("user_1")),
        ("result", json!("cancel_confirmed")),
        ("outcome", json!("canceled")),
        ("effect", json!("applied")),
        ("reasonKey", json!("unused")),
        ("reasonText", json!("Bye")),
        ("offer", Value::Null),
        ("subscriptionId", json!("sub_1")),
        ("receipt", result["receipt"].clone()),
        ("completedAt", json!("2026-11-21T12:00:00.000Z")),
        ("issuedAt", json!("2026-11-21T12:00:00.000Z")),
        ("expiresAt", json!("2026-11-22T12:00:00.000Z")),
    ] {
        assert_eq!(payload[member], value, "{member}");
    }
    assert!(payload["sessionId"].is_string() && payload["eventId"].is_string());
}

#[tokio::test]
async fn every_outcome_has_its_name() {
    let server = Running::start().await;
    for (customer, actions, name) in [
        (1, json!([{ "run": 1, "seq": 1, "do": "keep" }]), "kept"),
        (2, json!([{ "run": 1, "seq": 1, "do": "close" }]), "abandoned"),
        (
            3,
            json!([
                { "run": 1, "seq": 1, "do": "answer", "reason": "too_expensive" },
                { "run": 1, "seq": 2, "do": "accept", "claim_id": "half" },
            ]),
            "offer_accepted",
        ),
    ] {
        let id = server.session(customer).await;
        let result = server.act(&id, actions).await.ok()["result"].clone();
        let payload = verify(&server, json!({ "token": result["token"] })).await.ok();
        assert_eq!(payload["result"], name);
        if name == "offer_accepted" {
            let offer = json!({ "id": "half", "type": "discount", "accepted": true, "label": "Half price for three months" });
            assert_eq!(payload["offer"], offer);
        }
    }
}

#[tokio::test]
async fn tokens_that_cannot_be_trusted_are_told_apart() {
    let server = Running::start().await;
    let result = canceled(&server).await;
    let token = result["token"].as_str().unwrap();
    assert!(verify(&server, json!({})).await.error(400).contains("`token` is missing"));
    assert!(verify(&server, json!({ "token": 5 })).await.error(400).contains("missing"));
    assert!(verify(&server, json!({ "token": "nonsense" })).await.error(400).contains("malformed"));
    let (head, signature) = token.rsplit_once('.').unwrap();
    let other = if signature.starts_with('A') { "B" } else { "A" };
    let forged = format!("{head}.{other}{}", &signature[1..]);
    assert!(verify(&server, json!({ "token": forged })).await.error(400).contains("signature"));
    server.clock.advance(jiff::SignedDuration::from_hours(24));
    assert!(verify(&server, json!({ "token": token })).await.error(401).contains("expired"));
}

#[tokio::test]
async fn a_token_of_another_brand_is_refused_where_the_brand_is_named() {
    let server = Running::start().await;
    let token = canceled(&server).await["token"].clone();
    for brand in [json!("acme"), Value::Null] {
        assert_eq!(verify(&server, json!({ "token": token, "brand": brand })).await.ok()["brand"], "acme");
    }
    let other = verify(&server, json!({ "token": token, "brand": "globex" })).await;
    assert!(other.error(400).contains("This token is of another brand"));
    assert!(verify(&server, json!({ "token": token, "brand": 1 })).await.error(400).contains("`brand`"));
}

#[tokio::test]
async fn another_library_verifies_the_token_with_the_published_key() {
    let server = Running::start().await;
    let result = canceled(&server).await;
    let token = result["token"].as_str().unwrap();
    let published = server.get("/.well-known/jwks.json").send().await.unwrap();
    assert!(published.headers()["cache-control"].to_str().unwrap().starts_with("public, max-age="));
    let keys: JwkSet = published.json().await.unwrap();
    let kid = decode_header(token).unwrap().kid.unwrap();
    let key = DecodingKey::from_jwk(keys.find(&kid).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&["acme"]);
    validation.set_issuer(&[&server.url]);
    validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
    // The server's clock in this test stands still; the library's does not.
    validation.validate_exp = false;
    let claims = decode::<Value>(token, &key, &validation).unwrap().claims;
    assert_eq!(claims["outcome"], "canceled");
    assert_eq!(claims["sub"], "user_1");
    assert_eq!(claims["receipt"], result["receipt"]["reference"]);
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 24 * 60 * 60);
    assert!(!token.contains("Bye") && claims.to_string().find("Bye").is_none(), "no free text in a token");
    validation.set_audience(&["globex"]);
    assert!(decode::<Value>(token, &key, &validation).is_err());
}

#[tokio::test]
async fn a_token_of_what_billing_has_refused_since_tells_what_is_true_now() {
    let server = Running::start().await;
    let id = server.session(2).await;
    let actions = json!([
        { "run": 1, "seq": 1, "do": "answer", "reason": "too_expensive" },
        { "run": 1, "seq": 2, "do": "accept", "claim_id": "half" },
    ]);
    let token = server.act(&id, actions).await.ok()["result"]["token"].clone();
    // A refused offer is withdrawn: its outcome goes, and the customer is at the confirmation again.
    let withdraw = async move |tx: &mut farewell_server::store::Tx| {
        sqlx::query("DELETE FROM outcomes").execute(tx).await?;
        Ok::<_, farewell_server::store::Error>(())
    };
    server.app.sessions.store.write(withdraw).await.unwrap();
    let payload = verify(&server, json!({ "token": token })).await.ok();
    assert_eq!((&payload["result"], &payload["offer"]), (&json!("abandoned"), &Value::Null));
    assert_eq!((&payload["outcome"], &payload["effect"]), (&json!("aborted"), &Value::Null));
}
