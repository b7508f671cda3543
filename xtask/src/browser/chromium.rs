use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::command;
use crate::program::{self, Variables, Wanted};

/// A Chrome or Chromium and the chromedriver of the same version.
pub struct Chromium {
    /// The browser.
    pub program: PathBuf,
    /// Its driver.
    pub driver: PathBuf,
}

const WANTED: [Wanted; 2] = [
    Wanted {
        what: "Chromium or Chrome",
        variable: "CHROME",
        names: &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"],
        places: &[
            "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
            "/Applications/Chromium.app/Contents/MacOS/Chromium",
        ],
        proof: &[],
    },
    Wanted {
        what: "chromedriver",
        variable: "CHROMEDRIVER",
        names: &["chromedriver", "chromium.chromedriver"],
        places: &["/usr/lib/chromium/chromedriver", "/usr/lib/chromium-browser/chromedriver"],
        proof: &[],
    },
];
/// What Debian calls them, with a font: a browser without one draws boxes.
const DEBIAN: [&str; 3] = ["chromium", "chromium-driver", "fonts-liberation"];
const ADVICE: &str = "install Chromium or Chrome and the chromedriver of the same version \
    (https://googlechromelabs.github.io/chrome-for-testing/ has both), on PATH or named by CHROME and CHROMEDRIVER";

pub fn ready() -> Result<Chromium> {
    let [program, driver] = program::ready(&WANTED, &DEBIAN, ADVICE)?;
    let chromium = Chromium { program, driver };
    chromium.belong_together()?;
    Ok(chromium)
}

impl Chromium {
    /// How tests are told.
    pub fn variables(&self) -> Variables {
        Variables(vec![("CHROME", self.program.clone()), ("CHROMEDRIVER", self.driver.clone())])
    }

    /// A driver only drives the browser of its own major version, and says so in a way that is easily missed.
    fn belong_together(&self) -> Result<()> {
        let browser = major(&self.program)?;
        let driver = major(&self.driver)?;
        if browser == driver {
            return Ok(());
        }
        bail!(
            "{} is version {browser}, {} is version {driver}: the versions must be equal, so install the matching one and \
             name both by CHROME and CHROMEDRIVER",
            self.program.display(),
            self.driver.display()
        )
    }
}

fn major(program: &Path) -> Result<u32> {
    let answer = command::read(Command::new(program).arg("--version").stderr(Stdio::null()))
        .with_context(|| format!("{} does not say its version", program.display()))?;
    first_number(&answer)
        .with_context(|| format!("{} calls itself {:?}, without a version", program.display(), answer.trim()))
}

fn first_number(answer: &str) -> Option<u32> {
    answer.split_whitespace().find_map(|word| word.split_once('.')?.0.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_browsers_and_drivers_answer() {
        assert_eq!(first_number("Chromium 156.0.7000.1 built on Debian GNU/Linux 12 (bookworm)"), Some(156));
        assert_eq!(first_number("ChromeDriver 156.0.7000.1 (abc-refs/branch-heads/1@{#2})"), Some(156));
        assert_eq!(first_number("Google Chrome"), None);
    }
}
