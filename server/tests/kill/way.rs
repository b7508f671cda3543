//! One customer's way through the flow, and what has to be left of it.

use std::collections::HashMap;

use reqwest::Client;
use serde_json::{Value, json};
use sqlx::Row;
use sqlx::sqlite::SqlitePool;

/// One customer's way: what is sent, one after the other, and how far it was answered.
pub struct Way {
    customer: String,
    pub session: Option<String>,
    actions: Vec<Value>,
    answered: usize,
    /// What was answered to the actions that end a run.
    receipts: HashMap<u64, Value>,
}

impl Way {
    pub fn new(number: u32) -> Self {
        let at = |run: u32, seq: u32, mut action: Value| {
            action["run"] = run.into();
            action["seq"] = seq.into();
            action
        };
        let actions = if number.is_multiple_of(2) {
            vec![
                at(1, 1, json!({ "do": "shown" })),
                at(1, 2, json!({ "do": "answer", "reason": "too_expensive" })),
                at(1, 3, json!({ "do": "accept", "claim_id": "half" })),
            ]
        } else {
            vec![
                at(1, 1, json!({ "do": "shown" })),
                at(1, 2, json!({ "do": "leave", "feedback": "Good bye" })),
                at(1, 3, json!({ "do": "cancel" })),
                at(2, 1, json!({ "do": "undo" })),
                at(3, 1, json!({ "do": "shown" })),
                at(3, 2, json!({ "do": "cancel" })),
            ]
        };
        Self {
            customer: format!("cus_{number}"),
            session: None,
            actions,
            answered: 0,
            receipts: HashMap::new(),
        }
    }

    pub fn is_done(&self) -> bool {
        self.answered == self.actions.len()
    }

    /// Goes on until the end, or until the server is gone.
    pub async fn walk(&mut self, client: &Client, url: &str, key: &str) -> Result<(), reqwest::Error> {
        if self.session.is_none() {
            let body = json!({ "retention": { "customer_id": self.customer } });
            let request =
                client.post(format!("{url}/v1/retention/session")).header("x-brand-key", key).json(&body);
            let answer: Value = request.send().await?.json().await?;
            self.session = Some(answer["id"].as_str().unwrap_or_else(|| panic!("{answer}")).into());
        }
        let session = self.session.clone().expect("a session");
        while self.answered < self.actions.len() {
            let mut action = self.actions[self.answered].clone();
            if action.get("claim_id").is_some_and(|claim| claim == "half") {
                let flow = client.get(format!("{url}/v1/flow")).bearer_auth(&session).send().await?;
                action["claim_id"] = flow.json::<Value>().await?["flow"]["offers"][0]["claim_id"].clone();
                self.actions[self.answered] = action.clone();
            }
            let request = client.post(format!("{url}/v1/flow/actions")).bearer_auth(&session);
            let response = request.json(&json!({ "actions": [action] })).send().await?;
            let (status, answer) = (response.status(), response.json::<Value>().await?);
            // Undoing waits until billing has carried the cancellation out.
            if status == 409 && action["do"] == "undo" && answer["result"]["effect"] == "pending" {
                continue;
            }
            assert_eq!(status, 200, "{} {action}: {answer}", self.customer);
            if let Some(run) = answer["result"]["run"].as_u64() {
                let receipt = answer["result"]["receipt"].clone();
                let known = self.receipts.entry(run).or_insert_with(|| receipt.clone());
                assert_eq!(*known, receipt, "{}: a receipt never changes", self.customer);
            }
            self.answered += 1;
        }
        Ok(())
    }
}

/// Looks whether everything a customer was told is there, once.
pub async fn check(database: &SqlitePool, way: &Way) {
    let customer = &way.customer;
    let session: String = sqlx::query_scalar("SELECT id FROM sessions WHERE customer = $1")
        .bind(customer)
        .fetch_one(database)
        .await
        .unwrap_or_else(|error| panic!("{customer} has one session: {error}"));
    let rows = sqlx::query("SELECT run, seq, content FROM actions WHERE session = $1 ORDER BY run, seq")
        .bind(&session)
        .fetch_all(database)
        .await
        .expect("actions");
    let kept: Vec<Value> = rows
        .iter()
        .map(|row| {
            let mut action: Value = serde_json::from_str(row.get("content")).expect("an action");
            action["run"] = row.get::<i64, _>("run").into();
            action["seq"] = row.get::<i64, _>("seq").into();
            action
        })
        .collect();
    assert_eq!(kept, way.actions, "{customer}: every action is kept, in its place, once");

    let outcomes = sqlx::query("SELECT run, effect, receipt FROM outcomes WHERE session = $1 ORDER BY run")
        .bind(&session)
        .fetch_all(database)
        .await
        .expect("outcomes");
    let ends = if way.actions.len() == 3 { 1 } else { 3 };
    assert_eq!(outcomes.len(), ends, "{customer}");
    for outcome in &outcomes {
        assert_eq!(outcome.get::<Option<&str>, _>("effect"), Some("applied"), "{customer}");
        let receipt: Value = serde_json::from_str(outcome.get("receipt")).expect("a receipt");
        let run = u64::try_from(outcome.get::<i64, _>("run")).expect("a run");
        if let Some(told) = way.receipts.get(&run) {
            assert_eq!(*told, receipt, "{customer}: the receipt is the one that was told");
        }
    }
    let issued: Vec<(i64, String)> =
        sqlx::query_as("SELECT run, reference FROM receipts WHERE session = $1 ORDER BY run")
            .bind(&session)
            .fetch_all(database)
            .await
            .expect("receipts");
    let told = outcomes.iter().map(|outcome| {
        let receipt: Value = serde_json::from_str(outcome.get("receipt")).expect("a receipt");
        (outcome.get::<i64, _>("run"), receipt["reference"].as_str().expect("a reference").to_owned())
    });
    assert_eq!(issued, told.collect::<Vec<_>>(), "{customer}: one receipt for each thing that was done");
    let count = async |sql: &'static str| -> i64 {
        sqlx::query_scalar(sql).bind(customer).fetch_one(database).await.expect("a count")
    };
    let operations = count(
        "SELECT count(*) FROM ledger_operations AS o JOIN ledger_subscriptions AS s ON s.id = o.subscription_id \
         JOIN ledger_customers AS c ON c.id = s.customer_id WHERE c.external_id = $1 AND o.kind <> 'import'",
    );
    assert_eq!(
        operations.await,
        i64::try_from(ends).expect("a count"),
        "{customer}: billing did each thing once"
    );
    let discounts = count(
        "SELECT count(*) FROM ledger_discounts AS d JOIN ledger_subscriptions AS s ON s.id = d.subscription_id \
         JOIN ledger_customers AS c ON c.id = s.customer_id WHERE c.external_id = $1",
    );
    assert_eq!(discounts.await, i64::from(way.actions.len() == 3), "{customer}");
    let canceled = count(
        "SELECT count(*) FROM ledger_subscriptions AS s JOIN ledger_customers AS c ON c.id = s.customer_id \
         WHERE c.external_id = $1 AND s.cancel_at IS NOT NULL",
    );
    assert_eq!(canceled.await, i64::from(way.actions.len() == 6), "{customer}");
}
