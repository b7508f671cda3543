//! Copies of the database, taken while the server runs, and put back.
//!
//! A backup is one file, the database at one moment; or, with the server's own keys, a directory of `farewell.db` and `keys/`.

mod place;
mod restore;
mod take;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};

pub use restore::{Erasures, Restored, restore};
pub use take::{Taken, take};

use crate::store;

/// The database's name in a backup with keys.
const DATABASE: &str = "farewell.db";
/// The name of the directory of keys in it.
const KEYS: &str = "keys";

/// Why there is no backup, or nothing was restored. A sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file or directory cannot be used.
    #[error("cannot {what} {}: {source}.", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The database says no.
    #[error("{}: {source}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: sqlx::Error,
    },
    /// The tables' version cannot be told.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Something else is in the way. The sentence says what.
    #[error("{0}")]
    Refused(String),
}

/// The error of a file that cannot be used.
fn io_error(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    move |source| BackupError::Io { what, path: path.into(), source }
}

/// The error of a database that says no.
fn database_error(path: &Path) -> impl FnOnce(sqlx::Error) -> BackupError {
    move |source| BackupError::Database { path: path.into(), source }
}

/// A connection to a file that is there, which neither makes one nor changes its tables.
async fn connect(path: &Path) -> Result<SqliteConnection, BackupError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .busy_timeout(Duration::from_secs(5));
    options.connect().await.map_err(database_error(path))
}

/// Reads a whole file to see whether it is a sound database of this program's. Gives the version of its tables.
///
/// # Errors
/// It is not, or a newer version of this program has written it.
async fn check(path: &Path) -> Result<i64, BackupError> {
    let mut connection = connect(path).await?;
    let found = sqlx::query_scalar("PRAGMA integrity_check(3)").fetch_all(&mut connection).await;
    let found: Vec<String> = match found {
        Err(sqlx::Error::Database(error)) if is(&*error, DAMAGED) => vec![error.message().into()],
        found => found.map_err(database_error(path))?,
    };
    if found != ["ok"] {
        let (path, found) = (path.display(), found.join("; "));
        return Err(BackupError::Refused(format!("{path} is damaged: {found}. Use another copy.")));
    }
    let version = store::version(&mut connection).await?;
    sqlx::Connection::close(connection).await.map_err(database_error(path))?;
    match version {
        None => Err(BackupError::Refused(format!("{} is not a database of Farewell.", path.display()))),
        Some(version) if version > store::NEWEST => Err(BackupError::Refused(format!(
            "{} was written by a newer version of Farewell: its tables are of version {version}, and this program knows {}. \
             Use that version.",
            path.display(),
            store::NEWEST
        ))),
        Some(version) => Ok(version),
    }
}

/// What SQLite says of a file that is damaged, or is none of its own.
const DAMAGED: &[&str] = &["11", "26"];

/// Whether an error of SQLite has one of these result codes.
fn is(error: &dyn sqlx::error::DatabaseError, codes: &[&str]) -> bool {
    error.code().is_some_and(|code| codes.contains(&code.as_ref()))
}
