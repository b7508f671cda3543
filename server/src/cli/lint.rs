use std::path::Path;

use super::Failed;
use crate::config::{Config, ConfigError};

pub(super) fn run(path: &Path) -> Result<(), Failed> {
    let config = Config::load(path)?;
    if !config.warnings.is_empty() {
        return Err(ConfigError::Wrong(config.warnings).into());
    }
    let brands = config.brands.len();
    println!("{}: no mistakes, {brands} {}.", path.display(), if brands == 1 { "brand" } else { "brands" });
    Ok(())
}
