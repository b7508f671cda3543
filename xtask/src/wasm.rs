//! The two tools that make a wasm module usable: wasm-bindgen's CLI and wasm-pack, pinned.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command;
use crate::step::Step;
use crate::workspace;

/// The version of the wasm-bindgen CLI. It must be the very version of the crate in Cargo.lock: the two speak a private format.
const WASM_BINDGEN: &str = "0.2.130";
const WASM_PACK: &str = "0.15.1";

/// What a developer may have in the environment for builds of their own, and would change ours.
const OVERRIDES: [&str; 3] = ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET"];

struct Tool {
    name: &'static str,
    krate: &'static str,
    version: &'static str,
    /// Whether the crate's own lock file is used. That of wasm-bindgen-cli 0.2.130 names a version that crates.io lacks.
    locked: bool,
}

const TOOLS: [Tool; 2] = [
    Tool { name: "wasm-bindgen", krate: "wasm-bindgen-cli", version: WASM_BINDGEN, locked: false },
    Tool { name: "wasm-pack", krate: "wasm-pack", version: WASM_PACK, locked: true },
];

/// Makes sure of both tools, in their pinned versions.
pub fn tools() -> Result<()> {
    let root = workspace::tools()?;
    let missing: Vec<&Tool> = TOOLS.iter().filter(|tool| !tool.present(&root)).collect();
    let build = root.join("build");
    for tool in &missing {
        tool.install(&root, &build)?;
    }
    if !missing.is_empty() {
        fs::remove_dir_all(&build).ok();
    }
    same_wasm_bindgen()
}

/// `PATH` with the pinned tools in front.
pub fn path() -> Result<OsString> {
    let tools = workspace::tools()?.join("bin");
    let rest = env::var_os("PATH").unwrap_or_default();
    env::join_paths([tools].into_iter().chain(env::split_paths(&rest)))
        .context("FAREWELL_TOOLS cannot be part of PATH")
}

/// wasm-pack, with the pinned wasm-bindgen in its `PATH` and nothing in its environment that would change the build.
pub fn pack() -> Result<Command> {
    let mut command = Command::new(workspace::tools()?.join("bin/wasm-pack"));
    // What fails there is told well enough without the stack of the tool that noticed it.
    command.current_dir(workspace::root()).env("PATH", path()?).env("RUST_BACKTRACE", "0");
    for setting in OVERRIDES {
        command.env_remove(setting);
    }
    Ok(command)
}

impl Tool {
    fn program(&self, root: &Path) -> PathBuf {
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

/// Whether Cargo.lock and the CLI name the same wasm-bindgen.
fn same_wasm_bindgen() -> Result<()> {
    let lock = workspace::root().join("Cargo.lock");
    let lock = fs::read_to_string(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    match locked_version(&lock, "wasm-bindgen") {
        Some(version) if version != WASM_BINDGEN => bail!(
            "Cargo.lock has wasm-bindgen {version}, this task runner installs the CLI {WASM_BINDGEN}: make them equal, here in \
             xtask/src/wasm.rs or by `cargo update wasm-bindgen --precise {WASM_BINDGEN}`"
        ),
        _ => Ok(()),
    }
}

fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let mut lines = lock.lines();
    lines.find(|line| *line == format!("name = \"{package}\""))?;
    lines.next()?.strip_prefix("version = \"")?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_names_the_version_of_the_very_package() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked_version(lock, "wasm"), None);
    }
}
