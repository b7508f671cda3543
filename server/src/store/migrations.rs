//! The tables, version by version. A migration that has been released is never edited; a change is a new one.

use sqlx::{
    Connection, SqlSafeStr, SqliteConnection,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
};
use tokio::{runtime::Handle, task::spawn_blocking};

use super::Error;

const MIGRATIONS: [(i64, &str, &str); 18] = [
    (1, "first", include_str!("../../migrations/0001_first.sql")),
    (2, "receipts and mail", include_str!("../../migrations/0002_receipts_and_mail.sql")),
    (3, "declarations", include_str!("../../migrations/0003_declarations.sql")),
    (4, "offers", include_str!("../../migrations/0004_offers.sql")),
    (5, "declarations without mail", include_str!("../../migrations/0005_declarations_without_mail.sql")),
    (6, "cancellations", include_str!("../../migrations/0006_cancellations.sql")),
    (7, "webhooks", include_str!("../../migrations/0007_webhooks.sql")),
    (8, "retention", include_str!("../../migrations/0008_retention.sql")),
    (9, "operating", include_str!("../../migrations/0009_operating.sql")),
    (10, "periods", include_str!("../../migrations/0010_periods.sql")),
    (11, "erasing", include_str!("../../migrations/0011_erasing.sql")),
    (12, "lists", include_str!("../../migrations/0012_lists.sql")),
    (13, "ledger environments", include_str!("../../migrations/0013_ledger_environments.sql")),
    (14, "stripe", include_str!("../../migrations/0014_stripe.sql")),
    (15, "ledger terms", include_str!("../../migrations/0015_ledger_terms.sql")),
    (16, "hub", include_str!("../../migrations/0016_hub.sql")),
    (17, "pelcro", include_str!("../../migrations/0017_pelcro.sql")),
    (18, "pelcro user ids", include_str!("../../migrations/0018_pelcro_user_ids.sql")),
];

/// The version that this program brings tables to.
pub const NEWEST: i64 = {
    let (version, _, _) = MIGRATIONS[MIGRATIONS.len() - 1];
    version
};

/// The version of a database's tables. None where there are none of this program's.
///
/// # Errors
/// The database cannot be read.
pub async fn version(connection: &mut SqliteConnection) -> Result<Option<i64>, Error> {
    let there: Option<i64> =
        sqlx::query_scalar("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations'")
            .fetch_optional(&mut *connection)
            .await?;
    if there.is_none() {
        return Ok(None);
    }
    Ok(sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations WHERE success")
        .fetch_one(connection)
        .await?)
}

/// The names of the steps that follow a version, in order.
pub fn steps_after(version: i64) -> impl Iterator<Item = (i64, &'static str)> {
    MIGRATIONS.into_iter().filter(move |(step, ..)| *step > version).map(|(step, name, _)| (step, name))
}

/// Applies what the file lacks, all or nothing. Safe when two processes do it at once.
pub(super) async fn run(mut connection: SqliteConnection) -> Result<SqliteConnection, MigrateError> {
    let migrations = MIGRATIONS.map(|(version, name, sql)| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    // On a thread of its own, since the migrator's future is not `Send` in the compiler's eyes
    // (https://github.com/rust-lang/rust/issues/110338).
    let runtime = Handle::current();
    let work = move || {
        runtime.block_on(async move {
            let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
            Migrator::with_migrations(migrations.into()).run(&mut *tx).await?;
            tx.commit().await?;
            Ok(connection)
        })
    };
    spawn_blocking(work).await.map_err(|failed| MigrateError::Source(failed.into()))?
}
