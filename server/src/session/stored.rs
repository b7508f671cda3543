use flow::{Document, Flow, Policy, State};
use serde_json::{Map, Value, json};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::claims::Environment;
use crate::billing::Snapshot;
use crate::offer::Deals;
use crate::store::{Error, Store, Tx};

/// A session as the database holds it: frozen document, moving state.
#[derive(Clone, Debug)]
pub struct Stored {
    /// UUID.
    pub id: String,
    /// The brand's slug.
    pub brand: String,
    /// Whether it counts.
    pub environment: Environment,
    /// The customer's id in billing.
    pub customer: String,
    /// The subscription's id in billing.
    pub subscription: Option<String>,
    /// The customer's id in the merchant's own system.
    pub user_id: Option<String>,
    /// The name of its hosted page.
    pub handle: String,
    /// The flow, as it was resolved.
    pub flow: Flow,
    /// The policy, as it was chosen.
    pub policy: Policy,
    /// Where the customer is.
    pub state: State,
    /// What taking an offer makes billing do. The browser never sees it.
    pub deals: Deals,
    /// What billing knew when the flow was resolved.
    pub billing: Snapshot,
    /// Where the customer is sent afterwards.
    pub return_url: Option<String>,
    /// The merchant's own notes.
    pub metadata: Map<String, Value>,
    /// Whether what the customer asks for is handed to the merchant, whatever billing the brand has.
    pub hands_over: bool,
    /// When it was first fetched.
    pub opened_at: String,
    /// When it can no longer be used, unless something is done before.
    pub expires_at: String,
}

impl Stored {
    /// The session of this id.
    ///
    /// # Errors
    /// The database cannot be read, or holds something unexpected.
    pub async fn by_id(store: &Store, id: &str) -> Result<Option<Self>, Error> {
        let row = sqlx::query("SELECT * FROM sessions WHERE id = $1 AND erased_at IS NULL")
            .bind(id)
            .fetch_optional(store.read())
            .await?;
        row.as_ref().map(Self::read).transpose()
    }

    /// The session of this handle.
    ///
    /// # Errors
    /// The database cannot be read, or holds something unexpected.
    pub async fn by_handle(store: &Store, handle: &str) -> Result<Option<Self>, Error> {
        let row = sqlx::query("SELECT * FROM sessions WHERE handle = $1 AND erased_at IS NULL")
            .bind(handle)
            .fetch_optional(store.read())
            .await?;
        row.as_ref().map(Self::read).transpose()
    }

    /// The session in which something was done with a subscription last.
    ///
    /// # Errors
    /// The database cannot be read, or holds something unexpected.
    pub async fn last_of(
        store: &Store,
        brand: &str,
        environment: Environment,
        customer: &str,
        subscription: &str,
    ) -> Result<Option<Self>, Error> {
        let row = sqlx::query(
            "SELECT * FROM sessions WHERE brand = $1 AND environment = $2 AND customer = $3 AND subscription = $4 \
             ORDER BY last_action_at DESC LIMIT 1",
        )
        .bind(brand)
        .bind(environment.name())
        .bind(customer)
        .bind(subscription)
        .fetch_optional(store.read())
        .await?;
        row.as_ref().map(Self::read).transpose()
    }

    /// The session of this id, as the transaction sees it.
    pub(crate) async fn locked(tx: &mut Tx, id: &str) -> Result<Self, Error> {
        Self::found(tx, id).await?.ok_or_else(|| sqlx::Error::RowNotFound.into())
    }

    /// The session of this id, as the transaction sees it, if there is one.
    pub(super) async fn found(tx: &mut Tx, id: &str) -> Result<Option<Self>, Error> {
        let row = sqlx::query("SELECT * FROM sessions WHERE id = $1 AND erased_at IS NULL")
            .bind(id)
            .fetch_optional(tx)
            .await?;
        row.as_ref().map(Self::read).transpose()
    }

    /// Whether there was a session of this id, of which nothing is left but its receipts.
    pub(super) async fn is_erased(store: &Store, id: &str) -> Result<bool, Error> {
        let erased = sqlx::query("SELECT 1 FROM sessions WHERE id = $1 AND erased_at IS NOT NULL").bind(id);
        Ok(erased.fetch_optional(store.read()).await?.is_some())
    }

    /// Writes a session that is opened for the first time. One that is there already is left as it is, and the answer false.
    pub(super) async fn insert(&self, tx: &mut Tx) -> Result<bool, Error> {
        let done = sqlx::query(
            "INSERT INTO sessions (id, brand, environment, kind, customer, subscription, user_id, handle, document, \
             state, billing, return_url, metadata, opened_at, last_action_at, expires_at, deals, hands_over) \
             VALUES ($1, $2, $3, 'retention', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) \
             ON CONFLICT DO NOTHING",
        )
        .bind(&self.id)
        .bind(&self.brand)
        .bind(self.environment.name())
        .bind(&self.customer)
        .bind(&self.subscription)
        .bind(&self.user_id)
        .bind(&self.handle)
        .bind(self.document()?)
        .bind(text(&self.state)?)
        .bind(text(&self.billing)?)
        .bind(&self.return_url)
        .bind(text(&self.metadata)?)
        .bind(&self.opened_at)
        .bind(&self.opened_at)
        .bind(&self.expires_at)
        .bind(text(&self.deals)?)
        .bind(self.hands_over)
        .execute(tx)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Writes the state after something was done, which gives the session more time.
    pub(super) async fn save_state(&self, tx: &mut Tx, now: &str) -> Result<(), Error> {
        sqlx::query("UPDATE sessions SET state = $1, last_action_at = $2, expires_at = $3 WHERE id = $4")
            .bind(text(&self.state)?)
            .bind(now)
            .bind(&self.expires_at)
            .bind(&self.id)
            .execute(tx)
            .await?;
        Ok(())
    }

    /// Writes flow and billing anew, after billing has changed.
    pub(super) async fn save_document(&self, tx: &mut Tx) -> Result<(), Error> {
        sqlx::query("UPDATE sessions SET document = $1, billing = $2 WHERE id = $3")
            .bind(self.document()?)
            .bind(text(&self.billing)?)
            .bind(&self.id)
            .execute(tx)
            .await?;
        Ok(())
    }

    fn document(&self) -> Result<String, Error> {
        text(&json!({ "flow": self.flow, "policy": self.policy }))
    }

    /// The session in a row with every column of the table.
    pub(crate) fn read(row: &SqliteRow) -> Result<Self, Error> {
        let id: String = row.try_get("id")?;
        let json = |column: &str| -> Result<Value, Error> {
            serde_json::from_str(row.try_get(column)?).map_err(|error| unreadable(&id, column, &error))
        };
        let mut document = json("document")?;
        if let Value::Object(members) = &mut document {
            members.insert("state".into(), json("state")?);
        }
        let Document { flow, policy, state } = Document::read(&&document)
            .map_err(|flow::Malformed(member)| unreadable(&id, member, &"not of its type"))?;
        let billing = serde_json::from_value(json("billing")?).map_err(|e| unreadable(&id, "billing", &e))?;
        let deals = serde_json::from_value(json("deals")?).map_err(|e| unreadable(&id, "deals", &e))?;
        let metadata = match row.try_get::<Option<String>, _>("metadata")? {
            Some(text) => serde_json::from_str(&text).map_err(|e| unreadable(&id, "metadata", &e))?,
            None => Map::new(),
        };
        let environment: String = row.try_get("environment")?;
        let environment = Environment::named(&environment)
            .ok_or_else(|| unreadable(&id, "environment", &"neither prod nor sandbox"))?;
        Ok(Self {
            brand: row.try_get("brand")?,
            environment,
            customer: row.try_get("customer")?,
            subscription: row.try_get("subscription")?,
            user_id: row.try_get("user_id")?,
            handle: row.try_get("handle")?,
            flow,
            policy,
            state,
            deals,
            billing,
            return_url: row.try_get("return_url")?,
            metadata,
            hands_over: row.try_get("hands_over")?,
            opened_at: row.try_get("opened_at")?,
            expires_at: row.try_get("expires_at")?,
            id,
        })
    }
}

pub(super) fn text(value: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Malformed(error.to_string()))
}

fn unreadable(session: &str, member: &str, why: &dyn std::fmt::Display) -> Error {
    Error::Malformed(format!("{member} of session {session}: {why}"))
}
