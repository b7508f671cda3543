use std::path::PathBuf;

/// Why the database did not do something.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be opened.
    #[error("cannot open the database {}: {source}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: sqlx::Error,
    },
    /// The file's tables could not be brought to this version.
    #[error("cannot bring the database {} to this version: {source}", path.display())]
    Migrate {
        /// The file.
        path: PathBuf,
        /// Which migration failed, and why.
        source: sqlx::migrate::MigrateError,
    },
    /// A statement failed.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// The transaction could not be begun or committed; nothing of the work was kept.
    #[error("the database could not keep the change: {0}")]
    NotKept(String),
    /// The store is closed.
    #[error("the database is closed")]
    Closed,
    /// Work in `Store::write` called `Store::write`, which would wait for itself.
    #[error("a write was started inside another write")]
    Nested,
    /// A row holds what this program would not have written.
    #[error("the database holds something unexpected: {0}")]
    Malformed(String),
}
