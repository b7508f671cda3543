//! A customer who changes their subscription in the hub, and asks again whatever was lost.

use std::time::Duration;

use serde_json::{Value, json};

use crate::customer::{Customer, Walk};

/// What became of what a customer has agreed to.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    Applied,
    Refused,
    /// The bank wants to hear from them.
    Waits,
}

/// Something in the hub that the customer has agreed to.
struct Agreed<'c> {
    customer: &'c Customer,
    session: &'c str,
    quote: String,
}

impl Agreed<'_> {
    /// Agrees again until it is known what became of it. It is not what `not` is.
    async fn fate(&self, not: Option<Fate>) -> Option<Fate> {
        loop {
            let told = self.customer.send(self.session, &[("do", "confirm"), ("quote", &self.quote)]).await;
            let changed = &told["changed"];
            let fate = match changed["effect"].as_str() {
                Some("applied") => Fate::Applied,
                Some("refused") => Fate::Refused,
                Some("pending") if changed["authentication"]["link"].is_string() => Fate::Waits,
                Some("pending") => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
                // Something has changed since it was shown.
                _ => return None,
            };
            if Some(&fate) != not.as_ref() {
                return Some(fate);
            }
            let number = hidden(&told, "change").expect("a number");
            self.customer.send(self.session, &[("do", "look"), ("change", &number)]).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

impl Customer {
    async fn send(&self, session: &str, fields: &[(&str, &str)]) -> Value {
        let mut fields = fields.to_vec();
        fields.push(("session", session));
        self.ask(|| self.client.post(format!("{}/v1/hub/actions", self.url)).form(&fields)).await
    }

    /// What something would mean. None where it cannot be done.
    async fn quote(&self, session: &str, want: &str, choice: &str) -> Option<String> {
        let subscription = self.subscription();
        let fields =
            [("do", "preview"), ("subscription", subscription.as_str()), ("want", want), ("choice", choice)];
        hidden(&self.send(session, &fields).await, "quote")
    }

    /// Agrees to something, and waits until it is known what became of it.
    async fn agree<'c>(&'c self, session: &'c str, want: &str, choice: &str) -> (Fate, Agreed<'c>) {
        loop {
            let quote = self.quote(session, want, choice).await;
            let quote = quote.unwrap_or_else(|| panic!("{}: {want} cannot be done", self.number));
            let agreed = Agreed { customer: self, session, quote };
            if let Some(fate) = agreed.fate(None).await {
                return (fate, agreed);
            }
        }
    }

    fn subscription(&self) -> String {
        format!("sub_{}", self.number)
    }

    /// Ends a pause, takes another plan at once, and uses a code, which cannot be used again when it is spent.
    pub async fn walk_hub(&self) {
        let (session, subscription) = (&self.session("subscription").await, &self.subscription());
        let shown = || self.stripe.shown(subscription);
        assert_eq!(self.agree(session, "resume", "").await.0, Fate::Applied, "{}", self.number);
        assert!(shown()["pause_collection"].is_null(), "{} has resumed", self.number);
        assert_eq!(self.agree(session, "plan", "price_max").await.0, Fate::Applied, "{}", self.number);
        assert_eq!(self.stripe.charges(subscription), ["paid"], "{}", self.number);
        assert_eq!(self.agree(session, "code", "SPRING").await.0, Fate::Applied, "{}", self.number);
        assert_eq!(shown()["discounts"].as_array().map(Vec::len), Some(1), "{}", self.number);
        self.stripe.end_discounts(subscription);
        assert_eq!(self.quote(session, "code", "SPRING").await, None, "{} has used the code", self.number);
    }

    /// Takes another plan at once, and answers the bank.
    pub async fn walk_bank(&self) {
        let (session, subscription) = (&self.session("subscription").await, &self.subscription());
        let (fate, agreed) = self.agree(session, "plan", "price_max").await;
        assert_eq!(fate, Fate::Waits, "{}", self.number);
        assert!(self.stripe.authenticate(subscription), "{}", self.number);
        assert_eq!(agreed.fate(Some(Fate::Waits)).await, Some(Fate::Applied), "{}", self.number);
    }

    /// Takes another plan at once, and leaves instead of answering the bank. Some come back.
    pub async fn walk_away(&self) {
        let session = &self.session("subscription").await;
        let (fate, agreed) = self.agree(session, "plan", "price_max").await;
        assert_eq!(fate, Fate::Waits, "{}", self.number);
        let flow = &self.session("retention").await;
        self.flow(flow).await;
        let cancel = json!([{ "run": 1, "seq": 1, "do": "cancel" }]);
        self.act(flow, cancel, |shown| shown["cancel_at_period_end"] == true).await;
        if Walk::Leave.comes_back(self.number) {
            let undo = json!([{ "run": 2, "seq": 1, "do": "undo" }]);
            self.act(flow, undo, |shown| shown["cancel_at_period_end"] == false).await;
        }
        assert_eq!(agreed.fate(Some(Fate::Waits)).await, Some(Fate::Refused), "{}", self.number);
        assert!(
            !self.stripe.authenticate(&self.subscription()),
            "{} cannot be charged any more",
            self.number
        );
    }
}

/// The value of a hidden field of a hub that is drawn.
fn hidden(answer: &Value, name: &str) -> Option<String> {
    let parts: Vec<&str> = answer["hub"].as_array()?.iter().filter_map(Value::as_str).collect();
    let inputs = parts.split(|part| *part == "<input");
    let own = inputs.skip(1).find(|input| input.contains(&format!("@name={name}").as_str()))?;
    own.iter().find_map(|part| part.strip_prefix("@value=")).map(Into::into)
}
