//! Changes as they are told to merchants: to their backends, and at the terminal.

use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row as _};

use super::Standing;
use crate::billing::{Change, Deal, Instruction};
use crate::clock;
use crate::session::Environment;
use crate::store::{Error, Store, Tx};
use crate::webhook::{Event, Kind, tell};

/// What a customer has agreed to in the hub, and what became of it.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its name: the idempotency key that billing was given.
    pub id: String,
    /// The brand's slug.
    pub brand: String,
    /// Whether it counts.
    pub environment: Environment,
    /// The id of the hub's session.
    pub session: String,
    /// The customer's id in billing.
    pub customer: String,
    /// The subscription's id in billing.
    pub subscription: String,
    /// What was wanted: `plan`, `pause`, `resume`, `renew` or `code`.
    pub kind: String,
    /// `pending`, `applied`, `requested` or `refused`.
    pub status: String,
    /// How often billing was asked.
    pub attempts: u32,
    /// Why it is pending still, or was refused. For the log; a customer never reads it.
    pub why: Option<String>,
    /// When the customer agreed, RFC 3339.
    pub agreed_at: String,
    /// When billing's answer was known, RFC 3339.
    pub settled_at: Option<String>,
    change: Change,
}

/// Which changes are listed.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only of the brand with this slug.
    pub brand: Option<String>,
    /// Only of this environment.
    pub environment: Option<Environment>,
    /// Only of the customer with this id in billing.
    pub customer: Option<String>,
    /// Only those that stand so.
    pub standing: Option<Standing>,
    /// Only those agreed to at this moment or later.
    pub since: Option<Timestamp>,
}

impl Record {
    /// The latest changes that are wanted, the latest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn list(store: &Store, filter: &Filter, limit: u32) -> Result<Vec<Self>, Error> {
        let found = sqlx::query_as(
            "SELECT * FROM hub_changes WHERE ($1 IS NULL OR brand = $1) AND ($2 IS NULL OR environment = $2) \
             AND ($3 IS NULL OR customer = $3) AND ($4 IS NULL OR status = $4) AND ($5 IS NULL OR created_at >= $5) \
             ORDER BY created_at DESC, id DESC LIMIT $6",
        )
        .bind(&filter.brand)
        .bind(filter.environment.map(Environment::name))
        .bind(&filter.customer)
        .bind(filter.standing.map(Standing::name))
        .bind(filter.since.map(clock::text))
        .bind(limit)
        .fetch_all(store.read())
        .await?;
        Ok(found)
    }

    /// The id of the plan that is taken.
    #[must_use]
    pub fn plan(&self) -> Option<&str> {
        match &self.change {
            Change::Accept { deal: Deal::ChangePlan(plan), .. } | Change::Switch { plan, .. } => {
                Some(&plan.id)
            }
            Change::Renew { renewal, .. } => Some(&renewal.plan),
            _ => None,
        }
    }

    /// For how long it pauses: `interval` and `count`. Null where it does not.
    #[must_use]
    pub fn pause(&self) -> Value {
        match &self.change {
            Change::Accept { deal: Deal::Pause(length), .. } => {
                json!({ "interval": length.interval.name(), "count": length.count })
            }
            _ => Value::Null,
        }
    }

    /// The discount that was taken: `id` and `type`. Null where none was: a code that is no use is what somebody typed.
    #[must_use]
    pub fn offer(&self) -> Value {
        match &self.change {
            Change::Accept { offer, deal: deal @ Deal::Discount(_), .. } if self.status == "applied" => {
                json!({ "id": offer, "type": deal.name() })
            }
            _ => Value::Null,
        }
    }

    /// Tells the brand's endpoints that it is settled. Belongs in the transaction that settles it.
    pub(super) async fn tell(&self, tx: &mut Tx, now: Timestamp) -> Result<(), Error> {
        let Self { brand, environment, session, .. } = self;
        let data = json!({
            "brand": brand,
            "environment": environment.name(),
            "sessionId": session,
            "eventId": self.id,
            "userId": self.customer,
            "subscriptionId": self.subscription,
            "change": self.kind,
            "settlement": self.status,
            "plan": self.plan(),
            "pause": self.pause(),
            "offer": self.offer(),
            "agreedAt": self.agreed_at,
            "settledAt": self.settled_at,
        });
        let (environment, kind) = (*environment, Kind::SubscriptionChanged);
        tell(tx, Event { brand, environment, subject: session, kind, data, now }).await
    }
}

impl FromRow<'_, SqliteRow> for Record {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let unreadable =
            |index: &str, why: String| sqlx::Error::ColumnDecode { index: index.into(), source: why.into() };
        let (environment, payload): (&str, &str) = (row.try_get("environment")?, row.try_get("payload")?);
        let instruction: Instruction =
            serde_json::from_str(payload).map_err(|error| unreadable("payload", error.to_string()))?;
        Ok(Self {
            id: row.try_get("id")?,
            brand: row.try_get("brand")?,
            environment: Environment::named(environment)
                .ok_or_else(|| unreadable("environment", environment.into()))?,
            session: row.try_get("session")?,
            customer: row.try_get("customer")?,
            subscription: row.try_get("subscription")?,
            kind: row.try_get("kind")?,
            status: row.try_get("status")?,
            attempts: row.try_get("attempts")?,
            why: row.try_get("last_error")?,
            agreed_at: row.try_get("created_at")?,
            settled_at: row.try_get("settled_at")?,
            change: instruction.change,
        })
    }
}
