//! What a merchant tells of what it was asked to do and has not answered yet.

use flow::Settlement;
use jiff::Timestamp;

use super::settle;
use crate::session::Environment;
use crate::store::{Error, Store};

/// Settles what waits for the merchant's word on a customer who wanted to leave, by how that ended: the customer is gone, or stays.
/// `event` is the `eventId` of the run's result. What does not wait is left as it is.
///
/// Only for billing that is the merchant's own: of any other, nobody else knows what it did.
///
/// # Errors
/// The database does not take it; then nothing is settled.
pub async fn told(
    store: &Store,
    brand: &str,
    environment: Environment,
    event: &str,
    gone: bool,
    now: Timestamp,
) -> Result<(), Error> {
    let (brand, event) = (brand.to_owned(), event.to_owned());
    store
        .write(async move |tx| {
            let waiting: Vec<(String, String)> = sqlx::query_as(
                "SELECT i.id, i.kind FROM intents AS i JOIN cancellations AS c ON c.session = i.session AND i.run >= c.run \
                 WHERE c.brand = $1 AND c.environment = $2 AND c.event_id = $3 AND i.status = 'pending' \
                 ORDER BY i.run, i.created_at, i.id",
            )
            .bind(&brand)
            .bind(environment.name())
            .bind(&event)
            .fetch_all(&mut *tx)
            .await?;
            let last = waiting.len().saturating_sub(1);
            for (place, (id, kind)) in waiting.iter().enumerate() {
                // What came before the last was done, or the last could not be.
                let done = place < last || (kind == "cancel") == gone;
                let settlement = if done { Settlement::Applied } else { Settlement::Refused };
                let reason = (!done).then(|| "the merchant says that it ended otherwise".to_owned());
                settle::write(tx, id, settlement, reason, now).await?;
            }
            Ok(())
        })
        .await
}
