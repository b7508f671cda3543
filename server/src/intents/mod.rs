//! What billing is to do, and that it gets done exactly once.
//!
//! An intent is written in the transaction that records the customer's press, with [`insert`]. From then on it is the
//! [`Executor`]'s: it carries the intent out, reads it back and settles the session, through kills and outages. The intent's id is
//! the idempotency key in billing, so carrying one out again changes nothing. A change of the [hub](crate::hub) is carried out the
//! same way; nothing is done for a customer while something else is.

mod answer;
mod busy;
mod executor;
mod hasten;
mod queue;
mod settle;
mod told;

use jiff::Timestamp;

use crate::{
    billing::Instruction,
    clock,
    store::{Error, Tx},
};

pub use executor::{Executor, Progress};
pub use hasten::{Concerned, hasten};
pub use told::told;

/// An intent that is about to be written.
#[derive(Clone, Debug)]
pub struct NewIntent {
    /// The idempotency key: unique, and never used again.
    pub id: String,
    /// The session's id.
    pub session: String,
    /// The run whose outcome asks for it. The outcome's effect is pending.
    pub run: u32,
    /// What billing is to do.
    pub instruction: Instruction,
    /// When it is written. It is due from then on.
    pub created_at: Timestamp,
}

/// Writes an intent. Belongs in the transaction that writes the session's state and the run's outcome.
///
/// # Errors
/// When the id is taken, the session does not exist, or the database fails.
pub async fn insert(tx: &mut Tx, intent: &NewIntent) -> Result<(), Error> {
    let payload = serde_json::to_string(&intent.instruction).map_err(|e| Error::Malformed(e.to_string()))?;
    sqlx::query(
        "INSERT INTO intents (id, session, run, kind, payload, status, attempts, next_attempt_at, created_at) \
         VALUES ($1, $2, $3, $4, $5, 'pending', 0, $6, $6)",
    )
    .bind(&intent.id)
    .bind(&intent.session)
    .bind(intent.run)
    .bind(intent.instruction.change.kind())
    .bind(payload)
    .bind(clock::text(intent.created_at))
    .execute(tx)
    .await?;
    Ok(())
}
