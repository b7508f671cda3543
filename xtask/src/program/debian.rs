use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command;
use crate::step::Step;

/// Installs packages as root on Debian.
///
/// # Errors
/// Anywhere else: a sentence that says what is `missing` and what to do about it.
pub fn install(missing: &str, packages: &[&str], advice: &str) -> Result<()> {
    let line = packages.join(" ");
    let os = fs::read_to_string("/etc/os-release").unwrap_or_default();
    if !os.lines().any(|line| line == "ID=debian") {
        bail!("there is {missing}, which tests need: {advice}");
    }
    if !nix::unistd::geteuid().is_root() {
        bail!(
            "there is {missing}, which tests need: run `sudo apt-get update && sudo apt-get install {line}`"
        );
    }
    let step = Step::begin(format_args!("installing for tests: {line}"));
    let advice =
        || format!("{line} could not be installed: check the network, then run `apt-get install {line}`");
    command::run(&mut apt_get("update")).with_context(advice)?;
    command::run(apt_get("install").args(["--yes", "--no-install-recommends"]).args(packages))
        .with_context(advice)?;
    step.done();
    Ok(())
}

fn apt_get(what: &str) -> Command {
    let mut command = Command::new("apt-get");
    command.args([what, "--quiet"]).env("DEBIAN_FRONTEND", "noninteractive");
    command
}
