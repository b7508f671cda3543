use serde_json::{Value, json};

use super::sender::{cancel, declare, is, standing, subscription};
use crate::server::{Answer, Running};

async fn read(server: &Running, key: &str, path: &str) -> Answer {
    Answer::of(server.get(path).header("x-brand-key", key).send().await.unwrap()).await
}

async fn decide(server: &Running, key: &str, reference: &str, body: Value) -> Answer {
    let path = format!("/v1/declarations/{reference}");
    Answer::of(server.post(&path).header("x-brand-key", key).json(&body).send().await.unwrap()).await
}

/// The references of a brand's declarations that wait.
async fn waiting(server: &Running, key: &str) -> Vec<String> {
    let listed = read(server, key, "/v1/declarations").await.ok();
    let listed = listed["declarations"].as_array().unwrap().clone();
    listed.iter().map(|one| one["reference"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_backend_sees_its_own_declarations_and_nobody_elses() {
    let server = Running::start().await;
    cancel(&server, "nobody@example.net", &[("contract", "Pro"), ("end", "2027-01-31")]).await;
    is(&standing(&server).await, "open", Some("unknown_customer"));
    let reference = waiting(&server, &server.acme).await.remove(0);
    let path = format!("/v1/declarations/{reference}");
    let one = read(&server, &server.acme, &path).await.ok();
    assert_eq!((&one["kind"], &one["name"]), (&json!("cancel"), &json!("Ada Lovelace")));
    assert_eq!((&one["wished_end"], &one["why"]), (&json!("2027-01-31"), &json!("unknown_customer")));
    assert_eq!((&one["status"], &one["overdue"]), (&json!("open"), &json!(false)));
    assert!(waiting(&server, &server.globex).await.is_empty());
    read(&server, &server.globex, &path).await.error(404);
    decide(&server, &server.globex, &reference, json!({ "do": "dismiss" })).await.error(404);
    for path in ["/v1/declarations", &path] {
        Answer::of(server.get(path).send().await.unwrap()).await.error(401);
    }
    read(&server, &server.acme, "/v1/declarations/%FF").await.error(404);
}

#[tokio::test]
async fn a_backend_confirms_names_and_closes() {
    let server = Running::start().await;
    cancel(&server, "nobody@example.net", &[]).await;
    standing(&server).await;
    let reference = waiting(&server, &server.acme).await.remove(0);
    let key = server.acme.clone();
    let act = async |body: Value| decide(&server, &key, &reference, body).await;
    assert!(act(json!({ "do": "confirm" })).await.error(409).contains("not matched"));
    act(json!({ "do": "confirm", "subscription_id": "sub_99" })).await.error(404);
    assert!(act(json!({ "do": "dance" })).await.error(400).contains("carried_out"));
    let confirmed = act(json!({ "do": "confirm", "subscription_id": "sub_2" })).await.ok();
    assert_eq!((&confirmed["customer"], &confirmed["confirmed_by"]), (&json!("cus_2"), &json!("merchant")));
    is(&standing(&server).await, "done", None);
    assert_eq!(subscription(&server, 2).await["cancel_at"], "2026-12-10T05:00:00.000Z");
    assert!(act(json!({ "do": "dismiss" })).await.error(409).contains("done already"));
    assert!(waiting(&server, &server.acme).await.is_empty());
}

#[tokio::test]
async fn where_billing_is_the_merchants_own_the_merchant_says_that_it_is_done() {
    let server = Running::start().await;
    let typed = [("name", "Ada"), ("contract", "K-17"), ("email", "ada@example.com")];
    declare(&server, "/b/manual/cancel", &typed).await;
    is(&standing(&server).await, "open", Some("merchant_billing"));
    let reference = waiting(&server, &server.manual).await.remove(0);
    for body in [json!({ "do": "confirm" }), json!({ "do": "confirm", "subscription_id": "sub_1" })] {
        let refused = decide(&server, &server.manual, &reference, body).await;
        assert!(refused.error(409).contains("Billing is your own"));
    }
    let done = decide(&server, &server.manual, &reference, json!({ "do": "carried_out" })).await.ok();
    assert_eq!((&done["status"], &done["effect"]), (&json!("done"), &json!("by_hand")));
}
