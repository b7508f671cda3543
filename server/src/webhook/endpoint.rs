use url::Url;

use super::Kind;
use crate::config::Config;
use crate::session::Environment;
use crate::store::{Error, Store};

/// An address of a merchant's backend that is told what happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Where it is posted. A brand has an address once for each environment.
    pub url: Url,
    /// What is told: what counts, or what somebody tries out. Never both.
    pub environment: Environment,
    /// The kinds of events it takes. Never empty.
    pub events: Vec<Kind>,
}

/// Makes the endpoints of the configuration those that events are written for. Called when the server starts.
///
/// What waits for an endpoint that is no longer there is given up, to be replayed if it comes back. Gives how much.
///
/// # Errors
/// When the database fails; then everything is as before.
pub async fn subscribe(store: &Store, config: &Config) -> Result<u64, Error> {
    let mut rows = Vec::new();
    for brand in config.all_brands() {
        for Endpoint { url, environment, events } in &brand.webhooks {
            rows.extend(events.iter().map(|kind| (brand.slug.clone(), *environment, url.to_string(), *kind)));
        }
    }
    store
        .write(async move |tx| {
            sqlx::query("DELETE FROM webhook_subscriptions").execute(&mut *tx).await?;
            for (brand, environment, url, kind) in rows {
                sqlx::query(
                    "INSERT INTO webhook_subscriptions (brand, environment, url, kind) VALUES ($1, $2, $3, $4)",
                )
                .bind(brand)
                .bind(environment.name())
                .bind(url)
                .bind(kind.name())
                .execute(&mut *tx)
                .await?;
            }
            let given_up = sqlx::query(
                "UPDATE webhooks SET status = 'failed', last_error = 'the endpoint is no longer in farewell.toml' \
                 WHERE status = 'pending' AND NOT EXISTS (SELECT 1 FROM webhook_subscriptions AS s \
                 WHERE s.brand = webhooks.brand AND s.environment = webhooks.environment AND s.url = webhooks.url)",
            )
            .execute(&mut *tx)
            .await?;
            Ok::<_, Error>(given_up.rows_affected())
        })
        .await
}
