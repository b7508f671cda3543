//! The browsers that tests drive, and their drivers: the system's own, never downloaded by us.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

mod chromium;
mod debian;
mod firefox;
mod wanted;
mod webkit;

pub use chromium::Chromium;

/// Makes sure of Chromium and its driver, which most tests run in.
pub fn chromium() -> Result<Chromium> {
    chromium::ready()
}

/// Makes sure of every browser, as the variables by which tests are told where each program is.
pub fn all() -> Result<Variables> {
    let mut variables = chromium::ready()?.variables();
    variables.0.extend(firefox::ready()?.0);
    variables.0.extend(webkit::ready()?.0);
    Ok(variables)
}

/// Which program an environment variable names.
pub struct Variables(pub Vec<(&'static str, PathBuf)>);

impl Variables {
    /// Hands them to a command.
    pub fn tell<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.envs(self.0.iter().map(|(variable, program)| (variable, program)))
    }
}
