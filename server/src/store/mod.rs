//! The database: one SQLite file, one writer, many readers.
//!
//! Writing goes through [`Store::write`]. A single writer runs the work of many callers, each in a savepoint of its own, in one
//! transaction, and commits them together: one flush to disk pays for all. Nobody is answered before that commit.

mod error;
mod migrations;
mod writer;

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use sqlx::{
    ConnectOptions, Connection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

pub use error::Error;
pub use migrations::{NEWEST, steps_after, version};
use tokio::time::sleep;
use writer::Writer;

/// What work in [`Store::write`] is given: a connection inside a transaction. Never begin, commit or roll back on it.
pub type Tx = sqlx::SqliteConnection;

/// How long to wait for another process that holds the file, before giving up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long to wait before looking whether a locked file is free.
const RETRY_AFTER: Duration = Duration::from_millis(20);
const READERS: u32 = 4;

/// An open database. Cheap to clone; clones are the same database.
#[derive(Clone, Debug)]
pub struct Store {
    readers: SqlitePool,
    writer: Writer,
}

impl Store {
    /// Opens the file, creating it if there is none, and brings its tables to this version. A new file is for its owner alone.
    ///
    /// Committed work survives a kill and a power cut (write-ahead log, `synchronous=FULL`).
    ///
    /// # Errors
    /// [`Error::Open`] when the file cannot be opened; [`Error::Migrate`] when its tables cannot be brought to this version,
    /// for example because a newer version of this program has written it. The file is then as it was.
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        let begun = Instant::now();
        loop {
            match Self::try_open(path.clone()).await {
                // While somebody else turns a new file to write-ahead logging, SQLite does not wait but says it is locked.
                Err(error) if is_locked(&error) && begun.elapsed() < BUSY_TIMEOUT => sleep(RETRY_AFTER).await,
                opened => return opened,
            }
        }
    }

    async fn try_open(path: PathBuf) -> Result<Self, Error> {
        let failed = |source| Error::Open { path: path.clone(), source };
        #[cfg(unix)]
        create_private(&path).map_err(|error| failed(sqlx::Error::Io(error)))?;
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .synchronous(SqliteSynchronous::Full)
            // What is deleted, and every older version of what is changed, is overwritten: who is erased is gone from the file.
            .pragma("secure_delete", "ON");
        let connection =
            options.clone().journal_mode(SqliteJournalMode::Wal).connect().await.map_err(failed)?;
        let connection = migrations::run(connection)
            .await
            .map_err(|source| Error::Migrate { path: path.clone(), source })?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .test_before_acquire(false)
            .connect_with(options.create_if_missing(false).pragma("query_only", "ON"))
            .await
            .map_err(failed)?;
        Ok(Self { readers, writer: Writer::start(connection)? })
    }

    /// The version of a file's tables, without changing anything. None where there is no file, or none of this program's tables.
    ///
    /// # Errors
    /// [`Error::Open`] when there is a file that cannot be opened or read.
    pub async fn version_of(path: &Path) -> Result<Option<i64>, Error> {
        if !path.exists() {
            return Ok(None);
        }
        let failed = |source| Error::Open { path: path.into(), source };
        let options = SqliteConnectOptions::new().filename(path).busy_timeout(BUSY_TIMEOUT);
        let mut connection = options.connect().await.map_err(failed)?;
        let version = version(&mut connection).await.map_err(|error| match error {
            Error::Database(source) => failed(source),
            error => error,
        });
        connection.close().await.map_err(failed)?;
        version
    }

    /// The readers. A query sees everything that was committed before it began; writing through them fails.
    #[must_use]
    pub fn read(&self) -> &SqlitePool {
        &self.readers
    }

    /// Runs work in an exclusive transaction, and gives what it gave once that is safely on disk.
    ///
    /// When the work gives an error or panics, nothing of it is kept and the error or panic comes back here. Work that was
    /// begun is finished also when the caller stops waiting. All other writers wait meanwhile: do nothing slow in here, and
    /// only database work. The work runs on the writer's own thread, so its future need not be `Send`.
    ///
    /// ```
    /// # use farewell_server::store::{self, Store};
    /// # async fn reset(store: Store, id: String) -> Result<(), store::Error> {
    /// let changed = store.write(async move |tx| {
    ///     let done = sqlx::query("UPDATE intents SET attempts = 0 WHERE id = ?").bind(id).execute(&mut *tx).await?;
    ///     Ok::<_, store::Error>(done.rows_affected())
    /// }).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The work's own error; or an [`Error`] turned into it when the transaction could not be begun or committed (then nothing
    /// is kept), when the store is closed, or when this is called from inside other work.
    // Said to be `Send` here, since the compiler cannot always find that out at the caller's
    // (https://github.com/rust-lang/rust/issues/110338).
    #[allow(clippy::manual_async_fn)]
    pub fn write<T, E, F>(&self, work: F) -> impl Future<Output = Result<T, E>> + Send
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: AsyncFnOnce(&mut Tx) -> Result<T, E> + Send + 'static,
    {
        self.writer.write(work)
    }

    /// Finishes the work that is already waiting, then closes the file. Later work gets [`Error::Closed`].
    pub async fn close(&self) {
        self.writer.close().await;
        self.readers.close().await;
    }
}

/// Whether the file was locked by somebody else, at whatever stage of opening it.
fn is_locked(error: &Error) -> bool {
    let first: &(dyn std::error::Error + 'static) = error;
    std::iter::successors(Some(first), |error| error.source())
        .any(|error| error.to_string().contains("is locked"))
}

/// Creates the file if there is none, readable for its owner alone: it holds what customers have written. SQLite gives its side
/// files the same mode.
///
/// Closing a file drops every lock this process holds on it, SQLite's too. So an existing file is not even opened, and while one
/// is created nobody else in this process comes as far as SQLite.
#[cfg(unix)]
fn create_private(path: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    use std::sync::{Mutex, PoisonError};

    static CREATING: Mutex<()> = Mutex::new(());
    let _creating = CREATING.lock().unwrap_or_else(PoisonError::into_inner);
    // The file is closed within the match, before the guard is dropped.
    match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}
