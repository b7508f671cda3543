use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use utoipa::ToSchema;

use crate::session::Environment;
use crate::store::{Error, Store};

/// A customer who wanted to leave, as the ledger has it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CancellationEvent)]
pub struct Cancellation {
    /// Its place in the ledger.
    #[serde(skip)]
    pub id: i64,
    /// The merchant's own name for it; of a run of the flow, the `eventId` of its result.
    pub event_id: String,
    /// Whether it counts.
    pub environment: Environment,
    /// Who told of it.
    pub source: Source,
    /// The session of the flow, where it came of one.
    pub session_id: Option<String>,
    /// The run of that session, counted from 1.
    pub run: Option<u32>,
    /// The merchant's own id of the customer.
    pub user_id: String,
    /// Key of the reason. Null only where the flow was left without one.
    pub reason_key: Option<String>,
    /// What the customer wrote.
    pub reason_text: Option<String>,
    /// How it ended. Null while that is open.
    pub outcome: Option<LedgerOutcome>,
    /// `final` once there is an outcome, `pending` until then.
    pub status: Status,
    /// The offer that was made.
    pub offer: Option<OfferMade>,
    /// The merchant's own figures about the customer: `plan`, `mrr`, `tenureDays`.
    #[schema(value_type = Object)]
    pub context: Map<String, Value>,
    /// The merchant's own notes.
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
    /// When the customer wanted to leave.
    #[schema(format = DateTime)]
    pub occurred_at: String,
    /// When the outcome takes effect.
    #[schema(format = DateTime)]
    pub effective_at: Option<String>,
    /// When the ledger was told.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When the ledger was told something new last.
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// How a cancellation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LedgerOutcome {
    /// The customer left.
    Churned,
    /// The customer stayed.
    Recovered,
}

/// Whether a cancellation has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = CancellationStatus)]
pub enum Status {
    /// Its outcome is not known.
    Pending,
    /// It has an outcome.
    Final,
}

/// Who told the ledger of a cancellation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = CancellationSource)]
pub enum Source {
    /// The merchant's backend.
    Api,
    /// This server's own flow.
    Flow,
}

/// An offer that was made to a customer who wanted to leave. Whether it was accepted and how it all ended are two things: a
/// customer may accept and leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OfferMade {
    /// What kind of offer, such as `discount`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Whether the customer took it.
    pub accepted: Option<bool>,
    /// The offer in a line.
    pub label: Option<String>,
}

/// An outcome that a merchant has set.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OutcomeSet)]
pub struct Settled {
    /// How it ended.
    pub outcome: LedgerOutcome,
    /// When that takes effect.
    #[schema(format = DateTime)]
    pub effective_at: Option<String>,
    /// The merchant's notes on it.
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
    /// When the ledger was told.
    #[schema(format = DateTime)]
    pub at: String,
}

impl LedgerOutcome {
    /// The name it has in APIs and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Churned => "churned",
            Self::Recovered => "recovered",
        }
    }

    /// The outcome of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Churned, Self::Recovered].into_iter().find(|outcome| outcome.name() == name)
    }
}

impl Source {
    /// The name it has in APIs and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Flow => "flow",
        }
    }

    /// The source of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Api, Self::Flow].into_iter().find(|source| source.name() == name)
    }
}

impl Cancellation {
    /// The event of this id in a brand, whichever its environment.
    ///
    /// # Errors
    /// The database cannot be read, or holds something unexpected.
    pub async fn by_event(store: &Store, brand: &str, event_id: &str) -> Result<Option<Self>, Error> {
        let row = sqlx::query("SELECT * FROM cancellations WHERE brand = $1 AND event_id = $2")
            .bind(brand)
            .bind(event_id)
            .fetch_optional(store.read())
            .await?;
        row.as_ref().map(Self::read).transpose()
    }

    /// The events of a session's runs, by run.
    ///
    /// # Errors
    /// The database cannot be read, or holds something unexpected.
    pub async fn of_session(store: &Store, session: &str) -> Result<Vec<Self>, Error> {
        let rows = sqlx::query("SELECT * FROM cancellations WHERE session = $1 ORDER BY run");
        rows.bind(session).fetch_all(store.read()).await?.iter().map(Self::read).collect()
    }

    /// Every outcome that was set, oldest first.
    ///
    /// # Errors
    /// The database cannot be read, or holds something unexpected.
    pub async fn history(&self, store: &Store) -> Result<Vec<Settled>, Error> {
        let rows = sqlx::query("SELECT * FROM cancellation_outcomes WHERE cancellation = $1 ORDER BY id")
            .bind(self.id)
            .fetch_all(store.read())
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Settled {
                    outcome: named(row.try_get("outcome")?, LedgerOutcome::named)?,
                    effective_at: row.try_get("effective_at")?,
                    metadata: json(row.try_get("metadata")?)?,
                    at: row.try_get("at")?,
                })
            })
            .collect()
    }

    /// The entry in a row with every column of the table.
    pub(crate) fn read(row: &SqliteRow) -> Result<Self, Error> {
        let outcome: Option<&str> = row.try_get("outcome")?;
        let outcome = outcome.map(|name| named(name, LedgerOutcome::named)).transpose()?;
        let offer: Option<&str> = row.try_get("offer")?;
        Ok(Self {
            id: row.try_get("id")?,
            event_id: row.try_get("event_id")?,
            environment: named(row.try_get("environment")?, Environment::named)?,
            source: named(row.try_get("source")?, Source::named)?,
            session_id: row.try_get("session")?,
            run: row.try_get("run")?,
            user_id: row.try_get("user_id")?,
            reason_key: row.try_get("reason_key")?,
            reason_text: row.try_get("reason_text")?,
            outcome,
            status: if outcome.is_some() { Status::Final } else { Status::Pending },
            offer: offer.map(json).transpose()?,
            context: json(row.try_get("context")?)?,
            metadata: json(row.try_get("metadata")?)?,
            occurred_at: row.try_get("occurred_at")?,
            effective_at: row.try_get("effective_at")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
        })
    }
}

fn named<T>(name: &str, find: impl Fn(&str) -> Option<T>) -> Result<T, Error> {
    find(name).ok_or_else(|| Error::Malformed(format!("a cancellation: \"{name}\" is not a name")))
}

fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| Error::Malformed(format!("a cancellation: {error}")))
}
