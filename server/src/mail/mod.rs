//! Mails to customers: written in the transaction of what they tell about, delivered through the configured mail server.

mod message;
mod smtp;

use std::sync::Arc;

use jiff::Timestamp;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use crate::clock;
use crate::config::Config;
use crate::outbox::{self, Carrier, Table, Undelivered};
use crate::store::{Error, Tx};

pub use message::Letter;
pub use smtp::{Smtp, SmtpError};

/// A mail that is about to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMail {
    /// The slug of the brand in whose name it is.
    pub brand: String,
    /// The recipient's address.
    pub to: String,
    /// The subject: one line.
    pub subject: String,
    /// The text.
    pub text: String,
}

/// Writes a mail. Belongs in the transaction of what it tells about; it is sent soon after that.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, mail: &NewMail, now: Timestamp) -> Result<(), Error> {
    insert_about(tx, mail, None, now).await
}

/// Writes a mail about the receipt of this reference.
///
/// # Errors
/// When the database fails.
pub(crate) async fn insert_about(
    tx: &mut Tx,
    mail: &NewMail,
    receipt: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO mails (id, brand, receipt, recipient, subject, text, status, attempts, next_attempt_at, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, 'pending', 0, $7, $7)",
    )
    .bind(Uuid::new_v4().to_string())
    .bind(&mail.brand)
    .bind(receipt)
    .bind(&mail.to)
    .bind(&mail.subject)
    .bind(&mail.text)
    .bind(clock::text(now))
    .execute(tx)
    .await?;
    Ok(())
}

/// Brings mails to the mail server.
#[derive(Debug)]
pub struct Post {
    smtp: Option<Arc<Smtp>>,
    config: Arc<Config>,
}

impl Post {
    /// The post of a configuration. Without a mail server, mails wait for one.
    #[must_use]
    pub fn new(smtp: Option<Arc<Smtp>>, config: Arc<Config>) -> Self {
        Self { smtp, config }
    }
}

impl Carrier for Post {
    const TABLE: Table = outbox::table!("mails");

    async fn deliver(&self, row: &SqliteRow) -> Result<(), Undelivered> {
        let Some(smtp) = &self.smtp else {
            return Err(Undelivered::yet("there is no mail server: add [server.smtp] to farewell.toml"));
        };
        let text = |column: &str| {
            row.try_get::<String, _>(column).map_err(|error| Undelivered::yet(error.to_string()))
        };
        let slug = text("brand")?;
        let brand = self.config.brand(&slug);
        let letter = Letter {
            id: text("id")?,
            brand: brand.map_or(slug, |brand| brand.name.clone()),
            support_email: brand.and_then(|brand| brand.support_email.clone()),
            to: text("recipient")?,
            subject: text("subject")?,
            text: text("text")?,
            written_at: clock::parse(&text("created_at")?).unwrap_or(Timestamp::UNIX_EPOCH),
        };
        smtp.send(&letter).await
    }
}
