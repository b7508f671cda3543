//! Putting files in their places: all of them or none, and each whole.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::{BackupError, io_error};

/// A file that was written under another name and is to get its own.
#[derive(Debug)]
pub(super) struct Placing {
    /// Where it is, in the same directory as `target`.
    pub(super) draft: PathBuf,
    /// Where it belongs.
    pub(super) target: PathBuf,
    /// Where what is there now is kept. None where nothing is there.
    pub(super) aside: Option<PathBuf>,
}

/// Keeps what is there, then puts every file in its place. When one cannot be put, those before it are taken back.
pub(super) fn put(placings: &[Placing]) -> Result<(), BackupError> {
    for Placing { target, aside, .. } in placings {
        if let Some(aside) = aside {
            keep(target, aside).map_err(io_error("keep a copy of", target))?;
        }
    }
    for (index, Placing { draft, target, .. }) in placings.iter().enumerate() {
        // A rename replaces what is there in one step: at no moment is there no file.
        if let Err(error) = fs::rename(draft, target) {
            placings[..index].iter().for_each(take_back);
            return Err(io_error("put in place", target)(error));
        }
    }
    placings.iter().try_for_each(|placing| sync_directory_of(&placing.target))
}

fn take_back(Placing { target, aside, .. }: &Placing) {
    let done = match aside {
        Some(aside) => keep_over(aside, target),
        None => fs::remove_file(target),
    };
    if let Err(error) = done {
        tracing::error!(%error, path = %target.display(), "what was restored half cannot be taken back");
    }
}

/// A second name for a file; a copy where the file system has no second names.
fn keep(file: &Path, aside: &Path) -> io::Result<()> {
    match fs::hard_link(file, aside) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        Err(_) => copy_private(file, aside),
        linked => linked,
    }
}

fn keep_over(from: &Path, to: &Path) -> io::Result<()> {
    let draft = to.with_extension("old");
    keep(from, &draft)?;
    fs::rename(draft, to)
}

/// Copies a file for its owner alone, never over another one, and has it safely on disk.
pub(super) fn copy_private(from: &Path, to: &Path) -> io::Result<()> {
    let (mut from, mut copy) = (File::open(from)?, create_private(to)?);
    io::copy(&mut from, &mut copy)?;
    copy.sync_all()
}

/// Makes a file that only its owner can read, where there is none.
pub(super) fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes a directory that only its owner can read, where there is none.
pub(super) fn create_private_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Has the names in a file's directory safely on disk.
pub(super) fn sync_directory_of(path: &Path) -> Result<(), BackupError> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(io_error("write", directory))
}

/// The same path with something behind its last name.
pub(super) fn beside(path: &Path, behind: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(behind);
    path.with_file_name(name)
}
