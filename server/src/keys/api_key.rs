use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use sqlx::Row;
use uuid::Uuid;

use crate::clock::Clock;
use crate::secret::random_bytes;
use crate::store::{self, Store};

/// A merchant's private key, as it is handed out: `sk_<slug>_<random>`. It is shown once and stored only as a hash.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl ApiKey {
    /// Makes a new key of a brand.
    ///
    /// # Errors
    /// The system has no randomness to give.
    pub fn generate(brand: &str) -> Result<Self, getrandom::Error> {
        let random = URL_SAFE_NO_PAD.encode(random_bytes::<32>()?);
        Ok(Self(format!("sk_{brand}_{random}")))
    }

    /// The key itself, to be shown to its owner once.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// A stored key, without its secret.
#[derive(Clone, Debug, serde::Serialize)]
pub struct ListedKey {
    /// The row's id.
    pub id: String,
    /// The brand's slug.
    pub brand: String,
    /// The key's last four characters.
    pub hint: String,
    /// When it was made.
    pub created_at: String,
    /// When it stopped being accepted.
    pub revoked_at: Option<String>,
}

/// The API keys in the database.
#[derive(Clone, Debug)]
pub struct ApiKeys {
    store: Store,
    clock: Clock,
}

impl ApiKeys {
    /// The keys of a database.
    #[must_use]
    pub fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock }
    }

    /// Stores a new key's hash.
    ///
    /// # Errors
    /// The database does not take it.
    pub async fn add(&self, brand: &str, key: &ApiKey) -> Result<ListedKey, store::Error> {
        let hint = key.0.get(key.0.len().saturating_sub(4)..).unwrap_or_default().to_owned();
        let listed = ListedKey {
            id: Uuid::new_v4().to_string(),
            brand: brand.into(),
            hint,
            created_at: self.clock.now_text(),
            revoked_at: None,
        };
        let (row, hash) = (listed.clone(), hash(&key.0));
        self.store
            .write(async move |tx| {
                sqlx::query(
                    "INSERT INTO api_keys (id, brand, hash, hint, created_at) VALUES ($1, $2, $3, $4, $5)",
                )
                .bind(row.id)
                .bind(row.brand)
                .bind(hash)
                .bind(row.hint)
                .bind(row.created_at)
                .execute(&mut *tx)
                .await?;
                Ok::<_, store::Error>(())
            })
            .await?;
        Ok(listed)
    }

    /// The slug of the brand a key belongs to; None when it is unknown or revoked.
    ///
    /// Only hashes are compared, so the time it takes tells nothing about a key.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn brand_of(&self, key: &str) -> Result<Option<String>, store::Error> {
        if !key.starts_with("sk_") {
            return Ok(None);
        }
        let brand = sqlx::query_scalar("SELECT brand FROM api_keys WHERE hash = $1 AND revoked_at IS NULL")
            .bind(hash(key))
            .fetch_optional(self.store.read())
            .await?;
        Ok(brand)
    }

    /// Every key, oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn list(&self) -> Result<Vec<ListedKey>, store::Error> {
        let rows = sqlx::query(
            "SELECT id, brand, hint, created_at, revoked_at FROM api_keys ORDER BY created_at, id",
        )
        .fetch_all(self.store.read())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(ListedKey {
                    id: row.try_get("id")?,
                    brand: row.try_get("brand")?,
                    hint: row.try_get("hint")?,
                    created_at: row.try_get("created_at")?,
                    revoked_at: row.try_get("revoked_at")?,
                })
            })
            .collect()
    }

    /// Stops accepting a key. False when there is no such key, or it was revoked before.
    ///
    /// # Errors
    /// The database does not take it.
    pub async fn revoke(&self, id: &str) -> Result<bool, store::Error> {
        let (id, now) = (id.to_owned(), self.clock.now_text());
        self.store
            .write(async move |tx| {
                let done =
                    sqlx::query("UPDATE api_keys SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL")
                        .bind(now)
                        .bind(id)
                        .execute(&mut *tx)
                        .await?;
                Ok(done.rows_affected() == 1)
            })
            .await
    }
}

fn hash(key: &str) -> Vec<u8> {
    Sha256::digest(key.as_bytes()).to_vec()
}
