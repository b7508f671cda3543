//! The Rust toolchain: rustup's target for the widget, and the standard library's source that it is built with.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command;
use crate::step::Step;
use crate::workspace;

/// What the widget is compiled for.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Makes sure that rustc has the standard library for [`TARGET`], and its source.
pub fn for_the_widget() -> Result<()> {
    let sysroot =
        command::read(Command::new("rustc").args(["--print", "sysroot"]).current_dir(workspace::root()))?;
    let rustlib = Path::new(sysroot.trim()).join("lib/rustlib");
    if !rustlib.join(TARGET).join("lib").is_dir() {
        rustup(&["target", "add", TARGET])?;
    }
    if !rustlib.join("src/rust/library/Cargo.lock").is_file() {
        rustup(&["component", "add", "rust-src"])?;
    }
    Ok(())
}

fn rustup(arguments: &[&str]) -> Result<()> {
    let line = arguments.join(" ");
    if workspace::on_path("rustup").is_none() {
        bail!(
            "the widget needs what `rustup {line}` installs, and there is no rustup on PATH: \
             get Rust from https://rustup.rs, or install it the way this rustc was installed"
        );
    }
    let step = Step::begin(format_args!("rustup {line}"));
    command::run(Command::new("rustup").args(arguments).current_dir(workspace::root()))
        .with_context(|| format!("that failed: check the network, then run `rustup {line}`"))?;
    step.done();
    Ok(())
}
