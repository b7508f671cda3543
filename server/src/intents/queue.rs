//! Where it is written down what billing is to do.

use flow::Settlement;
use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row as _};

use super::settle;
use crate::billing::Authentication;
use crate::hub;
use crate::session::Environment;
use crate::store::{Error, Store, Tx};

/// Who has written it down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Queue {
    /// The retention flow: an intent, whose session waits for it.
    Flow,
    /// The hub: a change.
    Hub,
}

/// Something billing is to do: whose it is, and what it is called.
#[derive(Clone, Debug)]
pub(super) struct Errand {
    pub(super) queue: Queue,
    pub(super) id: String,
    /// Brand, environment and customer: nothing is done for a customer while something else is.
    pub(super) customer: String,
}

/// An errand as it is stored.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) id: String,
    pub(super) brand: String,
    pub(super) environment: Environment,
    pub(super) hands_over: bool,
    pub(super) payload: String,
    pub(super) attempts: i64,
    pub(super) next_attempt_at: String,
}

struct Statements {
    /// Id and customer of what is due at `$1`, and waits for nothing else; the longest due first.
    due: &'static str,
    /// The customer of errand `$1`.
    customer: &'static str,
    /// Status and last error of errand `$1`.
    status: &'static str,
    /// What is to be done next, for errand `$1` to be done.
    next: &'static str,
    /// Counts an attempt at errand `$3` that brought no answer: the next is at `$1`, and `$2` says why.
    postpone: &'static str,
}

const FLOW: Statements = Statements {
    due: "SELECT due.id, s.brand || ' ' || s.environment || ' ' || s.customer FROM intents AS due \
         JOIN sessions AS s ON s.id = due.session WHERE due.status = 'pending' AND due.next_attempt_at <= $1 AND NOT EXISTS \
         (SELECT 1 FROM intents AS i WHERE i.session = due.session AND i.status = 'pending' AND i.next_attempt_at > $1) \
         ORDER BY due.next_attempt_at, due.id LIMIT 64",
    customer: "SELECT s.brand || ' ' || s.environment || ' ' || s.customer FROM intents AS i \
         JOIN sessions AS s ON s.id = i.session WHERE i.id = $1",
    status: "SELECT status, last_error FROM intents WHERE id = $1",
    next: "SELECT i.id, s.brand, s.environment, s.hands_over, i.payload, i.attempts, i.next_attempt_at \
         FROM intents AS i JOIN sessions AS s ON s.id = i.session \
         WHERE i.status = 'pending' AND i.session = (SELECT session FROM intents WHERE id = $1) \
         ORDER BY i.run, i.created_at, i.id LIMIT 1",
    postpone: "UPDATE intents SET attempts = attempts + 1, next_attempt_at = $1, last_error = $2 \
         WHERE id = $3 AND status = 'pending'",
};

const HUB: Statements = Statements {
    due: "SELECT id, brand || ' ' || environment || ' ' || customer FROM hub_changes \
         WHERE status = 'pending' AND next_attempt_at <= $1 ORDER BY next_attempt_at, id LIMIT 64",
    customer: "SELECT brand || ' ' || environment || ' ' || customer FROM hub_changes WHERE id = $1",
    status: "SELECT status, last_error FROM hub_changes WHERE id = $1",
    next: "SELECT id, brand, environment, 0 AS hands_over, payload, attempts, next_attempt_at FROM hub_changes \
         WHERE status = 'pending' AND id = $1",
    postpone: "UPDATE hub_changes SET attempts = attempts + 1, next_attempt_at = $1, last_error = $2 \
         WHERE id = $3 AND status = 'pending'",
};

impl Queue {
    /// All of them.
    pub(super) const ALL: [Self; 2] = [Self::Flow, Self::Hub];

    fn statements(self) -> &'static Statements {
        match self {
            Self::Flow => &FLOW,
            Self::Hub => &HUB,
        }
    }

    /// What is due.
    pub(super) async fn due(self, store: &Store, now: &str) -> Result<Vec<Errand>, Error> {
        let rows: Vec<(String, String)> =
            sqlx::query_as(self.statements().due).bind(now).fetch_all(store.read()).await?;
        Ok(rows.into_iter().map(|(id, customer)| Errand { queue: self, id, customer }).collect())
    }

    /// The errand of this id, if there is one.
    pub(super) async fn find(self, store: &Store, id: &str) -> Result<Option<Errand>, Error> {
        let customer: Option<String> =
            sqlx::query_scalar(self.statements().customer).bind(id).fetch_optional(store.read()).await?;
        Ok(customer.map(|customer| Errand { queue: self, id: id.into(), customer }))
    }

    /// How an errand was settled, and why. None while it is pending.
    pub(super) async fn settled(
        self,
        store: &Store,
        id: &str,
    ) -> Result<Option<(Settlement, Option<String>)>, Error> {
        let (status, why): (String, Option<String>) =
            sqlx::query_as(self.statements().status).bind(id).fetch_one(store.read()).await?;
        Ok(settle::read(&status).map(|settlement| (settlement, why)))
    }

    /// What has to be done next, so that this errand is done: itself, or an earlier one of its session.
    pub(super) async fn next(self, store: &Store, id: &str) -> Result<Option<Stored>, Error> {
        Ok(sqlx::query_as(self.statements().next).bind(id).fetch_optional(store.read()).await?)
    }

    /// Counts an attempt that brought no answer.
    pub(super) async fn postpone(
        self,
        tx: &mut Tx,
        id: &str,
        (why, authentication): (&str, Option<&Authentication>),
        next: &str,
    ) -> Result<(), Error> {
        sqlx::query(self.statements().postpone).bind(next).bind(why).bind(id).execute(&mut *tx).await?;
        match self {
            // What an offer promises charges nobody at once.
            Self::Flow => Ok(()),
            Self::Hub => hub::note_authentication(tx, id, authentication).await,
        }
    }

    /// Writes down what billing made of it. One that is settled already is left as it is.
    pub(super) async fn settle(
        self,
        tx: &mut Tx,
        id: &str,
        settlement: Settlement,
        reason: Option<String>,
        now: Timestamp,
    ) -> Result<(), Error> {
        match self {
            Self::Flow => settle::write(tx, id, settlement, reason, now).await,
            Self::Hub => hub::settle(tx, id, settle::status(settlement), reason, now).await,
        }
    }
}

/// The cancellation that was carried out after a change of the hub was agreed to and that the customer has not taken back, to be carried
/// out once more, by a name of its own. None where there is none.
pub(super) async fn cancellation_after(store: &Store, change: &str) -> Result<Option<Stored>, Error> {
    Ok(sqlx::query_as(
        "SELECT i.id || ':again' AS id, s.brand, s.environment, s.hands_over, i.payload, i.attempts, i.next_attempt_at \
         FROM hub_changes AS h JOIN sessions AS s ON s.brand = h.brand AND s.customer = h.customer \
         AND s.environment = h.environment AND s.subscription = h.subscription AND s.hands_over = 0 \
         JOIN intents AS i ON i.session = s.id WHERE h.id = $1 AND i.kind = 'cancel' AND i.status = 'applied' \
         AND i.created_at > h.created_at AND NOT EXISTS (SELECT 1 FROM intents AS u WHERE u.session = i.session \
         AND u.kind = 'undo' AND u.status <> 'refused' AND u.created_at > i.created_at) \
         ORDER BY i.created_at DESC LIMIT 1",
    )
    .bind(change)
    .fetch_optional(store.read())
    .await?)
}

impl FromRow<'_, SqliteRow> for Stored {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            brand: row.try_get("brand")?,
            environment: environment(row)?,
            hands_over: row.try_get("hands_over")?,
            payload: row.try_get("payload")?,
            attempts: row.try_get("attempts")?,
            next_attempt_at: row.try_get("next_attempt_at")?,
        })
    }
}

/// Nothing that cannot be read counts: it would be carried out for real.
fn environment(row: &SqliteRow) -> sqlx::Result<Environment> {
    let name: &str = row.try_get("environment")?;
    Environment::named(name).ok_or_else(|| sqlx::Error::ColumnDecode {
        index: "environment".into(),
        source: format!("\"{name}\" is none").into(),
    })
}
