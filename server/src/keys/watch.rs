use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{KeyFile, KeyFileError, RETIRED};
use crate::seal::Sealer;
use crate::sign::Signer;

/// How often it looks.
const POLL: Duration = Duration::from_secs(2);

/// Brings keys that were rotated to a running server.
#[derive(Debug)]
pub struct Watch {
    directory: PathBuf,
    sealer: Arc<Sealer>,
    signer: Arc<Signer>,
    seen: [Option<SystemTime>; 3],
}

impl Watch {
    /// A watch over a directory of keys, whose keys these two have now.
    #[must_use]
    pub fn new(directory: PathBuf, sealer: Arc<Sealer>, signer: Arc<Signer>) -> Self {
        let mut watch = Self { directory, sealer, signer, seen: [None; 3] };
        watch.seen = watch.look();
        watch
    }

    /// Looks for changed files every two seconds, until the future is dropped. Keys that cannot be read are told, and the
    /// ones that are in use stay.
    pub async fn run(mut self) {
        loop {
            tokio::time::sleep(POLL).await;
            match self.reload() {
                Ok(true) => tracing::info!("the keys were changed, and are used from now on"),
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(%error, "the keys were changed and cannot be used; the ones before stay")
                }
            }
        }
    }

    /// Takes over what has changed. Gives whether anything has.
    ///
    /// # Errors
    /// A file cannot be read. It is not read again before it changes once more.
    pub fn reload(&mut self) -> Result<bool, KeyFileError> {
        let now = self.look();
        // A file that is gone is not a rotation: nothing is made in its place.
        if now == self.seen || now[0].is_none() || now[1].is_none() {
            return Ok(false);
        }
        self.seen = now;
        let sealing = KeyFile::open(&self.directory, "sealing.key")?;
        self.signer.reload(&self.directory)?;
        self.sealer.replace(sealing);
        Ok(true)
    }

    /// When each file was changed last.
    fn look(&self) -> [Option<SystemTime>; 3] {
        ["sealing.key", "signing.key", RETIRED]
            .map(|name| fs::metadata(self.directory.join(name)).and_then(|file| file.modified()).ok())
    }
}
