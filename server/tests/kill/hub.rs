//! One customer's way through the subscription hub: a pause that is agreed to, and called off.

use reqwest::Client;
use serde_json::{Value, json};
use sqlx::sqlite::SqlitePool;

/// What the customer wants, one after the other.
const WANTS: [&str; 2] = ["pause", "resume"];

pub struct HubWay {
    pub customer: String,
    subscription: String,
    pub session: Option<String>,
    /// What the customer was shown, and has to be told that it is done.
    quote: Option<String>,
    pub done: usize,
}

impl HubWay {
    pub fn new(number: u32) -> Self {
        Self {
            customer: format!("cus_{number}"),
            subscription: format!("sub_{number}"),
            session: None,
            quote: None,
            done: 0,
        }
    }

    pub fn is_done(&self) -> bool {
        self.done == WANTS.len()
    }

    /// Goes on until the end, or until the server is gone.
    pub async fn walk(&mut self, client: &Client, url: &str, key: &str) -> Result<(), reqwest::Error> {
        let session = match &self.session {
            Some(session) => session.clone(),
            None => {
                let body = json!({ "subscription": { "customer_id": self.customer } });
                let asked = client.post(format!("{url}/v1/subscription/session")).header("x-brand-key", key);
                let answer: Value = asked.json(&body).send().await?.json().await?;
                let session = answer["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
                self.session.insert(session).clone()
            }
        };
        while !self.is_done() {
            let form = match &self.quote {
                Some(quote) => vec![("do", "confirm"), ("quote", quote.as_str())],
                None => vec![
                    ("do", "preview"),
                    ("subscription", self.subscription.as_str()),
                    ("want", WANTS[self.done]),
                    ("choice", "1_month"),
                ],
            };
            let form = [form, vec![("session", session.as_str())]].concat();
            let asked = client.post(format!("{url}/v1/hub/actions")).form(&form).send().await?;
            let (status, hub) = (asked.status(), asked.json::<Value>().await?);
            assert_eq!(status, 200, "{}: {hub}", self.customer);
            if self.quote.is_none() {
                // There is nothing to agree to while what was agreed to before is being carried out.
                self.quote = quote(&hub);
                if self.quote.is_none() {
                    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                }
                continue;
            }
            let effect =
                hub["changed"]["effect"].as_str().unwrap_or_else(|| panic!("{}: {hub}", self.customer));
            assert!(["applied", "pending"].contains(&effect), "{}: {effect}", self.customer);
            self.quote = None;
            self.done += 1;
        }
        Ok(())
    }

    /// Looks whether everything the customer has agreed to was done once, and told once.
    pub async fn check(&self, database: &SqlitePool, told: &[Value]) {
        let customer = &self.customer;
        let changes: Vec<(String, String)> = sqlx::query_as(
            "SELECT kind, status FROM hub_changes WHERE customer = $1 ORDER BY created_at, rowid",
        )
        .bind(customer)
        .fetch_all(database)
        .await
        .expect("changes");
        let applied = WANTS.map(|want| (want.to_owned(), "applied".to_owned()));
        assert_eq!(changes, applied, "{customer}: what was agreed to is kept, and done");
        let operations: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM ledger_operations AS o JOIN ledger_subscriptions AS s ON s.id = o.subscription_id \
             WHERE s.external_id = $1 AND o.kind <> 'import'",
        )
        .bind(&self.subscription)
        .fetch_one(database)
        .await
        .expect("a count");
        assert_eq!(operations, 2, "{customer}: billing did each thing once");
        let told: Vec<_> = told
            .iter()
            .filter(|body| body["data"]["userId"] == customer.as_str())
            .map(|body| (body["data"]["change"].clone(), body["data"]["settlement"].clone()))
            .collect();
        assert_eq!(
            told,
            WANTS.map(|want| (json!(want), json!("applied"))),
            "{customer}: each once, in its order"
        );
    }
}

/// What the customer is to agree to, where they are.
fn quote(hub: &Value) -> Option<String> {
    let drawn: Vec<&str> = hub["hub"].as_array()?.iter().filter_map(Value::as_str).collect();
    let pair = drawn.windows(2).find(|pair| pair[0] == "@name=quote")?;
    Some(pair[1].strip_prefix("@value=")?.to_owned())
}
