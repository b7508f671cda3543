//! The two tools that make a wasm module usable: wasm-bindgen's CLI and wasm-pack, pinned.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::tool::{self, OVERRIDES, Tool};
use crate::workspace;

/// The version of the wasm-bindgen CLI. It must be the very version of the crate in Cargo.lock: the two speak a private format.
const WASM_BINDGEN: &str = "0.2.130";
const WASM_PACK: &str = "0.15.1";

/// The lock file of wasm-bindgen-cli 0.2.130 names a version that crates.io lacks.
const TOOLS: [Tool; 2] = [
    Tool { name: "wasm-bindgen", krate: "wasm-bindgen-cli", version: WASM_BINDGEN, locked: false },
    Tool { name: "wasm-pack", krate: "wasm-pack", version: WASM_PACK, locked: true },
];

/// Makes sure of both tools, in their pinned versions.
pub fn tools() -> Result<()> {
    tool::ready(&TOOLS)?;
    same_wasm_bindgen()
}

/// wasm-pack, with the pinned wasm-bindgen in its `PATH` and nothing in its environment that would change the build.
pub fn pack() -> Result<Command> {
    let mut command = Command::new(workspace::tools()?.join("bin/wasm-pack"));
    // What fails there is told well enough without the stack of the tool that noticed it.
    command.current_dir(workspace::root()).env("PATH", tool::path()?).env("RUST_BACKTRACE", "0");
    for setting in OVERRIDES {
        command.env_remove(setting);
    }
    Ok(command)
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
