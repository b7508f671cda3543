use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sqlx::{Connection, SqliteConnection};

use super::place::{Placing, beside, copy_private, create_private_directory, put};
use super::{BackupError, DAMAGED, DATABASE, KEYS, check, connect, database_error, io_error, is};
use crate::erase;
use crate::store::Store;

/// What was restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The version of the tables.
    pub version: i64,
    /// What was there before, under its new names.
    pub kept: Vec<PathBuf>,
    /// The names of the files of keys that were put back.
    pub keys: Vec<String>,
    /// What was erased since the backup was taken.
    pub erasures: Erasures,
}

/// Customers who were erased in the database that is replaced, and are not in the backup's own list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erasures {
    /// How many lines were carried over, for `farewell erase --again`.
    pub carried_over: usize,
    /// Whether nobody knows, since the database was too damaged to be read.
    pub unknown: bool,
}

/// Puts a backup in the place of the database, and its keys, if it has any, in theirs. What is there is kept beside it.
///
/// All of it or nothing: the backup is copied and read as a whole before anything is touched.
///
/// # Errors
/// The backup is damaged or of a newer version; a server uses the database; something is there and `replace` is false; or a
/// file cannot be written. Then everything is as it was.
pub async fn restore(
    from: &Path,
    database: &Path,
    keys: &Path,
    replace: bool,
    now: Timestamp,
) -> Result<Restored, BackupError> {
    let behind = format!(".before-{}", now.strftime("%Y%m%dT%H%M%SZ"));
    let (source, theirs) = parts(from)?;
    let mut plan = Plan { behind, placings: Vec::new() };
    let done = plan.carry_out(&source, theirs, database, keys, replace).await;
    if done.is_err() {
        for placing in &plan.placings {
            drop(fs::remove_file(&placing.draft));
        }
    }
    done
}

/// The database and the files of keys in a backup.
fn parts(from: &Path) -> Result<(PathBuf, Vec<PathBuf>), BackupError> {
    if !from.is_dir() {
        return Ok((from.into(), Vec::new()));
    }
    let directory = from.join(KEYS);
    let mut keys = Vec::new();
    if directory.is_dir() {
        for file in fs::read_dir(&directory).map_err(io_error("read", &directory))? {
            keys.push(file.map_err(io_error("read", &directory))?.path());
        }
    }
    keys.sort();
    Ok((from.join(DATABASE), keys))
}

struct Plan {
    behind: String,
    placings: Vec<Placing>,
}

impl Plan {
    async fn carry_out(
        &mut self,
        source: &Path,
        theirs: Vec<PathBuf>,
        database: &Path,
        keys: &Path,
        replace: bool,
    ) -> Result<Restored, BackupError> {
        fs::metadata(source).map_err(io_error("read", source))?;
        for directory in [database.parent(), Some(keys).filter(|_| !theirs.is_empty())].into_iter().flatten()
        {
            if !directory.as_os_str().is_empty() && !directory.exists() {
                create_private_directory(directory).map_err(io_error("make", directory))?;
            }
        }
        let mut restored = Vec::new();
        for file in &theirs {
            let name = file.file_name().unwrap_or_default();
            let target = keys.join(name);
            if !same(file, &target)? {
                self.draft(file, &target, replace)?;
                restored.push(name.to_string_lossy().into_owned());
            }
        }
        // Last, so that a kill in between leaves the old database with keys that accept more, not fewer, than it needs.
        self.draft(source, database, replace)?;
        let draft = self.placings.last().map(|placing| placing.draft.clone()).unwrap_or_default();
        let version = check(&draft).await?;
        let there = database.exists();
        let (mut held, mut erasures) = (None, Erasures::default());
        if there {
            match hold(database).await? {
                Held::Whole(mut connection) => {
                    erasures = carry_over_erasures(&mut connection, &draft).await?;
                    held = Some(connection);
                }
                Held::Damaged(connection) => {
                    // Before it is closed: that would remove them.
                    self.set_side_files_aside(database)?;
                    drop(connection.close().await);
                    erasures.unknown = true;
                }
            }
        } else {
            self.set_side_files_aside(database)?;
        }
        put(&self.placings)?;
        if let Some(connection) = held {
            // It ends with the file it holds, which has another name by now.
            drop(connection.close().await);
        }
        Ok(Restored {
            version,
            kept: self.placings.iter().filter_map(|placing| placing.aside.clone()).collect(),
            keys: restored,
            erasures,
        })
    }

    /// Copies a file to beside where it belongs.
    fn draft(&mut self, from: &Path, target: &Path, replace: bool) -> Result<(), BackupError> {
        let there = target.symlink_metadata().is_ok();
        if there && !replace {
            let target = target.display();
            return Err(BackupError::Refused(format!(
                "{target} is there already; with --replace it is kept beside, and the backup put in its place."
            )));
        }
        let draft = beside(target, ".restore");
        copy_private(from, &draft).map_err(io_error("copy to", &draft))?;
        let aside = there.then(|| beside(target, &self.behind));
        self.placings.push(Placing { draft, target: target.into(), aside });
        Ok(())
    }

    /// Moves what SQLite has written beside a database that it cannot open any more: it must not be taken for the new one's.
    fn set_side_files_aside(&self, database: &Path) -> Result<(), BackupError> {
        for behind in ["-wal", "-shm", "-journal"] {
            let file = beside(database, behind);
            if file.exists() {
                fs::rename(&file, beside(database, &format!("{}{behind}", self.behind)))
                    .map_err(io_error("move", &file))?;
            }
        }
        Ok(())
    }
}

/// Whether a file is there and holds the same.
fn same(file: &Path, target: &Path) -> Result<bool, BackupError> {
    if !target.exists() {
        return Ok(false);
    }
    let read = |path: &Path| fs::read(path).map_err(io_error("read", path));
    Ok(read(file)? == read(target)?)
}

/// Has a backup know who was erased after it was taken.
async fn carry_over_erasures(replaced: &mut SqliteConnection, draft: &Path) -> Result<Erasures, BackupError> {
    let lines = erase::read_lines(replaced).await?;
    if lines.is_empty() {
        return Ok(Erasures::default());
    }
    // Brings the draft's tables to this version, so that there is one for the lines.
    let store = Store::open(draft).await?;
    let carried_over = store.write(async move |tx| erase::carry_over(tx, &lines).await).await;
    store.close().await;
    for behind in ["-wal", "-shm"] {
        drop(fs::remove_file(beside(draft, behind)));
    }
    Ok(Erasures { carried_over: carried_over?, unknown: false })
}

/// A database that is replaced.
enum Held {
    /// Nobody else can use it, and everything is in its one file.
    Whole(SqliteConnection),
    /// It is too damaged for that.
    Damaged(SqliteConnection),
}

/// Keeps everybody else away from a database, and has everything in its one file, as far as it can be read.
async fn hold(database: &Path) -> Result<Held, BackupError> {
    let mut connection = connect(database).await?;
    // Whoever has a database with a write-ahead log open, even idle, keeps others from giving the log up.
    for statement in ["PRAGMA busy_timeout = 0", "PRAGMA journal_mode = DELETE", "BEGIN EXCLUSIVE"] {
        match sqlx::query(statement).execute(&mut connection).await {
            Ok(_) => {}
            Err(sqlx::Error::Database(error)) if is(&*error, &["5", "261", "517"]) => {
                let database = database.display();
                return Err(BackupError::Refused(format!(
                    "{database} is in use; stop the server first, and every other command on it."
                )));
            }
            Err(sqlx::Error::Database(error)) if is(&*error, DAMAGED) => {
                return Ok(Held::Damaged(connection));
            }
            Err(error) => return Err(database_error(database)(error)),
        }
    }
    Ok(Held::Whole(connection))
}
