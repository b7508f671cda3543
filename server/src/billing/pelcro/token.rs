//! Customers' own tokens, and what was asked for with them.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::clock::{self, Clock};
use crate::seal::{Kind, Sealer};
use crate::secret::SecretText;
use crate::session::Environment;
use crate::store::{Error, Store};

/// What a brand keeps of its customers to ask Pelcro: the newest token of each, sealed, and which changes were made.
#[derive(Clone, Debug)]
pub struct Tokens {
    store: Store,
    sealer: Arc<Sealer>,
    pub(super) clock: Clock,
    brand: String,
    environment: Environment,
}

/// What is known of a change from before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// It was never sent.
    Never,
    /// It was sent, and no answer said what became of it.
    Unanswered {
        /// How long ago that was.
        since: SignedDuration,
        /// Whether nothing of what it asks for was there before: what is there now is its work.
        is_new: bool,
    },
    /// Pelcro has answered with a customer who has it.
    Done,
}

impl Tokens {
    /// Those of a brand's customers, in one environment.
    #[must_use]
    pub fn new(
        store: &Store,
        sealer: &Arc<Sealer>,
        clock: &Clock,
        brand: &str,
        environment: Environment,
    ) -> Self {
        let (store, sealer, clock) = (store.clone(), sealer.clone(), clock.clone());
        Self { store, sealer, clock, brand: brand.into(), environment }
    }

    /// The newest token of a customer. None where there is none, or none that can still be opened.
    pub(super) async fn of(&self, customer: &str) -> Result<Option<SecretText>, Error> {
        let sealed: Option<String> = sqlx::query_scalar(
            "SELECT token FROM pelcro_tokens WHERE brand = $1 AND environment = $2 AND customer = $3",
        )
        .bind(&self.brand)
        .bind(self.environment.name())
        .bind(customer)
        .fetch_optional(self.store.read())
        .await?;
        // Sealed with a key that was rotated out since.
        let opened = sealed.and_then(|sealed| self.sealer.open(Kind::CustomerToken, &sealed).ok());
        Ok(opened.and_then(|bytes| String::from_utf8(bytes).ok()).map(SecretText::new))
    }

    /// Whether a number at Pelcro whose token is kept may also be what the merchant calls somebody else: it calls another so, or this
    /// one by another number.
    pub(super) async fn may_be_two(&self, id: &str) -> Result<bool, Error> {
        let known: Vec<(String, Option<String>)> = sqlx::query_as(
            "SELECT customer, user_id FROM pelcro_tokens WHERE brand = $1 AND environment = $2 AND (customer = $3 OR user_id = $3)",
        )
        .bind(&self.brand)
        .bind(self.environment.name())
        .bind(id)
        .fetch_all(self.store.read())
        .await?;
        let Some((_, own)) = known.iter().find(|(customer, _)| customer == id) else { return Ok(false) };
        let is_number = |name: &String| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
        Ok(known.len() > 1 || own.as_ref().is_some_and(|own| own != id && is_number(own)))
    }

    /// Keeps a customer's token, in the place of the one before, and what the merchant calls them.
    pub(super) async fn keep(
        &self,
        customer: &str,
        user_id: Option<&str>,
        token: &SecretText,
    ) -> Result<(), Error> {
        let sealed = self.sealer.seal(Kind::CustomerToken, token.expose().as_bytes());
        let sealed =
            sealed.map_err(|error| Error::Malformed(format!("a token cannot be sealed: {error}")))?;
        let (brand, environment) = (self.brand.clone(), self.environment.name());
        let (customer, user_id) = (customer.to_owned(), user_id.map(str::to_owned));
        let now = self.clock.now_text();
        let written = self.store.write(async move |tx| {
            sqlx::query(
                "INSERT INTO pelcro_tokens (brand, environment, customer, token, updated_at, user_id) VALUES ($1, $2, $3, $4, $5, $6) \
                 ON CONFLICT (brand, environment, customer) DO UPDATE SET token = excluded.token, \
                 updated_at = excluded.updated_at, user_id = excluded.user_id",
            )
            .bind(brand)
            .bind(environment)
            .bind(customer)
            .bind(sealed)
            .bind(now)
            .bind(user_id)
            .execute(tx)
            .await?;
            Ok::<_, Error>(())
        });
        written.await
    }

    /// Whether a change was sent.
    pub(super) async fn sent(&self, key: &str) -> Result<Sent, Error> {
        let found: Option<(String, Option<String>, bool)> =
            sqlx::query_as("SELECT sent_at, done_at, is_new FROM pelcro_changes WHERE key = $1")
                .bind(key)
                .fetch_optional(self.store.read())
                .await?;
        Ok(match found {
            None => Sent::Never,
            Some((_, Some(_), _)) => Sent::Done,
            Some((at, None, is_new)) => {
                let at = clock::parse(&at)
                    .map_err(|error| Error::Malformed(format!("pelcro_changes: {error}")))?;
                Sent::Unanswered { since: self.clock.now().duration_since(at), is_new }
            }
        })
    }

    /// Notes that a change is about to be sent, and, the first time, whether nothing of what it asks for is there.
    pub(super) async fn sending(&self, key: &str, customer: &str, is_new: bool) -> Result<(), Error> {
        self.note(key, customer, is_new, None).await
    }

    /// Notes that it is there.
    pub(super) async fn done(&self, key: &str, customer: &str) -> Result<(), Error> {
        self.note(key, customer, false, Some(self.clock.now())).await
    }

    async fn note(
        &self,
        key: &str,
        customer: &str,
        is_new: bool,
        done: Option<Timestamp>,
    ) -> Result<(), Error> {
        let (brand, environment) = (self.brand.clone(), self.environment.name());
        let (key, customer, done) = (key.to_owned(), customer.to_owned(), done.map(clock::text));
        let now = self.clock.now_text();
        let written = self.store.write(async move |tx| {
            sqlx::query(
                "INSERT INTO pelcro_changes (key, brand, environment, customer, is_new, sent_at, done_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (key) DO UPDATE SET \
                 sent_at = CASE WHEN excluded.done_at IS NULL THEN excluded.sent_at ELSE pelcro_changes.sent_at END, \
                 done_at = COALESCE(pelcro_changes.done_at, excluded.done_at)",
            )
            .bind(key)
            .bind(brand)
            .bind(environment)
            .bind(customer)
            .bind(is_new)
            .bind(now)
            .bind(done)
            .execute(tx)
            .await?;
            Ok::<_, Error>(())
        });
        written.await
    }
}
