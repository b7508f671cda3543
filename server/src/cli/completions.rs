use std::io::{self, Write};

use clap::{Args, ValueEnum};
use clap_complete::{Shell, generate};

use super::{Cli, Failed};

/// Write what makes a shell complete this command's words, for that shell to read.
#[derive(Args, Debug)]
pub(super) struct Completions {
    /// Which shell.
    #[arg(value_enum)]
    shell: For,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum For {
    Bash,
    Zsh,
    Fish,
}

impl Completions {
    /// Needs no configuration.
    pub(super) fn run(self) -> Result<(), Failed> {
        let shell = match self.shell {
            For::Bash => Shell::Bash,
            For::Zsh => Shell::Zsh,
            For::Fish => Shell::Fish,
        };
        let mut script = Vec::new();
        generate(shell, &mut Cli::taught(), "farewell", &mut script);
        io::stdout().write_all(&script)?;
        Ok(())
    }
}
