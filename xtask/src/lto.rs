//! The proof that the widget was linked with LTO.
//!
//! Cargo drops link-time optimisation without a word when a crate's types are more than `cdylib`, and the wasm then grows by
//! half. So we do not believe the profile: we watch for the rustc line of the widget, and keep a copy of the module that came
//! of a line with `-C lto`. A build that cargo calls fresh has no such line, and must then be that very module.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::command;
use crate::workspace;

/// What cargo said of the widget in one verbose build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linked {
    /// Compiled, with fat LTO.
    Lto,
    /// Compiled, without.
    Plain,
}

/// What a line of `cargo build -v` says of the crate `farewell`; `None` for every other line.
pub fn read_line(line: &str) -> Option<Linked> {
    let command = line.trim_start().strip_prefix("Running `")?;
    let words: Vec<&str> = command.trim_end_matches('`').split(' ').collect();
    let option = |name: &str, value: &str| words.windows(2).any(|pair| pair == [name, value]);
    if !option("--crate-name", "farewell") {
        return None;
    }
    if option("-C", "lto") || option("-C", "lto=fat") { Some(Linked::Lto) } else { Some(Linked::Plain) }
}

/// Whether the widget is a `cdylib` and nothing else, as cargo itself understands Cargo.toml.
pub fn only_cdylib() -> Result<()> {
    let mut cargo = Command::new("cargo");
    cargo.args(["metadata", "--no-deps", "--format-version=1"]).current_dir(workspace::root());
    let metadata: Value = serde_json::from_str(&command::read(&mut cargo)?)
        .context("cannot read what `cargo metadata` answers")?;
    let types = crate_types(&metadata)
        .context("Cargo.toml has no package `farewell` with a library: the widget is missing")?;
    if types == ["cdylib"] {
        return Ok(());
    }
    bail!(
        "Cargo.toml gives the widget crate-type = {types:?}, it must be [\"cdylib\"] alone: beside another type, cargo drops \
         link-time optimisation silently, and customers load half as much again"
    )
}

fn crate_types(metadata: &Value) -> Option<Vec<&str>> {
    let package = metadata["packages"].as_array()?.iter().find(|package| package["name"] == "farewell")?;
    let targets = package["targets"].as_array()?;
    let library = targets.iter().find(|target| target["name"] == "farewell" && target["kind"][0] != "bin")?;
    library["crate_types"].as_array()?.iter().map(Value::as_str).collect()
}

/// Judges a finished build of `module`: what cargo said of it, or, if it said nothing because nothing was to do, whether it is
/// still the module that was `proved` earlier. `Ok(false)`: nobody knows; build again from nothing.
pub fn judge(said: Option<Linked>, module: &Path, proved: &Path) -> Result<bool> {
    match said {
        Some(Linked::Lto) => {
            fs::copy(module, proved)
                .with_context(|| format!("cannot copy {} to {}", module.display(), proved.display()))?;
            Ok(true)
        }
        Some(Linked::Plain) => {
            fs::remove_file(proved).ok();
            bail!(
                "the widget was compiled without fat link-time optimisation: its rustc line has no `-C lto`. Look at \
                 [profile.widget] (lto = \"fat\") and at crate-type (\"cdylib\" alone) in Cargo.toml"
            )
        }
        None => {
            let built = fs::read(module).with_context(|| format!("cargo built no {}", module.display()))?;
            Ok(fs::read(proved).is_ok_and(|proved| proved == built))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_widgets_own_line_counts() {
        let dependency = "     Running `/x/rustc --crate-name flow --edition=2024 -C lto -C opt-level=z`";
        assert_eq!(read_line(dependency), None);
        assert_eq!(read_line("       Fresh farewell v0.1.0 (/x)"), None);
        assert_eq!(read_line("   Compiling farewell v0.1.0 (/x)"), None);
    }

    #[test]
    fn lto_is_read_from_the_rustc_line() {
        let start = "     Running `CARGO=/x/cargo /x/rustc --crate-name farewell --edition=2024 src/lib.rs --crate-type cdylib";
        assert_eq!(
            read_line(&format!("{start} -C opt-level=z -C lto -C codegen-units=1`")),
            Some(Linked::Lto)
        );
        assert_eq!(read_line(&format!("{start} -C opt-level=z -C lto`")), Some(Linked::Lto));
        assert_eq!(read_line(&format!("{start} -C opt-level=z -C lto=thin`")), Some(Linked::Plain));
        assert_eq!(read_line(&format!("{start} -C opt-level=z -C embed-bitcode=no`")), Some(Linked::Plain));
    }

    #[test]
    fn the_crate_types_are_the_librarys() {
        let metadata = serde_json::json!({ "packages": [
            { "name": "farewell-server", "targets": [{ "name": "farewell", "kind": ["bin"], "crate_types": ["bin"] }] },
            { "name": "farewell", "targets": [
                { "name": "farewell", "kind": ["cdylib", "rlib"], "crate_types": ["cdylib", "rlib"] },
            ] },
        ] });
        assert_eq!(crate_types(&metadata), Some(vec!["cdylib", "rlib"]));
    }
}
