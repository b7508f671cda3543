use std::path::{Path, PathBuf};

use clap::Args;

use super::Failed;
use crate::backup::{restore, take};
use crate::clock::Clock;
use crate::config::Config;
use crate::store;

/// Copy the database, also while the server runs.
#[derive(Args, Debug)]
pub(super) struct Backup {
    /// Where the copy goes. There must be nothing of that name.
    file: PathBuf,
    /// Make a directory with the copy and the server's own keys.
    #[arg(long)]
    with_keys: bool,
}

impl Backup {
    pub(super) async fn run(self, path: &Path) -> Result<(), Failed> {
        let config = Config::load(path)?;
        let keys = Some(config.server.keys.as_path()).filter(|_| self.with_keys);
        let taken = take(&config.server.database, keys, &self.file).await?;
        let (file, database) = (self.file.display(), config.server.database.display());
        let kilobytes = taken.bytes.div_ceil(1024);
        println!(
            "{database} is copied to {file} ({kilobytes} kB, version {}) and was read back.",
            taken.version
        );
        if self.with_keys {
            println!(
                "With it: {}. Whoever has it can make sessions and sign results.",
                taken.keys.join(", ")
            );
        } else {
            println!(
                "The server's own keys are not in it: keep {} as well, apart from it, or use --with-keys.",
                config.server.keys.display()
            );
        }
        Ok(())
    }
}

/// Put a backup in the place of the database.
#[derive(Args, Debug)]
pub(super) struct Restore {
    /// The backup: a file, or a directory that `backup --with-keys` has made.
    file: PathBuf,
    /// Put it in the place of what is there, which is kept beside under another name.
    #[arg(long)]
    replace: bool,
}

impl Restore {
    pub(super) async fn run(self, path: &Path) -> Result<(), Failed> {
        let config = Config::load(path)?;
        let (database, keys) = (&config.server.database, &config.server.keys);
        let restored = restore(&self.file, database, keys, self.replace, Clock::system().now()).await?;
        println!("{} is what {} was.", database.display(), self.file.display());
        if !restored.keys.is_empty() {
            println!("Keys put back: {}.", restored.keys.join(", "));
        }
        for kept in &restored.kept {
            println!("What was there is kept: {}", kept.display());
        }
        if restored.erasures.carried_over > 0 {
            println!(
                "{} erasures were done since it was taken: run `farewell erase --again` before you serve.",
                restored.erasures.carried_over
            );
        }
        if restored.erasures.unknown {
            println!(
                "What was there could not be read, so nobody knows who was erased since: erase them again by name."
            );
        }
        if restored.version < store::NEWEST {
            println!(
                "Its tables are of version {}; `farewell serve` and `farewell migrate` bring them to {}.",
                restored.version,
                store::NEWEST
            );
        }
        Ok(())
    }
}
