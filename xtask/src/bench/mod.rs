//! `cargo xtask bench`: what is shipped, measured.

use anyhow::Result;
use clap::Subcommand;

mod open;
mod readme;
mod server;
mod size;
mod visitor;
mod weight;

/// What can be measured.
#[derive(Subcommand)]
pub enum Measure {
    Size(size::Options),
    Open(open::Options),
    Server(server::Options),
}

pub use size::size;

/// Runs the command.
pub fn main(measure: &Measure) -> Result<()> {
    match measure {
        Measure::Size(options) => size::main(options),
        Measure::Open(options) => open::main(options),
        Measure::Server(options) => server::main(options),
    }
}
