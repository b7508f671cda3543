use jiff::Timestamp;
use sha2::{Digest, Sha256};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use uuid::Uuid;

use super::{Customer, Erased};
use crate::clock;
use crate::store::{Error, Tx};

/// A line of an erasure, as the database holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    id: String,
    erased_at: String,
    brand: String,
    customer_hash: String,
    counts: String,
}

impl Line {
    /// Whether it is of the customer with this hash.
    pub(super) fn is_of(&self, hash: &str) -> bool {
        self.customer_hash == hash
    }

    /// When.
    pub(super) fn erased_at(&self) -> &str {
        &self.erased_at
    }
}

/// What stands for a customer in a line.
pub(super) fn hash(Customer { brand, id }: &Customer) -> String {
    let hashed = Sha256::digest([brand.as_bytes(), b"\0", id.as_bytes()].concat());
    hashed.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes the line of an erasure.
pub(super) async fn write(
    tx: &mut Tx,
    customer: &Customer,
    erased: &Erased,
    now: Timestamp,
) -> Result<(), Error> {
    let counts =
        serde_json::to_string(&erased.counts).map_err(|error| Error::Malformed(error.to_string()))?;
    let line = Line {
        id: Uuid::new_v4().to_string(),
        erased_at: clock::text(now),
        brand: customer.brand.clone(),
        customer_hash: hash(customer),
        counts,
    };
    insert(tx, &line).await
}

async fn insert(connection: &mut SqliteConnection, line: &Line) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO erasures (id, erased_at, brand, customer_hash, counts) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(&line.id)
    .bind(&line.erased_at)
    .bind(&line.brand)
    .bind(&line.customer_hash)
    .bind(&line.counts)
    .execute(connection)
    .await?;
    Ok(())
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
    let sql = "SELECT id, erased_at, brand, customer_hash, counts FROM erasures";
    let rows = sqlx::query(sql).fetch_all(connection).await?;
    let read = |row: &SqliteRow| {
        Ok(Line {
            id: row.try_get("id")?,
            erased_at: row.try_get("erased_at")?,
            brand: row.try_get("brand")?,
            customer_hash: row.try_get("customer_hash")?,
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
