//! Programs of PyPI that tests need, each in a virtual environment of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::command;
use crate::language;
use crate::step::Step;
use crate::workspace;

/// The folder of the programs of a virtual environment that has what this file of the repository lists, and nothing else. It is made
/// where it is not there, or is of another list.
pub fn environment(folder: &Path, name: &str, requirements: &str) -> Result<PathBuf> {
    let environment = folder.join("python");
    let programs = environment.join("bin");
    let wanted = workspace::root().join(requirements);
    let list = fs::read(&wanted).with_context(|| format!("cannot read {}", workspace::short(&wanted)))?;
    // A copy of the file that was installed from: equal bytes, nothing to do.
    let stamp = environment.join("installed-from");
    if programs.join("python").is_file() && fs::read(&stamp).is_ok_and(|installed| installed == list) {
        return Ok(programs);
    }
    let python = language::python()?;
    let step = Step::begin(format_args!("installing {name}"));
    command::run(Command::new(python).args(["-m", "venv", "--clear"]).arg(&environment))
        .context("Python made no virtual environment")?;
    let mut pip = Command::new(programs.join("python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
        .arg(&wanted);
    command::run_silent(&mut pip).with_context(|| {
        format!(
            "{name} could not be installed: if the lines above speak of a download, check the network and pip's index \
             (`pip config list`), then try again"
        )
    })?;
    fs::write(&stamp, list).with_context(|| format!("cannot write {}", stamp.display()))?;
    step.done();
    Ok(programs)
}
