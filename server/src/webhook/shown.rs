use serde::Serialize;
use utoipa::ToSchema;

use super::delivery::{Delivery, Status};
use crate::session::Environment;

/// A delivery, as APIs show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ShownDelivery {
    /// How often it was tried since it was last put in line.
    pub attempts: i64,
    /// The brand's slug.
    pub brand: String,
    /// Whether what it tells counts.
    #[schema(value_type = Environment)]
    pub environment: String,
    /// The event's id, which the endpoint gets as `webhook-id`.
    pub event: String,
    /// Its own id: what is replayed.
    pub id: String,
    /// What went wrong last: the status that was answered, or why there was no answer.
    pub last_error: Option<String>,
    /// When it is tried next, as far as nothing earlier of its subject waits. Null: it is not tried again.
    #[schema(format = DateTime)]
    pub next_attempt_at: Option<String>,
    /// When the endpoint took it.
    #[schema(format = DateTime)]
    pub sent_at: Option<String>,
    /// Where it is.
    pub status: Status,
    /// The id of the session or the cancellation.
    pub subject: String,
    /// When the event happened.
    #[schema(format = DateTime)]
    pub told_at: String,
    /// What is told.
    #[serde(rename = "type")]
    pub kind: String,
    /// The endpoint.
    pub url: String,
}

impl From<Delivery> for ShownDelivery {
    fn from(delivery: Delivery) -> Self {
        Self {
            attempts: delivery.attempts,
            brand: delivery.brand,
            environment: delivery.environment,
            event: delivery.event,
            id: delivery.id,
            last_error: delivery.last_error,
            next_attempt_at: delivery.next_attempt_at,
            sent_at: delivery.sent_at,
            status: delivery.status,
            subject: delivery.subject,
            told_at: delivery.told_at,
            kind: delivery.kind,
            url: delivery.url,
        }
    }
}
