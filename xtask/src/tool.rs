//! Programs that cargo installs for this repository alone, pinned, below `target/tools`.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command;
use crate::step::Step;
use crate::workspace;

/// What a developer may have in the environment for builds of their own, and would change ours.
pub const OVERRIDES: [&str; 3] = ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET"];

/// A program of crates.io in one version.
pub struct Tool {
    /// What it is called on the command line, where it answers `--version`.
    pub name: &'static str,
    /// What it is called on crates.io.
    pub krate: &'static str,
    /// The very version.
    pub version: &'static str,
    /// Whether the crate's own lock file is used.
    pub locked: bool,
}

/// Makes sure of these tools, in their pinned versions. They share what they compile.
pub fn ready(tools: &[Tool]) -> Result<()> {
    let root = workspace::tools()?;
    let missing: Vec<&Tool> = tools.iter().filter(|tool| !tool.present(&root)).collect();
    let build = root.join("build");
    for tool in &missing {
        tool.install(&root, &build)?;
    }
    if !missing.is_empty() {
        fs::remove_dir_all(&build).ok();
    }
    Ok(())
}

/// `PATH` with the pinned tools in front.
pub fn path() -> Result<OsString> {
    let tools = workspace::tools()?.join("bin");
    let rest = env::var_os("PATH").unwrap_or_default();
    env::join_paths([tools].into_iter().chain(env::split_paths(&rest)))
        .context("FAREWELL_TOOLS cannot be part of PATH")
}

impl Tool {
    /// The program, below the root of the tools.
    pub fn program(&self, root: &Path) -> PathBuf {
        root.join("bin").join(self.name)
    }

    fn present(&self, root: &Path) -> bool {
        let answer = Command::new(self.program(root)).arg("--version").output();
        answer.is_ok_and(|answer| {
            String::from_utf8_lossy(&answer.stdout).split_whitespace().any(|word| word == self.version)
        })
    }

    /// Builds the tool for speed of building: it runs for a second, but is compiled for a minute or two.
    fn install(&self, root: &Path, build: &Path) -> Result<()> {
        let Tool { name, krate, version, locked } = self;
        let step = Step::begin(format_args!("installing {name} {version} (a minute or two, once)"));
        let mut cargo = Command::new("cargo");
        cargo.args(["install", krate, "--version", &format!("={version}"), "--force", "--root"]).arg(root);
        if *locked {
            cargo.arg("--locked");
        }
        // Outside of the checkout, so that its cargo configuration does not apply.
        cargo.current_dir(env::temp_dir());
        for setting in OVERRIDES {
            cargo.env_remove(setting);
        }
        cargo.env("CARGO_TARGET_DIR", build).env("PATH", path()?);
        for (setting, value) in
            [("OPT_LEVEL", "1"), ("LTO", "false"), ("CODEGEN_UNITS", "16"), ("DEBUG", "0"), ("STRIP", "none")]
        {
            cargo.env(format!("CARGO_PROFILE_RELEASE_{setting}"), value);
        }
        command::run(&mut cargo).with_context(|| {
            format!(
                "{name} {version} could not be installed: if the lines above speak of a download, check the network and try \
                 again; a copy of that version elsewhere is used when FAREWELL_TOOLS names the folder above its bin/"
            )
        })?;
        if !self.present(root) {
            bail!(
                "{} was just installed and does not answer `--version` with {version}",
                self.program(root).display()
            );
        }
        step.done();
        Ok(())
    }
}
