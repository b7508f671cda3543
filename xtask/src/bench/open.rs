//! `cargo xtask bench open`: how fast the flow opens, side by side with others.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use crate::browser;
use crate::command;
use crate::node;
use crate::package;
use crate::server;
use crate::setup;
use crate::workspace;

/// Time the way from a click to the first step, and from step to step
///
/// One after the other, in one run: Farewell, the same two steps by hand in plain JavaScript, Sentry's feedback modal, and the
/// same two steps with React and Radix. Each warm (everything was loaded when the button was pointed at) and cold (an empty
/// cache, and a finger that was not seen coming), each with the machine as it is, with the processor slowed down six times, and
/// on a slow network (150 ms there and back, 1.6 Mbit/s). Real browser, real server built with --release, everything served
/// from this machine with brotli.
///
/// Prints medians, ratios to plain JavaScript, requests, bytes and memory. Nothing is asserted: a machine that does something
/// else meanwhile gives other times. Leave it alone for the ten minutes that 15 rounds take. bench/ has the sources.
#[derive(Args)]
pub struct Options {
    /// How often everything is measured; one round more is run first and not counted
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// Write every sample and every median to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Runs the command.
pub fn main(options: &Options) -> Result<()> {
    setup::build()?;
    let browser = browser::ready()?;
    package::build()?;
    let server = server::build(true)?;
    let mut bench = node::script(&workspace::root().join("bench/open.mjs"));
    bench.args(["--rounds", &options.rounds.to_string()]);
    if let Some(file) = &options.json {
        // The script runs at the root of the checkout; the name was given from wherever we are.
        bench.arg("--json").arg(env::current_dir().context("cannot tell the current folder")?.join(file));
    }
    bench.env("FAREWELL_BIN", server).env("FAREWELL_PKG", workspace::pkg()).env("CHROME", &browser.program);
    println!("==> {}", command::line(&bench));
    command::run(&mut bench)
}
