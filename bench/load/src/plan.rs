use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

/// What is to be measured, and for how long.
#[derive(Args, Clone, Debug)]
pub struct Plan {
    /// The server's program
    #[arg(long)]
    pub server: PathBuf,
    /// Where databases and configuration are made; emptied first, and gone afterwards
    #[arg(long)]
    pub folder: PathBuf,
    /// Connections, each with one request on its way
    #[arg(long, default_value_t = 64)]
    pub connections: usize,
    /// Customers in the ledger
    #[arg(long, default_value_t = 10_000)]
    pub customers: u32,
    /// How often everything is measured; medians are shown
    #[arg(long, default_value_t = 5)]
    pub rounds: u32,
    /// Seconds of each measurement
    #[arg(long, default_value_t = 5.0)]
    pub seconds: f64,
    /// Seconds of the same load before each measurement that are not counted
    #[arg(long, default_value_t = 1.0)]
    pub warm_up: f64,
    /// Starts that are timed
    #[arg(long, default_value_t = 10)]
    pub starts: u32,
    /// Minutes of mixed load at the end, in which memory is watched
    #[arg(long)]
    pub soak: Option<f64>,
    /// Where every number is written to
    #[arg(long)]
    pub json: Option<PathBuf>,
}

impl Plan {
    /// How long a measurement takes.
    pub fn measured(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }

    /// How long the load goes on before a measurement.
    pub fn warming(&self) -> Duration {
        Duration::from_secs_f64(self.warm_up)
    }
}
