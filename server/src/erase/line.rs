use jiff::Timestamp;
use sha2::{Digest, Sha256};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use uuid::Uuid;

use super::Erased;
use super::names::Names;
use crate::clock;
use crate::store::{Error, Tx};

/// A line of an erasure, as the database holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    id: String,
    erased_at: String,
    brand: String,
    customer_hash: String,
    /// As JSON.
    user_hashes: String,
    counts: String,
}

impl Line {
    /// Whether it is of the customer whose name has this hash.
    pub(super) fn is_of(&self, hash: &str) -> bool {
        // A hash is never part of another one.
        self.customer_hash == hash || self.user_hashes.contains(hash)
    }

    /// When.
    pub(super) fn erased_at(&self) -> &str {
        &self.erased_at
    }
}

/// What stands for a customer's id in billing.
pub(super) fn hash_of_id(brand: &str, id: &str) -> String {
    hash(&[brand, "\0", id])
}

/// What stands for the merchant's own id of a customer.
pub(super) fn hash_of_user(brand: &str, user: &str) -> String {
    hash(&[brand, "\0\0", user])
}

fn hash(parts: &[&str]) -> String {
    Sha256::digest(parts.concat()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes the line of an erasure of the customer who was named so.
pub(super) async fn write(
    tx: &mut Tx,
    named: &str,
    names: &Names,
    erased: &Erased,
    now: Timestamp,
) -> Result<(), Error> {
    let users: Vec<_> = names.users.iter().map(|user| hash_of_user(&names.brand, user)).collect();
    let line = Line {
        id: Uuid::new_v4().to_string(),
        erased_at: clock::text(now),
        brand: names.brand.clone(),
        customer_hash: hash_of_id(&names.brand, names.id.as_deref().unwrap_or(named)),
        user_hashes: json(&users)?,
        counts: json(&erased.counts)?,
    };
    insert(tx, &line).await
}

fn json(value: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Malformed(error.to_string()))
}

async fn insert(connection: &mut SqliteConnection, line: &Line) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO erasures (id, erased_at, brand, customer_hash, user_hashes, counts) \
         VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(&line.id)
    .bind(&line.erased_at)
    .bind(&line.brand)
    .bind(&line.customer_hash)
    .bind(&line.user_hashes)
    .bind(&line.counts)
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether a customer of this id in billing was erased.
///
/// # Errors
/// The database cannot be read.
pub(crate) async fn was_erased(tx: &mut Tx, brand: &str, id: &str) -> Result<bool, Error> {
    let line: Option<i64> = sqlx::query_scalar("SELECT 1 FROM erasures WHERE customer_hash = $1 LIMIT 1")
        .bind(hash_of_id(brand, id))
        .fetch_optional(tx)
        .await?;
    Ok(line.is_some())
}

/// Every line of a database. None in one of before there were any.
///
/// # Errors
/// The database cannot be read.
pub(crate) async fn read_lines(connection: &mut SqliteConnection) -> Result<Vec<Line>, Error> {
    let there: Option<i64> =
        sqlx::query_scalar("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'erasures'")
            .fetch_optional(&mut *connection)
            .await?;
    if there.is_none() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query("SELECT * FROM erasures").fetch_all(connection).await?;
    let read = |row: &SqliteRow| {
        Ok(Line {
            id: row.try_get("id")?,
            erased_at: row.try_get("erased_at")?,
            brand: row.try_get("brand")?,
            customer_hash: row.try_get("customer_hash")?,
            // The database may be of before there were any.
            user_hashes: match row.try_get("user_hashes") {
                Err(sqlx::Error::ColumnNotFound(_)) => "[]".into(),
                read => read?,
            },
            counts: row.try_get("counts")?,
        })
    };
    rows.iter().map(read).collect()
}

/// Writes lines of another database into this one. Gives how many were not there.
///
/// # Errors
/// The database does not take them.
pub(crate) async fn carry_over(tx: &mut Tx, lines: &[Line]) -> Result<usize, Error> {
    let before = read_lines(tx).await?;
    let new: Vec<_> = lines.iter().filter(|line| before.iter().all(|known| known.id != line.id)).collect();
    for line in &new {
        insert(tx, line).await?;
    }
    Ok(new.len())
}
