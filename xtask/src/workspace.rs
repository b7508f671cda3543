//! Where things are.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The checkout this task runner was compiled from.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("/"))
}

/// Cargo's target directory: the one this program lies in, so that `CARGO_TARGET_DIR` and cargo's configuration hold here too.
pub fn target() -> Result<PathBuf> {
    let program = env::current_exe().context("cannot tell where this program lies")?;
    let target = program
        .ancestors()
        .nth(2)
        .context("this program lies outside of a target directory: start it by `cargo xtask`")?;
    Ok(target.to_path_buf())
}

/// The root of cargo's installed tools (`bin/` is below it): `target/tools`, or what `FAREWELL_TOOLS` says.
pub fn tools() -> Result<PathBuf> {
    match env::var_os("FAREWELL_TOOLS") {
        Some(elsewhere) if !elsewhere.is_empty() => Ok(root().join(elsewhere)),
        _ => Ok(target()?.join("tools")),
    }
}

/// The npm package as it is published.
pub fn pkg() -> PathBuf {
    root().join("pkg")
}

/// The path as a person at the root of the checkout would type it.
pub fn short(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// The first program of that name on `PATH`.
pub fn on_path(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}
