//! Node.js and the npm packages that builds and tests use.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command;
use crate::step::Step;
use crate::workspace;

/// The oldest major version of Node.js that everything here runs on.
const OLDEST: u32 = 20;

/// Makes sure that Node.js is there and new enough.
pub fn present() -> Result<()> {
    let advice = format!(
        "install Node.js {OLDEST} or newer (https://nodejs.org, or the system's packages) and put it on PATH"
    );
    let version = match Command::new("node").arg("--version").output() {
        Ok(answer) => String::from_utf8_lossy(&answer.stdout).trim().to_owned(),
        Err(_) => bail!("there is no `node` on PATH: {advice}"),
    };
    match major(&version) {
        Some(major) if major >= OLDEST => Ok(()),
        _ => bail!("`node --version` answers {version:?}: {advice}"),
    }
}

/// Makes sure that node_modules is what package-lock.json says.
pub fn packages() -> Result<()> {
    install(workspace::root(), "the npm packages")
}

/// Makes sure that a folder of its own has what package.json and package-lock.json in `manifest` name.
pub fn packages_apart(folder: &Path, manifest: &Path, what: &str) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(manifest.join(file), folder.join(file)).with_context(|| {
            format!(
                "cannot copy {} into {}",
                workspace::short(&manifest.join(file)),
                workspace::short(folder)
            )
        })?;
    }
    install(folder, what)
}

/// Installs by the lock file of a folder, unless that was done.
fn install(folder: &Path, what: &str) -> Result<()> {
    let lock = folder.join("package-lock.json");
    let lock = fs::read(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    // A copy of the lock file that was installed from: equal bytes, nothing to do.
    let stamp = folder.join("node_modules/.installed-from");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    if workspace::on_path("npm").is_none() {
        bail!(
            "there is no `npm` on PATH, only `node`: install npm (it comes with Node.js from https://nodejs.org)"
        );
    }
    let step = Step::begin(format_args!("installing {what}"));
    // None of the packages needs its install script.
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder);
    command::run_silent(&mut npm).with_context(|| {
        format!(
            "{what} could not be installed: if the lines above speak of a download, check the network and npm's registry \
             setting (`npm config get registry`), then try again"
        )
    })?;
    fs::write(&stamp, lock).with_context(|| format!("cannot write {}", stamp.display()))?;
    step.done();
    Ok(())
}

/// A script, run at the root of the checkout.
pub fn script(path: &Path) -> Command {
    let mut node = Command::new("node");
    node.arg(path).current_dir(workspace::root());
    node
}

/// The program of an npm package, by its path below node_modules.
pub fn module(path: &str) -> PathBuf {
    workspace::root().join("node_modules").join(path)
}

fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("v26.0.0-nightly"), Some(26));
        assert_eq!(major("20.1"), None);
    }
}
