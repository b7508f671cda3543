//! Billing that is the merchant's own, and acts when it is asked to: a signed request to `action_url` says what, and is answered with
//! what became of it.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use super::merchant::Merchant;
use super::{Account, Answer, Billing, Change, Instruction, Lookup, LookupError, PlanTerms, Snapshot};
use crate::clock;
use crate::outbound::Client;
use crate::session::Environment;

/// How much of why the merchant refuses is kept, in characters.
const LONGEST_REASON: usize = 500;

/// A merchant's backend that is asked to act. It is not asked what it knows of customers: in that it is [`Merchant`].
#[derive(Clone, Debug)]
pub struct Backend {
    /// The brand's slug.
    pub brand: String,
    /// Whether it counts.
    pub environment: Environment,
    /// Where it is asked.
    pub url: Url,
    /// Who asks.
    pub client: Arc<Client>,
}

/// What the backend answers.
#[derive(Debug, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
enum Said {
    /// It is done.
    Applied,
    /// It will not be done.
    Refused {
        /// Why, for a developer.
        #[serde(default)]
        reason: Option<String>,
    },
    /// It is not known yet.
    Pending,
}

#[async_trait::async_trait]
impl Billing for Backend {
    async fn snapshot(&self, lookup: &Lookup) -> Result<Snapshot, LookupError> {
        // It carries a cancellation out, so it can be asked to take it back.
        let mut snapshot = Merchant.snapshot(lookup).await?;
        snapshot.can.undo = true;
        Ok(snapshot)
    }

    async fn account(&self, lookup: &Lookup) -> Result<Account, LookupError> {
        Merchant.account(lookup).await
    }

    async fn plans(&self, ids: &[String]) -> Result<Option<Vec<PlanTerms>>, LookupError> {
        Merchant.plans(ids).await
    }

    fn has_the_last_word(&self) -> bool {
        true
    }

    /// Less than the widget waits. What comes later, and still in time, settles what the customer was told is pending.
    fn patience(&self) -> Duration {
        Duration::from_secs(8)
    }

    /// The same request again has the same `webhook-id`. Whatever is no answer is asked again.
    async fn execute(&self, key: &str, instruction: &Instruction) -> Answer {
        let body = self.request(key, instruction).to_string();
        let answer = match self.client.post(&self.brand, &self.url, key, &body).await {
            Ok(answer) => answer,
            Err(why) => return Answer::Unknown(format!("`action_url`: {why}")),
        };
        if !answer.is_taken() {
            return Answer::Unknown(format!("`action_url` answered {}, not 2xx", answer.status));
        }
        match serde_json::from_str(&answer.text) {
            Ok(Said::Applied) => Answer::Applied,
            Ok(Said::Pending) => Answer::Unknown("`action_url` says that it is pending".into()),
            Ok(Said::Refused { reason }) => {
                let reason: Option<String> = reason.map(|text| {
                    text.chars().filter(|letter| !letter.is_control()).take(LONGEST_REASON).collect()
                });
                Answer::Refused(reason.unwrap_or_else(|| "the merchant's backend refuses it".into()))
            }
            Err(_) => Answer::Unknown(
                "`action_url` answered something else than {\"status\": \"applied\"}, \"refused\" or \"pending\"".into(),
            ),
        }
    }

    async fn read_back(&self, key: &str, instruction: &Instruction) -> Answer {
        self.execute(key, instruction).await
    }
}

impl Backend {
    /// What is posted. No free text of the customer, and no e-mail address, is in it.
    fn request(&self, key: &str, instruction: &Instruction) -> Value {
        let mut data = Map::new();
        let mut put = |name: &str, value: Value| data.insert(name.into(), value);
        put("id", key.into());
        put("brand", self.brand.clone().into());
        put("environment", self.environment.name().into());
        put("sessionId", instruction.session.clone().into());
        put("eventId", instruction.event.clone().into());
        put("customerId", instruction.customer.clone().into());
        put("subscriptionId", instruction.subscription.clone().into());
        put("requestedAt", clock::text(instruction.requested_at).into());
        put("action", instruction.change.kind().into());
        match &instruction.change {
            Change::Accept { offer, deal, .. } => put("offer", json!({ "id": offer, "deal": deal })),
            Change::CancelAtPeriodEnd { effective_at } => {
                put("at", "period_end".into());
                put("effectiveAt", effective_at.map(clock::text).into())
            }
            Change::CancelImmediately => put("at", "now".into()),
            Change::Undo => None,
            Change::Resume { at, .. } => {
                put("at", at.as_ref().map_or("now".into(), |(at, _)| clock::text(*at).into()))
            }
            Change::Switch { plan, at, due, .. } => {
                put("plan", json!(plan));
                put("due", json!(due));
                put("at", clock::text(*at).into())
            }
            Change::Renew { renewal, .. } => put("renewal", json!(renewal)),
        };
        json!({ "type": "billing.action", "timestamp": clock::text(instruction.requested_at), "data": data })
    }
}
