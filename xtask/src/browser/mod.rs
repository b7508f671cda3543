//! The browsers that tests drive, and their drivers: the system's own, never downloaded by us.

use anyhow::Result;

use crate::program::Variables;

mod chromium;
mod firefox;
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
