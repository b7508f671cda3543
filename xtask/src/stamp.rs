//! Whether something made from files is still what those files would give.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A fingerprint of every file below the given files and folders: names and contents. What does not exist counts as empty.
pub fn fingerprint(places: &[PathBuf]) -> Result<u64> {
    let mut hasher = DefaultHasher::new();
    for place in places {
        add(place, &mut hasher)?;
    }
    Ok(hasher.finish())
}

/// Every file directly in a folder, sorted by name; empty if there is no such folder.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    Ok(entries(folder)?.into_iter().filter(|path| path.is_file()).collect())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.with_context(|| format!("cannot list {}", folder.display()))?,
    };
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<Vec<_>>>()
        .with_context(|| format!("cannot list {}", folder.display()))?;
    paths.sort();
    Ok(paths)
}

fn add(place: &Path, hasher: &mut DefaultHasher) -> Result<()> {
    if place.is_dir() {
        for entry in entries(place)? {
            add(&entry, hasher)?;
        }
        return Ok(());
    }
    match fs::read(place) {
        Ok(content) => (place, content).hash(hasher),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", place.display())),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_changes_with_content_and_name() {
        let folder = std::env::temp_dir().join(format!("xtask-stamp-{}", std::process::id()));
        let deep = folder.join("deep");
        fs::create_dir_all(&deep).unwrap();
        let of = || fingerprint(std::slice::from_ref(&folder)).unwrap();
        let empty = of();
        fs::write(deep.join("a"), "1").unwrap();
        let one = of();
        fs::write(deep.join("a"), "2").unwrap();
        let two = of();
        fs::rename(deep.join("a"), deep.join("b")).unwrap();
        let renamed = of();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(of(), empty);
        assert!(empty != one && one != two && two != renamed);
    }
}
