//! Mail that is to be sent: written in the transaction of what it tells of, sent afterwards.

use uuid::Uuid;

use crate::clock;
use crate::store::{self, Tx};

/// A mail that is about to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMail {
    /// The slug of the brand that sends it.
    pub brand: String,
    /// The address it goes to.
    pub to: String,
    /// The subject, one line.
    pub subject: String,
    /// The text, plain.
    pub text: String,
}

/// Writes a mail. It is due at once.
///
/// # Errors
/// The database does not take it.
pub async fn insert(tx: &mut Tx, mail: &NewMail, now: jiff::Timestamp) -> Result<(), store::Error> {
    sqlx::query(
        "INSERT INTO mails (id, brand, recipient, subject, text, status, attempts, next_attempt_at, created_at) \
         VALUES ($1, $2, $3, $4, $5, 'pending', 0, $6, $6)",
    )
    .bind(Uuid::new_v4().to_string())
    .bind(&mail.brand)
    .bind(&mail.to)
    .bind(&mail.subject)
    .bind(&mail.text)
    .bind(clock::text(now))
    .execute(tx)
    .await?;
    Ok(())
}
