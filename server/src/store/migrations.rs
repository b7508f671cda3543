//! The tables, version by version. A migration that has been released is never edited; a change is a new one.

use sqlx::{
    Connection, SqlSafeStr, SqliteConnection,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
};
use tokio::{runtime::Handle, task::spawn_blocking};

const MIGRATIONS: [(i64, &str, &str); 7] = [
    (1, "first", include_str!("../../migrations/0001_first.sql")),
    (2, "receipts and mail", include_str!("../../migrations/0002_receipts_and_mail.sql")),
    (3, "declarations", include_str!("../../migrations/0003_declarations.sql")),
    (4, "offers", include_str!("../../migrations/0004_offers.sql")),
    (5, "declarations without mail", include_str!("../../migrations/0005_declarations_without_mail.sql")),
    (6, "cancellations", include_str!("../../migrations/0006_cancellations.sql")),
    (7, "webhooks", include_str!("../../migrations/0007_webhooks.sql")),
];

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
