//! A customer who goes through the flow, and asks again whatever was lost.

use std::time::Duration;

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use crate::stand_in::StandIn;

/// What a customer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walk {
    /// Takes a discount and leaves. Some come back.
    Flow,
    /// Ends a pause, takes another plan at once, and uses a code.
    Hub,
    /// Takes another plan at once, which waits for the bank, and answers it.
    Bank,
    /// The same, and leaves instead of answering. Some come back.
    Leave,
}

impl Walk {
    /// What the customer of this number does.
    pub fn of(number: u32) -> Self {
        [Self::Flow, Self::Hub, Self::Flow, Self::Bank, Self::Flow, Self::Leave][number as usize % 6]
    }

    /// Whether the customer of this number comes back after leaving.
    pub fn comes_back(self, number: u32) -> bool {
        matches!(self, Self::Flow | Self::Leave) && number.is_multiple_of(4)
            || self == Self::Leave && number % 4 == 1
    }
}

/// One customer.
pub struct Customer {
    pub number: u32,
    pub client: Client,
    pub url: String,
    pub key: String,
    pub stripe: StandIn,
}

impl Customer {
    /// Asks until there is an answer that is none of the way's faults.
    pub async fn ask(&self, request: impl Fn() -> RequestBuilder) -> Value {
        loop {
            if let Ok(answer) = request().send().await {
                let status = answer.status().as_u16();
                let body = answer.json::<Value>().await;
                match (status, body) {
                    (200, Ok(body)) => return body,
                    // Stripe cannot be asked now, or what was asked for before is still pending.
                    (409 | 429 | 500..=599, _) | (_, Err(_)) => {}
                    (_, Ok(body)) => panic!("{}: {status} {body}", self.number),
                }
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub async fn flow(&self, session: &str) -> Value {
        self.ask(|| self.client.get(format!("{}/v1/flow", self.url)).bearer_auth(session)).await
    }

    /// Does something and waits until it is told as done. It is then.
    pub async fn act(&self, session: &str, actions: Value, is_done: impl Fn(&Value) -> bool) {
        let body = json!({ "actions": actions });
        let mut told = self
            .ask(|| {
                self.client.post(format!("{}/v1/flow/actions", self.url)).bearer_auth(session).json(&body)
            })
            .await;
        loop {
            match told["result"]["effect"].as_str() {
                Some("applied") => break,
                Some("pending") => {}
                other => panic!("{}: {other:?} of {actions}: {told}", self.number),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            told = self.flow(session).await;
        }
        let shown = self.stripe.shown(&format!("sub_{}", self.number));
        assert!(is_done(&shown), "{}: {actions} is told as done: {shown}", self.number);
    }

    /// A session of the flow (`retention`) or of the hub (`subscription`).
    pub async fn session(&self, of: &str) -> String {
        let asked = json!({ of: { "customer_id": format!("cus_{}", self.number) } });
        let url = format!("{}/v1/{of}/session", self.url);
        let session = self.ask(|| self.client.post(&url).header("x-brand-key", &self.key).json(&asked)).await;
        session["id"].as_str().expect("an id").into()
    }

    /// All of it.
    pub async fn walk(&self) {
        match Walk::of(self.number) {
            Walk::Flow => self.walk_flow().await,
            Walk::Hub => self.walk_hub().await,
            Walk::Bank => self.walk_bank().await,
            Walk::Leave => self.walk_away().await,
        }
    }

    /// Takes a discount, cancels, and in every fourth case comes back.
    async fn walk_flow(&self) {
        let session = &self.session("retention").await;
        let flow = self.flow(session).await;
        let claim = &flow["flow"]["offers"][0]["claim_id"];
        let take = json!([
            { "run": 1, "seq": 1, "do": "shown" },
            { "run": 1, "seq": 2, "do": "answer", "reason": "too_expensive" },
            { "run": 1, "seq": 3, "do": "accept", "claim_id": claim },
        ]);
        self.act(session, take, |shown| shown["discounts"].as_array().is_some_and(|all| all.len() == 1))
            .await;
        let cancel = json!([{ "run": 2, "seq": 1, "do": "shown" }, { "run": 2, "seq": 2, "do": "cancel" }]);
        self.act(session, cancel, |shown| shown["cancel_at_period_end"] == true).await;
        if Walk::Flow.comes_back(self.number) {
            let undo = json!([{ "run": 3, "seq": 1, "do": "undo" }]);
            self.act(session, undo, |shown| shown["cancel_at_period_end"] == false).await;
        }
    }
}
