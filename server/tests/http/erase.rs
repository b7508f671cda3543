//! What an id of a session leads to once its customer was erased.

use farewell_server::erase::{Customer, How, erase};
use serde_json::json;

use crate::server::Running;

async fn session_of(server: &Running, key: &str, customer: &str) -> String {
    let made = server.ask_session(key, json!({ "customer_id": customer })).await.ok();
    made["id"].as_str().unwrap().to_owned()
}

pub async fn erased(server: &Running, brand: &str, customer: &str) {
    let sessions = &server.app.sessions;
    let customer = Customer { brand: brand.into(), id: customer.into() };
    let how = How { even_pending: true, ..How::default() };
    let receipts = sessions.config.server.retention.receipts;
    erase(&sessions.store, &customer, how, receipts, sessions.clock.now()).await.unwrap();
}

#[tokio::test]
async fn a_session_whose_customer_was_erased_is_over_and_nothing_brings_it_back() {
    let server = Running::start().await;
    for (brand, key, customer) in [("acme", &server.acme, "cus_1"), ("manual", &server.manual, "somebody")] {
        let session = session_of(&server, key, customer).await;
        let left = json!([
            { "run": 1, "seq": 1, "do": "shown" },
            { "run": 1, "seq": 2, "do": "leave" },
            { "run": 1, "seq": 3, "do": "cancel" },
        ]);
        server.flow(&session).await.ok();
        server.act(&session, left).await.ok();
        erased(&server, brand, customer).await;
        let again = |seq: u32, action: &str| json!([{ "run": 1, "seq": seq, "do": action }]);
        server.flow(&session).await.error(401);
        server.act(&session, again(4, "close")).await.error(401);
        server.act(&session, again(4, "cancel")).await.error(401);
        let page = server.post("/c").form(&[("session", &session)]).send().await.unwrap();
        assert_eq!(page.status(), 401);
        let kept: (i64, String) =
            sqlx::query_as("SELECT count(*), max(customer) FROM sessions WHERE brand = $1 AND state <> '{}'")
                .bind(brand)
                .fetch_one(server.app.sessions.store.read())
                .await
                .unwrap();
        assert_eq!(kept, (1, String::new()));
    }
}

#[tokio::test]
async fn what_a_customer_did_in_the_hub_is_erased_and_what_is_pending_is_asked_about() {
    let server = Running::start().await;
    for customer in [1, 2] {
        let session = server.hub_session(customer).await;
        server.post("/c").form(&[("session", &session)]).send().await.unwrap();
        server.pause(&session).await.says("Done.");
    }
    let sessions = &server.app.sessions;
    let pending = sessions.store.write(async |tx| {
        let sql = "UPDATE hub_changes SET status = 'pending', next_attempt_at = '9999-01-01T00:00:00.000Z'";
        sqlx::query(sql).execute(tx).await?;
        Ok::<_, farewell_server::store::Error>(())
    });
    pending.await.unwrap();
    let customer = Customer { brand: "acme".into(), id: "cus_1".into() };
    let receipts = sessions.config.server.retention.receipts;
    let refused = erase(&sessions.store, &customer, How::default(), receipts, sessions.clock.now()).await;
    assert!(refused.unwrap_err().to_string().contains("pause of the hub's session"));
    erased(&server, "acme", "cus_1").await;
    for sql in ["SELECT customer FROM hub_changes", "SELECT customer FROM hub_pages"] {
        let left: Vec<String> = sqlx::query_scalar(sql).fetch_all(sessions.store.read()).await.unwrap();
        assert_eq!(left, ["cus_2"], "{sql}");
    }
}
