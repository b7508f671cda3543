//! The server's program.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::command;
use crate::step::Step;
use crate::workspace;

/// Builds the server, optimised or not, and returns its program.
pub fn build(release: bool) -> Result<PathBuf> {
    let step = Step::begin("building the server");
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--package=farewell-server", "--bin=farewell"]).current_dir(workspace::root());
    if release {
        cargo.arg("--release");
    }
    command::run(&mut cargo).context("the server could not be built")?;
    step.done();
    Ok(workspace::target()?.join(if release { "release" } else { "debug" }).join("farewell"))
}
