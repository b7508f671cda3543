use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::clock::Clock;
use crate::secret::{Secret, random_bytes};

/// Names a key without telling anything about it: four random bytes.
pub type KeyId = [u8; 4];

/// A key of the server's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredKey {
    /// The key's name, which travels with what was made with it.
    pub id: KeyId,
    /// The key itself.
    pub secret: Secret<32>,
    /// When it was made, RFC 3339. None for a key that was made before that was written down.
    pub made_at: Option<String>,
}

/// The keys of one purpose, in a file that only the server's user can read.
///
/// A line for each key, `<id> <secret> <made at>`, the current one first. What is new is made with the current key; what was
/// made with the previous one is still accepted.
#[derive(Clone, Debug)]
pub struct KeyFile {
    path: PathBuf,
    keys: Vec<StoredKey>,
}

/// Why a key file cannot be used. A sentence that says what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct KeyFileError(pub(super) String);

/// The current key and the one before it.
const KEPT: usize = 2;

impl KeyFile {
    /// Opens a file, making its directory (mode 0700) and the file (mode 0600) with a new key when there is none.
    ///
    /// # Errors
    /// The file cannot be read or made, others can read it, or it is not a key file.
    pub fn open(directory: &Path, name: &str) -> Result<Self, KeyFileError> {
        let path = directory.join(name);
        private_directory(directory)?;
        match fs::read_to_string(&path) {
            Ok(text) => {
                only_mine(&path)?;
                let keys = parse(&text).ok_or_else(|| {
                    KeyFileError(format!(
                        "{} is not a key file; restore it, or remove it to start with a new key.",
                        path.display()
                    ))
                })?;
                Ok(Self { path, keys })
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let file = Self { keys: vec![new_key()?], path };
                file.save(true)?;
                // Another process may have made the file at the same moment; the one on disk is the one that counts.
                let text =
                    fs::read_to_string(&file.path).map_err(|error| cannot("read", &file.path, &error))?;
                let keys = parse(&text).unwrap_or(file.keys);
                Ok(Self { path: file.path, keys })
            }
            Err(error) => Err(cannot("read", &path, &error)),
        }
    }

    /// Opens a file if there is one, and makes none.
    ///
    /// # Errors
    /// The file cannot be read, others can read it, or it is not a key file.
    pub fn find_file(directory: &Path, name: &str) -> Result<Option<Self>, KeyFileError> {
        match directory.join(name).try_exists() {
            Ok(false) => Ok(None),
            _ => Self::open(directory, name).map(Some),
        }
    }

    /// The key to make things with.
    #[must_use]
    pub fn current(&self) -> &StoredKey {
        &self.keys[0]
    }

    /// Every key that is still accepted, the current one first.
    #[must_use]
    pub fn accepted(&self) -> &[StoredKey] {
        &self.keys
    }

    /// The accepted key of this name.
    #[must_use]
    pub fn find(&self, id: KeyId) -> Option<&StoredKey> {
        self.keys.iter().find(|key| key.id == id)
    }

    /// Puts a new key in front. The previous one is still accepted, the one before that no longer.
    ///
    /// # Errors
    /// The file cannot be written; then it is as it was.
    pub fn rotate(&mut self) -> Result<(), KeyFileError> {
        let mut next = self.clone();
        next.keys.insert(0, new_key()?);
        next.keys.truncate(KEPT);
        next.save(false)?;
        *self = next;
        Ok(())
    }

    /// Writes the file whole or not at all. With `new`, a file that is there already is left alone.
    fn save(&self, new: bool) -> Result<(), KeyFileError> {
        let lines = self.keys.iter().map(|key| {
            let (id, secret) = (URL_SAFE_NO_PAD.encode(key.id), URL_SAFE_NO_PAD.encode(key.secret.expose()));
            let made_at = key.made_at.as_ref().map(|at| format!(" {at}")).unwrap_or_default();
            format!("{id} {secret}{made_at}\n")
        });
        write_private(&self.path, &lines.collect::<String>(), new)
    }
}

/// Writes a file of this directory whole or not at all, for its owner alone. With `new`, one that is there is left alone.
pub(super) fn write_private(path: &Path, text: &str, new: bool) -> Result<(), KeyFileError> {
    let failed = |error| cannot("write", path, &error);
    let random = random_bytes::<8>().map_err(no_randomness)?;
    let draft = path.with_extension(format!("{}.new", URL_SAFE_NO_PAD.encode(random)));
    let mut file = create_private(&draft).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    let placed = if new {
        match fs::hard_link(&draft, path) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
            placed => placed,
        }
        .and_then(|()| fs::remove_file(&draft))
    } else {
        fs::rename(&draft, path)
    };
    placed.map_err(failed)?;
    // A new name in a directory is only safe once the directory itself is.
    if let Some(directory) = path.parent() {
        File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed)?;
    }
    Ok(())
}

fn new_key() -> Result<StoredKey, KeyFileError> {
    let secret = Secret::random().map_err(no_randomness)?;
    let made_at = Some(Clock::system().now_text());
    Ok(StoredKey { id: random_bytes().map_err(no_randomness)?, secret, made_at })
}

fn parse(text: &str) -> Option<Vec<StoredKey>> {
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
    let keys: Option<Vec<_>> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let mut words = line.split_ascii_whitespace();
            let id = bytes(words.next()?)?.try_into().ok()?;
            let secret: [u8; 32] = bytes(words.next()?)?.try_into().ok()?;
            let made_at = words.next().map(Into::into);
            words.next().is_none().then(|| StoredKey { id, secret: Secret::new(secret), made_at })
        })
        .collect();
    keys.filter(|keys| !keys.is_empty() && keys.len() <= KEPT)
}

#[cfg(unix)]
fn create_private(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn create_private(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

#[cfg(unix)]
fn private_directory(path: &Path) -> Result<(), KeyFileError> {
    use std::os::unix::fs::DirBuilderExt;
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| cannot("make", path, &error))
}

#[cfg(not(unix))]
fn private_directory(path: &Path) -> Result<(), KeyFileError> {
    fs::create_dir_all(path).map_err(|error| cannot("make", path, &error))
}

#[cfg(unix)]
fn only_mine(path: &Path) -> Result<(), KeyFileError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path).map_err(|error| cannot("read", path, &error))?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let path = path.display();
    Err(KeyFileError(format!("{path} can be read by other users of this machine; run `chmod 600 {path}`.")))
}

#[cfg(not(unix))]
fn only_mine(_: &Path) -> Result<(), KeyFileError> {
    Ok(())
}

pub(super) fn cannot(what: impl fmt::Display, path: &Path, error: &std::io::Error) -> KeyFileError {
    KeyFileError(format!(
        "cannot {what} {}: {error}; the directory of the keys has to belong to the user the server runs as.",
        path.display()
    ))
}

fn no_randomness(error: getrandom::Error) -> KeyFileError {
    KeyFileError(format!("the system has no randomness to make a key from: {error}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_found_again() {
        let directory = tempfile::tempdir().unwrap();
        let keys = directory.path().join("keys");
        let first = KeyFile::open(&keys, "sealing.key").unwrap();
        let again = KeyFile::open(&keys, "sealing.key").unwrap();
        assert_eq!(first.current(), again.current());
        assert_eq!(fs::read_dir(&keys).unwrap().count(), 1, "no draft is left behind");
        let other = KeyFile::open(&keys, "signing.key").unwrap();
        assert_ne!(first.current().secret, other.current().secret);
    }

    #[test]
    fn rotation_keeps_the_previous_key_and_no_older_one() {
        let directory = tempfile::tempdir().unwrap();
        let mut file = KeyFile::open(directory.path(), "k").unwrap();
        let first = file.current().clone();
        file.rotate().unwrap();
        let second = file.current().clone();
        assert_eq!(file.find(first.id), Some(&first));
        file.rotate().unwrap();
        assert_eq!((file.find(first.id), file.find(second.id)), (None, Some(&second)));
        assert_eq!(KeyFile::open(directory.path(), "k").unwrap().accepted(), file.accepted());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_the_keys() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let keys = directory.path().join("keys");
        KeyFile::open(&keys, "k").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&keys), mode(&keys.join("k"))), (0o700, 0o600));
        fs::set_permissions(keys.join("k"), fs::Permissions::from_mode(0o644)).unwrap();
        assert!(KeyFile::open(&keys, "k").unwrap_err().to_string().contains("chmod 600"));
    }

    #[test]
    fn a_file_of_before_keys_had_dates_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let first = KeyFile::open(directory.path(), "k").unwrap();
        let text = fs::read_to_string(directory.path().join("k")).unwrap();
        let (undated, made_at) = text.trim().rsplit_once(' ').unwrap();
        assert_eq!(first.current().made_at.as_deref(), Some(made_at));
        fs::write(directory.path().join("k"), undated).unwrap();
        let mut file = KeyFile::open(directory.path(), "k").unwrap();
        assert_eq!((file.current().id, &file.current().made_at), (first.current().id, &None));
        file.rotate().unwrap();
        assert_eq!(KeyFile::open(directory.path(), "k").unwrap().accepted(), file.accepted());
    }

    #[test]
    fn a_file_is_looked_for_without_making_one() {
        let directory = tempfile::tempdir().unwrap();
        assert!(KeyFile::find_file(&directory.path().join("keys"), "k").unwrap().is_none());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_damaged_file_is_an_error_and_not_a_new_key() {
        for damage in ["", "x", "AAAA AAAA\n", "AAAA AAAA 2026 x\n"] {
            let directory = tempfile::tempdir().unwrap();
            create_private(&directory.path().join("k")).unwrap().write_all(damage.as_bytes()).unwrap();
            assert!(KeyFile::open(directory.path(), "k").is_err(), "{damage}");
        }
    }
}
