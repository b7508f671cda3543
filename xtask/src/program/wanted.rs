use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use super::debian;
use crate::workspace;

/// A program that tests need, and where it may be.
pub struct Wanted {
    /// What it is, in a sentence: `Firefox`.
    pub what: &'static str,
    /// The environment variable that names it.
    pub variable: &'static str,
    /// What it is called on `PATH`.
    pub names: &'static [&'static str],
    /// Where it lies when it is not on `PATH`.
    pub places: &'static [&'static str],
    /// Arguments with which it ends well if it can do what tests need. None: being there is enough.
    pub proof: &'static [&'static str],
}

/// Finds all of these: what their variables name, else what is installed, else, as root on Debian, what is installed now.
///
/// # Errors
/// Elsewhere the error says what to install: `packages` on Debian, else what `advice` says.
pub fn ready<const N: usize>(wanted: &[Wanted; N], packages: &[&str], advice: &str) -> Result<[PathBuf; N]> {
    let missing = match look(wanted)? {
        Ok(programs) => return Ok(programs),
        Err(missing) => missing,
    };
    debian::install(&missing, packages, advice)?;
    match look(wanted)? {
        Ok(programs) => Ok(programs),
        Err(missing) => {
            let variables: Vec<_> = wanted.iter().map(|program| program.variable).collect();
            bail!(
                "{} were installed, and there is still {missing}: set {}",
                packages.join(" "),
                variables.join(", ")
            )
        }
    }
}

/// All of them, or which are missing: `no Firefox and no geckodriver`.
fn look<const N: usize>(wanted: &[Wanted; N]) -> Result<Result<[PathBuf; N], String>> {
    let mut found = Vec::new();
    let mut missing = Vec::new();
    for program in wanted {
        match program.find()? {
            Some(path) => found.push(path),
            None => missing.push(format!("no {}", program.what)),
        }
    }
    Ok(<[PathBuf; N]>::try_from(found).map_err(|_| missing.join(" and ")))
}

impl Wanted {
    /// Where it is, if it is there.
    ///
    /// # Errors
    /// If its variable names something that is not a file.
    pub fn find(&self) -> Result<Option<PathBuf>> {
        if let Some(path) = env::var_os(self.variable).filter(|path| !path.is_empty()).map(PathBuf::from) {
            if !path.is_file() {
                bail!("{} names {}, which is not a file", self.variable, path.display());
            }
            return Ok(self.proven(&path).then_some(path));
        }
        let on_path = self.names.iter().filter_map(|name| workspace::on_path(name));
        let in_places = self.places.iter().map(PathBuf::from).filter(|path| path.is_file());
        Ok(on_path.chain(in_places).find(|path| self.proven(path)))
    }

    fn proven(&self, program: &Path) -> bool {
        let mut trial = Command::new(program);
        trial.args(self.proof).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.proof.is_empty() || trial.status().is_ok_and(|status| status.success())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOWHERE: Wanted = Wanted {
        what: "Mosaic",
        variable: "XTASK_TEST_MOSAIC",
        names: &["no-such-mosaic"],
        places: &["/no/mosaic"],
        proof: &[],
    };
    const SHELL: Wanted = Wanted {
        what: "shell",
        variable: "XTASK_TEST_SHELL",
        names: &["sh"],
        places: &[],
        proof: &["-c", "exit 0"],
    };

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(look(&[NOWHERE, SHELL]).unwrap(), Err("no Mosaic".into()));
        assert_eq!(look(&[NOWHERE, NOWHERE]).unwrap(), Err("no Mosaic and no Mosaic".into()));
    }

    #[test]
    fn what_cannot_do_its_work_is_missing() {
        let broken = Wanted { what: "shell that works", proof: &["-c", "exit 1"], ..SHELL };
        assert_eq!(look(&[broken]).unwrap(), Err("no shell that works".into()));
    }

    #[test]
    fn what_is_there_is_found_in_the_order_it_was_asked_for() {
        let [shell] = look(&[SHELL]).unwrap().unwrap();
        assert!(shell.is_file());
    }
}
