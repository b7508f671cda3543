use serde::Serialize;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use utoipa::ToSchema;

use crate::store::Error;

/// An event on its way to an endpoint, or arrived there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its own id: what is replayed.
    pub id: String,
    /// The event's id, which the endpoint gets as `webhook-id`.
    pub event: String,
    /// What is told.
    pub kind: String,
    /// The brand's slug.
    pub brand: String,
    /// `prod` or `sandbox`.
    pub environment: String,
    /// The id of the session or the cancellation.
    pub subject: String,
    /// The endpoint.
    pub url: String,
    /// Where it is.
    pub status: Status,
    /// How often it was tried since it was last put in line.
    pub attempts: i64,
    /// What went wrong last: the status that was answered, or why there was no answer.
    pub last_error: Option<String>,
    /// When the event happened.
    pub told_at: String,
    /// When it is tried next, as far as nothing earlier of its subject waits. None: it is not tried again.
    pub next_attempt_at: Option<String>,
    /// When the endpoint took it.
    pub sent_at: Option<String>,
}

/// Where a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DeliveryStatus)]
pub enum Status {
    /// It is tried until it arrives.
    Pending,
    /// The endpoint has taken it.
    Sent,
    /// It was given up.
    Failed,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Sent, Self::Failed];

    /// The name it has in APIs and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }

    /// The status of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

impl Delivery {
    /// What to select for [`read`](Self::read).
    pub(super) const SELECT: &str =
        "SELECT w.*, e.kind FROM webhooks AS w JOIN webhook_events AS e ON e.id = w.event";

    pub(super) fn read(row: &SqliteRow) -> Result<Self, Error> {
        let status: &str = row.try_get("status")?;
        let status = Status::named(status)
            .ok_or_else(|| Error::Malformed(format!("a webhook of the status {status}")))?;
        let next_attempt_at: String = row.try_get("next_attempt_at")?;
        Ok(Self {
            id: row.try_get("id")?,
            event: row.try_get("event")?,
            kind: row.try_get("kind")?,
            brand: row.try_get("brand")?,
            environment: row.try_get("environment")?,
            subject: row.try_get("subject")?,
            url: row.try_get("url")?,
            status,
            attempts: row.try_get("attempts")?,
            last_error: row.try_get("last_error")?,
            told_at: row.try_get("told_at")?,
            next_attempt_at: (status == Status::Pending).then_some(next_attempt_at),
            sent_at: row.try_get("sent_at")?,
        })
    }
}
