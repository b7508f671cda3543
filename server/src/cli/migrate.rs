use std::path::Path;

use clap::Args;

use super::Failed;
use crate::config::Config;
use crate::serve::open_store;
use crate::store::{self, Store};

/// Bring the database's tables to this version of the program.
#[derive(Args, Debug)]
pub(super) struct Migrate {
    /// Only tell what is to be done. Exit code 1 if there is something.
    #[arg(long)]
    check: bool,
}

impl Migrate {
    pub(super) async fn run(self, path: &Path) -> Result<(), Failed> {
        let config = Config::load(path)?;
        let database = &config.server.database;
        let name = database.display();
        let before = Store::version_of(database).await?;
        let newest = store::NEWEST;
        match before {
            Some(before) if before == newest => {
                println!("{name} is of version {newest}, as this program is. Nothing is to be done.");
                return Ok(());
            }
            // Opening it says that it is of a newer version.
            Some(before) if before > newest => {}
            _ if self.check => {
                let steps: Vec<_> = store::steps_after(before.unwrap_or(0))
                    .map(|(step, name)| format!("  {step}  {name}"))
                    .collect();
                let is =
                    before.map_or("has no tables yet".into(), |before| format!("is of version {before}"));
                return Err(format!(
                    "{name} {is}, and this program is of version {newest}. To be done, by `farewell migrate` or the next \
                     `farewell serve`:\n{}",
                    steps.join("\n")
                )
                .into());
            }
            _ => {}
        }
        open_store(database).await?.close().await;
        match before {
            Some(before) => println!("{name} was of version {before} and is of version {newest}."),
            None => println!("{name} is new, of version {newest}."),
        }
        Ok(())
    }
}
