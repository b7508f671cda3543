use jiff::Timestamp;

use crate::clock;
use crate::session::Environment;
use crate::store::{Error, Store};

/// The offers a customer has taken before, in other sessions.
#[derive(Clone, Debug, Default)]
pub struct History(Vec<Taken>);

/// An offer that was taken.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The offer's id.
    pub offer: String,
    /// When.
    pub at: Timestamp,
}

impl History {
    /// What a brand's customer has taken, except in one session.
    ///
    /// # Errors
    /// The database cannot be read, or holds something unexpected.
    pub async fn of(
        store: &Store,
        brand: &str,
        environment: Environment,
        customer: &str,
        except: &str,
    ) -> Result<Self, Error> {
        let rows: Vec<(String, String)> = sqlx::query_as(
            "SELECT offer, answered_at FROM offers_made WHERE brand = $1 AND environment = $2 AND customer = $3 \
             AND session <> $4 AND response = 'accepted' AND answered_at IS NOT NULL",
        )
        .bind(brand)
        .bind(environment.name())
        .bind(customer)
        .bind(except)
        .fetch_all(store.read())
        .await?;
        let taken = rows.into_iter().map(|(offer, at)| {
            let at = clock::parse(&at).map_err(|error| Error::Malformed(format!("offers_made: {error}")))?;
            Ok(Taken { offer, at })
        });
        taken.collect::<Result<_, Error>>().map(Self)
    }

    /// When an offer was taken last.
    #[must_use]
    pub fn last(&self, offer: &str) -> Option<Timestamp> {
        self.0.iter().filter(|taken| taken.offer == offer).map(|taken| taken.at).max()
    }
}
