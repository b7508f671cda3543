use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::key_file::{KeyFileError, KeyId, cannot, write_private};

/// The public halves of signing keys whose private halves are gone. Receipts that they have signed are kept for years, and
/// whoever holds one can look whether it is genuine.
///
/// A line for each, `<id> <public key> <retired at>`, in `signing.retired` beside `signing.key`. Nothing in it is secret.
#[derive(Clone, Debug)]
pub struct RetiredKeys {
    path: PathBuf,
    keys: Vec<RetiredKey>,
}

/// A key that signs no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetiredKey {
    /// The key's name.
    pub id: KeyId,
    /// Its Ed25519 public key.
    pub public: [u8; 32],
    /// When another key began to sign in its place, RFC 3339.
    pub retired_at: String,
}

/// The name of the file.
pub(crate) const RETIRED: &str = "signing.retired";

impl RetiredKeys {
    /// Reads the file of a directory of keys; without one there are none.
    ///
    /// # Errors
    /// The file cannot be read, or is not such a file.
    pub fn open(directory: &Path) -> Result<Self, KeyFileError> {
        let path = directory.join(RETIRED);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(cannot("read", &path, &error)),
        };
        let keys = text.lines().filter(|line| !line.trim().is_empty()).map(read).collect::<Option<_>>();
        let keys = keys.ok_or_else(|| {
            KeyFileError(format!(
                "{} is not a list of retired keys; restore it. Without it, receipts that old keys have signed cannot be checked.",
                path.display()
            ))
        })?;
        Ok(Self { path, keys })
    }

    /// Every one of them, retired last first.
    #[must_use]
    pub fn all(&self) -> &[RetiredKey] {
        &self.keys
    }

    /// Adds a key. One that is there already is left as it is.
    ///
    /// # Errors
    /// The file cannot be written; then it is as it was.
    pub fn add(&mut self, key: RetiredKey) -> Result<(), KeyFileError> {
        if self.keys.iter().any(|known| known.id == key.id) {
            return Ok(());
        }
        let mut next = self.clone();
        next.keys.insert(0, key);
        next.save()?;
        *self = next;
        Ok(())
    }

    /// Takes a key out, so that what it has signed is trusted no more. False when there is no such key.
    ///
    /// # Errors
    /// The file cannot be written; then it is as it was.
    pub fn remove(&mut self, id: KeyId) -> Result<bool, KeyFileError> {
        let mut next = self.clone();
        next.keys.retain(|key| key.id != id);
        if next.keys.len() == self.keys.len() {
            return Ok(false);
        }
        next.save()?;
        *self = next;
        Ok(true)
    }

    fn save(&self) -> Result<(), KeyFileError> {
        let line = |key: &RetiredKey| {
            let [id, public] = [&key.id[..], &key.public[..]].map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
            format!("{id} {public} {}\n", key.retired_at)
        };
        write_private(&self.path, &self.keys.iter().map(line).collect::<String>(), false)
    }
}

fn read(line: &str) -> Option<RetiredKey> {
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
    let mut words = line.split_ascii_whitespace();
    let id = bytes(words.next()?)?.try_into().ok()?;
    let public = bytes(words.next()?)?.try_into().ok()?;
    let retired_at = words.next()?.to_owned();
    crate::clock::parse(&retired_at).ok()?;
    words.next().is_none().then_some(RetiredKey { id, public, retired_at })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_kept_once_and_taken_out_by_name() {
        let directory = tempfile::tempdir().unwrap();
        let key = |n: u8| RetiredKey {
            id: [n; 4],
            public: [n; 32],
            retired_at: format!("2026-11-0{n}T00:00:00.000Z"),
        };
        let mut keys = RetiredKeys::open(directory.path()).unwrap();
        assert!(keys.all().is_empty());
        for n in [1, 2, 2] {
            keys.add(key(n)).unwrap();
        }
        assert_eq!(RetiredKeys::open(directory.path()).unwrap().all(), [key(2), key(1)]);
        assert!(keys.remove([1; 4]).unwrap() && !keys.remove([1; 4]).unwrap());
        assert_eq!(RetiredKeys::open(directory.path()).unwrap().all(), [key(2)]);
    }

    #[test]
    fn a_damaged_list_is_an_error_and_not_an_empty_one() {
        let directory = tempfile::tempdir().unwrap();
        for damage in ["x", "AAAAAA AAAA 2026-11-01T00:00:00.000Z"] {
            fs::write(directory.path().join(RETIRED), damage).unwrap();
            assert!(RetiredKeys::open(directory.path()).is_err(), "{damage}");
        }
    }
}
