//! The browser that tests drive, and its driver.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::command;
use crate::step::Step;
use crate::workspace;

/// A Chrome or Chromium and the chromedriver of the same version.
pub struct Browser {
    /// The browser.
    pub program: PathBuf,
    /// Its driver.
    pub driver: PathBuf,
}

const PROGRAMS: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const DRIVERS: [&str; 2] = ["chromedriver", "chromium.chromedriver"];
/// Where they lie when they are not on `PATH`.
const PROGRAM_PLACES: [&str; 2] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];
const DRIVER_PLACES: [&str; 2] = ["/usr/lib/chromium/chromedriver", "/usr/lib/chromium-browser/chromedriver"];
/// What Debian calls them, with a font: a browser without one draws boxes.
const DEBIAN: [&str; 3] = ["chromium", "chromium-driver", "fonts-liberation"];

/// Makes sure of a browser and its driver: what `CHROME` and `CHROMEDRIVER` name, else what is installed, else, as root on
/// Debian, what is installed now. Elsewhere the error says what to install.
pub fn ready() -> Result<Browser> {
    let found =
        (find("CHROME", &PROGRAMS, &PROGRAM_PLACES)?, find("CHROMEDRIVER", &DRIVERS, &DRIVER_PLACES)?);
    let browser = match found {
        (Some(program), Some(driver)) => Browser { program, driver },
        (program, driver) => {
            let missing = match (&program, &driver) {
                (None, None) => "no Chromium or Chrome and no chromedriver",
                (None, _) => "no Chromium or Chrome",
                _ => "no chromedriver",
            };
            install(missing)?;
            let program = find("CHROME", &PROGRAMS, &PROGRAM_PLACES)?;
            let driver = find("CHROMEDRIVER", &DRIVERS, &DRIVER_PLACES)?;
            match (program, driver) {
                (Some(program), Some(driver)) => Browser { program, driver },
                _ => bail!(
                    "{} were installed, and there is still {missing}: set CHROME and CHROMEDRIVER",
                    DEBIAN.join(" ")
                ),
            }
        }
    };
    browser.belong_together()?;
    Ok(browser)
}

impl Browser {
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

fn find(variable: &str, names: &[&str], places: &[&str]) -> Result<Option<PathBuf>> {
    if let Some(path) = env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from) {
        if !path.is_file() {
            bail!("{variable} names {}, which is not a file", path.display());
        }
        return Ok(Some(path));
    }
    let on_path = names.iter().find_map(|name| workspace::on_path(name));
    Ok(on_path.or_else(|| places.iter().map(PathBuf::from).find(|path| path.is_file())))
}

fn install(missing: &str) -> Result<()> {
    let packages = DEBIAN.join(" ");
    let os = fs::read_to_string("/etc/os-release").unwrap_or_default();
    if !os.lines().any(|line| line == "ID=debian") {
        bail!(
            "tests need a browser, and there is {missing}: install Chromium or Chrome and the chromedriver of the same version \
             (https://googlechromelabs.github.io/chrome-for-testing/ has both), on PATH or named by CHROME and CHROMEDRIVER"
        );
    }
    if !nix::unistd::geteuid().is_root() {
        bail!(
            "tests need a browser, and there is {missing}: run `sudo apt-get update && sudo apt-get install {packages}`"
        );
    }
    let step = Step::begin(format_args!("installing a browser for tests: {packages}"));
    let advice = || {
        format!(
            "the browser could not be installed: check the network, then run `apt-get install {packages}`"
        )
    };
    command::run(&mut apt_get("update")).with_context(advice)?;
    command::run(apt_get("install").args(["--yes", "--no-install-recommends"]).args(DEBIAN))
        .with_context(advice)?;
    step.done();
    Ok(())
}

fn apt_get(what: &str) -> Command {
    let mut command = Command::new("apt-get");
    command.args([what, "--quiet"]).env("DEBIAN_FRONTEND", "noninteractive");
    command
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
