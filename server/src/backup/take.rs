use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::place::{beside, copy_private, create_private, create_private_directory, sync_directory_of};
use super::{BackupError, DATABASE, KEYS, check, connect, database_error, io_error};

/// A backup that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The version of its tables.
    pub version: i64,
    /// How large the copy of the database is, in bytes.
    pub bytes: u64,
    /// The names of the files of keys in it.
    pub keys: Vec<String>,
}

/// Copies the database as it is at this moment, also while a server uses it, and reads the whole copy to see that it is sound.
/// Only then does the copy get its name. With a directory of keys, the copy is a directory with them and the database.
///
/// # Errors
/// There is something of that name already, the database cannot be read, or the copy cannot be written. Then nothing is left behind.
pub async fn take(database: &Path, keys: Option<&Path>, to: &Path) -> Result<Taken, BackupError> {
    // A link to nowhere is something too.
    if to.symlink_metadata().is_ok() {
        let to = to.display();
        return Err(BackupError::Refused(format!(
            "{to} is there already, and a backup is never overwritten; choose another name."
        )));
    }
    let draft = beside(to, ".part");
    let taken = match keys {
        None => copy(database, &draft).await,
        Some(keys) => copy_with_keys(database, keys, &draft).await,
    };
    let placed = taken.and_then(|taken| place(&draft, to).map(|()| taken));
    if placed.is_err() && !matches!(&placed, Err(BackupError::Io { what: MAKE, .. })) {
        drop(if draft.is_dir() { fs::remove_dir_all(&draft) } else { fs::remove_file(&draft) });
    }
    placed
}

/// What is tried when the draft is made: if that fails, it is somebody else's.
const MAKE: &str = "make";

async fn copy(database: &Path, draft: &Path) -> Result<Taken, BackupError> {
    let mut connection = connect(database).await?;
    // An empty file is filled, and keeps its mode.
    create_private(draft).map_err(io_error(MAKE, draft))?;
    let name = draft.to_str().ok_or_else(|| {
        BackupError::Refused(format!("{} is not a name in UTF-8; choose another.", draft.display()))
    })?;
    sqlx::query("VACUUM INTO $1")
        .bind(name)
        .execute(&mut connection)
        .await
        .map_err(database_error(database))?;
    sqlx::Connection::close(connection).await.map_err(database_error(database))?;
    let file = File::open(draft).map_err(io_error("read", draft))?;
    file.sync_all().map_err(io_error("write", draft))?;
    let bytes = file.metadata().map_err(io_error("read", draft))?.len();
    Ok(Taken { version: check(draft).await?, bytes, keys: Vec::new() })
}

async fn copy_with_keys(database: &Path, keys: &Path, draft: &Path) -> Result<Taken, BackupError> {
    create_private_directory(draft).map_err(io_error(MAKE, draft))?;
    let there = draft.join(KEYS);
    create_private_directory(&there).map_err(io_error("write", &there))?;
    // Keys first: what the copy of the database holds was sealed and signed with no later ones.
    let mut names = Vec::new();
    for file in fs::read_dir(keys).map_err(io_error("read", keys))? {
        let file = file.map_err(io_error("read", keys))?;
        let name = file.file_name().to_string_lossy().into_owned();
        // Drafts of a rotation that was interrupted.
        if file.path().is_file() && !name.ends_with(".new") {
            copy_private(&file.path(), &there.join(&name)).map_err(io_error("copy", &file.path()))?;
            names.push(name);
        }
    }
    names.sort();
    let file = draft.join(DATABASE);
    let taken = copy(database, &file).await.map_err(|error| match error {
        BackupError::Io { path, source, .. } => BackupError::Io { what: "write", path, source },
        error => error,
    })?;
    sync_directory_of(&there.join(KEYS))?;
    sync_directory_of(&file)?;
    Ok(Taken { keys: names, ..taken })
}

/// Gives the draft its name, unless somebody has taken that meanwhile.
fn place(draft: &Path, to: &Path) -> Result<(), BackupError> {
    let failed = |error| io_error("write", to)(error);
    if draft.is_dir() {
        // A rename replaces no directory that has something in it.
        fs::rename(draft, to).map_err(failed)?;
    } else {
        match fs::hard_link(draft, to) {
            Ok(()) => fs::remove_file(draft).map_err(failed)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(failed(error)),
            // A file system without second names.
            Err(_) => fs::rename(draft, to).map_err(failed)?,
        }
    }
    sync_directory_of(to)
}
