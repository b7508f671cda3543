//! Bringing in every customer at Stripe, so that each is found by the address in whatever letters, also before Stripe has told of them.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::api::{Failure, Form};
use super::object::{Customer, List};
use super::{Customers, Stripe};
use crate::clock;
use crate::store::{Error, Tx};

/// How often a page is asked for again. The wait before doubles from one second.
const TRIES: u32 = 4;

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// How many customers were taken over, also before it was interrupted.
    pub customers: u64,
    /// How many were left out, since they were erased here.
    pub erased: u64,
    /// How many were forgotten, since Stripe has them no more.
    pub gone: u64,
    /// Whether it went on where another had ended.
    pub resumed: bool,
}

/// Why it has ended before its end. The next goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Stripe does not say.
    #[error("Stripe's customers cannot be read: {0}. Run it again: it goes on from where it was.")]
    Stripe(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] Error),
}

/// How far an import is: when it was begun, the last customer it took over, and how many they were.
type Begun = (String, String, i64);

impl Stripe {
    /// Takes every customer over, newest first, a page at a time; `told` is told how many they are so far. What was interrupted goes on
    /// where it was. The same again changes nothing.
    ///
    /// # Errors
    /// [`ImportError`] says why it is not finished.
    pub async fn import(&self, told: impl Fn(u64)) -> Result<Imported, ImportError> {
        let Some(customers) = &self.customers else { return Ok(Imported::default()) };
        let begun = customers.begun().await?;
        let mut done = Imported { resumed: begun.is_some(), ..Imported::default() };
        let (started, mut after) = match begun {
            Some((started, after, customers)) => {
                done.customers = u64::try_from(customers).unwrap_or_default();
                (started, Some(after))
            }
            None => (self.clock.now_text(), None),
        };
        loop {
            let page = match self.page(after.as_deref(), None).await {
                // The customer it had come to is deleted by now: it begins anew, which costs time and nothing else.
                Err(Failure::Missing(_) | Failure::Refused { .. }) if after.is_some() && done.resumed => {
                    (after, done.customers) = (None, 0);
                    continue;
                }
                page => page.map_err(|failure| ImportError::Stripe(failure.to_string()))?,
            };
            let more = page.has_more;
            let last = page.data.last().map(|last| last.id.clone());
            self.take(customers, page.data, &started, &mut done, true).await?;
            told(done.customers);
            match last.filter(|_| more) {
                Some(last) => after = Some(last),
                None => break,
            }
        }
        if done.resumed {
            self.newer(customers, &started, &mut done).await?;
        }
        done.gone = customers.finish(started).await?;
        Ok(done)
    }

    /// Those who have come since an interrupted import began: they stand before the place where it went on.
    async fn newer(
        &self,
        customers: &Customers,
        started: &str,
        done: &mut Imported,
    ) -> Result<(), ImportError> {
        let since = clock::parse(started).map(Timestamp::as_second).unwrap_or_default();
        let mut after: Option<String> = None;
        loop {
            let page = self.page(after.as_deref(), Some(since)).await;
            let page = page.map_err(|failure| ImportError::Stripe(failure.to_string()))?;
            let (more, last) = (page.has_more, page.data.last().map(|last| last.id.clone()));
            self.take(customers, page.data, started, done, false).await?;
            match last.filter(|_| more) {
                Some(last) => after = Some(last),
                None => return Ok(()),
            }
        }
    }

    async fn page(&self, after: Option<&str>, since: Option<i64>) -> Result<List<Customer>, Failure> {
        let mut query: Form = vec![("limit".into(), "100".into())];
        query.extend(after.map(|id| ("starting_after".into(), id.to_owned())));
        query.extend(since.map(|since| ("created[gte]".into(), since.to_string())));
        let mut wait = Duration::from_secs(1);
        for _ in 1..TRIES {
            match self.api.get("v1/customers", &query).await {
                Err(Failure::Unknown(_)) => tokio::time::sleep(wait).await,
                answered => return answered,
            }
            wait *= 2;
        }
        self.api.get("v1/customers", &query).await
    }

    /// Keeps a page, and how far it is, in one transaction.
    async fn take(
        &self,
        customers: &Customers,
        page: Vec<Customer>,
        started: &str,
        done: &mut Imported,
        moves_on: bool,
    ) -> Result<(), Error> {
        let (kept, now, started, before) =
            (customers.clone(), self.clock.now(), started.to_owned(), done.customers);
        let work = async move |tx: &mut Tx| {
            let (mut taken, mut erased) = (0, 0);
            for customer in page.iter().filter(|customer| !customer.deleted) {
                match kept.keep(tx, customer, now).await? {
                    true => taken += 1,
                    false => erased += 1,
                }
            }
            if let Some(last) = page.last().filter(|_| moves_on) {
                kept.move_on(tx, &started, &last.id, before + taken).await?;
            }
            Ok::<_, Error>((taken, erased))
        };
        let (taken, erased) = customers.store.write(work).await?;
        done.customers += taken;
        done.erased += erased;
        Ok(())
    }
}

impl Customers {
    async fn begun(&self) -> Result<Option<Begun>, Error> {
        Ok(sqlx::query_as(
            "SELECT started_at, after, customers FROM stripe_imports WHERE brand = $1 AND environment = $2",
        )
        .bind(&self.brand)
        .bind(self.environment.name())
        .fetch_optional(self.store.read())
        .await?)
    }

    async fn move_on(&self, tx: &mut Tx, started: &str, after: &str, customers: u64) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO stripe_imports (brand, environment, started_at, after, customers) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (brand, environment) DO UPDATE SET started_at = $3, after = $4, customers = $5",
        )
        .bind(&self.brand)
        .bind(self.environment.name())
        .bind(started)
        .bind(after)
        .bind(i64::try_from(customers).unwrap_or(i64::MAX))
        .execute(tx)
        .await?;
        Ok(())
    }

    /// Forgets whom Stripe has not told of since then, and that an import was begun. Gives how many are forgotten.
    async fn finish(&self, started: String) -> Result<u64, Error> {
        let this = self.clone();
        let work = async move |tx: &mut Tx| {
            let gone = sqlx::query(
                "DELETE FROM stripe_customers WHERE brand = $1 AND environment = $2 AND updated_at < $3",
            )
            .bind(&this.brand)
            .bind(this.environment.name())
            .bind(&started)
            .execute(&mut *tx)
            .await?;
            sqlx::query("DELETE FROM stripe_imports WHERE brand = $1 AND environment = $2")
                .bind(&this.brand)
                .bind(this.environment.name())
                .execute(tx)
                .await?;
            Ok(gone.rows_affected())
        };
        self.store.write(work).await
    }
}
