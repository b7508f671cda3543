use std::sync::Arc;

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::Endpoint;
use crate::outbound::Client;
use crate::outbox::{self, Carrier, Due, Table, Undelivered};

/// What waits for one endpoint: of each subject the earliest event alone, so that nothing overtakes it.
const DUE: &str = "SELECT w.*, e.body FROM webhooks AS w JOIN webhook_events AS e ON e.id = w.event \
     WHERE w.brand = $1 AND w.environment = $2 AND w.url = $3 AND w.status = 'pending' AND w.next_attempt_at <= $4 \
     AND NOT EXISTS (SELECT 1 FROM webhooks AS earlier WHERE earlier.brand = w.brand \
     AND earlier.environment = w.environment AND earlier.url = w.url AND earlier.subject = w.subject \
     AND earlier.status = 'pending' AND earlier.position < w.position) \
     ORDER BY w.next_attempt_at, w.id LIMIT 64";

/// Brings a brand's events to one of its endpoints. Each endpoint has its own, so that a slow one holds up no other.
#[derive(Debug)]
pub struct Courier {
    /// The brand's slug.
    pub brand: String,
    /// Where they go.
    pub endpoint: Endpoint,
    /// Who posts them.
    pub client: Arc<Client>,
}

impl Carrier for Courier {
    const TABLE: Table = Table { due: DUE, ..outbox::table!("webhooks") };

    fn due(&self, now: String) -> Due {
        sqlx::query(DUE)
            .bind(self.brand.clone())
            .bind(self.endpoint.environment.name())
            .bind(self.endpoint.url.to_string())
            .bind(now)
    }

    async fn deliver(&self, row: &SqliteRow) -> Result<(), Undelivered> {
        let text = |column: &str| {
            row.try_get::<String, _>(column).map_err(|error| Undelivered::yet(error.to_string()))
        };
        let (event, body) = (text("event")?, text("body")?);
        let answer = match self.client.post(&self.brand, &self.endpoint.url, &event, &body).await {
            Ok(answer) if answer.is_taken() => return Ok(()),
            Ok(answer) => answer,
            Err(why) => return Err(Undelivered::yet(why)),
        };
        Err(match answer.status {
            410 => Undelivered::ever("it answered 410: it does not want it any more"),
            status @ 300..400 => {
                Undelivered::yet(format!("it answered {status}; redirects are not followed"))
            }
            status => Undelivered {
                asked: answer.retry_after,
                ..Undelivered::yet(format!("it answered {status}, not 2xx"))
            },
        })
    }
}
