use anyhow::Result;

use crate::program::{self, Variables, Wanted};
use crate::tool::{self, Tool};
use crate::workspace;

const FIREFOX: Wanted = Wanted {
    what: "Firefox",
    variable: "FIREFOX",
    names: &["firefox-esr", "firefox"],
    places: &["/Applications/Firefox.app/Contents/MacOS/firefox"],
    proof: &[],
};
const DRIVER: Wanted =
    Wanted { what: "geckodriver", variable: "GECKODRIVER", names: &["geckodriver"], places: &[], proof: &[] };
/// Debian has no package of the driver, so cargo builds it.
const BUILT: Tool = Tool { name: "geckodriver", krate: "geckodriver", version: "0.37.1", locked: true };
const DEBIAN: [&str; 2] = ["firefox-esr", "fonts-liberation"];
const ADVICE: &str = "install Firefox (https://www.mozilla.org/firefox), on PATH or named by FIREFOX";

/// Makes sure of Firefox and of geckodriver, which drives every version of it.
pub fn ready() -> Result<Variables> {
    let [program] = program::ready(&[FIREFOX], &DEBIAN, ADVICE)?;
    let driver = match DRIVER.find()? {
        Some(driver) => driver,
        None => {
            tool::ready(&[BUILT])?;
            BUILT.program(&workspace::tools()?)
        }
    };
    Ok(Variables(vec![(FIREFOX.variable, program), (DRIVER.variable, driver)]))
}
