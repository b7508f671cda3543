use std::path::Path;

use super::Failed;
use crate::config::Config;

pub(super) fn run(path: &Path) -> Result<(), Failed> {
    let config = Config::load(path)?;
    let brands = config.brands.len();
    println!("{}: no mistakes, {brands} {}.", path.display(), if brands == 1 { "brand" } else { "brands" });
    Ok(())
}
