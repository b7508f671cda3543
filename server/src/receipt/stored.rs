use flow::{Effect, State};
use sqlx::Row as _;

use super::{Body, Kind};
use crate::store::{Error, Store};

/// A receipt as the database holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// What it says.
    pub body: Body,
    /// The same, signed: a compact JWS.
    pub jws: String,
}

/// What has become of what a receipt is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is being carried out.
    Pending,
    /// It is carried out.
    Applied,
    /// Billing could not do it.
    Refused,
    /// A cancellation that the customer took back later.
    TakenBack,
}

impl Issued {
    /// Every receipt of a session, oldest first.
    ///
    /// # Errors
    /// The database cannot be read, or holds something unexpected.
    pub async fn of_session(store: &Store, session: &str) -> Result<Vec<Self>, Error> {
        let rows = sqlx::query(
            "SELECT reference, body, jws FROM receipts WHERE session = $1 ORDER BY issued_at, run, reference",
        )
        .bind(session)
        .fetch_all(store.read())
        .await?;
        let read = |row: &sqlx::sqlite::SqliteRow| {
            let body: String = row.try_get("body")?;
            let body = serde_json::from_str(&body).map_err(|error| {
                let reference: String = row.try_get("reference").unwrap_or_default();
                Error::Malformed(format!("the receipt {reference}: {error}"))
            })?;
            Ok(Self { body, jws: row.try_get("jws")? })
        };
        rows.iter().map(read).collect()
    }

    /// The receipt of a run, or, where none is named, the one the customer was last shown.
    #[must_use]
    pub fn chosen<'a>(issued: &'a [Self], state: &State, run: Option<u32>) -> Option<&'a Self> {
        let mut of_run = issued.iter().rev().filter(|one| run.is_none_or(|run| run == one.body.run));
        // Billing may have refused what a receipt is of. Then another one, or none, is the session's.
        let stands = |one: &&Self| effect(state, &one.body.reference).is_some();
        of_run.clone().find(stands).or_else(|| of_run.next())
    }

    /// What has become of it.
    #[must_use]
    pub fn standing(&self, all: &[Self], state: &State) -> Standing {
        let taken_back = |one: &Self| {
            one.body.kind == Kind::Undo
                && one.body.takes_back.as_deref() == Some(&self.body.reference)
                && effect(state, &one.body.reference).is_some_and(|effect| effect != Effect::Pending)
        };
        match effect(state, &self.body.reference) {
            None => Standing::Refused,
            Some(_) if all.iter().any(taken_back) => Standing::TakenBack,
            Some(Effect::Applied) => Standing::Applied,
            Some(Effect::Pending | Effect::Requested) => Standing::Pending,
        }
    }
}

/// What became in billing of the run with this receipt. None where no run has it any more.
fn effect(state: &State, reference: &str) -> Option<Effect> {
    let mut runs = state.runs.iter();
    runs.find(|run| run.receipt.as_ref().is_some_and(|receipt| receipt.reference == reference))?.effect
}
