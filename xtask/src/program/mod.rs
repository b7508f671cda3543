//! Programs of the system that tests need: looked for, and installed where that can be done.

use std::path::PathBuf;
use std::process::Command;

mod debian;
mod wanted;

pub use wanted::{Wanted, ready};

/// Which program an environment variable names.
pub struct Variables(pub Vec<(&'static str, PathBuf)>);

impl Variables {
    /// Hands them to a command.
    pub fn tell<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.envs(self.0.iter().map(|(variable, program)| (variable, program)))
    }
}
